# %% [markdown]
# # Assignment 4: a dense layer, ReLU and softmax cross-entropy, forward and backward
#
# Comes after lesson 8. Takes about 75 minutes.
#
# A backward function gets the gradient of the loss by its output and returns that by its inputs. Whoever writes one
# checks it with differences: move an input a little, and see how far the loss moves. A batch is the first axis: what
# all samples share gets the *sum* of their gradients. NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def numerical_gradient(function, x, step=1e-6):
    """Return the gradient of the number `function(x)` by every entry of `x`, by central differences."""
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        delta = np.zeros_like(x)
        delta[place] = step
        grad[place] = (function(x + delta) - function(x - delta)) / (2 * step)
    return grad


# %% [markdown]
# ## 1. Dense, forward


# %%
def dense_forward(x, weight, bias):
    """Compute a weighted sum of all inputs for each output.

    Parameters
    ----------
    x : ndarray of float, shape (batch, in_features)
    weight : ndarray of float, shape (in_features, out_features)
    bias : ndarray of float, shape (out_features,)

    Returns
    -------
    ndarray of float, shape (batch, out_features)
        x weight + bias.
    """
    ### BEGIN SOLUTION
    return x @ weight + bias
    ### END SOLUTION


# %%
assert np.array_equal(
    dense_forward(locked([[1.0, 2]]), locked([[1.0, 0, 3], [0, 1, 1]]), locked([1.0, 1, 1])), [[2, 3, 6]]
)

# %% [markdown]
# ## 2. Dense, backward


# %%
def dense_backward(grad_output, x, weight):
    """Compute the gradients of a dense layer (Goodfellow et al. 2016, section 6.5.6).

    Parameters
    ----------
    grad_output : ndarray of float, shape (batch, out_features)
        Gradient of the loss by the layer's output.
    x : ndarray of float, shape (batch, in_features)
        What came in.
    weight : ndarray of float, shape (in_features, out_features)

    Returns
    -------
    (ndarray, ndarray, ndarray)
        Gradients by x, weight and bias, each of its shape; weight and bias summed over the batch.
    """
    ### BEGIN SOLUTION
    grad_x = grad_output @ weight.T
    grad_weight = x.T @ grad_output
    return grad_x, grad_weight, grad_output.sum(axis=0)
    ### END SOLUTION


# %%
grads = dense_backward(locked([[1.0], [2.0]]), locked([[1.0, 0], [3, 4]]), locked([[5.0], [6]]))
assert np.array_equal(grads[0], [[5, 6], [10, 12]])
assert np.array_equal(grads[1], [[7], [8]])
assert np.array_equal(grads[2], [3])

# %% [markdown]
# ## 3. ReLU, backward
#
# Forward is max(x, 0). Where the input was 0 or less, nothing comes back.


# %%
def relu_backward(grad_output, x):
    """Compute the gradient of max(x, 0) by x (Goodfellow et al. 2016, section 6.3.1).

    Parameters
    ----------
    grad_output : ndarray of float
        Gradient of the loss by the output.
    x : ndarray of float, of the same shape
        What came in; at 0 the gradient is 0.

    Returns
    -------
    ndarray of float, of the same shape
        Gradient of the loss by x.
    """
    ### BEGIN SOLUTION
    return grad_output * (x > 0)
    ### END SOLUTION


# %%
assert np.array_equal(relu_backward(locked([[5.0, 6, 7]]), locked([[-1.0, 0, 2]])), [[0, 0, 7]])

# %% [markdown]
# ## 4. Softmax
#
# exp(1000) is infinite. Subtract the largest logit of each row first: the result is the same, and nothing overflows.


# %%
def softmax(logits):
    """Compute probabilities from logits (Goodfellow et al. 2016, eq. 4.1), safe for any size of logit.

    Parameters
    ----------
    logits : ndarray of float, shape (batch, n_classes)
        Any numbers, also thousands.

    Returns
    -------
    ndarray of float, shape (batch, n_classes)
        exp(logit) / sum of them; each row sums to 1.
    """
    ### BEGIN SOLUTION
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
assert np.allclose(softmax(locked([[0.0, np.log(3)], [1000, 1000]])), [[0.25, 0.75], [0.5, 0.5]])

# %% [markdown]
# ## 5. Smoothed targets
#
# The true class gets 1 - s + s / K, each other class s / K: together 1.


# %%
def smooth_targets(labels, n_classes, label_smoothing):
    """Make probabilities of class numbers (Szegedy et al. 2016, section 7).

    Parameters
    ----------
    labels : ndarray of int, shape (batch,)
        Class numbers, 0 .. n_classes - 1.
    n_classes : int
        K.
    label_smoothing : float
        s, the share that is spread evenly over *all* classes, the true one too.

    Returns
    -------
    ndarray of float64, shape (batch, n_classes)
        Each row sums to 1.
    """
    ### BEGIN SOLUTION
    one_hot = np.eye(n_classes)[labels]
    return (1 - label_smoothing) * one_hot + label_smoothing / n_classes
    ### END SOLUTION


# %%
assert np.allclose(smooth_targets(locked([1]), 4, 0.2), [[0.05, 0.85, 0.05, 0.05]])

# %% [markdown]
# ## 6. Cross-entropy, forward
#
# The logarithm of a softmax is logit - log(sum(exp(logits))). Shift here as well: log(0) is infinite.


# %%
def cross_entropy(logits, targets):
    """Compute the mean over the batch of -sum(target * log softmax(logits)) (Goodfellow et al. 2016, eq. 3.51).

    Parameters
    ----------
    logits : ndarray of float, shape (batch, n_classes)
        Any numbers, also thousands.
    targets : ndarray of float, shape (batch, n_classes)
        Probabilities.

    Returns
    -------
    float
        The loss.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(targets * log_probs).sum() / len(logits))
    ### END SOLUTION


# %%
assert np.isclose(cross_entropy(locked(np.zeros((2, 4))), locked(np.eye(4)[:2])), np.log(4))

# %% [markdown]
# ## 7. Cross-entropy, backward


# %%
def cross_entropy_backward(logits, targets):
    """Compute the gradient of the mean cross-entropy by the logits: softmax minus target, over the batch size.

    Parameters
    ----------
    logits : ndarray of float, shape (batch, n_classes)
        Any numbers, also thousands.
    targets : ndarray of float, shape (batch, n_classes)
        Probabilities; each row sums to 1.

    Returns
    -------
    ndarray of float, shape (batch, n_classes)
        The gradient (Bishop 2006, eq. 4.109).
    """
    ### BEGIN SOLUTION
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    difference = exponentials / exponentials.sum(axis=1, keepdims=True) - targets
    return difference / len(logits)
    ### END SOLUTION


# %%
assert np.allclose(cross_entropy_backward(locked(np.zeros((2, 2))), locked(np.eye(2))), [[-0.25, 0.25], [0.25, -0.25]])
