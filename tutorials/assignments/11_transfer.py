# %% [markdown]
# # Assignment 11: transfer
#
# Comes after lesson 11. Takes about 90 minutes.
#
# A network that was trained elsewhere is of use only if its weights are read in the right order, if it sees pictures
# as it saw them in training, and if what is frozen stays frozen. None of these mistakes raises an error. NumPy is all
# you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. Weights in another order


# %%
def from_torch(arrays):
    """Bring the arrays of a torch file into the order of a library that is channels last.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Kernels of convolutions, (out, in, height, width); weights of dense layers, (out, in); vectors such as biases.
        The number of axes tells which is which. No dense layer follows a flattened image.

    Returns
    -------
    dict of str to ndarray
        The same names. Kernels become (height, width, in, out), dense weights (in, out); vectors stay as they are.
    """
    ### BEGIN SOLUTION
    return {name: a.transpose(2, 3, 1, 0) if a.ndim == 4 else a.T for name, a in arrays.items()}
    ### END SOLUTION


# %%
kernel, dense = np.arange(24.0).reshape(1, 2, 3, 4), np.arange(6.0).reshape(2, 3)
ours = from_torch({"conv.weight": locked(kernel), "fc.weight": locked(dense), "fc.bias": locked([5.0, 7])})
assert np.shape(ours["conv.weight"]) == (3, 4, 2, 1)
assert np.array(ours["conv.weight"])[2, 1, 1, 0] == kernel[0, 1, 2, 1]
assert np.array_equal(ours["fc.weight"], [[0, 3], [1, 4], [2, 5]])
assert np.array_equal(ours["fc.bias"], [5, 7])

# %% [markdown]
# ## 2. Pictures as the network saw them
#
# The weights of VGG16 that Keras offers were trained on pictures from 0 to 255, blue first, without the mean.


# %%
def imagenet_input(pictures, mean):
    """Prepare pictures for the first weights of VGG16, as they were trained (Simonyan & Zisserman 2015, section 2.1).

    Parameters
    ----------
    pictures : ndarray of float, shape (batch, height, width, 3)
        Red, green and blue, from 0 to 1.
    mean : ndarray of float, shape (3,)
        Mean red, green and blue of ImageNet, on a scale from 0 to 255.

    Returns
    -------
    ndarray of float, shape (batch, height, width, 3)
        Blue, green and red, on a scale from 0 to 255, each less its own mean.
    """
    ### BEGIN SOLUTION
    return 255 * pictures[..., ::-1] - mean[::-1]
    ### END SOLUTION


# %%
seen = imagenet_input(locked([[[[1.0, 0.2, 0], [0, 0, 0.4]]]]), locked([100.0, 50, 10]))
assert np.allclose(seen, [[[[-10, 1, 155], [92, -50, -100]]]])

# %% [markdown]
# ## 3. What is frozen is computed once
#
# The first layers are frozen, here a single dense layer with ReLU. What they make of a clip never changes, so it is
# kept in a table with a row for each clip of the corpus.


# %%
def cached_features(x, numbers, cache, known, weight, bias):
    """Compute relu(x weight + bias) for a batch; clips that are known already are looked up.

    Parameters
    ----------
    x : ndarray of float, shape (batch, n_inputs)
        The batch. Rows of known clips may hold anything: they are not used.
    numbers : ndarray of int, shape (batch,)
        Number of each clip in the corpus, in any order; each at most once.
    cache : ndarray of float, shape (n_clips, n_features)
        What was computed before. Rows of unknown clips hold zeros, but a known clip's row may be zero as well.
    known : ndarray of bool, shape (n_clips,)
        Which rows of the cache were computed.
    weight, bias : ndarray of float, shapes (n_inputs, n_features) and (n_features,)
        Of the frozen layer.

    Returns
    -------
    (ndarray, ndarray of float, ndarray of bool)
        Features of the batch, (batch, n_features), in its order; the cache with the new rows; the new `known`.
    """
    ### BEGIN SOLUTION
    new = ~known[numbers]
    table, seen = cache.copy(), known.copy()
    table[numbers[new]] = np.maximum(x[new] @ weight + bias, 0)
    seen[numbers] = True
    return table[numbers], table, seen
    ### END SOLUTION


# %%
table, seen = locked([[0.0, 0], [0, 0], [7, 8], [0, 0]]), locked([False, False, True, False])
batch, layer = locked([[1.0], [9], [2]]), locked([[2.0, -1]])
found = cached_features(batch, locked([3, 2, 0]), table, seen, layer, locked([0.5, 0.5]))
assert np.array_equal(found[0], [[2.5, 0], [7, 8], [4.5, 0]])
assert np.array_equal(found[1], [[4.5, 0], [0, 0], [7, 8], [2.5, 0]])
assert np.array_equal(found[2], [True, False, True, True])

# %% [markdown]
# ## 4. A learning rate for each block
#
# The first blocks are good already and change little; the last one is new and learns fast. A rate of 0 freezes a block.


# %%
def learning_rates(names, blocks, lr, factor, n_frozen):
    """Compute the learning rate of each array of a network (discriminative rates; Howard & Ruder 2018, section 3.2).

    Parameters
    ----------
    names : list of str
        Of the arrays, in any order: block, dot, kind, such as "block2.weight".
    blocks : list of str
        The network's blocks, from the first to the last. A name may begin another one and may hold dots:
        "block1", "block10", "features.0".
    lr : float
        Rate of the last block.
    factor : float
        Each other block has the rate of the block after it, times this factor.
    n_frozen : int
        How many blocks are frozen: the first ones.

    Returns
    -------
    dict of str to float
        A rate for each name. It is 0 in frozen blocks and, in every block, for the kinds "running_mean" and
        "running_var", which no gradient changes.
    """
    ### BEGIN SOLUTION
    rates = {}
    for name in names:
        block, kind = name.rsplit(".", 1)
        place = blocks.index(block)
        learns = place >= n_frozen and not kind.startswith("running_")
        rates[name] = lr * factor ** (len(blocks) - 1 - place) if learns else 0.0
    return rates
    ### END SOLUTION


# %%
arrays = ["conv1.weight", "conv2.weight", "conv2.running_var", "conv10.bias", "out.weight"]
rates = learning_rates(arrays, ["conv1", "conv2", "conv10", "out"], 0.8, 0.5, 1)
assert list(rates) == arrays
assert np.allclose(list(rates.values()), [0, 0.2, 0, 0.4, 0.8])

# %% [markdown]
# ## 5. A step that leaves alone what is frozen
#
# Clipping shortens all gradients by one factor if their common norm, the root of the sum of all squares, is too large.
# Gradients of frozen parameters are there too: the backward pass computes them on its way. They must not count.


# %%
def transfer_step(params, grads, rates, max_norm):
    """Take a step of gradient descent with a rate for each parameter, after clipping (Pascanu et al. 2013, alg. 1).

    Parameters
    ----------
    params, grads : dict of str to ndarray
        Parameters and their gradients, of any shapes, under the same names.
    rates : dict of str to float
        A learning rate for each name; one of 0 means frozen.
    max_norm : float
        If the common norm of the gradients of all parameters that are not frozen is larger, these gradients are
        multiplied by max_norm / norm. The norm is that of the gradients as they came, without rates; it is not 0.

    Returns
    -------
    dict of str to ndarray
        param - rate * gradient for every name; frozen parameters as they were.
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(grads[name] ** 2) for name in grads if rates[name] > 0))
    factor = min(1, max_norm / norm)
    return {name: param - rates[name] * factor * grads[name] for name, param in params.items()}
    ### END SOLUTION


# %%
before = {"a": locked([1.0, 2]), "b": locked([5.0]), "c": locked([9.0])}
slopes = {"a": locked([3.0, 0]), "b": locked([4.0]), "c": locked([12.0])}
after = transfer_step(before, slopes, {"a": 0.1, "b": 0.5, "c": 0.0}, 2.5)
assert np.allclose(after["a"], [0.85, 2])
assert np.allclose(after["b"], [4])
assert np.array_equal(after["c"], [9])
assert np.allclose(transfer_step(before, slopes, {"a": 0.1, "b": 0.5, "c": 0.0}, 99.0)["a"], [0.7, 2])

# %% [markdown]
# ## 6. Frozen batch norm
#
# While other layers learn, a frozen one behaves as after training. The statistics of few clips would spoil it.


# %%
def batch_norm_transfer(x, gamma, beta, running_mean, running_var, momentum, eps, training, frozen):
    """Normalise each channel, by the batch's statistics in training, else by the running ones.

    Parameters
    ----------
    x : ndarray of float, shape (batch, channels)
        Two samples at least.
    gamma, beta, running_mean, running_var : ndarray of float, shape (channels,)
        Scale, shift, and averages so far.
    momentum : float
        Weight of the batch in the new averages; the old value has 1 - momentum.
    eps : float
        Added to the variance, under the root.
    training, frozen : bool
        The batch's statistics count only in training and if the layer is not frozen. Otherwise the running ones are
        used and stay as they are.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        gamma (x - mean) / sqrt(variance + eps) + beta, and the new running mean and variance. The batch's variance
        divides by batch where it normalises, and by batch - 1 in the running average. What normalises a batch is its
        own statistics, not the new averages.
    """
    ### BEGIN SOLUTION
    if training and not frozen:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, running_mean, running_var
    ### END SOLUTION


# %%
two, three = locked([[1.0], [5]]), locked([3.0])
normal = batch_norm_transfer(two, three, locked([5.0]), locked([1.0]), locked([4.0]), 0.5, 5.0, True, False)
assert np.allclose(normal[0], [[3], [7]])
assert np.allclose(normal[1:], [[2], [6]])
normal = batch_norm_transfer(two, three, locked([5.0]), locked([1.0]), locked([4.0]), 0.5, 5.0, True, True)
assert np.allclose(normal[0], [[5], [9]])
assert np.allclose(normal[1:], [[1], [4]])

# %% [markdown]
# ## 7. A linear probe
#
# How much do frozen features tell about emotions? A linear layer shows it, without a single step of training: its
# weights solve a system of linear equations. Few clips call for a penalty on these weights.


# %%
def linear_probe(features, targets, l2):
    """Compute the best linear layer by ridge regression (Hoerl & Kennard 1970), with a bias that is not penalised.

    Parameters
    ----------
    features : ndarray of float, shape (n_clips, n_features)
        What the frozen layers make of each clip; neither scaled nor centred.
    targets : ndarray of float, shape (n_clips, n_classes)
        1 for the class of each clip, else 0; or probabilities.
    l2 : float
        Strength of the penalty, above 0.

    Returns
    -------
    (ndarray, ndarray)
        weight (n_features, n_classes) and bias (n_classes,), for which
        sum((features weight + bias - targets) ** 2) + l2 sum(weight ** 2) is smallest.
    """
    ### BEGIN SOLUTION
    centre = features.mean(axis=0)
    x = features - centre
    weight = np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ targets)
    return weight, targets.mean(axis=0) - centre @ weight
    ### END SOLUTION


# %%
probe = linear_probe(locked([[1.0, 0], [3, 0], [2, 1], [2, 3]]), locked([[0.0], [1], [0], [1]]), 4.0)
assert np.allclose(probe[0], [[0.16666667], [0.1]])
assert np.allclose(probe[1], [0.06666667])
