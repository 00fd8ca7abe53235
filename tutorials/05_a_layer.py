# %% [markdown]
# # 5. A layer: forward, backward, and how to check it
#
# After this you can derive the backward pass of a layer, write it in NumPy, and prove to yourself that it is right.
#
# You need derivatives and the chain rule from school. No sound in this one.

# %%
# %matplotlib inline
import numpy as np

from minser import nn
from minser.plots import Figure

# %% [markdown]
# ## A slope, twice
#
# The derivative of $f$ at $x$ says how much $f$ changes when $x$ changes by a little. You can find it by rules, or
# simply try:
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2 h}.$$
#
# This *central difference* is off by a term of order $h^2$ (Press et al. 2007, section 5.7). *So the smaller $h$ the
# better?* Predict the curve below before you run it.

# %%
x, exact = 0.7, np.cos(0.7)  # the derivative of sin is cos
steps = 10.0 ** np.arange(-15, 0, 0.25)
error64 = [abs((np.sin(x + h) - np.sin(x - h)) / (2 * h) - exact) for h in steps]
low = np.float32
error32 = [abs((np.sin(low(x + h)) - np.sin(low(x - h))) / low(2 * h) - exact) for h in steps]

figure = Figure(figsize=(7, 3.4), dpi=100, layout="constrained")
axes = figure.subplots()
axes.loglog(steps, error64, ".-", color="#0072B2", label="float64")
axes.loglog(steps, error32, ".-", color="#D55E00", label="float32")
axes.set(xlabel="step h", ylabel="error of the slope", title="Too large: the curve bends. Too small: digits run out.")
axes.legend()
figure

# %% [markdown]
# On the right the error falls with $h^2$. On the left it grows again: two nearly equal numbers are subtracted, and what
# is left is rounding, about $10^{-16} / h$ in float64. The best step is near $10^{-5}$ to $10^{-6}$, with ten good
# digits or more. float32 leaves five at its best step, and fewer in a deep network: gradients are checked in float64,
# always.
#
# ## The chain rule, by hand
#
# A tiny network: $y = \max(0, w x + b)$, and a loss $L = (y - t)^2$ that says how far $y$ is from a target $t$. (The
# function $\max(0, z)$ is called *ReLU*, rectified linear unit.) We want to know how $L$ changes with $w$ and $b$. Give
# every step a name, go forward, then go back and multiply by each step's own slope:
#
# | forward | value | its slope | gradient of $L$ |
# |---|---|---|---|
# | $x = 2,\ w = 0.5,\ b = 1,\ t = 3$ | | | |
# | $z = w x + b$ | 2 | by $w$: $x = 2$; by $b$: $1$ | by $w$: $-2 \cdot 2 = -4$; by $b$: $-2 \cdot 1 = -2$ |
# | $y = \max(0, z)$ | 2 | by $z$: $1$, because $z > 0$ | by $z$: $-2 \cdot 1 = -2$ |
# | $L = (y - t)^2$ | 1 | by $y$: $2 (y - t) = -2$ | by $y$: $-2$ |
#
# Read the last column from the bottom up. That is all that backpropagation is (Rumelhart, Hinton & Williams 1986): the
# chain rule, from the loss backwards, each result computed once and used for everything before it. Each step needs only
# its own slope and what comes from behind. Try whether $-4$ and $-2$ are right:


# %%
def loss(w, b, x=2.0, t=3.0):
    """Return the loss of the tiny network."""
    return (max(0.0, w * x + b) - t) ** 2


h = 1e-6
print("dL/dw:", (loss(0.5 + h, 1.0) - loss(0.5 - h, 1.0)) / (2 * h))
print("dL/db:", (loss(0.5, 1.0 + h) - loss(0.5, 1.0 - h)) / (2 * h))

# %% [markdown]
# ## The same with arrays: a dense layer
#
# A layer takes a batch $X$ of shape (batch, in), and returns $Y = X W + b$ of shape (batch, out). From behind comes
# $G = \partial L / \partial Y$, of the shape of $Y$. Write out one output, $Y_{ij} = \sum_k X_{ik} W_{kj} + b_j$, and
# apply the chain rule, adding over all outputs that a quantity touches:
#
# $$\frac{\partial L}{\partial W_{kj}} = \sum_i X_{ik} G_{ij}, \qquad
# \frac{\partial L}{\partial b_j} = \sum_i G_{ij}, \qquad
# \frac{\partial L}{\partial X_{ik}} = \sum_j G_{ij} W_{kj}$$
#
# (Goodfellow, Bengio & Courville 2016, section 6.5.6). As matrices: $X^\top G$, the column sums of $G$, and $G W^\top$.
# Where batch, in and out differ there is no other way to make the shapes fit, which is a good way to remember it.
#
# The `backward` of minser's `Dense` is these three lines, and one that fetches $X$. A layer keeps weights in `params`,
# writes gradients to `grads`, and remembers what backward needs.

# %%
rng = np.random.default_rng(0)
layer = nn.Dense(4, 3, rng=rng)
x = rng.standard_normal((5, 4)).astype(np.float32)
y = layer.forward(x)
grad_input = layer.backward(np.ones_like(y))
print("y", y.shape, "grad_input", grad_input.shape, {name: grad.shape for name, grad in layer.grads.items()})

# %% [markdown]
# ## Is it right? The gradient check
#
# Move every single entry of every array by $\pm h$, look at the loss, compare. For a loss we need one number;
# `check_gradients` takes $\sum_{ij} R_{ij} Y_{ij}$ with random weights $R$, so that $G = R$. It runs in float64.

# %%
layer.astype(np.float64)
nn.check_gradients(layer, x.astype(np.float64))
print("Dense: right")


# %% [markdown]
# Now break it. A common slip is to forget that the bias gradient is a *sum* over the batch:


# %%
class WrongDense(nn.Dense):
    """A dense layer with a mistake."""

    def backward(self, grad_output, *, need_input=True):
        """Average the bias gradient instead of summing it."""
        grad_input = super().backward(grad_output, need_input=need_input)
        self.grads["bias"] = grad_output.mean(axis=0)
        return grad_input


wrong = WrongDense(4, 3, rng=rng)
wrong.astype(np.float64)
try:
    nn.check_gradients(wrong, x.astype(np.float64))
except AssertionError as error:
    print(error)

# %% [markdown]
# It names the array, the place and both numbers; their ratio, 5, is the batch size, and you know what to look for.
#
# ### Why random weights?
#
# Why not simply $L = \sum Y$? Take a softmax (tutorial 8), whose outputs sum to 1 whatever comes in. *What is the
# gradient of that sum?* Zero. A backward pass that returns zeros would pass. The same happens with batch norm (tutorial
# 7). And one step further: test with inputs away from kinks. At $z = 0$ the ReLU has no slope, and the difference
# quotient answers 1/2.
#
# ## Write your own
#
# The *leaky* ReLU lets a little through where $z < 0$: $y = \max(z, \alpha z)$ (Maas, Hannun & Ng 2013, section 2). Its
# slope is 1 or $\alpha$. A layer of minser is a class with two methods:


# %%
class LeakyReLU(nn.Layer):
    """``max(x, alpha * x)``."""

    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, x, *, training=False, rng=None):
        """Return the larger of x and alpha x."""
        self._cache = (x > 0,)
        return np.maximum(x, self.alpha * x)

    def backward(self, grad_output, *, need_input=True):
        """Return the gradient, scaled where the input was negative."""
        (positive,) = self._take_cache()  # used once: a second backward is an error and not a stale number
        return np.where(positive, grad_output, self.alpha * grad_output)


away_from_zero = rng.uniform(0.1, 1.0, (3, 4)) * rng.choice([-1, 1], (3, 4))
nn.check_gradients(LeakyReLU(0.1), away_from_zero)
chain = nn.Sequential({"dense": nn.Dense(4, 8, rng=rng), "leaky": LeakyReLU(0.1), "out": nn.Dense(8, 2, rng=rng)})
chain.astype(np.float64)
nn.check_gradients(chain, away_from_zero)
print("the layer is right, and so is a chain of layers:", list(chain.params))

# %% [markdown]
# `Sequential` is a loop forward and the same loop in reverse (some neighbours it takes in one step: tutorial 13). Each
# layer knows nothing of the others. This is why you can build any network from checked parts and be sure of its
# gradient.
#
# ## Twenty layers deep
#
# What happens to a gradient that passes through many layers? Each multiplies it by its weights, so it shrinks or grows
# like a power. Twenty dense layers with ReLU, whose weights are drawn with variance $s / n_\text{in}$. *Which $s$ keeps
# the size?* A ReLU zeroes half of the signal's power, so $s = 2$ should (He et al. 2015, eq. 10).

# %%
figure = Figure(figsize=(10, 3.2), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
for variance, colour in ((1.0, "#D55E00"), (2.0, "#0072B2"), (3.0, "#E69F00")):
    rng = np.random.default_rng(0)
    layers = []
    for _ in range(20):
        dense = nn.Dense(128, 128, rng=rng)
        dense.params["weight"][...] = rng.normal(0, np.sqrt(variance / 128), (128, 128))
        layers += [dense, nn.ReLU()]
    signal = rng.standard_normal((64, 128)).astype(np.float32)
    sizes = []
    for part in layers:
        signal = part.forward(signal)
        sizes.append(np.sqrt(np.mean(signal**2)))
    grad = rng.standard_normal(signal.shape).astype(np.float32)
    grad_sizes = []
    for part in reversed(layers):
        grad = part.backward(grad)
        grad_sizes.append(np.sqrt(np.mean(grad**2)))
    left.semilogy(range(1, 21), sizes[1::2], ".-", color=colour, label=f"s = {variance:.0f}")
    right.semilogy(range(1, 21), grad_sizes[1::2][::-1], ".-", color=colour)
left.set(title="signal, forward", xlabel="layer", ylabel="root mean square")
right.set(title="gradient, backward", xlabel="layer", ylabel="root mean square")
for axes in (left, right):
    axes.set_xticks(range(2, 21, 3))
figure.legend(loc="outside right center")
figure

# %% [markdown]
# With $s = 1$ the gradient that reaches the first layer is a five-hundredth of the one at the last, with $s = 3$ it is
# tens of times as large. A weight's gradient is the product of signal and gradient: with $s = 1$ it is some hundred
# times too small in *every* layer, with $s = 3$ some fifty times too large. With $s = 2$ both keep their size, however
# deep the network is. That is `he_normal` in `nn/init.py`, from which the convolutions start. Batch norm (tutorial 7)
# is another cure.
#
# ## Exercises
#
# 1. Derive and write the layer $y = \tanh(x)$. (Its slope can be computed from $y$ alone.) Check it.
# 2. Write a layer that multiplies each feature by a learned scale: `params["scale"]` of shape (features,). Which
#    gradient is a sum, and over what?
# 3. Where would a gradient check fail for a *right* ReLU? Construct the input.
# 4. Why does `check_gradients` draw a new generator with the same seed for every forward pass? Think of dropout.
# 5. The dense layer's weights are $n_\text{in} \times n_\text{out}$ numbers. How many forward passes does the check of
#    a layer with 100 inputs and 100 outputs take? And how many does one backward pass replace?
#
# ## Read next
#
# - [minser/nn/layer.py](../minser/nn/layer.py): the contract. [minser/nn/dense.py](../minser/nn/dense.py): one screen.
# - [minser/nn/gradcheck.py](../minser/nn/gradcheck.py): the check. [tests/nn/cases.py](../tests/nn/cases.py): one table
#   of layers that all tests run through.
# - [minser/nn/sequential.py](../minser/nn/sequential.py), [minser/nn/init.py](../minser/nn/init.py).
# - Then [06_convolution.py](06_convolution.py).
