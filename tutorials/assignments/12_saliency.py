# %% [markdown]
# # Assignment 12: what counts for a network, and tests of the maps
#
# Comes after lesson 12. Takes about 90 minutes.
#
# Three maps show which cells of a spectrogram a network's answer depends on. Two tests show what such a map is worth.
# The network has one hidden layer. Its parameters are a dict: weight1 (n_bins * n_frames, n_hidden), bias1 (n_hidden,),
# weight2 (n_hidden, n_classes), bias2 (n_classes,). A spectrogram goes in row after row, as `x.ravel()` lays it out.
# NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def class_logits(params, x):
    """Return the logits of a spectrogram (n_bins, n_frames): (n_classes,)."""
    hidden = np.maximum(x.ravel() @ params["weight1"] + params["bias1"], 0)
    return hidden @ params["weight2"] + params["bias2"]


def probability(params, x, target):
    """Return the probability that the network gives to the class `target`."""
    logits = class_logits(params, x).astype(np.float64)
    return float(np.exp(logits[target] - np.logaddexp.reduce(logits)))


# %% [markdown]
# ## 1. Saliency


# %%
def saliency(params, x, target):
    """Compute how much the logit of a class moves with each cell (Simonyan et al. 2014, section 3.1).

    Parameters
    ----------
    params : dict of str to ndarray
        weight1, bias1, weight2, bias2, as above.
    x : ndarray of float, shape (n_bins, n_frames)
        A spectrogram.
    target : int
        Number of the class.

    Returns
    -------
    ndarray of float, shape (n_bins, n_frames)
        Absolute value of the gradient of the logit, before any softmax. At 0, the gradient of ReLU is 0.
    """
    ### BEGIN SOLUTION
    active = x.ravel() @ params["weight1"] + params["bias1"] > 0
    slopes = params["weight1"] @ (params["weight2"][:, target] * active)
    return np.abs(slopes).reshape(x.shape)
    ### END SOLUTION


# %%
tiny = {"weight1": [[1.0, 2], [-1, 0], [0, 1], [3, 0]], "bias1": [0.0, -3]}
tiny |= {"weight2": [[2.0, -1], [1, 5]], "bias2": [0.0, 1]}
tiny = {name: locked(values) for name, values in tiny.items()}
picture = locked([[1.0, 0], [1, 0]])
assert np.allclose(class_logits(tiny, picture), [2, 0])
assert np.allclose(saliency(tiny, picture, 1), [[1, 1], [0, 3]])
assert np.allclose(saliency(tiny, 2 * picture, 0), [[4, 2], [1, 6]])

# %% [markdown]
# ## 2. Grad-CAM
#
# The map shows what the last convolution found. Each filter counts as much as the logit rises with it.


# %%
def grad_cam(activations, gradients):
    """Compute Grad-CAM's map (Selvaraju et al. 2017, equations 1 and 2), scaled to a maximum of 1.

    Parameters
    ----------
    activations : ndarray of float, shape (height, width, n_filters)
        Output of the last convolution.
    gradients : ndarray of float, shape (height, width, n_filters)
        Gradient of the logit with respect to these activations.

    Returns
    -------
    ndarray of float, shape (height, width)
        A filter's weight is the mean of its gradients over all places. The map is the weighted sum of the activations
        over the filters; negative values are set to 0. Then the map is divided by its largest value; a map of zeros
        stays as it is.
    """
    ### BEGIN SOLUTION
    rough = np.maximum(activations @ gradients.mean(axis=(0, 1)), 0)
    return rough / (rough.max() or 1)
    ### END SOLUTION


# %%
found = locked([[[1.0, 2], [3, 0]], [[0, 3], [2, 1]]])
slopes = locked([[[2.0, -1], [0, -1]], [[2, -2], [0, 0]]])
assert np.allclose(grad_cam(found, slopes), [[0, 1], [0, 1 / 3]])
assert np.array_equal(grad_cam(found, -np.abs(slopes)), [[0, 0], [0, 0]])

# %% [markdown]
# ## 3. From a coarse map to the size of the spectrogram
#
# Both maps cover the same stretch: their outer edges coincide, and the centres of their outer cells do not.


# %%
def enlarge(coarse, height, width):
    """Enlarge a map by linear interpolation, along the rows and along the columns.

    Parameters
    ----------
    coarse : ndarray of float, shape (rows, columns)
        A map.
    height, width : int
        New numbers of rows and columns, not smaller than the old ones.

    Returns
    -------
    ndarray of float64, shape (height, width)
        Row i lies at (i + 0.5) * rows / height - 0.5 of the old row numbers and is interpolated between the two
        neighbours of that place. Before the first old row the first one counts, after the last one the last. The same
        goes for columns.
    """
    ### BEGIN SOLUTION
    grids = []
    for axis, new in enumerate((height, width)):
        old = coarse.shape[axis]
        places = (np.arange(new) + 0.5) * old / new - 0.5
        grids.append(np.array([np.interp(places, np.arange(old), one) for one in np.eye(old)]))
    return grids[0].T @ coarse @ grids[1]
    ### END SOLUTION


# %%
assert np.allclose(enlarge(locked([[0.0, 4]]), 1, 4), [[0, 1, 3, 4]])
assert np.allclose(enlarge(locked([[0.0, 6], [6, 12]]), 3, 2), [[0, 6], [3, 9], [6, 12]])

# %% [markdown]
# ## 4. Occlusion
#
# Hide a patch and see how far the probability falls. `probability` is given above.


# %%
def occlusion_map(params, x, target, patch, stride):
    """Compute how far the probability of a class falls when cells are hidden (Zeiler & Fergus 2014, section 4.2).

    Parameters
    ----------
    params : dict of str to ndarray
        As above.
    x : ndarray of float, shape (n_bins, n_frames)
        A spectrogram.
    target : int
        Number of the class.
    patch, stride : (int, int)
        Bins and frames of the patch, and its steps. It starts at 0, stride, 2 stride, ...; only whole patches count.

    Returns
    -------
    ndarray of float, shape (n_bins, n_frames)
        For each patch, its cells in a copy of `x` are set to the mean of `x`; the fall is the probability of `x` less
        that of the copy. A cell gets the mean of the falls of all patches that cover it, and 0 if none does.
    """
    ### BEGIN SOLUTION
    total, count = np.zeros((2, *x.shape))
    for i in range(0, x.shape[0] - patch[0] + 1, stride[0]):
        for j in range(0, x.shape[1] - patch[1] + 1, stride[1]):
            cells = slice(i, i + patch[0]), slice(j, j + patch[1])
            hidden = x.copy()
            hidden[cells] = x.mean()
            total[cells] += probability(params, x, target) - probability(params, hidden, target)
            count[cells] += 1
    return total / np.maximum(count, 1)
    ### END SOLUTION


# %%
linear = {"weight1": np.eye(6), "bias1": np.zeros(6), "bias2": np.zeros(2)}
linear |= {"weight2": [[1.0, 0], [0, 0], [0, 1], [2, 0], [0, 1], [0, 1]]}
linear = {name: locked(values) for name, values in linear.items()}
loud = locked([[4.0, 0, 1], [2, 1, 1]])
columns = occlusion_map(linear, loud, 0, (2, 1), (1, 2))
assert np.allclose(columns, [[0.17573267, 0, 0.01129336], [0.17573267, 0, 0.01129336]])
rows = occlusion_map(linear, loud, 0, (1, 2), (1, 1))
assert np.allclose(rows, [[0.06916533, 0.03672971, 0.00429409], [0.02261938, 0.01695637, 0.01129336]])

# %% [markdown]
# ## 5. First test: delete what the map calls important
#
# If the map is right, the probability falls early, and the area under its curve is small.


# %%
def deletion_curve(params, x, target, importance, n_steps):
    """Compute how a class's probability falls as the most important cells are deleted (Petsiuk et al. 2018, section 4).

    Parameters
    ----------
    params : dict of str to ndarray
        As above.
    x, importance : ndarray of float, shape (n_bins, n_frames)
        A spectrogram, and a map of it. No two cells are equally important.
    target : int
        Number of the class.
    n_steps : int
        Number of equal steps; divides the number of cells.

    Returns
    -------
    (ndarray of float, float)
        The probability after 0, 1, ..., n_steps steps, (n_steps + 1,). After k steps the most important
        k * x.size / n_steps cells are set to the mean of the whole, unchanged x. Second, the area under this curve by
        the trapezoidal rule, over the share of deleted cells, from 0 to 1.
    """
    ### BEGIN SOLUTION
    order = np.argsort(-importance.ravel())
    curve = []
    for step in range(n_steps + 1):
        left = x.flatten()
        left[order[: step * x.size // n_steps]] = x.mean()
        curve.append(probability(params, left, target))
    area = (sum(curve) - (curve[0] + curve[-1]) / 2) / n_steps
    return np.array(curve), area
    ### END SOLUTION


# %%
order = locked([[5.0, 1, 0], [4, 3, 2]])
curve, area = deletion_curve(linear, loud, 0, order, 3)
assert np.allclose(curve, [0.99330715, 0.81757448, 0.62245933, 0.5])
assert np.isclose(area, 0.7288957940)

# %% [markdown]
# ## 6. How alike are two maps?


# %%
def rank_correlation(a, b):
    """Compute how well two maps agree in the order of their cells (Spearman 1904).

    Parameters
    ----------
    a, b : ndarray of float, both of one shape
        Maps.

    Returns
    -------
    float
        Correlation of the ranks, from -1 to 1. The smallest cell has rank 1, the next one rank 2, and so on; equal
        cells all get the mean of the ranks that they take up together. It is 0 if all cells of a map are equal.
    """
    ### BEGIN SOLUTION
    centred = []
    for values in (a.ravel(), b.ravel()):
        ranks = (values[:, None] > values).sum(axis=1) + (values[:, None] == values).sum(axis=1) / 2
        centred.append(ranks - ranks.mean())
    size = np.sqrt(np.sum(centred[0] ** 2) * np.sum(centred[1] ** 2))
    return float(centred[0] @ centred[1] / size) if size > 0 else 0.0
    ### END SOLUTION


# %%
assert np.isclose(rank_correlation(locked([[1.0, 9, 2]]), locked([[-3.0, -1, -2]])), 1)
assert np.isclose(rank_correlation(locked([[1.0, 3, 3, 5]]), locked([[2.0, 1, 1, 1]])), -0.8164965809)
assert rank_correlation(np.ones((2, 2)), locked([[1.0, 2], [3, 4]])) == 0

# %% [markdown]
# ## 7. Second test: destroy the network
#
# A map that looks the same for random weights shows the input, not the reason (Adebayo et al. 2018).


# %%
def sanity_check(params, clips, targets, rng):
    """Compute how alike the saliency of a trained network and of a random one is (Adebayo et al. 2018, section 3).

    Parameters
    ----------
    params : dict of str to ndarray
        Of the trained network, as above.
    clips : ndarray of float, shape (n_clips, n_bins, n_frames)
        Spectrograms.
    targets : ndarray of int, shape (n_clips,)
        A class for each clip.
    rng : numpy.random.Generator
        Draws one random network for all clips, by two calls of `rng.standard_normal`: weight1, then weight2, in the
        shapes of the trained ones.

    Returns
    -------
    float
        Mean over the clips of the rank correlation between the trained network's saliency and the random one's. The
        random network has zeros for biases.
    """
    ### BEGIN SOLUTION
    fresh = {name: np.zeros(params[name].shape) for name in ("bias1", "bias2")}
    for name in ("weight1", "weight2"):
        fresh[name] = rng.standard_normal(params[name].shape)
    pairs = [[saliency(net, clips[i], targets[i]) for net in (params, fresh)] for i in range(len(clips))]
    return float(np.mean([rank_correlation(*pair) for pair in pairs]))
    ### END SOLUTION


# %%
clips = locked([[[1.0, 0], [1, 0]], [[4, 0], [2, 1]], [[0, 3], [1, 5]]])
assert np.isclose(sanity_check(tiny, clips, locked([1, 0, 1]), np.random.default_rng(0)), 0.4495610994)
