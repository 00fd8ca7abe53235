# %% [markdown]
# # 8. Loss, Adam, schedules, the training loop
#
# After this you can write a training loop from an empty file, and find out why one does not learn.

# %%
# %matplotlib inline
import numpy as np

from minser import nn, recipes
from minser.corpus.batches import fit
from minser.corpus.dataset import find_corpus, find_ravdess, load_dataset
from minser.plots import Figure

rng = np.random.default_rng(0)

# %% [markdown]
# ## From numbers to probabilities
#
# The network's last layer gives eight numbers, the *logits* $z_k$. *Softmax* makes probabilities of them, positive and
# with the sum 1:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# (Bridle 1990). Only differences count: adding 5 to all logits changes nothing. That is also the cure for overflow:
# subtract the largest first.

# %%
logits = np.array([[2.0, 1.0, -1.0], [1002.0, 1001.0, 999.0]])
with np.errstate(over="ignore", invalid="ignore"):
    print("naive: ", (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).round(3).tolist())
print("minser:", np.exp(nn.log_softmax(logits)).round(3).tolist())

# %% [markdown]
# ## Cross-entropy: how surprised
#
# The loss of a clip is $-\ln p_\text{true}$: nothing if the network was sure and right, much if it was sure and wrong
# (Goodfellow, Bengio & Courville 2016, section 6.2.2.3). *A network that knows nothing says 1/8 for each class. What is
# its loss?* $\ln 8 = 2.08$. The first loss of every training run should be near that; if it is 20, something is wrong
# already.
#
# The gradient is as simple as could be. For the logits of one clip with target $t$ (1 at the true class, 0 elsewhere),
#
# $$\frac{\partial L}{\partial z_k} = p_k - t_k .$$
#
# To derive it, write $L = -z_\text{true} + \ln \sum_j e^{z_j}$ and differentiate. This is why softmax and loss are one
# class here: apart, the one divides by tiny numbers that the other multiplies by again.

# %%
z = np.linspace(-6, 6, 200)
two = np.stack([z, np.zeros_like(z)], axis=1)  # the true class is the first of two
figure = Figure(figsize=(10, 3), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
for smoothing, colour in ((0.0, "#0072B2"), (0.1, "#D55E00")):
    losses, slopes = [], []
    for pair in two:
        loss = nn.SoftmaxCrossEntropy(label_smoothing=smoothing)
        losses.append(loss.forward(pair[None], np.array([0])))
        slopes.append(loss.backward()[0, 0])
    left.plot(z, losses, color=colour, label=f"label smoothing {smoothing}")
    right.plot(z, slopes, color=colour)
left.set(xlabel="true logit minus the other", ylabel="loss (nats)")
right.set(xlabel="true logit minus the other", ylabel="slope")
right.axhline(0, color="#666666", linewidth=0.8)
left.legend()
figure

# %% [markdown]
# Without smoothing the slope never reaches zero: the loss always asks for more certainty, even where the answer has
# long been right. (*Nats* are the unit of natural logarithms.) With *label smoothing* (Szegedy et al. 2016, section 7)
# the target is 0.9 plus a tenth spread over all classes; past a point the slope turns, and too much confidence costs.
# Actors' emotions are not certain either: listeners hear the intended one in 62 % of RAVDESS's clips, even with neutral
# and calm accepted for each other.
#
# ## Downhill
#
# Take one weight and draw the loss over it: a valley. The gradient says which way is down and how steep, so step
# against it:
#
# $$w \leftarrow w - \eta \, \frac{\partial L}{\partial w} .$$
#
# $\eta$ is the *learning rate*. In a valley $L = \frac{1}{2} a w^2$ one step multiplies $w$ by $1 - \eta a$. *So for
# which $\eta$ does it diverge?* Where $|1 - \eta a| > 1$: above $2 / a$.

# %%
w = np.linspace(-3.2, 3.2, 100)
figure = Figure(figsize=(11, 2.8), dpi=100, layout="constrained")
for axes, lr in zip(figure.subplots(1, 4, sharey=True), (0.05, 0.5, 0.95, 1.05), strict=True):
    path = [2.0]
    for _ in range(8):
        path.append(path[-1] - lr * 2 * path[-1])  # the loss is w ** 2, so a = 2
    axes.plot(w, w**2, color="#666666")
    axes.plot(path, np.square(path), "o-", color="#0072B2", markersize=4, linewidth=0.8)
    axes.set(title=f"rate {lr}", xlabel="weight", xlim=(-3.2, 3.2), ylim=(-0.3, 10))
figure.axes[0].set_ylabel("loss")
figure

# %% [markdown]
# Too small crawls, a good one arrives, a large one swings from side to side, and beyond 1 it leaves the valley.
#
# ## Two weights, and why Adam
#
# With many weights the valley is steep in some directions and flat in others. The steep ones limit the rate, and the
# flat ones crawl. *Momentum* keeps a share of the last step, so that what swings cancels and what goes on adds up
# (Polyak 1964). *Adam* (Kingma & Ba 2015, algorithm 1) also divides each weight's step by the usual size of its own
# gradient:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
# w \leftarrow w - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} .$$
#
# $g$ is the gradient, $t$ counts the steps, and usually $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$. Both
# averages start at zero and are too small at first; the divisions by $1 - \beta^t$ mend that. So every weight moves by
# about $\eta$ a step as long as its gradient keeps its sign, whatever its scale. (*Weight decay* also shrinks all
# weights by a factor $1 - \eta \lambda$ in each step: Loshchilov & Hutter 2019, algorithm 2.) Here is a valley twenty
# times as steep in one direction:

# %%
steepness = np.array([1.0, 20.0])


def walk(optimiser, params, steps=40):
    """Return the weights after each step downhill."""
    path = [params["w"].copy()]
    for _ in range(steps):
        optimiser.step({"w": steepness * params["w"]})  # the gradient of the sum of steepness / 2 * w ** 2
        path.append(params["w"].copy())
    return np.array(path)


figure = Figure(figsize=(11, 3.2), dpi=100, layout="constrained")
a, b = np.meshgrid(np.linspace(-4.5, 1.5, 100), np.linspace(-2, 2, 100))
for axes, name in zip(
    figure.subplots(1, 3, sharey=True), ("plain, rate 0.09", "momentum 0.7", "Adam, rate 0.3"), strict=True
):
    params = {"w": np.array([-4.0, 1.5])}
    optimiser = {
        "p": nn.SGD(params, lr=0.09),
        "m": nn.SGD(params, lr=0.03, momentum=0.7),
        "A": nn.Adam(params, lr=0.3),
    }[name[0]]
    path = walk(optimiser, params)
    axes.contour(a, b, 0.5 * (a**2 + 20 * b**2), levels=[0.3, 1, 3, 8, 16, 28], colors="#BBBBBB")
    axes.plot(*path.T, ".-", color="#0072B2", linewidth=0.8)
    axes.plot(0, 0, "*", color="#D55E00", markersize=12)
    axes.set(title=name, xlabel="flat weight")
figure.axes[0].set_ylabel("steep weight")
figure

# %% [markdown]
# Plain descent zigzags across the valley; momentum damps that. Adam goes as fast in the flat direction as in the steep
# one, runs past the end by a few steps, and has to come back: with its step of one size it cannot stop. That is why the
# rate has to fall at the end.
#
# ## Schedules
#
# The usual shape: rise for some steps, because Adam's averages know nothing at first and large steps into the unknown
# do damage (Goyal et al. 2017, section 2.2); then fall along half a cosine (Loshchilov & Hutter 2017, eq. 5). The
# alternative watches the loss on clips that are not trained on, and divides the rate when it stalls.

# %%
total, warmup = 480, 60
figure = Figure(figsize=(7, 2.6), dpi=100, layout="constrained")
axes = figure.subplots()
axes.plot([nn.warmup_cosine(s, lr=3e-3, total_steps=total, warmup_steps=warmup) for s in range(total)], color="#0072B2")
axes.set(xlabel="step", ylabel="learning rate", title="60 steps of warm-up, then half a cosine")
figure

# %% [markdown]
# ## The loop
#
# Everything is there. 240 clips of four synthetic or real speakers, a small network, and the loop that all training is:
# batch, forward, loss, backward, step.

# %%
recipe = recipes.read("toy")
if root := find_ravdess(None):
    recipe = recipe.replace({"data.corpus": "ravdess"})
dataset = load_dataset(recipe, root or find_corpus(recipe, None))
few = np.array([i for i, clip in enumerate(dataset.clips) if clip.actor <= 4])
x = np.stack([fit(dataset.features[i], recipe.features) for i in few])[..., None]  # (240, 64, 96, 1)
y = dataset.labels[few]


def small_network(rng):
    """Return two blocks and a dense layer."""
    return nn.Sequential(
        {
            "conv1": nn.Conv2d(1, 8, kernel_size=3, padding=1, rng=rng),
            "norm1": nn.BatchNorm(8),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool2d(4),
            "conv2": nn.Conv2d(8, 16, kernel_size=3, padding=1, rng=rng),
            "norm2": nn.BatchNorm(16),
            "relu2": nn.ReLU(),
            "pooling": nn.MeanMaxPool(),
            "logits": nn.Dense(32, 8, rng=rng),
        }
    )


def train(x, y, *, lr, epochs, batch_size=32, seed=0):
    """Return a network, and the loss of every step."""
    rng = np.random.default_rng(seed)
    network, loss = small_network(rng), nn.SoftmaxCrossEntropy()
    optimiser, losses = nn.Adam(network.params), []
    n_batches = len(x) // batch_size
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for k in range(n_batches):
            chosen = order[k * batch_size : (k + 1) * batch_size]
            step = epoch * n_batches + k
            optimiser.lr = nn.warmup_cosine(step, lr=lr, total_steps=epochs * n_batches, warmup_steps=n_batches)
            losses.append(loss.forward(network.forward(x[chosen], training=True, rng=rng), y[chosen]))
            network.backward(loss.backward(), need_input=False)
            optimiser.step(network.grads)
    return network, losses


# %% [markdown]
# ### First, learn eight clips by heart
#
# Before you train on all: can the network learn one tiny batch perfectly? If not, there is a mistake in the gradient,
# the labels or the loop, and no amount of data will help. *Where should the loss start?*

# %%
one_of_each = np.array([np.flatnonzero(y == label)[0] for label in range(8)])
network, losses = train(x[one_of_each], y[one_of_each], lr=0.03, epochs=150, batch_size=8)
print(f"loss {losses[0]:.2f} at first, {losses[-1]:.4f} in the end; ln 8 is {np.log(8):.2f}")

# %% [markdown]
# ### Then find a learning rate
#
# Three rates, each a hundred times the one before:

# %%
figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
axes = figure.subplots()
for lr, colour in ((1e-4, "#E69F00"), (1e-2, "#0072B2"), (1.0, "#D55E00")):
    _, losses = train(x, y, lr=lr, epochs=12)
    axes.plot(losses, color=colour, linewidth=1, label=f"rate {lr:g}")
axes.axhline(np.log(8), color="#666666", linestyle=":", label="knows nothing")
axes.set(xlabel="step", ylabel="loss (nats)", ylim=(0, 4))
figure.legend(loc="outside right center")
figure

# %% [markdown]
# Too small learns hardly anything in the time; too large first makes it worse, and stays behind. Between them lies a
# range where the exact value hardly matters.
#
# ### The landscape along one weight
#
# The loss over a single weight of the trained network, and over a random direction of all weights at once (after Li et
# al. 2018, without their scaling by filters). *Do you expect a parabola?*

# %%
network, _ = train(x, y, lr=1e-2, epochs=12)
loss = nn.SoftmaxCrossEntropy()


def loss_at(shift, directions):
    """Return the loss with all weights moved along directions."""
    for name, direction in directions.items():
        network.params[name] += np.float32(shift) * direction
    value = loss.forward(network.forward(x), y)
    for name, direction in directions.items():
        network.params[name] -= np.float32(shift) * direction
    return value


one_weight = {"conv2.weight": np.zeros_like(network.params["conv2.weight"])}
one_weight["conv2.weight"][1, 1, 0, 0] = 1
everything = {
    name: rng.standard_normal(w.shape).astype(np.float32) * w.std() for name, w in network.params.items() if w.ndim > 1
}
shifts = np.linspace(-1.5, 1.5, 25)
figure = Figure(figsize=(10, 2.8), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(shifts, [loss_at(s, one_weight) for s in shifts], ".-", color="#0072B2")
left.set(title="one weight of conv2", xlabel="change of the weight", ylabel="loss (nats)")
right.plot(shifts, [loss_at(s, everything) for s in shifts], ".-", color="#0072B2")
right.set(title="a random direction of all weights", xlabel="change, in standard deviations of each layer's weights")
figure

# %% [markdown]
# A single weight hardly matters (look at the scale on the left), all together matter much. The curves are smooth but no
# parabolas: steep on one side, flat on the other. Gradient descent works all the same, because nearby the slope is
# honest.
#
# ### Do all layers learn?
#
# The size of each gradient, relative to the weights that it shall move, for one batch at the very start:

# %%
network = small_network(np.random.default_rng(0))
logits = network.forward(x[:64], training=True, rng=rng)
loss.forward(logits, y[:64])
network.backward(loss.backward(), need_input=False)
for name in network.params:
    if name.endswith("weight"):
        grad, weight = network.grads[name], network.params[name]
        print(f"{name:13} gradient / weight: {np.linalg.norm(grad) / np.linalg.norm(weight):.3f}")

# %% [markdown]
# All within a factor of ten or so: no layer starves. A zero here means a layer that the loss cannot reach, a huge value
# one that will explode first.
#
# ## When it does not learn
#
# | what you see | first suspect |
# |---|---|
# | first loss far from $\ln 8$ | too large first weights, inputs not standardised |
# | cannot learn eight clips | gradient, labels out of order, weights that the optimiser was not given |
# | loss becomes NaN | rate too high; then look for a logarithm of 0 |
# | training fine, validation bad | too few data, too little augmentation; or the parts differ |
# | validation better than training | dropout and augmentation act in training only; or a leak (tutorial 10) |
#
# ## Exercises
#
# 1. Derive the gradient of the cross-entropy by the logits, with label smoothing. Compare with
#    `SoftmaxCrossEntropy.backward` by finite differences.
# 2. Remove the bias correction from Adam (write your own in ten lines). What happens in the first steps?
# 3. In half of the happy clips write sad, in half of the sad ones happy. A network that does not learn clips by heart
#    and knows all the rest ends at which loss? Compute it, then train.
# 4. Train with batches of 8, 32 and 120 for the same number of epochs. Which rate suits each?
# 5. Initialise `logits` with zeros, as `models/head.py` does. Which number does the first loss become, exactly?
#
# ## Read next
#
# - [minser/nn/loss.py](../minser/nn/loss.py), [minser/nn/optim.py](../minser/nn/optim.py),
#   [minser/nn/schedule.py](../minser/nn/schedule.py).
# - [minser/training/trainer.py](../minser/training/trainer.py): the loop above, that can be stopped and resumed to the
#   same bytes.
# - [minser/train.py](../minser/train.py): from the recipe to the report, in the order of the work.
# - Then [09_train_and_read_the_matrix.py](09_train_and_read_the_matrix.py).
