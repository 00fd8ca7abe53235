# %% [markdown]
# # Assignment 7: optimisers and schedules
#
# Comes after lesson 8. Takes about 45 minutes.
#
# The gradient says which way is down; how far to go is another question. Each function makes one step and returns new
# arrays; its arguments stay as they are. NumPy is all you need.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. Momentum
#
# The velocity remembers earlier gradients. `momentum` is the share of the *old* velocity that is kept.


# %%
def sgd_step(param, grad, velocity, lr, momentum):
    """Make one step of gradient descent with momentum (Sutskever et al. 2013, in torch's form).

    Parameters
    ----------
    param, grad, velocity : ndarray of float, all of one shape
        Parameters, their gradient, and the velocity that the last step left.
    lr, momentum : float
        Step size; share of the velocity that is kept.

    Returns
    -------
    (ndarray, ndarray)
        New parameters, param - lr * new velocity, and the new velocity, momentum * velocity + grad.
    """
    ### BEGIN SOLUTION
    new_velocity = momentum * velocity + grad
    return param - lr * new_velocity, new_velocity
    ### END SOLUTION


# %%
moved = sgd_step(locked([1.0]), locked([2.0]), locked([10.0]), 0.1, 0.9)
assert np.allclose(moved, [[-0.1], [11]])

# %% [markdown]
# ## 2. Adam
#
# Both averages start at zero, so early ones are too small: divide by 1 - beta ** step. eps is added outside of the
# root.


# %%
def adam_step(param, grad, mean, square, step, lr, beta1, beta2, eps):
    """Make one step of Adam (Kingma & Ba 2015, alg. 1).

    Parameters
    ----------
    param, grad, mean, square : ndarray of float, all of one shape
        Parameters, their gradient, and the running averages of the gradient and of its square.
    step : int
        Number of this step, from 1.
    lr, beta1, beta2, eps : float
        Step size; share of the *old* average that is kept, of `mean` and of `square`; a small number.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        New parameters, new mean and new square (both uncorrected).
    """
    ### BEGIN SOLUTION
    new_mean = beta1 * mean + (1 - beta1) * grad
    new_square = beta2 * square + (1 - beta2) * grad**2
    corrected = new_mean / (1 - beta1**step)
    root = np.sqrt(new_square / (1 - beta2**step)) + eps
    return param - lr * corrected / root, new_mean, new_square
    ### END SOLUTION


# %%
second = adam_step(locked([0.0]), locked([2.0]), locked([0.0]), locked([0.0]), 2, 0.1, 0.5, 0.75, 1.0)
assert np.allclose(second, [[-0.05308156], [1], [1]])

# %% [markdown]
# ## 3. L2: a penalty in the loss


# %%
def add_l2(grad, weight, l2):
    """Add to a gradient that of the penalty l2 * sum(weight ** 2), as in Keras.

    Parameters
    ----------
    grad, weight : ndarray of float, of one shape
        Gradient of the loss without penalty; the weights.
    l2 : float
        Strength.

    Returns
    -------
    ndarray of float
        Gradient of the loss with penalty.
    """
    ### BEGIN SOLUTION
    return grad + 2 * l2 * weight
    ### END SOLUTION


# %%
assert np.allclose(add_l2(locked([1.0]), locked([3.0]), 0.5), [4])

# %% [markdown]
# ## 4. Decoupled weight decay
#
# Under Adam a penalty's gradient is divided by the root as well, and big gradients escape it. AdamW shrinks the weights
# directly, before the step.


# %%
def decay_weights(weight, lr, weight_decay):
    """Shrink weights as AdamW does (Loshchilov & Hutter 2019, alg. 2, line 12, in torch's form).

    Parameters
    ----------
    weight : ndarray of float
        Weights before the step.
    lr, weight_decay : float
        Step size and strength.

    Returns
    -------
    ndarray of float
        weight times (1 - lr * weight_decay).
    """
    ### BEGIN SOLUTION
    return weight * (1 - lr * weight_decay)
    ### END SOLUTION


# %%
assert np.allclose(decay_weights(locked([2.0]), 0.1, 0.5), [1.9])

# %% [markdown]
# ## 5. Warm-up and cosine


# %%
def warmup_cosine(step, lr, total_steps, warmup_steps, min_lr):
    """Compute the learning rate of a step (Loshchilov & Hutter 2017, eq. 5; warm-up: Goyal et al. 2017).

    Parameters
    ----------
    step : int
        Counted from 0.
    lr, min_lr : float
        Highest rate, reached at `warmup_steps`, and lowest rate, from `total_steps` on.
    total_steps, warmup_steps : int
        Steps in all, and before the highest rate; warmup_steps < total_steps.

    Returns
    -------
    float
        In the warm-up lr * (step + 1) / (warmup_steps + 1); then min_lr + (lr - min_lr) * (1 + cos(pi * p)) / 2, where
        p grows from 0 to 1 and stays there.
    """
    ### BEGIN SOLUTION
    if step < warmup_steps:
        return lr * (step + 1) / (warmup_steps + 1)
    progress = min((step - warmup_steps) / (total_steps - warmup_steps), 1)
    return min_lr + (lr - min_lr) * (1 + np.cos(np.pi * progress)) / 2
    ### END SOLUTION


# %%
rates = [warmup_cosine(step, 4.0, 7, 3, 1.0) for step in (0, 2, 3, 5, 7, 100)]
assert np.allclose(rates, [1, 3, 4, 2.5, 1, 1])

# %% [markdown]
# ## 6. Clipping
#
# One norm for all gradients together: their direction stays.


# %%
def clip_gradients(grads, max_norm):
    """Scale all gradients so that their common Euclidean norm is at most `max_norm` (Pascanu et al. 2013, alg. 1).

    Parameters
    ----------
    grads : dict of str to ndarray
        Gradients, not all zero.
    max_norm : float
        Longer ones are shortened to it; shorter ones stay.

    Returns
    -------
    dict of str to ndarray
        New arrays under the same names.
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
    factor = min(1, max_norm / norm)
    return {name: grad * factor for name, grad in grads.items()}
    ### END SOLUTION


# %%
clipped = clip_gradients({"weight": locked([[3.0]]), "bias": locked([4.0])}, 1.0)
assert np.allclose([clipped["weight"][0, 0], clipped["bias"][0]], [0.6, 0.8])
assert clip_gradients({"bias": locked([2.0])}, 4.0)["bias"][0] == 2
