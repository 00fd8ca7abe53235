"""Questions of assignment 12: maps of what counts for a network, and tests of them."""

from functools import partial
from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Case, Draw, Fault, Question, drawn, generator


def _eighths(shape: tuple[int, ...], low: int = -24, high: int = 25) -> Draw:
    """Return what draws multiples of 1/8: products and sums of a few are exact in float32 too, so no rank changes."""
    return lambda rng: rng.integers(low, high, shape) / 8


def _network_case(rng: np.random.Generator, shape: tuple[int, int], n_hidden: int, n_classes: int) -> Case:
    """Draw a network whose weights are multiples of 1/16, a spectrogram, and a class that is not the first."""
    x = rng.integers(-24, 25, shape) / 8
    params = {
        "weight1": rng.integers(-8, 9, (x.size, n_hidden)) / 16,
        "bias1": rng.integers(-16, 17, n_hidden) / 16,
        "weight2": rng.integers(-16, 17, (n_hidden, n_classes)) / 16,
        "bias2": rng.integers(-8, 9, n_classes) / 16,
    }
    return {"params": params, "x": x, "target": int(rng.integers(1, n_classes))}


def _saliency_case(rng: np.random.Generator, shape: tuple[int, int]) -> Case:
    """Draw a network of which one hidden unit gets exactly 0."""
    case = _network_case(rng, shape, 6, 3)
    params = case["params"]
    params["bias1"][1] = -(case["x"].ravel() @ params["weight1"][:, 1])
    return case


def _occlusion_case(rng: np.random.Generator, patch: tuple[int, int], stride: tuple[int, int]) -> Case:
    """Draw a network and a spectrogram of 32 cells, whose mean float32 holds exactly."""
    return {**_network_case(rng, (4, 8), 5, 3), "patch": patch, "stride": stride}


def _deletion_case(rng: np.random.Generator, shape: tuple[int, int], n_steps: int) -> Case:
    """Draw a network, a spectrogram and a map of it without equal cells, of which a third is negative."""
    n_cells = shape[0] * shape[1]
    importance = rng.permutation(n_cells).reshape(shape) - n_cells // 3 + 0.25
    return {**_network_case(rng, shape, 5, 3), "importance": importance, "n_steps": n_steps}


def _sanity_case(rng: np.random.Generator, shape: tuple[int, int, int]) -> Case:
    """Draw a network and clips of which each asks for another class than the first."""
    params = _network_case(rng, shape[1:], 6, 4)["params"]
    clips = rng.integers(-24, 25, shape) / 8
    return {"params": params, "clips": clips, "targets": rng.integers(1, 4, shape[0]), "rng": generator(rng)}


_RANKS = """ranks = (values[:, None] > values).sum(axis=1) + (values[:, None] == values).sum(axis=1) / 2"""

QUESTIONS = (
    Question(
        "saliency",
        3,
        tuple(partial(_saliency_case, shape=shape) for shape in ((3, 4), (2, 6), (4, 4))),
        (
            Fault("the absolute value is missing", "np.abs(slopes)", "slopes"),
            Fault("hidden units at 0 or below pass the gradient: ReLU stops it there", " * active", ""),
            Fault(
                "this is the gradient of the probability; the logit's is asked for",
                'slopes = params["weight1"] @ (params["weight2"][:, target] * active)',
                'p = np.array([probability(params, x, k) for k in range(len(params["bias2"]))])\n'
                "    by_logits = p[target] * ((np.arange(len(p)) == target) - p)\n"
                '    slopes = params["weight1"] @ (params["weight2"] @ by_logits * active)',
            ),
            Fault(
                "the gradients of all logits are added; one class is asked for",
                'params["weight2"][:, target]',
                'params["weight2"].sum(axis=1)',
            ),
            Fault(
                "the class with the largest logit is explained; `target` is asked for",
                'params["weight2"][:, target]',
                'params["weight2"][:, np.argmax(class_logits(params, x))]',
            ),
            Fault(
                "the gradient is multiplied by the hidden units' values; ReLU's gradient is 0 or 1",
                "* active",
                '* np.maximum(x.ravel() @ params["weight1"] + params["bias1"], 0)',
            ),
            Fault(
                "the gradient is multiplied by the input: that is another map",
                "np.abs(slopes)",
                "np.abs(slopes * x.ravel())",
            ),
            Fault("at 0 ReLU's gradient is 0: use >, not >=", "> 0", ">= 0"),
            Fault(
                "the cells come back column after column; they went in row after row",
                ".reshape(x.shape)",
                '.reshape(x.shape, order="F")',
            ),
            Fault("the map lies in a row: give it the shape of x", ".reshape(x.shape)", ""),
            Fault("the hidden units lack their bias", ' + params["bias1"]', ""),
            Fault("the gradient is squared; its absolute value is asked for", "np.abs(slopes)", "(slopes**2)"),
            Fault(
                "negative gradients are set to 0; their absolute value is asked for",
                "np.abs(slopes)",
                "np.maximum(slopes, 0)",
            ),
            Fault(
                "negative gradients stop at the hidden layer: that is guided backpropagation",
                'params["weight2"][:, target]',
                'np.maximum(params["weight2"][:, target], 0)',
            ),
            Fault("the map is scaled to a maximum of 1", "np.abs(slopes)", "(np.abs(slopes) / np.abs(slopes).max())"),
        ),
    ),
    Question(
        "grad_cam",
        3,
        drawn(  # cells of both signs; only positive ones; none that speaks for the class. Means of 8 or 16 are exact
            [
                {"activations": _eighths((2, 4, 3)), "gradients": _eighths((2, 4, 3))},
                {"activations": _eighths((4, 4, 5)), "gradients": _eighths((4, 4, 5))},
                {"activations": _eighths((4, 2, 3), 1), "gradients": _eighths((4, 2, 3), 1)},
                {"activations": _eighths((2, 4, 2), 1), "gradients": _eighths((2, 4, 2), -24, 0)},
            ]
        ),
        (
            Fault(
                "negative values have to be set to 0",
                "np.maximum(activations @ gradients.mean(axis=(0, 1)), 0)",
                "activations @ gradients.mean(axis=(0, 1))",
            ),
            Fault(
                "each activation is multiplied by its own gradient; a filter has one weight, its mean gradient",
                "activations @ gradients.mean(axis=(0, 1))",
                "np.sum(activations * gradients, axis=-1)",
            ),
            Fault("the map is not divided by its largest value", " / (rough.max() or 1)", ""),
            Fault("a map of zeros is divided by 0; it stays as it is", "(rough.max() or 1)", "rough.max()"),
            Fault(
                "activations and gradients are swapped: the mean is that of the gradients",
                "activations @ gradients.mean(axis=(0, 1))",
                "gradients @ activations.mean(axis=(0, 1))",
            ),
            Fault(
                "the smallest value is subtracted; divide by the largest one only",
                "rough / (rough.max() or 1)",
                "(rough - rough.min()) / ((rough.max() - rough.min()) or 1)",
            ),
            Fault(
                "filters are cut off one by one; add them first",
                "np.maximum(activations @ gradients.mean(axis=(0, 1)), 0)",
                "np.sum(np.maximum(activations * gradients.mean(axis=(0, 1)), 0), axis=-1)",
            ),
            Fault(
                "filters with a negative weight are left out; they count in the sum",
                "gradients.mean(axis=(0, 1))",
                "np.maximum(gradients.mean(axis=(0, 1)), 0)",
            ),
            Fault(
                "the absolute value is taken; negative values have to be set to 0",
                "np.maximum(activations @ gradients.mean(axis=(0, 1)), 0)",
                "np.abs(activations @ gradients.mean(axis=(0, 1)))",
            ),
            Fault(
                "absolute gradients are averaged; their sign counts",
                "gradients.mean(axis=(0, 1))",
                "np.abs(gradients).mean(axis=(0, 1))",
            ),
            Fault("the map is divided by its sum; divide by its largest value", "rough.max() or 1", "rough.sum() or 1"),
            Fault(
                "the filter's weight is its largest gradient; the mean is asked for",
                "gradients.mean(axis=(0, 1))",
                "gradients.max(axis=(0, 1))",
            ),
            Fault(
                "filters have no weights: this is their plain sum",
                "activations @ gradients.mean(axis=(0, 1))",
                "np.sum(activations, axis=-1)",
            ),
            Fault(
                "gradients are averaged over the filters; average over the places",
                "activations @ gradients.mean(axis=(0, 1))",
                "np.sum(activations, axis=-1) * gradients.mean(axis=-1)",
            ),
        ),
    ),
    Question(
        "enlarge",
        3,
        drawn(  # both axes, one of them alone, a single row
            {"coarse": draw("uniform", 1, 9, shape), "height": height, "width": width}
            for shape, height, width in (((3, 4), 7, 10), ((4, 2), 4, 9), ((1, 3), 5, 6), ((3, 3), 8, 8))
        ),
        (
            Fault(
                "the centres of the outer cells lie upon each other; their outer edges have to",
                "(np.arange(new) + 0.5) * old / new - 0.5",
                "np.linspace(0, old - 1, new)",
            ),
            Fault(
                "the halves are missing: a cell's centre lies half a cell behind its edge",
                "(np.arange(new) + 0.5) * old / new - 0.5",
                "np.arange(new) * old / new",
            ),
            Fault(
                "the nearest cell is repeated; interpolate between two",
                "np.interp(places, np.arange(old), one)",
                "one[np.clip(np.floor(places + 0.5).astype(int), 0, old - 1)]",
            ),
            Fault("height and width are swapped", "(height, width)", "(width, height)"),
            Fault("half an old cell has to be subtracted from the place", " / new - 0.5", " / new"),
            Fault("half a new cell has to be added before scaling", "(np.arange(new) + 0.5)", "np.arange(new)"),
            Fault(
                "the map fades at its edges: before the first cell the first one counts",
                "np.interp(places, np.arange(old), one)",
                "np.maximum(1 - np.abs(places - one.argmax()), 0)",
            ),
            Fault(
                "the line is drawn on beyond the outer cells: before the first cell the first one counts",
                "np.interp(places, np.arange(old), one)",
                "one[(k := np.clip(places.astype(int), 0, max(old - 2, 0)))]"
                " + (places - k) * (one[np.minimum(k + 1, old - 1)] - one[k])",
            ),
            Fault(
                "the map's sum is kept; its values have to be",
                "@ grids[1]",
                "@ grids[1] * coarse.size / height / width",
            ),
            Fault("the ratio of the sizes is upside down", "* old / new", "* new / old"),
            Fault(
                "columns wrap around: after the last cell the last one counts",
                "np.interp(places, np.arange(old), one)",
                "np.interp(places, np.arange(old), one, period=old)",
            ),
        ),
    ),
    Question(
        "occlusion_map",
        3,
        tuple(  # patches that overlap, that leave gaps and a rest, that tile, that leave gaps between columns
            partial(_occlusion_case, patch=patch, stride=stride)
            for patch, stride in (((2, 2), (1, 2)), ((1, 3), (2, 3)), ((2, 4), (2, 4)), ((3, 2), (1, 3)))
        ),
        (
            Fault("hidden cells are set to 0; the mean is asked for", "= x.mean()", "= 0"),
            Fault(
                "the sign is turned: a fall counts as positive",
                "probability(params, x, target) - probability(params, hidden, target)",
                "probability(params, hidden, target) - probability(params, x, target)",
            ),
            Fault(
                "this is the probability of the changed copy; how far it falls is asked for",
                "probability(params, x, target) - probability",
                "probability",
            ),
            Fault(
                "falls of patches that overlap are added; their mean is asked for",
                "total / np.maximum(count, 1)",
                "total",
            ),
            Fault(
                "cells of earlier patches stay hidden: start from a fresh copy",
                "hidden = x.copy()",
                "hidden = hidden if i or j else x.copy()",
            ),
            Fault(
                "the last patch is missing: range leaves out its end",
                "    for i in range(0, x.shape[0] - patch[0] + 1, stride[0]):\n"
                "        for j in range(0, x.shape[1] - patch[1] + 1, stride[1]):\n",
                "    for i in range(0, x.shape[0] - patch[0], stride[0]):\n"
                "        for j in range(0, x.shape[1] - patch[1], stride[1]):\n",
            ),
            Fault("a patch holds its own mean; the mean of x is asked for", "= x.mean()", "= x[cells].mean()"),
            Fault(
                "a later patch overwrites earlier ones; the mean of their falls is asked for",
                "total[cells] += probability(params, x, target) - probability(params, hidden, target)\n"
                "            count[cells] += 1",
                "total[cells] = probability(params, x, target) - probability(params, hidden, target)\n"
                "            count[cells] = 1",
            ),
            Fault(
                "a patch whose hiding makes the class likelier counts as 0; its fall is below zero",
                "probability(params, x, target) - probability(params, hidden, target)",
                "max(probability(params, x, target) - probability(params, hidden, target), 0)",
            ),
            Fault("cells that no patch covers are divided by 0; they get 0", "np.maximum(count, 1)", "count"),
            Fault(
                "the patch's bins and frames are swapped",
                "slice(i, i + patch[0]), slice(j, j + patch[1])",
                "slice(i, i + patch[1]), slice(j, j + patch[0])",
            ),
            Fault(
                "every place is tried; the patch moves by the stride",
                "    for i in range(0, x.shape[0] - patch[0] + 1, stride[0]):\n"
                "        for j in range(0, x.shape[1] - patch[1] + 1, stride[1]):\n",
                "    for i in range(0, x.shape[0] - patch[0] + 1):\n"
                "        for j in range(0, x.shape[1] - patch[1] + 1):\n",
            ),
            Fault(
                "patches that reach beyond the edge count as well; only whole ones do",
                "    for i in range(0, x.shape[0] - patch[0] + 1, stride[0]):\n"
                "        for j in range(0, x.shape[1] - patch[1] + 1, stride[1]):\n",
                "    for i in range(0, x.shape[0], stride[0]):\n        for j in range(0, x.shape[1], stride[1]):\n",
            ),
            Fault(
                "the fall is written into one cell; the whole patch gets it",
                "total[cells] += probability(params, x, target) - probability(params, hidden, target)\n"
                "            count[cells] += 1",
                "total[i, j] += probability(params, x, target) - probability(params, hidden, target)\n"
                "            count[i, j] += 1",
            ),
            Fault(
                "the fall is that of the logit; the probability's is asked for",
                "probability(params, x, target) - probability(params, hidden, target)",
                "class_logits(params, x)[target] - class_logits(params, hidden)[target]",
            ),
        ),
    ),
    Question(
        "deletion_curve",
        3,
        tuple(  # few steps, many, a cell a step
            partial(_deletion_case, shape=shape, n_steps=n_steps)
            for shape, n_steps in (((4, 8), 4), ((2, 8), 8), ((4, 2), 8))
        ),
        (
            Fault("the least important cells are deleted first", "-importance.ravel()", "importance.ravel()"),
            Fault("deleted cells are set to 0; the mean is asked for", "= x.mean()", "= 0"),
            Fault(
                "the curve lacks its first point, where nothing is deleted",
                "range(n_steps + 1)",
                "range(1, n_steps + 1)",
            ),
            Fault(
                "only the cells of the last step are deleted: earlier ones have to stay so",
                "order[: step * x.size // n_steps]",
                "order[max(step - 1, 0) * x.size // n_steps : step * x.size // n_steps]",
            ),
            Fault(
                "the area is the mean of the points; the trapezoidal rule halves the two outer ones",
                "(sum(curve) - (curve[0] + curve[-1]) / 2) / n_steps",
                "sum(curve) / len(curve)",
            ),
            Fault(
                "the area is over steps; over the share of deleted cells, from 0 to 1, it is smaller",
                "/ 2) / n_steps",
                "/ 2)",
            ),
            Fault(
                "the area is that of rectangles from each point on; use the trapezoidal rule",
                "sum(curve) - (curve[0] + curve[-1]) / 2",
                "sum(curve[:-1])",
            ),
            Fault(
                "the mean is taken of cells that are partly deleted; take that of the unchanged x",
                "left = x.flatten()\n        left[order[: step * x.size // n_steps]] = x.mean()",
                "left = left if step else x.flatten()\n"
                "        left[order[max(step - 1, 0) * x.size // n_steps : step * x.size // n_steps]] = left.mean()",
            ),
            Fault(
                "the important cells are kept and all others deleted",
                "order[: step * x.size // n_steps]",
                "order[step * x.size // n_steps :]",
            ),
            Fault(
                "one cell a step is deleted; x.size / n_steps are asked for",
                "order[: step * x.size // n_steps]",
                "order[:step]",
            ),
            Fault(
                "ranks are taken for places: argsort once gives the order",
                "np.argsort(-importance.ravel())",
                "np.argsort(np.argsort(-importance.ravel()))",
            ),
            Fault("the curve lacks its last point, where all is deleted", "range(n_steps + 1)", "range(n_steps)"),
            Fault(
                "the curve is that of the logit; the probability's is asked for",
                "probability(params, left, target)",
                "class_logits(params, left)[target]",
            ),
            Fault(
                "the curve tells how far the probability falls; the probability itself is asked for",
                "probability(params, left, target)",
                "probability(params, x, target) - probability(params, left, target)",
            ),
            Fault(
                "negative importance counts as large; it is the smallest",
                "-importance.ravel()",
                "-np.abs(importance.ravel())",
            ),
            Fault(
                "the most important cells are looked for row after row, but deleted column after column",
                "-importance.ravel()",
                "-importance.T.ravel()",
            ),
        ),
    ),
    Question(
        "rank_correlation",
        3,
        drawn(  # many ties, some, none; two cells; all cells equal
            [
                {"a": _eighths((3, 5), 0, 4), "b": _eighths((3, 5), 0, 4)},
                {"a": _eighths((2, 7), 0, 9), "b": _eighths((2, 7), -30, 0)},
                {"a": lambda rng: rng.permutation(12) ** 2.0, "b": lambda rng: -1 / (1 + rng.permutation(12))},
                {name: draw("permutation", [[3.0, 7]], 1) for name in "ab"},
                {"a": np.full((2, 3), 5.0), "b": _eighths((2, 3))},
                {"a": _eighths((3, 2)), "b": np.full((3, 2), -1.0)},
            ]
        ),
        (
            Fault(
                "equal cells get different ranks; each gets the mean of theirs",
                _RANKS,
                'ranks = values.argsort(kind="stable").argsort(kind="stable")',
            ),
            Fault("this is the correlation of the values; take their ranks", _RANKS, "ranks = values"),
            Fault("a map of equal cells is divided by 0; the answer is 0", " if size > 0 else 0.0", ""),
            Fault(
                "equal cells get the smallest of their ranks; take the mean",
                " + (values[:, None] == values).sum(axis=1) / 2",
                "",
            ),
            Fault("equal cells get the largest of their ranks; take the mean", ".sum(axis=1) / 2", ".sum(axis=1)"),
            Fault(
                "equal cells take up one rank together; they take up as many as they are",
                _RANKS,
                "ranks = np.searchsorted(np.unique(values), values)",
            ),
            Fault(
                "argsort gives which cell comes first, not each cell's rank",
                _RANKS,
                'ranks = values.argsort(kind="stable")',
            ),
            Fault(
                "the sign is lost",
                "float(centred[0] @ centred[1] / size)",
                "float(abs(centred[0] @ centred[1]) / size)",
            ),
            Fault(
                "the formula with squared differences holds without equal cells only",
                "float(centred[0] @ centred[1] / size)",
                "1 - 6 * np.sum((centred[0] - centred[1]) ** 2) / (a.size * (a.size**2 - 1))",
            ),
            Fault("the ranks' mean is not subtracted", "ranks - ranks.mean()", "ranks"),
            Fault("this is the covariance: divide by both spreads", "centred[1] / size", "centred[1] / a.size"),
            Fault(
                "the square root is missing",
                "np.sqrt(np.sum(centred[0] ** 2) * np.sum(centred[1] ** 2))",
                "np.sum(centred[0] ** 2) * np.sum(centred[1] ** 2)",
            ),
        ),
    ),
    Question(
        "sanity_check",
        2,
        tuple(partial(_sanity_case, shape=shape) for shape in ((3, 3, 4), (4, 2, 5))),
        (
            Fault(
                "the random network has the trained biases; they have to be zeros",
                "np.zeros(params[name].shape)",
                "params[name]",
            ),
            Fault(
                "only the last layer is random; both have to be",
                "fresh[name] = rng.standard_normal(params[name].shape)",
                'fresh[name] = rng.standard_normal(params[name].shape) if name == "weight2" else params[name]',
            ),
            Fault("weight2 is drawn before weight1", '("weight1", "weight2")', '("weight2", "weight1")'),
            Fault(
                "biases are drawn after the weights; they have to be zeros",
                'for name in ("weight1", "weight2"):',
                'for name in ("weight1", "weight2", "bias1", "bias2"):',
            ),
            Fault(
                "each layer's bias is drawn after its weight; biases have to be zeros",
                'for name in ("weight1", "weight2"):',
                'for name in ("weight1", "bias1", "weight2", "bias2"):',
            ),
            Fault(
                "each clip has a random network; draw one for all clips",
                '    for name in ("weight1", "weight2"):\n'
                "        fresh[name] = rng.standard_normal(params[name].shape)\n"
                "    pairs = [[saliency(net, clips[i], targets[i]) for net in (params, fresh)]"
                " for i in range(len(clips))]\n",
                "    pairs = []\n"
                "    for i in range(len(clips)):\n"
                '        for name in ("weight1", "weight2"):\n'
                "            fresh[name] = rng.standard_normal(params[name].shape)\n"
                "        pairs.append([saliency(net, clips[i], targets[i]) for net in (params, fresh)])\n",
            ),
            Fault(
                "the maps' values are correlated; take their ranks",
                "rank_correlation(*pair)",
                "np.corrcoef(pair[0].ravel(), pair[1].ravel())[0, 1]",
            ),
            Fault(
                "only the first clip counts; the mean over all is asked for",
                "for pair in pairs",
                "for pair in pairs[:1]",
            ),
            Fault(
                "only the last clip counts; the mean over all is asked for",
                "for pair in pairs",
                "for pair in pairs[-1:]",
            ),
            Fault("every clip is asked for class 0, not for its own", "targets[i]", "0"),
            Fault("weights are drawn evenly; rng.standard_normal is asked for", "rng.standard_normal(", "rng.random("),
            Fault("the sign of the correlations is lost", "[rank_correlation(*pair)", "[abs(rank_correlation(*pair))"),
            Fault(
                "the maps are averaged before they are compared; compare clip by clip",
                "np.mean([rank_correlation(*pair) for pair in pairs])",
                "rank_correlation(*np.mean(pairs, axis=0))",
            ),
            Fault(
                "all clips are ranked together; compare clip by clip",
                "np.mean([rank_correlation(*pair) for pair in pairs])",
                "rank_correlation(*np.swapaxes(pairs, 0, 1))",
            ),
            Fault(
                "noise is added to the trained weights; it has to replace them",
                "= rng.standard_normal",
                "= params[name] + rng.standard_normal",
            ),
            Fault("the sum over the clips is returned; the mean is asked for", "np.mean(", "np.sum("),
        ),
    ),
)
