"""Questions of assignment 11: weights from elsewhere, frozen layers, a linear probe."""

from functools import partial
from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Case, Fault, Question, drawn


def _cache_case(rng: np.random.Generator, n_clips: int, batch: int, n_known: int) -> Case:
    """Draw a batch of which some clips are known, one of them by a row of zeros."""
    numbers = rng.permutation(n_clips)[:batch]
    known = np.zeros(n_clips, np.bool_)
    known[numbers[:n_known]] = True
    known[np.setdiff1d(np.arange(n_clips), numbers)[:2]] = True
    cache = np.where(known[:, None], rng.uniform(1, 9, (n_clips, 4)), 0)
    cache[numbers[: n_known // 2]] = 0
    layer = {"weight": rng.standard_normal((3, 4)), "bias": rng.standard_normal(4)}
    order = rng.permutation(batch)
    return {"x": rng.standard_normal((batch, 3)), "numbers": numbers[order], "cache": cache, "known": known, **layer}


def _rates_case(rng: np.random.Generator, blocks: list[str], n_frozen: int) -> Case:
    """Draw an order of all arrays of a network with batch norm, and rates."""
    kinds = ("weight", "bias", "running_mean", "running_var")
    names = rng.permutation([f"{block}.{kind}" for block in blocks for kind in kinds]).tolist()
    rates = {"lr": float(rng.uniform(0.1, 0.9)), "factor": float(rng.uniform(0.3, 0.7))}
    return {"names": names, "blocks": blocks, **rates, "n_frozen": n_frozen}


def _step_case(rng: np.random.Generator, scales: tuple[float, float, float], max_norm: float) -> Case:
    """Draw a small network of which the second block is frozen; gradients of each block have a scale."""
    shapes = {"a.weight": (3, 4), "a.bias": (4,), "b.weight": (4, 2), "b.bias": (2,), "c.weight": (2, 3)}
    sizes = dict(zip("abc", scales, strict=True))
    return {
        "params": {name: rng.standard_normal(shape) for name, shape in shapes.items()},
        "grads": {name: sizes[name[0]] * rng.standard_normal(shape) for name, shape in shapes.items()},
        "rates": {name: {"a": 0.05, "b": 0.0, "c": 0.4}[name[0]] for name in shapes},
        "max_norm": max_norm,
    }


def _probe_case(rng: np.random.Generator, n_clips: int, n_classes: int, l2: float) -> Case:
    """Draw features away from zero, with a spread that differs; of 8 or 16 clips the means are exact in float32 too."""
    features = rng.integers(-24, 25, (n_clips, 3)) / 8 * [1, 0.5, 1] + [1, -1, 2]
    return {"features": features, "targets": np.eye(n_classes)[rng.integers(0, n_classes, n_clips)], "l2": l2}


QUESTIONS = (
    Question(
        "from_torch",
        2,
        drawn(  # a kernel of unequal sides; a square one with as many channels in as out; dense layers
            {
                "arrays": {
                    "conv.weight": draw("standard_normal", conv),
                    "conv.bias": draw("standard_normal", conv[:1]),
                    "fc.weight": draw("standard_normal", fc),
                    "fc.bias": draw("standard_normal", fc[:1]),
                }
            }
            for conv, fc in (((4, 2, 3, 5), (3, 6)), ((3, 3, 3, 3), (4, 4)))
        ),
        (
            Fault(
                "height and width are swapped in kernels: .T reverses all axes",
                "a.transpose(2, 3, 1, 0) if a.ndim == 4 else a.T",
                "a.T",
            ),
            Fault(
                "this is the way to torch's order; the way from it is asked for",
                "(2, 3, 1, 0)",
                "(3, 2, 0, 1)",
            ),
            Fault("dense weights are not transposed", "else a.T", "else a"),
            Fault("in and out are swapped in kernels", "(2, 3, 1, 0)", "(2, 3, 0, 1)"),
            Fault(
                "kernels are reshaped: that gives the shape, but the numbers are in another order; transpose them",
                "a.transpose(2, 3, 1, 0)",
                "a.reshape(*a.shape[2:], a.shape[1], a.shape[0])",
            ),
            Fault("dense weights are reshaped: transpose them", "else a.T", "else a.reshape(a.shape[::-1])"),
            Fault(
                "kernels are flipped: both libraries compute the same correlation",
                "a.transpose(2, 3, 1, 0)",
                "a[:, :, ::-1, ::-1].transpose(2, 3, 1, 0)",
            ),
            Fault("kernels stay as they are", "a.transpose(2, 3, 1, 0)", "a"),
        ),
    ),
    Question(
        "imagenet_input",
        2,
        drawn(  # one picture, and several, three high or wide
            {"pictures": draw("uniform", 0, 1, shape), "mean": draw("uniform", [110, 90, 70], [130, 105, 85])}
            for shape in ((1, 4, 5, 3), (3, 3, 3, 3))
        ),
        (
            Fault(
                "the colours stay red, green, blue; blue comes first",
                "pictures[..., ::-1] - mean[::-1]",
                "pictures - mean",
            ),
            Fault("the mean stays red, green, blue: turn it as well", "mean[::-1]", "mean"),
            Fault(
                "the mean is subtracted before the pictures are scaled to 255",
                "255 * pictures[..., ::-1] - mean[::-1]",
                "255 * (pictures[..., ::-1] - mean[::-1])",
            ),
            Fault("the pictures are not scaled to 255", "255 * pictures", "pictures"),
            Fault("the mean is added; subtract it", "] - mean", "] + mean"),
            Fault("the mean is missing", " - mean[::-1]", ""),
            Fault("the mean is turned, but not the pictures: blue comes first", "pictures[..., ::-1]", "pictures"),
            Fault("the pictures are mirrored: turn the last axis", "pictures[..., ::-1]", "pictures[:, :, ::-1]"),
            Fault("the pictures stand on their head: turn the last axis", "pictures[..., ::-1]", "pictures[:, ::-1]"),
            Fault(
                "each picture's own mean is subtracted; ImageNet's is asked for",
                "mean[::-1]",
                "255 * pictures[..., ::-1].mean(axis=(1, 2), keepdims=True)",
            ),
        ),
    ),
    Question(
        "cached_features",
        3,
        tuple(  # some clips are known, none, all
            partial(_cache_case, n_clips=n_clips, batch=batch, n_known=n_known)
            for n_clips, batch, n_known in ((9, 5, 2), (8, 4, 0), (7, 4, 4))
        ),
        (
            Fault(
                "known clips are computed again: look them up",
                "~known[numbers]",
                "np.ones_like(known[numbers])",
            ),
            Fault(
                "the new rows are not stored: the next batch computes them again", "], table, seen", "], cache, seen"
            ),
            Fault("the new clips are not marked as known", "table, seen\n", "table, known\n"),
            Fault(
                "a row of zeros is taken for an unknown clip: `known` tells",
                "~known[numbers]",
                "~cache[numbers].any(axis=1)",
            ),
            Fault(
                "the new rows are stored at their place in the batch, not at the clip's number",
                "table[numbers[new]] =",
                "table[np.flatnonzero(new)] =",
            ),
            Fault(
                "the features are in the order of the corpus; the batch's is asked for",
                "return table[numbers],",
                "return table[np.sort(numbers)],",
            ),
            Fault(
                "the new clips get the first rows of the batch, not their own",
                "x[new]",
                "x[: np.sum(new)]",
            ),
            Fault("the ReLU is missing", "np.maximum(x[new] @ weight + bias, 0)", "x[new] @ weight + bias"),
            Fault("the bias is missing", " + bias", ""),
            Fault("the rows known before are lost", "cache.copy()", "np.zeros_like(cache)"),
            Fault(
                "only this batch's clips are marked as known: those before are lost",
                "known.copy()",
                "np.zeros_like(known)",
            ),
            Fault("every clip is marked as known", "seen[numbers] = True", "seen[:] = True"),
            Fault(
                "the features come of the new clips alone; the whole batch is asked for",
                "return table[numbers],",
                "return table[numbers[new]],",
            ),
            Fault(
                "the whole table is returned; the batch's rows are asked for", "return table[numbers],", "return table,"
            ),
        ),
    ),
    Question(
        "learning_rates",
        3,
        tuple(  # none frozen, some, all but one; names that begin others, names with dots
            partial(_rates_case, blocks=blocks, n_frozen=n_frozen)
            for blocks, n_frozen in (
                (["conv1", "conv2", "conv3", "head"], 0),
                (["block1", "block2", "block10", "block11", "out"], 2),
                (["features.0", "features.1", "features.10", "logits"], 1),
                (["a", "ab", "abc"], 2),
            )
        ),
        (
            Fault(
                "the first block has the largest rate; the last one has lr",
                "(len(blocks) - 1 - place)",
                "place",
            ),
            Fault("a frozen block has a rate; it is 0", "place >= n_frozen and ", ""),
            Fault(
                "running statistics have a rate: no gradient changes them",
                ' and not kind.startswith("running_")',
                "",
            ),
            Fault("the last block's rate is lr, without the factor", "len(blocks) - 1 - place", "len(blocks) - place"),
            Fault(
                "a block is taken for another whose name it begins: compare all that stands before the last dot",
                "blocks.index(block)",
                "next(i for i, own in enumerate(blocks) if name.startswith(own))",
            ),
            Fault(
                "the last blocks are frozen; the first ones have to be",
                "place >= n_frozen",
                "place < len(blocks) - n_frozen",
            ),
            Fault("one block too many is frozen", "place >= n_frozen", "place > n_frozen"),
            Fault("one block too few is frozen", "place >= n_frozen", "place >= n_frozen - 1"),
            Fault("all blocks have the same rate", "lr * factor ** (len(blocks) - 1 - place)", "lr"),
            Fault("earlier blocks have larger rates: multiply by the factor", "lr * factor", "lr / factor"),
            Fault(
                "every block but the last has the same rate: multiply once for each block",
                "factor ** (len(blocks) - 1 - place)",
                "(factor if place < len(blocks) - 1 else 1)",
            ),
            Fault("only weights learn; so do biases", 'not kind.startswith("running_")', 'kind == "weight"'),
        ),
    ),
    Question(
        "transfer_step",
        3,
        tuple(  # a large gradient that is frozen; one that learns; gradients that are short enough
            partial(_step_case, scales=scales, max_norm=max_norm)
            for scales, max_norm in (((1, 8, 0.5), 1.5), ((1, 2, 16), 3.0), ((0.2, 9, 0.3), 6.0))
        ),
        (
            Fault(
                "gradients of frozen parameters count in the norm",
                " for name in grads if rates[name] > 0",
                " for name in grads",
            ),
            Fault("short gradients are lengthened: they have to stay", "min(1, max_norm / norm)", "max_norm / norm"),
            Fault("nothing is clipped", "min(1, max_norm / norm)", "1"),
            Fault("frozen parameters move", "rates[name] * factor", "(rates[name] or max(rates.values())) * factor"),
            Fault(
                "the norm counts gradients times their rates; it has to count them as they came",
                "np.sum(grads[name] ** 2)",
                "np.sum((rates[name] * grads[name]) ** 2)",
            ),
            Fault(
                "all parameters have the same rate",
                "rates[name] * factor",
                "(rates[name] > 0) * max(rates.values()) * factor",
            ),
            Fault(
                "each gradient is clipped by a norm of its own: their common one counts",
                "rates[name] * factor",
                "rates[name] * min(1, max_norm / np.sqrt(np.sum(grads[name] ** 2)))",
            ),
            Fault(
                "the norm lacks its square root",
                "np.sqrt(sum(np.sum(grads[name] ** 2) for name in grads if rates[name] > 0))",
                "sum(np.sum(grads[name] ** 2) for name in grads if rates[name] > 0)",
            ),
            Fault(
                "the norms are added; add their squares",
                "np.sqrt(sum(np.sum(grads[name] ** 2) for name in grads if rates[name] > 0))",
                "sum(np.sqrt(np.sum(grads[name] ** 2)) for name in grads if rates[name] > 0)",
            ),
            Fault("the step goes uphill: subtract it", "param - rates", "param + rates"),
            Fault("what is returned is the change; the changed parameters are asked for", "param - rates", "-rates"),
            Fault(
                "frozen parameters are missing in the answer",
                "in params.items()",
                "in params.items() if rates[name] > 0",
            ),
            Fault(
                "each number is clipped: the direction changes",
                "rates[name] * factor * grads[name]",
                "rates[name] * np.clip(grads[name], -max_norm, max_norm)",
            ),
        ),
    ),
    Question(
        "batch_norm_transfer",
        3,
        drawn(  # learning, frozen in training, evaluation of both
            {
                "x": draw("normal", 3, 2, (5, 3)),
                "gamma": draw("uniform", 0.5, 2, 3),
                "beta": draw("standard_normal", 3),
                "running_mean": draw("normal", 0, 1, 3),
                "running_var": draw("uniform", 0.5, 2, 3),
                "momentum": momentum,
                "eps": eps,
                "training": training,
                "frozen": frozen,
            }
            for momentum, eps, training, frozen in (
                (0.1, 1e-5, True, False),
                (0.3, 0.2, True, True),
                (0.3, 0.2, False, False),
                (0.1, 1e-5, False, True),
                (0.3, 0.5, True, False),
            )
        ),
        (
            Fault(
                "a frozen layer learns in training: `frozen` is not looked at", "training and not frozen", "training"
            ),
            Fault(
                "a frozen layer keeps its running statistics, but normalises by the batch's",
                "mean, var = running_mean, running_var",
                "mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)",
            ),
            Fault(
                "a frozen layer normalises by the running statistics, but changes them",
                "        mean, var = running_mean, running_var",
                "        mean, var = running_mean, running_var\n"
                "        if training:\n"
                "            running_mean = running_mean + momentum * (x.mean(axis=0) - running_mean)\n"
                "            running_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)",
            ),
            Fault("the batch's statistics count outside of training as well", "training and not frozen", "not frozen"),
            Fault("the running variance divides by batch - 1, not batch", "x.var(axis=0, ddof=1)", "x.var(axis=0)"),
            Fault(
                "the variance that normalises divides by batch, not batch - 1",
                "x.mean(axis=0), x.var(axis=0)\n",
                "x.mean(axis=0), x.var(axis=0, ddof=1)\n",
            ),
            Fault(
                "momentum has the wrong sense: it is the share of the batch",
                "running_mean = running_mean + momentum * (mean - running_mean)\n"
                "        running_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)",
                "running_mean = mean + momentum * (running_mean - mean)\n"
                "        new_var = x.var(axis=0, ddof=1)\n"
                "        running_var = new_var + momentum * (running_var - new_var)",
            ),
            Fault(
                "a batch is normalised by the new averages; its own statistics are asked for",
                "momentum * (x.var(axis=0, ddof=1) - running_var)\n",
                "momentum * (x.var(axis=0, ddof=1) - running_var)\n        mean, var = running_mean, running_var\n",
            ),
            Fault("eps is added outside of the root", "np.sqrt(var + eps)", "(np.sqrt(var) + eps)"),
            Fault("eps is missing", "np.sqrt(var + eps)", "np.sqrt(var)"),
            Fault("the square root is missing", "np.sqrt(var + eps)", "(var + eps)"),
            Fault(
                "the running averages do not change in training",
                "running_mean = running_mean + momentum * (mean - running_mean)\n"
                "        running_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)",
                "pass",
            ),
            Fault("`frozen` has the wrong sense", "training and not frozen", "training and frozen"),
            Fault("the shift is missing", " + beta", ""),
        ),
    ),
    Question(
        "linear_probe",
        4,
        tuple(  # two classes and three; a penalty that matters little and one that matters much
            partial(_probe_case, n_clips=n_clips, n_classes=n_classes, l2=l2)
            for n_clips, n_classes, l2 in ((8, 2, 5.0), (16, 3, 40.0))
        ),
        (
            Fault(
                "the bias is penalised as well: centre the features first",
                "    x = features - centre\n"
                "    weight = np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ targets)\n"
                "    return weight, targets.mean(axis=0) - centre @ weight",
                "    x = np.column_stack([features, np.ones(len(features))])\n"
                "    both = np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ targets)\n"
                "    return both[:-1], both[-1]",
            ),
            Fault(
                "the features are not centred before the system is solved",
                "x = features - centre",
                "x = features",
            ),
            Fault("the penalty is missing", " + l2 * np.eye(x.shape[1])", ""),
            Fault(
                "l2 is added to every number of the matrix; it belongs on the diagonal",
                "l2 * np.eye(x.shape[1])",
                "l2",
            ),
            Fault(
                "the bias is the mean of the targets: subtract what the weights make of the mean features",
                " - centre @ weight",
                "",
            ),
            Fault(
                "what the weights make of the mean features is added to the bias; subtract it",
                "- centre @",
                "+ centre @",
            ),
            Fault("the bias is missing", "targets.mean(axis=0) - centre @ weight", "np.zeros(targets.shape[1])"),
            Fault(
                "the penalty is multiplied by the number of clips: errors are summed, not averaged",
                "l2 * np.eye",
                "len(x) * l2 * np.eye",
            ),
            Fault("the penalty is halved", "l2 * np.eye", "l2 / 2 * np.eye"),
            Fault("l2 is squared", "l2 * np.eye", "l2**2 * np.eye"),
            Fault(
                "the features are divided by their deviation; they are not to be scaled",
                "x = features - centre",
                "x = (features - centre) / features.std(axis=0)",
            ),
            Fault("weight lies on its side", "return weight,", "return weight.T,"),
        ),
    ),
)
