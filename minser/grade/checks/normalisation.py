"""Questions of assignment 6: batch norm, max pooling, dropout."""

from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Draw, Fault, Question, drawn, generator

_BATCHES = ((6, 4, 1e-2), (3, 5, 0.3))  # samples, channels, eps
# image, size, stride, output: windows that overlap, tile, and leave gaps
_POOLS = (
    ((2, 7, 9, 3), (3, 2), (2, 1), (2, 3, 8, 3)),
    ((3, 8, 5, 2), (2, 2), (2, 2), (3, 4, 2, 2)),
    ((1, 9, 10, 2), (2, 3), (3, 4), (1, 3, 2, 2)),
)


def _batch(n: int, channels: int) -> Draw:
    """Return what draws channels of different mean and scale."""
    return lambda rng: rng.standard_normal((n, channels)) * rng.uniform(0.5, 3, channels) + rng.uniform(-2, 2, channels)


def _distinct(shape: tuple[int, ...]) -> Draw:
    """Return what draws numbers of which no two are equal, all but a few negative."""
    n = int(np.prod(shape))
    return lambda rng: (rng.permutation(n).reshape(shape) - 0.9 * n) / 7


QUESTIONS = (
    Question(
        "batch_norm_training",
        3,
        drawn(  # channels of any mean and scale; eps that counts
            {"x": _batch(n, k), "gamma": draw("uniform", 0.5, 2, k), "beta": draw("standard_normal", k), "eps": eps}
            for n, k, eps in _BATCHES
        ),
        (
            Fault("eps is missing under the root", " + eps)", ")"),
            Fault("eps is added outside of the root", "np.sqrt(x.var(axis=0) + eps)", "(np.sqrt(x.var(axis=0)) + eps)"),
            Fault(
                "the variance divides by batch - 1; here it divides by batch", "x.var(axis=0)", "x.var(axis=0, ddof=1)"
            ),
            Fault(
                "the division is by the variance: its root is missing",
                "np.sqrt(x.var(axis=0) + eps)",
                "(x.var(axis=0) + eps)",
            ),
            Fault(
                "the statistics run over the wrong axis: over the channels of a sample",
                "centred = x - x.mean(axis=0)\n    return gamma * centred / np.sqrt(x.var(axis=0) + eps) + beta",
                "centred = x - x.mean(axis=1, keepdims=True)\n"
                "    return gamma * centred / np.sqrt(x.var(axis=1, keepdims=True) + eps) + beta",
            ),
            Fault(
                "the statistics are those of the whole batch: each channel has its own",
                "centred = x - x.mean(axis=0)\n    return gamma * centred / np.sqrt(x.var(axis=0) + eps) + beta",
                "centred = x - x.mean()\n    return gamma * centred / np.sqrt(x.var() + eps) + beta",
            ),
            Fault(
                "gamma and beta are not applied",
                "gamma * centred / np.sqrt(x.var(axis=0) + eps) + beta",
                "centred / np.sqrt(x.var(axis=0) + eps)",
            ),
            Fault("beta is missing", " + beta", ""),
        ),
    ),
    Question(
        "update_running",
        2,
        drawn(  # two shares of the new batch
            {"running_mean": draw("standard_normal", k), "running_var": draw("uniform", 0.5, 2, k)}
            | {"x": _batch(n, k), "momentum": momentum}
            for n, k, momentum in ((6, 4, 0.1), (3, 5, 0.3))
        ),
        (
            Fault(
                "momentum has the wrong sense: it is the share of the new batch, not of the old value",
                "return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)",
                "return mean + momentum * (running_mean - mean), var + momentum * (running_var - var)",
            ),
            Fault("the running variance divides by batch; the unbiased one divides by batch - 1", "ddof=1", "ddof=0"),
            Fault(
                "the batch's statistics replace the averages: momentum is not used",
                "return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)",
                "return mean, var",
            ),
            Fault("the standard deviation is kept, not the variance", "x.var(axis=0, ddof=1)", "x.std(axis=0, ddof=1)"),
            Fault(
                "the old value is not reduced: it has the share 1 - momentum",
                "return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)",
                "return running_mean + momentum * mean, running_var + momentum * var",
            ),
            Fault(
                "the statistics run over the wrong axis",
                "x.mean(axis=0), x.var(axis=0, ddof=1)",
                "x.mean(), x.var(ddof=1)",
            ),
        ),
    ),
    Question(
        "batch_norm_evaluation",
        2,
        drawn(  # a batch, and a single sample
            {"x": _batch(n, 4), "gamma": draw("uniform", 0.5, 2, 4), "beta": draw("standard_normal", 4)}
            | {"running_mean": draw("standard_normal", 4), "running_var": draw("uniform", 0.5, 2, 4), "eps": eps}
            for n, eps in ((6, 1e-2), (1, 0.3))
        ),
        (
            Fault(
                "batch statistics at evaluation: use the running ones",
                "scale = gamma / np.sqrt(running_var + eps)\n    return (x - running_mean) * scale + beta",
                "scale = gamma / np.sqrt(x.var(axis=0) + eps)\n    return (x - x.mean(axis=0)) * scale + beta",
            ),
            Fault("the batch's mean is used with the running variance", "(x - running_mean)", "(x - x.mean(axis=0))"),
            Fault("eps is added outside of the root", "np.sqrt(running_var + eps)", "(np.sqrt(running_var) + eps)"),
            Fault("eps is missing under the root", " + eps)", ")"),
            Fault(
                "the division is by the variance: its root is missing",
                "np.sqrt(running_var + eps)",
                "(running_var + eps)",
            ),
            Fault("beta is missing", " + beta", ""),
            Fault("gamma is missing", "scale = gamma /", "scale = 1 /"),
            Fault("the running mean is not subtracted", "(x - running_mean)", "x"),
        ),
    ),
    Question(
        "batch_norm_backward",
        4,
        drawn(  # gradients that are not constant: their batch norm gradient would be zero
            {"grad_output": draw("standard_normal", (n, k)), "x": _batch(n, k)}
            | {"gamma": draw("uniform", 0.5, 2, k), "eps": eps}
            for n, k, eps in _BATCHES
        ),
        (
            Fault("eps is added outside of the root", "np.sqrt(x.var(axis=0) + eps)", "(np.sqrt(x.var(axis=0)) + eps)"),
            Fault(
                "the variance divides by batch - 1; here it divides by batch", "x.var(axis=0)", "x.var(axis=0, ddof=1)"
            ),
            Fault(
                "mean and variance are taken as constants: the two means are missing",
                "(grad_output - grad_beta / len(x) - normal * grad_gamma / len(x))",
                "grad_output",
            ),
            Fault("the way through the variance is missing: - x' mean(g x')", " - normal * grad_gamma / len(x))", ")"),
            Fault(
                "the way through the mean is missing: - mean(g)", "grad_output - grad_beta / len(x) -", "grad_output -"
            ),
            Fault(
                "sums stand where means should: divide by the batch size",
                "(grad_output - grad_beta / len(x) - normal * grad_gamma / len(x))",
                "(grad_output - grad_beta - normal * grad_gamma)",
            ),
            Fault(
                "the gradient of gamma was not summed over the batch",
                "grad_gamma, grad_beta = (grad_output * normal).sum(axis=0), grad_output.sum(axis=0)\n"
                "    grad_x = gamma * inv_std * (grad_output - grad_beta / len(x) - normal * grad_gamma / "
                "len(x))\n    return grad_x, grad_gamma,",
                "grad_gamma, grad_beta = (grad_output * normal).sum(axis=0), grad_output.sum(axis=0)\n"
                "    grad_x = gamma * inv_std * (grad_output - grad_beta / len(x) - normal * grad_gamma / "
                "len(x))\n    return grad_x, grad_output * normal,",
            ),
            Fault(
                "the gradient of beta was not summed over the batch",
                "    return grad_x, grad_gamma, grad_beta\n",
                "    return grad_x, grad_gamma, grad_output\n",
            ),
            Fault(
                "the gradient of gamma uses x; the normalised x' is right",
                "    return grad_x, grad_gamma,",
                "    return grad_x, (grad_output * x).sum(axis=0),",
            ),
            Fault("gamma is missing in the gradient of x", "grad_x = gamma * inv_std", "grad_x = inv_std"),
            Fault(
                "the gradients are means over the batch; sums are right",
                "    return grad_x, grad_gamma, grad_beta\n",
                "    return grad_x, grad_gamma / len(x), grad_beta / len(x)\n",
            ),
        ),
    ),
    Question(
        "max_pool_forward",
        2,
        drawn({"x": _distinct(shape), "size": size, "stride": stride} for shape, size, stride, _ in _POOLS),
        (
            Fault(
                "the stride is assumed equal to the size",
                "[:, :: stride[0], :: stride[1]]",
                "[:, :: size[0], :: size[1]]",
            ),
            Fault("the stride is not used", "[:, :: stride[0], :: stride[1]]", ""),
            Fault(
                "the strides of height and width are swapped",
                "[:, :: stride[0], :: stride[1]]",
                "[:, :: stride[1], :: stride[0]]",
            ),
            Fault(
                "this is the mean of each window; the maximum is asked for",
                ".max(axis=(-2, -1))",
                ".mean(axis=(-2, -1))",
            ),
            Fault("the smallest value is taken", ".max(", ".min("),
            Fault(
                "height and width of the window are swapped",
                "sliding_window_view(x, size,",
                "sliding_window_view(x, size[::-1],",
            ),
            Fault(
                "windows are compared with 0: of negative numbers the largest is negative",
                ".max(axis=(-2, -1))",
                ".max(axis=(-2, -1), initial=0)",
            ),
            Fault(
                "the maximum runs over the channels too: each has its own",
                ".max(axis=(-2, -1))",
                ".max(axis=(-2, -1)).max(axis=-1, keepdims=True) + 0 * x[:1, :1, :1]",
            ),
        ),
    ),
    Question(
        "max_pool_backward",
        4,
        drawn(
            {"x": _distinct(shape), "size": size, "stride": stride, "grad_output": draw("standard_normal", out)}
            for shape, size, stride, out in _POOLS
        ),
        (
            Fault(
                "the stride is assumed equal to the size",
                "slice(i * stride[0], i * stride[0] + size[0])\n"
                "        columns = slice(j * stride[1], j * stride[1] + size[1])",
                "slice(i * size[0] % (x.shape[1] - size[0] + 1), i * size[0] % (x.shape[1] - size[0] + 1) + "
                "size[0])\n        columns = slice(j * size[1] % (x.shape[2] - size[1] + 1), j * size[1] % "
                "(x.shape[2] - size[1] + 1) + size[1])",
            ),
            Fault(
                "a value that wins in two windows gets one gradient only: add them up",
                "grad_x[:, rows, columns] += winner * grad_output[:, i : i + 1, j : j + 1]",
                "grad_x[:, rows, columns] = np.where(winner, grad_output[:, i : i + 1, j : j + 1], grad_x[:, "
                "rows, columns])",
            ),
            Fault(
                "a later window overwrites an earlier one: add them up",
                "grad_x[:, rows, columns] +=",
                "grad_x[:, rows, columns] =",
            ),
            Fault(
                "the gradient is spread over the window; the winner gets all",
                "winner = window == window.max(axis=(1, 2), keepdims=True)",
                "winner = np.ones_like(window) / size[0] / size[1]",
            ),
            Fault(
                "every value of the window gets the whole gradient; the winner alone does",
                "winner = window == window.max(axis=(1, 2), keepdims=True)",
                "winner = np.ones_like(window)",
            ),
            Fault(
                "the winner of all channels is sought: each channel has its own",
                "axis=(1, 2), keepdims",
                "axis=(1, 2, 3), keepdims",
            ),
            Fault("the winner's value is multiplied in", "+= winner *", "+= winner * window *"),
            Fault(
                "the winner gets 1, not the gradient that comes in",
                "winner * grad_output[:, i : i + 1, j : j + 1]",
                "winner",
            ),
        ),
    ),
    Question(
        "dropout",
        2,
        drawn(  # training with two probabilities, and evaluation
            [
                {"x": draw("standard_normal", (8, 6)), "p": 0.25, "training": True, "rng": generator},
                {"x": draw("standard_normal", (4, 3, 2, 5)), "p": 0.6, "training": True, "rng": generator},
                {"x": draw("standard_normal", (5, 4)), "p": 0.4, "training": False, "rng": generator},
            ]
        ),
        (
            Fault("unscaled dropout: the values that are kept have to grow by 1 / (1 - p)", " / (1 - p)", ""),
            Fault("the values that are kept are divided by p, not 1 - p", "/ (1 - p)", "/ p"),
            Fault(
                "p is taken as the probability of keeping",
                "(rng.random(x.shape) >= p) / (1 - p)",
                "(rng.random(x.shape) < p) / p",
            ),
            Fault("the values that should be zeroed are kept", "rng.random(x.shape) >= p", "rng.random(x.shape) < p"),
            Fault(
                "values are dropped in evaluation too: without training x comes back",
                "    if not training:\n        return x\n",
                "",
            ),
            Fault(
                "evaluation scales by 1 - p; with scaling in training it has nothing to do",
                "        return x\n",
                "        return x * (1 - p)\n",
            ),
            Fault("training and evaluation are the wrong way round", "if not training", "if training"),
            Fault(
                "one number is drawn for each sample or column; each value has its own",
                "rng.random(x.shape)",
                "rng.random(x.shape[-1])",
            ),
            Fault("the values are scaled by 1 - p, not by 1 / (1 - p)", "/ (1 - p)", "* (1 - p)"),
        ),
    ),
)
