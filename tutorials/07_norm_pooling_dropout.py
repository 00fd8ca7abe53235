# %% [markdown]
# # 7. Batch norm, pooling, dropout
#
# After this you can explain the three layers that behave like nothing in your calculus course: one looks at the whole
# batch, one chooses, and one gambles. Two of them do something else in training than in the test.

# %%
# %matplotlib inline
import numpy as np

from minser import nn
from minser.plots import Figure

rng = np.random.default_rng(0)

# %% [markdown]
# ## Batch norm
#
# Layer after layer, values drift: some channels become large, others tiny, and each step of training moves them for all
# later layers. Batch norm (Ioffe & Szegedy 2015, algorithm 1) pulls every channel back. Over all places and all clips
# of the batch it takes mean $\mu$ and variance $\sigma^2$, and then
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y = \gamma \hat x + \beta .$$
#
# $\epsilon = 10^{-5}$ keeps from dividing by zero. $\gamma$ and $\beta$ are learned: the network may undo it, channel
# by channel, if that is better.

# %%
x = (rng.standard_normal((32, 8, 8, 3)) * [0.2, 1.0, 3.0] + [4.0, 0.0, -5.0]).astype(np.float32)
layer = nn.BatchNorm(3)
y = layer.forward(x, training=True)
figure = Figure(figsize=(10, 2.6), dpi=100, layout="constrained")
for axes, name, values in zip(figure.subplots(1, 2), ("before", "after"), (x, y), strict=True):
    for channel, colour in enumerate(("#0072B2", "#D55E00", "#009E73")):
        axes.hist(values[..., channel].ravel(), bins=60, alpha=0.6, color=colour, label=f"channel {channel}")
    axes.set(title=name, xlabel="value", ylabel="how many")
figure.axes[0].legend()
figure

# %% [markdown]
# ### Training and test are two things
#
# In the test there may be one clip, and its answer must not depend on which others are in the batch. So training keeps
# running averages of $\mu$ and $\sigma^2$, and the test uses those. *After one step with momentum 0.1, what is the
# running mean* of channel 0, whose mean is 4? It started at 0.

# %%
print("after 1 step: ", layer.buffers["running_mean"].round(2), layer.buffers["running_var"].round(2))
for _ in range(60):
    layer.forward(x, training=True)
print("after 61 steps:", layer.buffers["running_mean"].round(2), layer.buffers["running_var"].round(2))

# %% [markdown]
# Hence a network that is tested after a handful of steps looks worse than it is. (Mind the word: in Keras a momentum of
# 0.9 means the same as 0.1 in torch and here.)
#
# ### Its gradient
#
# $\mu$ and $\sigma$ depend on every $x$, so every output's gradient reaches every input of the channel. The long chain
# of derivatives (Ioffe & Szegedy 2015, section 3) contracts to
#
# $$\frac{\partial L}{\partial x} = \frac{\gamma}{\sigma}
# \left( g - \overline{g} - \hat x \, \overline{g \hat x} \right),$$
#
# where $g$ is the gradient from behind, $\sigma$ stands for the whole root above, and the bars are means over all
# places and clips. Read it: what $g$ has in common with a constant or with $\hat x$ itself is taken out, because
# shifting or scaling a whole channel changes nothing after the layer. *So what is the gradient of $\sum y$?* Here $g$
# is 1 everywhere; the answer is zero, and a check with all ones could not see a mistake.

# %%
layer.astype(np.float64)
small = rng.standard_normal((4, 3, 2, 3))
layer.forward(small, training=True)
print("gradient of the plain sum:", f"{abs(layer.backward(np.ones(small.shape))).max():.0e}")
nn.check_gradients(layer, small, training=True)
nn.check_gradients(layer, small, training=False)
print("BatchNorm: right, in training and in the test")

# %% [markdown]
# ### A trap: variance in float32
#
# Textbooks compute the variance as $\overline{x^2} - \overline{x}^2$, in one pass. *What comes out* in float32 for
# values with variance 1 around 10, 1000, 10 000?

# %%
for mean in (10, 1000, 10_000):
    values = (mean + rng.standard_normal(100_000)).astype(np.float32)
    one_pass = np.mean(values**2) - np.mean(values) ** 2
    two_pass = np.mean((values - np.mean(values)) ** 2)
    print(f"mean {mean:6}: one pass {one_pass:7.4f}, two {two_pass:.4f}, in float64 {np.var(values, dtype=float):.4f}")

# %% [markdown]
# Around 10 000 two numbers near a hundred million are subtracted, and float32 has seven digits. The result is a
# multiple of 8, and it can be negative. minser's kernel takes two passes over pieces that fit the cache, and merges
# them (Chan, Golub & LeVeque 1983, eq. 2.1).
#
# ## Pooling
#
# Where exactly a syllable begins does not matter for the emotion. *Max pooling* keeps the largest value of each window:
# the picture becomes coarser, later layers see further, and a small shift of the input changes little.

# %%
t = np.arange(64)
bumps = np.exp(-0.5 * ((t - 20) / 1.5) ** 2) + 0.6 * np.exp(-0.5 * ((t - 45) / 2) ** 2)
shifts = range(0, 9)
change = {}
for size in (1, 2, 4, 8):
    pool = nn.MaxPool2d((1, size)) if size > 1 else None

    def pooled(signal, pool=pool):
        """Return a signal's maxima."""
        return signal if pool is None else pool.forward(signal.reshape(1, 1, -1, 1)).ravel()

    base = pooled(bumps)
    change[size] = [np.linalg.norm(pooled(np.roll(bumps, s)) - base) / np.linalg.norm(base) for s in shifts]
figure = Figure(figsize=(7, 3), dpi=100, layout="constrained")
axes = figure.subplots()
for (size, values), colour in zip(change.items(), ("#666666", "#E69F00", "#0072B2", "#009E73"), strict=True):
    axes.plot(shifts, values, ".-", color=colour, label=f"windows of {size}" if size > 1 else "no pooling")
axes.set(xlabel="shift of the input (frames)", ylabel="change of the output / its size")
axes.legend()
figure

# %% [markdown]
# Larger windows care less about small shifts, on average: where a peak crosses a border between windows the output
# jumps.
#
# Backward, each window's gradient goes to the value that won, and to no other. In *overlapping* windows a cell may win
# twice, and its two gradients add up: a test whose windows do not overlap cannot see a program that forgets it. By
# hand, with windows of 3 and a step of 2:

# %%
row = np.array([1.0, 3.0, 9.0, 2.0, 4.0]).reshape(1, 1, 5, 1)  # windows (1 3 9) and (9 2 4)
pool = nn.MaxPool2d((1, 3), stride=(1, 2))
print("maxima  ", pool.forward(row).ravel())
print("gradient", pool.backward(np.array([10.0, 1.0]).reshape(1, 1, 2, 1)).ravel())

# %% [markdown]
# The 9 won both and gets 11.
#
# At the end of the network a clip of any length has to become one vector. The toy recipe takes the mean over frequency,
# then mean *and* maximum over time: what the voice is like throughout, and what it did at some moment. *A surprised
# voice rises once, at its end: which of the two will see it?*
#
# ## Dropout
#
# In training, set each value to zero with probability $p$, and divide the others by $1 - p$ (Srivastava et al. 2014).
# No unit can rely on one certain other, because that one is missing now and then. In the test nothing is dropped.
# The division keeps the mean the same in both:

# %%
ones = np.ones((4, 12), np.float32)
figure = Figure(figsize=(10, 2), dpi=100, layout="constrained")
for axes, p in zip(figure.subplots(1, 3, sharey=True), (0.0, 0.3, 0.6), strict=True):
    thinned = nn.Dropout(p).forward(ones, training=True, rng=np.random.default_rng(3))
    image = axes.imshow(thinned, cmap="viridis", vmin=0, vmax=2.5)
    axes.set(title=f"p = {p}: mean {thinned.mean():.2f}", xticks=[], yticks=[])
figure.colorbar(image, ax=figure.axes, label="a one becomes")
figure

# %% [markdown]
# The mean is kept, but not the spread. *What happens to the variance of a sum of 100 dropped-out ones?* By theory
# $100\, p / (1 - p)$:

# %%
for p in (0.1, 0.5):
    sums = nn.Dropout(p).forward(np.ones((20_000, 100), np.float32), training=True, rng=rng).sum(axis=1)
    print(f"p = {p}: mean {sums.mean():6.2f}, variance {sums.var():6.2f}, theory {100 * p / (1 - p):6.2f}")

# %% [markdown]
# This is why dropout before a batch norm is a bad pair (Li et al. 2019): the running variance is measured with this
# extra spread, and in the test it is not there. minser's own recipes put dropout at the end, before the dense layers.
#
# A layer that draws random numbers gets its generator with every call: `forward(x, training=True, rng=rng)`. Forget it,
# and it says so, instead of using some hidden global state:

# %%
try:
    nn.Dropout(0.5).forward(ones, training=True)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# ## All together
#
# One block of the network is convolution, batch norm, ReLU, max pooling. The whole toy network, for pictures of 64
# bands and 96 frames:

# %%
layers, channels = {}, 1
for i, out_channels in enumerate((16, 32, 64), 1):
    layers[f"conv{i}"] = nn.Conv2d(channels, out_channels, kernel_size=3, padding=1, rng=rng)
    layers[f"norm{i}"] = nn.BatchNorm(out_channels)
    layers[f"relu{i}"] = nn.ReLU()
    layers[f"pool{i}"] = nn.MaxPool2d(2)
    channels = out_channels
network = nn.Sequential(
    layers | {"pooling": nn.MeanMaxPool(), "drop": nn.Dropout(0.3), "logits": nn.Dense(128, 8, rng=rng)}
)
print(nn.summary(network, (64, 96, 1)))

# %% [markdown]
# Look at the two last columns: three quarters of the weights are in the third convolution, and nearly all of the work
# is in the second and third. But work is not time: tutorial 13 holds a clock to such a network, and there the first
# block, whose picture is the largest, takes long too.
#
# ## Exercises
#
# 1. Train-mode batch norm on a batch of one clip with one place: what does minser say, and why must it?
# 2. Show on paper that the bias of a convolution before a batch norm has no effect in training. What is its gradient?
#    Check it.
# 3. Two values of a window are equal. Which gets the gradient in minser? Why would a gradient check fail there?
# 4. Write average pooling by `nn.AveragePool2d` into the shift experiment. Which is the smoother?
# 5. `MeanMaxPool` could take the maximum over frequency too. Construct a clip where that would confuse two emotions.
#
# ## Read next
#
# - [minser/nn/norm.py](../minser/nn/norm.py), [minser/kernels/norm.py](../minser/kernels/norm.py): sums that keep their
#   digits.
# - [minser/nn/pooling.py](../minser/nn/pooling.py), [minser/nn/elementwise.py](../minser/nn/elementwise.py).
# - [minser/models/cnn.py](../minser/models/cnn.py): the network above with its sizes as arguments.
# - Then [08_loss_and_optimiser.py](08_loss_and_optimiser.py).
