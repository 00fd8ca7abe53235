# %% [markdown]
# # 6. Convolution: loops, im2col, numba
#
# After this you can write a convolution in three ways and its gradients in two, say what a filter looks for, and
# explain why one of the ways is several hundred times as fast as another.

# %%
# %matplotlib inline
from timeit import repeat

import numpy as np

from minser import audio, nn, recipes
from minser.corpus import find_clips
from minser.corpus.dataset import find_corpus, find_ravdess
from minser.features import extract
from minser.kernels import conv, reference
from minser.plots import Figure

# %% [markdown]
# ## A pattern and a picture
#
# A dense layer would need a weight for each of the thousands of cells of a spectrogram, and would have to learn a
# rising pitch anew for every moment and every height. A convolution learns one small pattern, the *kernel* or *filter*,
# and compares it with every place:
#
# $$Y_{h,w} = b + \sum_{i=0}^{k-1} \sum_{j=0}^{k-1} X_{h+i,\,w+j} \, K_{i,j}$$
#
# (LeCun et al. 1989; mathematicians call this cross-correlation, and a convolution what turns the kernel first). A
# place where the picture looks like the kernel gets a large number. Kernels can be written by hand. *What will each of
# these three find* in a spectrogram?

# %%
root = find_ravdess(None) or find_corpus(recipes.read("toy"), None)
clip = next(clip for clip in find_clips(root) if clip.emotion_name == "happy" and clip.sex == "female")
settings = recipes.read("toy").features
waveform, _ = audio.load(clip.path, sr=settings.sr)
picture = extract.network_input(waveform, settings).astype(np.float64)  # (64, n_frames), standardised
ramp = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
kernels = {
    "onset: later minus earlier": np.tile(ramp, (5, 1)),
    "higher minus lower": np.tile(ramp[:, None], (1, 5)),
    "a line that rises": 3 * np.eye(5) - np.ones((5, 5)) * 0.6,
}

figure = Figure(figsize=(11, 4.8), dpi=80, layout="constrained")
grid = figure.subplots(2, 4, height_ratios=[3, 1.2])
grid[0, 0].imshow(picture, origin="lower", aspect="auto", cmap="viridis")
grid[0, 0].set(title="log-mel", xlabel="frame", ylabel="mel band")
grid[1, 0].set_visible(False)
for (name, kernel), above, below in zip(kernels.items(), grid[0, 1:], grid[1, 1:], strict=True):
    found = reference.conv2d_reference(
        picture[None, :, :, None], kernel[:, :, None, None], np.zeros(1), stride=(1, 1), padding=(2, 2)
    )[0, :, :, 0]
    limit = np.percentile(abs(found), 99)
    above.imshow(found, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
    above.set(title=name, xlabel="frame")
    below.imshow(kernel, origin="lower", cmap="RdBu_r", vmin=-3, vmax=3)
    below.set(xticks=[], yticks=[])
figure

# %% [markdown]
# Red is where the kernel (below) fits, blue where its negative does. A network learns its kernels; in trained ones such
# edge and line detectors appear by themselves. Real layers have many input channels (add over them) and many kernels
# (one output channel each):
#
# $$Y_{h,w,o} = b_o + \sum_{i,j,c} X_{h+i,\,w+j,\,c} \, K_{i,j,c,o}.$$
#
# ## First way: loops
#
# The formula as it stands. `padding` writes zeros around the picture, so that with a 3 x 3 kernel and one row of zeros
# it keeps its size.


# %%
def conv_loops(x, weight, bias):
    """Convolve (batch, height, width, in) with (3, 3, in, out), padding 1, by the formula."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    out = np.zeros((*x.shape[:3], weight.shape[3]))
    for n, h, w, o in np.ndindex(out.shape):
        out[n, h, w, o] = bias[o] + (padded[n, h : h + 3, w : w + 3] * weight[..., o]).sum()
    return out


rng = np.random.default_rng(0)
x = rng.standard_normal((1, 12, 14, 3))
weight, bias = rng.standard_normal((3, 3, 3, 4)), rng.standard_normal(4)
fast = conv.conv2d(x, weight, bias, stride=(1, 1), padding=(1, 1))
print(fast.shape, f"largest difference {abs(conv_loops(x, weight, bias) - fast).max():.0e}")

# %% [markdown]
# ## Second way: im2col
#
# Write every patch as a row of a matrix. Then the whole sum over $i, j, c$ is one matrix product with the kernels as
# columns, and matrix products are what computers are best at (Chellapilla, Puri & Simard 2006). A picture of 4 x 5 with
# one channel, cells numbered from 1, padding 1:

# %%
small = np.arange(1.0, 21.0).reshape(1, 4, 5, 1)
cols = reference.im2col_reference(small, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
figure = Figure(figsize=(10, 5.4), dpi=90, layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=[1.1, 1])
padded = np.pad(small[0, :, :, 0], 1)
left.imshow(padded, cmap="viridis", vmin=0, vmax=20)
for (i, j), value in np.ndenumerate(padded):
    left.text(j, i, f"{value:.0f}", ha="center", va="center", color="white" if value < 13 else "black")
for row, column, colour in ((0, 0, "#E69F00"), (1, 2, "#D55E00")):  # the top left place of two patches
    edges = np.array([column, column + 3, column + 3, column, column]) - 0.5
    left.plot(edges, np.array([row, row, row + 3, row + 3, row]) - 0.5, color=colour, linewidth=4)
    place = row * 5 + column
    right.plot([-0.5, 8.5, 8.5, -0.5, -0.5], np.array([0, 0, 1, 1, 0]) + place - 0.5, color=colour, linewidth=3)
left.set(title="the picture with its zeros, and two patches", xticks=[], yticks=[])
right.imshow(cols, cmap="viridis", vmin=0, vmax=20, aspect="auto")
for (i, j), value in np.ndenumerate(cols):
    right.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=7, color="white" if value < 13 else "black")
right.set(title="im2col: a row for each place", xlabel="place in the kernel", ylabel="place in the picture")
right.set_yticks(range(0, 20, 5))
figure

# %% [markdown]
# Every cell stands in up to nine rows: the matrix is nine times as large as the picture. That is the price. With
# channels last the three cells of a kernel's row are neighbours in memory, channels and all, and are copied in one go.
#
# ## Third way: tiles
#
# For a batch of 32 pictures, 64 x 96 with 16 channels, the matrix has 28 million numbers, 113 MB: it does not fit into
# any *cache* (the small, fast memory of a processor core), and the processor waits for main memory. So minser never
# builds it whole. Each thread, one for each core, takes a few output rows at a time, copies their patches into a tile
# that fits its cache, calls the matrix product on the tile, and writes the result to its place. numba, a compiler for
# Python's loops, compiles the copying; tutorial 13 measures why this pays. (This is `kernels/conv.py`. There the tile
# lies on its side, a place of the kernel in each row, so that long runs are copied. The layer `nn.Conv2d` has a fourth
# way for kernels of 3 x 3 and more than four channels, with fewer multiplications, also in tutorial 13.)
#
# *Guess the ratios* before you run this. (The first call compiles; `repeat` keeps the best of several.)


# %%
def conv_im2col(x, weight, bias):
    """Convolve by one matrix product over a matrix of all patches."""
    cols = reference.im2col_reference(x, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    return (cols @ weight.reshape(-1, weight.shape[3]) + bias).reshape(*x.shape[:3], -1)


batch = rng.standard_normal((8, 64, 96, 16)).astype(np.float32)
weight = rng.standard_normal((3, 3, 16, 32)).astype(np.float32)
bias = np.zeros(32, np.float32)
share = batch[:1, :8, :8]  # the loops get a 768th of the work, and we multiply
loops_s = 8 * 8 * 12 * min(repeat(lambda: conv_loops(share, weight, bias), number=1, repeat=2))
im2col_s = min(repeat(lambda: conv_im2col(batch, weight, bias), number=1, repeat=5))
tiles_s = min(repeat(lambda: conv.conv2d(batch, weight, bias, stride=(1, 1), padding=(1, 1)), number=1, repeat=10))
for name, seconds in (("loops", loops_s), ("im2col", im2col_s), ("tiles", tiles_s)):
    print(f"{name:7} {1e3 * seconds:9.1f} ms   {loops_s / seconds:6.0f} times as fast as the loops")

# %% [markdown]
# ## Backward
#
# In matrix form a convolution is a dense layer on patches, $Y = C K$, so its gradients are those of tutorial 5:
#
# $$\frac{\partial L}{\partial K} = C^\top G, \qquad \frac{\partial L}{\partial C} = G K^\top .$$
#
# The second is a gradient by *patches*. Each cell of the picture was copied into up to nine of them, so its gradient is
# the sum over its copies: write them back to where they came from, adding. With stride 1 that sum is itself a
# convolution, of $G$ with the kernel turned by 180 degrees (Dumoulin & Visin 2016, section 4), and can use the fast way
# again. *Why turned?* A cell that the kernel saw through its top left corner lies above and left of... draw it.

# %%
grad_output = rng.standard_normal((1, 12, 14, 4))
weight = rng.standard_normal((3, 3, 3, 4))
turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # and in and out change places
by_convolution = conv_loops(grad_output, turned, np.zeros(3))
by_adding = reference.conv2d_grad_input_reference(
    grad_output, weight, input_size=(12, 14), stride=(1, 1), padding=(1, 1)
)
print(f"largest difference {abs(by_convolution - by_adding).max():.0e}")

layer = nn.Conv2d(2, 3, kernel_size=3, padding=1, rng=rng)
layer.astype(np.float64)
nn.check_gradients(layer, rng.standard_normal((2, 5, 6, 2)))
print("Conv2d: right")

# %% [markdown]
# ## How far does a network see?
#
# One 3 x 3 kernel sees 3 frames. A second layer sees 3 places of the first, so 5 frames. *Pooling* by 2 between them
# makes one place of 2 x 2, here their mean (tutorial 7), and doubles the step. Which part of the input can move one
# output? Ask the gradient: put a 1 at one place of the last layer, go backward, and look where the input's gradient is
# not zero. *How wide will it be* after three layers with pooling?

# %%
figure = Figure(figsize=(11, 2.6), dpi=100, layout="constrained")
for axes, depth in zip(figure.subplots(1, 4), (1, 2, 3, 4), strict=True):
    layers = {}
    for i in range(depth):
        layers[f"conv{i}"] = nn.Conv2d(1 if i == 0 else 8, 8, kernel_size=3, padding=1, rng=rng)
        layers[f"pool{i}"] = nn.AveragePool2d(2)
    chain = nn.Sequential(layers)
    out = chain.forward(rng.standard_normal((1, 64, 96, 1)).astype(np.float32))
    one = np.zeros_like(out)
    one[0, out.shape[1] // 2, out.shape[2] // 2] = 1
    seen = np.abs(chain.backward(one)[0, :, :, 0])
    axes.imshow(seen / seen.max(), origin="lower", cmap="magma", vmax=0.6)
    axes.set(title=f"{depth} block{'s' * (depth > 1)}: {np.count_nonzero(seen.any(axis=0))} frames", xlabel="frame")
figure.axes[0].set_ylabel("mel band")
figure

# %% [markdown]
# The toy recipe has three blocks and a hop of 16 ms: one unit of its last layer sees 22 frames, a third of a second,
# one or two syllables. The order of things further apart it cannot see, and nor can what comes after, which only sums
# up over time (tutorial 7).
#
# ## Exercises
#
# 1. Change `conv_loops` to a stride of 2. What size has the output, in general? (`conv.output_size` has the formula.)
# 2. Draw the im2col matrix of a picture with two channels. In what order do the columns come?
# 3. How many weights has a 3 x 3 convolution from 32 to 64 channels, and how many multiplications does it take on 32 x
#    48 places? Compare with the table of the network in tutorial 7.
# 4. Two 3 x 3 layers see as far as one of 5 x 5. Compare their weights and their work.
# 5. Write a kernel that fires where a voice *falls*. Which emotions of tutorial 3 does it mark?
#
# ## Read next
#
# - [minser/kernels/reference.py](../minser/kernels/reference.py) first: every operation in plain NumPy.
# - [minser/kernels/conv.py](../minser/kernels/conv.py): the tiles.
# - [minser/nn/conv.py](../minser/nn/conv.py): the layer around them.
# - Then [07_norm_pooling_dropout.py](07_norm_pooling_dropout.py).
