# %% [markdown]
# # Assignment 6: batch normalisation, max pooling and dropout
#
# Comes after lesson 7. Takes about 90 minutes.
#
# Three layers that behave differently in training and in evaluation, or whose backward pass is easily wrong. Batches
# are channels last. NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. Batch norm in training


# %%
def batch_norm_training(x, gamma, beta, eps):
    """Normalise each channel by its own mean and variance over the batch (Ioffe & Szegedy 2015, alg. 1).

    Parameters
    ----------
    x : ndarray of float, shape (batch, channels)
    gamma, beta : ndarray of float, shape (channels,)
        Scale and shift afterwards.
    eps : float
        Added to the variance, under the root. The variance divides by batch.

    Returns
    -------
    ndarray of float, shape (batch, channels)
        gamma (x - mean) / sqrt(variance + eps) + beta.
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=0)
    return gamma * centred / np.sqrt(x.var(axis=0) + eps) + beta
    ### END SOLUTION


# %%
assert np.allclose(batch_norm_training(locked([[1.0], [5]]), locked([3.0]), locked([5.0]), 5), [[3], [7]])

# %% [markdown]
# ## 2. Running statistics
#
# `momentum` is the share of the new batch, as in torch. The running variance is the unbiased one: its divisor is the
# batch size less one.


# %%
def update_running(running_mean, running_var, x, momentum):
    """Move the running averages towards the statistics of a batch.

    Parameters
    ----------
    running_mean, running_var : ndarray of float, shape (channels,)
        Averages so far.
    x : ndarray of float, shape (batch, channels)
        The new batch, two samples at least.
    momentum : float
        Weight of the new batch; the old value has 1 - momentum.

    Returns
    -------
    (ndarray, ndarray)
        The new averages; new arrays.
    """
    ### BEGIN SOLUTION
    mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
    return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)
    ### END SOLUTION


# %%
new = update_running(locked([0.0]), locked([1.0]), locked([[1.0], [3]]), 0.1)
assert np.allclose(new, [[0.2], [1.1]])

# %% [markdown]
# ## 3. Batch norm in evaluation


# %%
def batch_norm_evaluation(x, gamma, beta, running_mean, running_var, eps):
    """Normalise by the running statistics: what comes out of a sample does not depend on its batch.

    Parameters
    ----------
    x : ndarray of float, shape (batch, channels)
    gamma, beta, running_mean, running_var : ndarray of float, shape (channels,)
    eps : float
        Added to the variance, under the root.

    Returns
    -------
    ndarray of float, shape (batch, channels)
        gamma (x - running_mean) / sqrt(running_var + eps) + beta.
    """
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(running_var + eps)
    return (x - running_mean) * scale + beta
    ### END SOLUTION


# %%
one = locked([1.0])
assert np.allclose(batch_norm_evaluation(locked([[5.0]]), locked([3.0]), one, locked([3.0]), locked([4.0]), 5), [[3]])

# %% [markdown]
# ## 4. Batch norm, backward
#
# Mean and variance depend on every sample. With x' = (x - mean) / sqrt(variance + eps), the chain rule contracts to
# gamma / sqrt(variance + eps) * (g - mean(g) - x' mean(g x')), g being the gradient that comes in.


# %%
def batch_norm_backward(grad_output, x, gamma, eps):
    """Compute the gradients of batch norm in training (Ioffe & Szegedy 2015, section 3).

    Parameters
    ----------
    grad_output, x : ndarray of float, shape (batch, channels)
        Gradient of the loss by the output; what came in.
    gamma : ndarray of float, shape (channels,)
    eps : float
        As in the forward pass.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        Gradients by x, gamma and beta.
    """
    ### BEGIN SOLUTION
    inv_std = 1 / np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) * inv_std
    grad_gamma, grad_beta = (grad_output * normal).sum(axis=0), grad_output.sum(axis=0)
    grad_x = gamma * inv_std * (grad_output - grad_beta / len(x) - normal * grad_gamma / len(x))
    return grad_x, grad_gamma, grad_beta
    ### END SOLUTION


# %%
by_x, by_gamma, by_beta = batch_norm_backward(locked([[1.0], [0]]), locked([[1.0], [3]]), one, 1.0)
assert np.allclose([by_gamma[0], by_beta[0]], [-np.sqrt(0.5), 1])
assert np.allclose(by_x, [[np.sqrt(2) / 8], [-np.sqrt(2) / 8]])

# %% [markdown]
# ## 5. Max pooling, forward
#
# Size and stride are two things: windows may overlap, and may leave gaps.


# %%
def max_pool_forward(x, size, stride):
    """Take the largest value of each window, channel by channel.

    Parameters
    ----------
    x : ndarray of float, shape (batch, height, width, channels)
    size, stride : (int, int)
        Height and width of the window, and its steps; only whole windows count.

    Returns
    -------
    ndarray of float, shape (batch, out_h, out_w, channels)
        out_h = 1 + (height - size[0]) // stride[0], out_w likewise.
    """
    ### BEGIN SOLUTION
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return windows[:, :: stride[0], :: stride[1]].max(axis=(-2, -1))
    ### END SOLUTION


# %%
image = locked(np.arange(12.0).reshape(1, 3, 4, 1))
assert np.array_equal(max_pool_forward(image, (2, 2), (1, 2))[0, :, :, 0], [[5, 7], [9, 11]])

# %% [markdown]
# ## 6. Max pooling, backward
#
# The gradient goes to the winner of each window. A value that wins in two windows gets both.


# %%
def max_pool_backward(grad_output, x, size, stride):
    """Compute the gradient of max pooling by its input.

    Parameters
    ----------
    grad_output : ndarray of float, shape (batch, out_h, out_w, channels)
        Gradient of the loss by the output.
    x : ndarray of float, shape (batch, height, width, channels)
        What came in; no window holds its largest value twice.
    size, stride : (int, int)
        As in the forward pass.

    Returns
    -------
    ndarray of float64, shape of `x`
        Gradient of the loss by x.
    """
    ### BEGIN SOLUTION
    grad_x = np.zeros(x.shape)
    for i, j in np.ndindex(*grad_output.shape[1:3]):
        rows = slice(i * stride[0], i * stride[0] + size[0])
        columns = slice(j * stride[1], j * stride[1] + size[1])
        window = x[:, rows, columns]
        winner = window == window.max(axis=(1, 2), keepdims=True)
        grad_x[:, rows, columns] += winner * grad_output[:, i : i + 1, j : j + 1]
    return grad_x
    ### END SOLUTION


# %%
peak = locked(np.array([0.0, 1, 9, 2, 3]).reshape(1, 1, 5, 1))
assert np.array_equal(max_pool_backward(np.ones((1, 1, 2, 1)), peak, (1, 3), (1, 2))[0, 0, :, 0], [0, 0, 2, 0, 0])
other, coming = (locked(np.reshape(row, (1, 1, -1, 1))) for row in ([4.0, 1, 2, 0, 3], [5.0, 7]))
assert np.array_equal(max_pool_backward(coming, other, (1, 3), (1, 2))[0, 0, :, 0], [5, 0, 0, 0, 7])

# %% [markdown]
# ## 7. Dropout
#
# In training each value is zeroed with probability p, and the others grow by 1 / (1 - p): the mean stays, and
# evaluation has nothing to do.


# %%
def dropout(x, p, training, rng):
    """Zero values at random, scaled so that their mean stays the same (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    x : ndarray of float
        Of any shape.
    p : float
        Probability of zeroing, in [0, 1).
    training : bool
        Without training, x comes back as it is and nothing is drawn.
    rng : numpy.random.Generator
        Draws by one call of `rng.random(x.shape)`; a value is kept where its number is p or more.

    Returns
    -------
    ndarray of float, shape of `x`
        The thinned values.
    """
    ### BEGIN SOLUTION
    if not training:
        return x
    return x * (rng.random(x.shape) >= p) / (1 - p)
    ### END SOLUTION


# %%
thinned = dropout(locked(np.ones(1000)), 0.2, True, np.random.default_rng(0))
assert set(np.unique(thinned)) == {0.0, 1.25}
assert abs(thinned.mean() - 1) < 0.05
assert np.array_equal(dropout(np.ones(3), 0.2, False, np.random.default_rng(0)), np.ones(3))
