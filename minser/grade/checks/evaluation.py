"""Questions of assignment 9: scores of each class, intervals over speakers, log loss, calibration."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from minser.grade.questions import Case, Fault, Question, generator


def _matrix(rng: np.random.Generator, n_classes: int, uneven: bool) -> Case:
    """Draw a confusion matrix; in an uneven one, classes lack clips, predictions, both, or hits, or have one clip."""
    confusion = rng.integers(1, 20, (n_classes, n_classes)) * np.arange(1, n_classes + 1)[:, None]
    if uneven:
        confusion[[0, 1, 2, 5]] = confusion[:, [1, 2, 5]] = confusion[3, 3] = 0
        confusion[1, 0] = confusion[5, 5] = 1
    return {"confusion": confusion}


def _of_speakers(rng: np.random.Generator, n_speakers: int, n_networks: int, rare: bool) -> list[NDArray[np.int64]]:
    """Draw for each network a confusion matrix of each speaker; of a rare class only two speakers have clips."""
    n_classes = 4
    clips = rng.integers(0, 9, (n_speakers, n_classes)) * np.arange(1, n_classes + 1)
    clips[:, 0] += 1  # nobody says nothing
    clips[2 if rare else n_speakers :, 2] = 0
    clips[:2, 2] += 5
    matrices = []
    for network in range(n_networks):
        right = np.clip(np.linspace(0.1, 0.8, n_speakers) - 0.1 * network + rng.normal(0, 0.1, n_speakers), 0, 1)
        shares = right[:, None, None] * np.eye(n_classes) + (1 - right)[:, None, None] / n_classes
        matrices.append(rng.multinomial(clips, shares))
    return matrices


def _interval_case(rng: np.random.Generator, n_speakers: int, level: float, rare: bool) -> Case:
    """Draw the speakers of one network."""
    (confusions,) = _of_speakers(rng, n_speakers, 1, rare)
    return {"confusions": confusions, "level": level, "n_draws": 200, "rng": generator(rng)}


def _paired_case(rng: np.random.Generator, n_speakers: int, better: int, rare: bool) -> Case:
    """Draw the speakers of two networks, of which the first (0) or the second (1) is the better one."""
    pair = _of_speakers(rng, n_speakers, 2, rare)
    return {
        "confusions_a": pair[better],
        "confusions_b": pair[1 - better],
        "n_draws": 200,
        "rng": generator(rng),
    }


def _loss_case(rng: np.random.Generator, n_clips: int, n_classes: int, eps: float) -> Case:
    """Draw probabilities, among them certainties that are right, and that are wrong."""
    y_true = rng.integers(0, n_classes, n_clips)
    probs = rng.dirichlet(np.ones(n_classes), n_clips)
    probs[:2] = np.eye(n_classes)[(y_true[:2] + np.arange(2)) % n_classes]
    return {"probs": probs, "y_true": y_true, "eps": eps}


def _at_edges(rng: np.random.Generator) -> Case:
    """Draw confidences in sixteenths, for 8 bins: what lies at an edge, 0 and 1 too, differs from what lies inside."""
    place = rng.permutation([*rng.choice([3, *range(5, 14)], 40), 0, 0, 1, 1, 15, 15, 16, 16])
    return {"confidence": place / 16, "correct": (place % 2 == 1) == (place > 8), "n_bins": 8}


def _in_bins(rng: np.random.Generator, n_clips: int, n_bins: int) -> Case:
    """Draw confidences within the bins, of which the first and another one are empty, and the last one is full."""
    filled = rng.permutation(np.arange(1, n_bins - 1))[1:]
    bins = rng.permutation(np.append(rng.choice(filled, n_clips), np.full(n_clips // 3, n_bins - 1)))
    confidence = (bins + rng.uniform(0.1, 0.9, len(bins))) / n_bins
    return {"confidence": confidence, "correct": rng.random(len(bins)) < 0.3 + 0.4 * confidence, "n_bins": n_bins}


def _temperature_case(rng: np.random.Generator, n_clips: int, n_classes: int, temperature: float) -> Case:
    """Draw logits that are `temperature` times what they should be, and a grid whose first is not best or worst."""
    while True:
        y_true = rng.integers(0, n_classes, n_clips)
        own = np.eye(n_classes)[y_true]
        logits = temperature * 1.5 * (rng.standard_normal((n_clips, n_classes)) + 1.5 * own)
        grid = rng.permutation([0.25, 0.5, 0.8, 1.25, 2.0, 4.0])
        scaled = logits / grid[:, None, None]
        losses = (np.log(np.exp(scaled).sum(axis=2)) - (scaled * own).sum(axis=2)).mean(axis=1)
        best, second, *_, worst = np.sort(losses)
        if second > 1.01 * best and best < losses[0] < worst:
            return {"logits": logits, "y_true": y_true, "temperatures": grid}


QUESTIONS = (
    Question(
        "scores_per_class",
        3,
        tuple(partial(_matrix, n_classes=n, uneven=uneven) for n, uneven in ((4, False), (6, True), (8, True))),
        (
            Fault(
                "recall and precision are swapped: recall divides by the clips of the class, a row of the matrix",
                "confusion.sum(axis=1), confusion.sum(axis=0)",
                "confusion.sum(axis=0), confusion.sum(axis=1)",
            ),
            Fault(
                "a class without clips or predictions makes it 0 / 0: these scores are 0",
                "confusion.sum(axis=1), confusion.sum(axis=0)",
                "*(np.where(size, size, np.nan) for size in (confusion.sum(axis=1), confusion.sum(axis=0)))",
            ),
            Fault(
                "the F1 of a class without hits is 0 / 0: it is 0",
                "2 * hits / np.maximum(clips + guesses, 1)",
                "2 * hits / np.where(hits, clips + guesses, np.nan)",
            ),
            Fault(
                "F1 is the harmonic mean; this is the usual one",
                "2 * hits / np.maximum(clips + guesses, 1)",
                "(recall + precision) / 2",
            ),
            Fault("the factor 2 is missing in F1", "2 * hits", "hits"),
            Fault(
                "classes without clips are left out: the shape is (n_classes,)",
                "return recall, precision, 2 * hits / np.maximum(clips + guesses, 1)",
                "there = clips > 0\n"
                "    return recall[there], precision[there], (2 * hits / np.maximum(clips + guesses, 1))[there]",
            ),
            Fault(
                "the hits are divided by all clips; recall divides by those of the class",
                "hits / np.maximum(clips, 1)",
                "hits / confusion.sum()",
            ),
            Fault(
                "F1 is the harmonic mean; this is the geometric one",
                "2 * hits / np.maximum(clips + guesses, 1)",
                "np.sqrt(recall * precision)",
            ),
            Fault(
                "a class without clips has recall 1 here: it is 0",
                "return recall,",
                "return np.where(clips, recall, 1),",
            ),
            Fault(
                "these are percents; shares between 0 and 1 are asked for",
                "return recall, precision, 2 *",
                "return 100 * recall, 100 * precision, 200 *",
            ),
        ),
    ),
    Question(
        "macro_f1",
        2,
        tuple(partial(_matrix, n_classes=n, uneven=uneven) for n, uneven in ((4, False), (6, True), (8, True))),
        (
            Fault(
                "a class with neither clips nor predictions counts with 0: leave it out",
                "np.mean(2 * np.diag(confusion)[seen] / sizes[seen])",
                "np.sum(2 * np.diag(confusion)[seen] / sizes[seen]) / len(sizes)",
            ),
            Fault(
                "a class that was predicted and has no clips is left out: it counts with 0",
                "sizes > 0",
                "confusion.sum(axis=1) > 0",
            ),
            Fault(
                "this is the F1 of the mean precision and the mean recall; the mean of the classes' F1 is asked for",
                "np.mean(2 * np.diag(confusion)[seen] / sizes[seen])",
                "2 / sum(1 / np.mean((np.diag(confusion) / confusion.sum(axis=i).clip(1))[seen]) for i in (0, 1))",
            ),
            Fault(
                "a class without hits is left out: it counts with 0 if it has clips or predictions",
                "sizes > 0",
                "np.diag(confusion) > 0",
            ),
            Fault(
                "this is the accuracy, or micro F1; each class has the same weight",
                "np.mean(2 * np.diag(confusion)[seen] / sizes[seen])",
                "np.trace(confusion) / confusion.sum()",
            ),
            Fault(
                "the classes are weighted by their clips; each has the same weight",
                "np.mean(2 * np.diag(confusion)[seen] / sizes[seen])",
                "np.average(2 * np.diag(confusion)[seen] / sizes[seen], weights=confusion.sum(axis=1)[seen])",
            ),
            Fault("the factor 2 is missing in F1", "2 * np.diag", "np.diag"),
            Fault(
                "this is the mean recall; the mean F1 is asked for",
                "np.mean(2 * np.diag(confusion)[seen] / sizes[seen])",
                "np.mean(np.diag(confusion)[seen] / np.maximum(confusion.sum(axis=1)[seen], 1))",
            ),
            Fault("a class with neither clips nor predictions makes it 0 / 0: leave it out", "sizes > 0", "sizes >= 0"),
        ),
    ),
    Question(
        "uar_interval",
        3,
        (  # many and few speakers, wide and narrow levels, a class that some draws lack
            partial(_interval_case, n_speakers=7, level=0.95, rare=False),
            partial(_interval_case, n_speakers=5, level=0.8, rare=True),
            partial(_interval_case, n_speakers=9, level=0.5, rare=True),
        ),
        (
            Fault(
                "the mean of the speakers' UARs is taken: add their matrices first",
                "mean_recall(confusions[drawn].sum(axis=1))",
                "mean_recall(confusions)[drawn].mean(axis=1)",
            ),
            Fault(
                "the quantiles are 1 - level and level: half of what lies outside belongs to each end",
                "[(1 - level) / 2, (1 + level) / 2]",
                "[1 - level, level]",
            ),
            Fault(
                "the level is not used: the interval is always one of 95 %",
                "[(1 - level) / 2, (1 + level) / 2]",
                "[0.025, 0.975]",
            ),
            Fault("np.percentile takes percents, not shares: use np.quantile", "np.quantile", "np.percentile"),
            Fault(
                "speakers are drawn without replacement: every draw is the same",
                "rng.integers(0, len(confusions), (n_draws, len(confusions)))",
                "np.array([rng.permutation(len(confusions)) for _ in range(n_draws)])",
            ),
            Fault(
                "a class that a draw lacks counts as recall 0: it does not count in that draw",
                "mean_recall(confusions[drawn].sum(axis=1))",
                "np.mean(np.diagonal(confusions[drawn].sum(axis=1), axis1=1, axis2=2) / "
                "np.maximum(confusions[drawn].sum(axis=(1, 3)), 1), axis=1)",
            ),
            Fault(
                "this is the accuracy; the UAR is asked for",
                "mean_recall(confusions[drawn].sum(axis=1))",
                "np.trace(confusions[drawn].sum(axis=1), axis1=1, axis2=2) / confusions[drawn].sum(axis=(1, 2, 3))",
            ),
            Fault(
                "a normal distribution is assumed; the quantiles of the draws are asked for",
                "np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])",
                "scores.mean() + np.array([-1.96, 1.96]) * scores.std()",
            ),
            Fault(
                "the smallest and the largest draw are returned; the quantiles are asked for",
                "np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])",
                "scores.min(), scores.max()",
            ),
            Fault(
                "draws at round places are returned; np.quantile takes what lies between two draws",
                "np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])",
                "np.sort(scores)[[round(n_draws * (1 - level) / 2), -1 - round(n_draws * (1 - level) / 2)]]",
            ),
            Fault(
                "the two ends are swapped: the lower one comes first",
                "float(low), float(high)",
                "float(high), float(low)",
            ),
            Fault(
                "the draws are columns; a row is a draw: (n_draws, n_speakers)",
                "(n_draws, len(confusions))",
                "(len(confusions), n_draws)",
            ),
            Fault(
                "the last speaker is never drawn: rng.integers leaves out its upper end",
                "(0, len(confusions),",
                "(0, len(confusions) - 1,",
            ),
        ),
    ),
    Question(
        "paired_difference",
        4,
        (  # either is the better one, a class that some draws lack
            partial(_paired_case, n_speakers=7, better=0, rare=False),
            partial(_paired_case, n_speakers=5, better=1, rare=True),
        ),
        (
            Fault(
                "each network gets speakers of its own: draw once, for both",
                "mean_recall(confusions_b[drawn].sum(axis=1))",
                "mean_recall(confusions_b[rng.integers(0, len(drawn.T), drawn.shape)].sum(axis=1))",
            ),
            Fault(
                "two intervals are subtracted; the quantiles of the difference are asked for",
                "np.quantile(gaps, [0.025, 0.975])",
                "np.quantile(mean_recall(confusions_a[drawn].sum(axis=1)), [0.025, 0.975]) - "
                "np.quantile(mean_recall(confusions_b[drawn].sum(axis=1)), [0.025, 0.975])",
            ),
            Fault(
                "the first number is the mean of the draws; the difference on the clips of all speakers is asked for",
                "mean_recall(confusions_a.sum(axis=0)) - mean_recall(confusions_b.sum(axis=0))",
                "gaps.mean()",
            ),
            Fault(
                "B minus A is asked nowhere: it is A minus B",
                "    low, high = np.quantile(gaps, [0.025, 0.975])\n"
                "    value = mean_recall(confusions_a.sum(axis=0)) - mean_recall(confusions_b.sum(axis=0))\n",
                "    low, high = np.quantile(-gaps, [0.025, 0.975])\n"
                "    value = mean_recall(confusions_b.sum(axis=0)) - mean_recall(confusions_a.sum(axis=0))\n",
            ),
            Fault("this is a 90 % interval: the quantiles are 0.025 and 0.975", "[0.025, 0.975]", "[0.05, 0.95]"),
            Fault(
                "the mean of the speakers' UARs is taken: add their matrices first",
                "gaps = mean_recall(confusions_a[drawn].sum(axis=1)) - mean_recall(confusions_b[drawn].sum(axis=1))\n"
                "    low, high = np.quantile(gaps, [0.025, 0.975])\n"
                "    value = mean_recall(confusions_a.sum(axis=0)) - mean_recall(confusions_b.sum(axis=0))\n",
                "each = mean_recall(confusions_a) - mean_recall(confusions_b)\n"
                "    value, (low, high) = each.mean(), np.quantile(each[drawn].mean(axis=1), [0.025, 0.975])\n",
            ),
            Fault(
                "the mean of the speakers' UARs is taken in the draws: add their matrices first",
                "gaps = mean_recall(confusions_a[drawn].sum(axis=1)) - mean_recall(confusions_b[drawn].sum(axis=1))\n",
                "gaps = (mean_recall(confusions_a) - mean_recall(confusions_b))[drawn].mean(axis=1)\n",
            ),
            Fault(
                "the first number is the middle of the draws; the difference on the clips of all speakers is asked for",
                "mean_recall(confusions_a.sum(axis=0)) - mean_recall(confusions_b.sum(axis=0))",
                "np.median(gaps)",
            ),
            Fault(
                "the distance is asked for with its sign: negative where A is the worse one",
                "float(value), float(low), float(high)",
                "abs(float(value)), float(low), float(high)",
            ),
            Fault(
                "a normal distribution is assumed; the quantiles of the draws are asked for",
                "np.quantile(gaps, [0.025, 0.975])",
                "gaps.mean() + np.array([-1.96, 1.96]) * gaps.std()",
            ),
            Fault(
                "the draws are columns; a row is a draw: (n_draws, n_speakers)",
                "(n_draws, len(confusions_a))",
                "(len(confusions_a), n_draws)",
            ),
            Fault(
                "the order is another one: difference, lower end, upper end",
                "float(value), float(low), float(high)",
                "float(low), float(value), float(high)",
            ),
        ),
    ),
    Question(
        "log_loss",
        2,
        (  # few and many classes, a large and a small eps
            partial(_loss_case, n_clips=12, n_classes=3, eps=0.02),
            partial(_loss_case, n_clips=20, n_classes=6, eps=0.004),
        ),
        (
            Fault("a probability of 0 makes it infinite: keep it at eps", "np.clip(chosen, eps, 1 - eps)", "chosen"),
            Fault("this is the sum; the mean over the clips is asked for", ").mean()", ").sum()"),
            Fault("the logarithm has base 2; the natural one is asked for", "np.log(", "np.log2("),
            Fault(
                "probabilities above 1 - eps are not kept there",
                "np.clip(chosen, eps, 1 - eps)",
                "np.maximum(chosen, eps)",
            ),
            Fault("eps is added; what lies below it counts as eps", "np.clip(chosen, eps, 1 - eps)", "(chosen + eps)"),
            Fault("the sign is missing: the loss is positive", "(-np.log", "(np.log"),
            Fault("the mean is over clips and classes; divide by the clips", ").mean()", ").sum() / probs.size"),
            Fault(
                "the rows are rescaled after they were clipped",
                "chosen = probs[np.arange(len(y_true)), y_true]\n"
                "    return float(-np.log(np.clip(chosen, eps, 1 - eps)).mean())",
                "clipped = np.clip(probs, eps, 1 - eps)\n"
                "    chosen = (clipped / clipped.sum(axis=1, keepdims=True))[np.arange(len(y_true)), y_true]\n"
                "    return float(-np.log(chosen).mean())",
            ),
            Fault(
                "the largest probability is taken, not that of the true class",
                "probs[np.arange(len(y_true)), y_true]",
                "probs.max(axis=1)",
            ),
            Fault(
                "the other classes are counted too: only the probability of the true one is asked for",
                "return float(-np.log(np.clip(chosen, eps, 1 - eps)).mean())",
                "others = np.log(1 - np.clip(probs, eps, 1 - eps)).sum(axis=1)\n"
                "    own = np.log(np.clip(chosen, eps, 1 - eps)) - np.log(1 - np.clip(chosen, eps, 1 - eps))\n"
                "    return float(-(own + others).mean())",
            ),
            Fault(
                "clips whose true class has probability 0 are left out: they count with eps",
                "np.clip(chosen, eps, 1 - eps)",
                "np.clip(chosen[chosen > 0], eps, 1 - eps)",
            ),
        ),
    ),
    Question(
        "calibration_error",
        3,
        (  # confidences at the edges of bins; empty bins, and one that holds most clips
            _at_edges,
            partial(_in_bins, n_clips=30, n_bins=5),
            partial(_in_bins, n_clips=60, n_bins=10),
        ),
        (
            Fault(
                "the bins are closed at their lower end; the upper one belongs to them",
                "np.maximum(np.ceil(confidence * n_bins).astype(int), 1)",
                "np.minimum((confidence * n_bins).astype(int), n_bins - 1)",
            ),
            Fault(
                "the bins are not weighted: each counts by its share of the clips",
                "np.abs(surplus).sum() / len(bins)",
                "np.mean(np.abs(surplus / np.bincount(bins).clip(1))[np.bincount(bins) > 0])",
            ),
            Fault(
                "gaps of opposite sign cancel: the distance in each bin is asked for",
                "np.abs(surplus).sum()",
                "np.abs(surplus.sum())",
            ),
            Fault(
                "the bins are closed at their lower end, and a confidence of 1 has a bin of its own",
                "np.maximum(np.ceil(confidence * n_bins).astype(int), 1)",
                "(confidence * n_bins).astype(int)",
            ),
            Fault(
                "a confidence of 0 has a bin of its own: it is in the first one",
                "np.maximum(np.ceil(confidence * n_bins).astype(int), 1)",
                "np.ceil(confidence * n_bins).astype(int)",
            ),
            Fault(
                "a confidence of 0 is lost: it is in the first bin",
                "np.abs(surplus).sum()",
                "np.abs(surplus - np.bincount(bins, weights=correct * (confidence == 0))).sum()",
            ),
            Fault(
                "the largest gap is returned; their weighted mean is asked for",
                "np.abs(surplus).sum() / len(bins)",
                "np.max(np.abs(surplus / np.bincount(bins).clip(1)))",
            ),
            Fault(
                "the bins are not weighted, and empty ones count: each counts by its share of the clips",
                "np.abs(surplus).sum() / len(bins)",
                "np.sum(np.abs(surplus / np.bincount(bins).clip(1))) / n_bins",
            ),
            Fault(
                "the middle of each bin is taken; its mean confidence is asked for",
                "correct - confidence",
                "correct - (bins - 0.5) / n_bins",
            ),
            Fault(
                "each clip is compared by itself; compare the bins' means",
                "np.abs(surplus).sum()",
                "np.abs(correct - confidence).sum()",
            ),
            Fault(
                "the gaps are squared; their distance is asked for",
                "np.abs(surplus).sum() / len(bins)",
                "np.sqrt(np.sum(surplus**2 / np.bincount(bins).clip(1)) / len(bins))",
            ),
            Fault(
                "the confidences are rounded to the nearest edge: a bin reaches from one edge to the next",
                "np.maximum(np.ceil(confidence * n_bins).astype(int), 1)",
                "np.round(confidence * n_bins).astype(int)",
            ),
            Fault(
                "the bins reach from the smallest confidence to the largest; they reach from 0 to 1",
                "np.ceil(confidence * n_bins)",
                "np.ceil((confidence - confidence.min()) / np.ptp(confidence) * n_bins)",
            ),
            Fault(
                "n_bins edges make n_bins - 1 bins: there is one edge more",
                "np.ceil(confidence * n_bins)",
                "np.ceil(confidence * (n_bins - 1))",
            ),
            Fault(
                "the bins hold equally many clips; they are equally wide",
                "np.maximum(np.ceil(confidence * n_bins).astype(int), 1)",
                "np.empty(len(confidence), int)\n"
                "    bins[np.argsort(confidence, kind='stable')] = np.arange(len(bins)) * n_bins // len(bins)",
            ),
        ),
    ),
    Question(
        "fit_temperature",
        3,
        (  # a network that is too sure, and one that is not sure enough
            partial(_temperature_case, n_clips=40, n_classes=4, temperature=2.0),
            partial(_temperature_case, n_clips=50, n_classes=3, temperature=0.5),
        ),
        (
            Fault(
                "the logits are multiplied by the temperature: divide", "logits / temperature", "logits * temperature"
            ),
            Fault(
                "the probabilities are divided, and no longer sum to 1: divide the logits",
                "log_probs(logits / temperature)",
                "(log_probs(logits) - np.log(temperature))",
            ),
            Fault(
                "the worst temperature is chosen: the lowest loss is asked for",
                "np.argmin(losses)",
                "np.argmax(losses)",
            ),
            Fault(
                "the place in the grid is returned; the temperature is asked for",
                "float(temperatures[best])",
                "float(best)",
            ),
            Fault(
                "the loss is of the classes that the network chose: take the true ones",
                "[rows, y_true]",
                "[rows, logits.argmax(axis=1)]",
            ),
            Fault(
                "the temperature with the highest accuracy is chosen: a temperature does not change the answers",
                "np.argmin(losses)",
                "np.argmax([np.mean(np.argmax(logits / one, axis=1) == y_true) for one in temperatures])",
            ),
            Fault("the loss is a sum; the mean over the clips is asked for", ".mean() for", ".sum() for"),
            Fault("the sign of the loss is missing: it is positive", "float(losses[best])", "float(-losses[best])"),
            Fault(
                "the loss is that of the logits as they came; that at the best temperature is asked for",
                "float(losses[best])",
                "float(-log_probs(logits)[rows, y_true].mean())",
            ),
            Fault(
                "the softmax is missing: the logits themselves are taken for logarithms of probabilities",
                "log_probs(logits / temperature)",
                "(logits / temperature)",
            ),
            Fault(
                "the losses are those of the sorted grid, and the temperature is that of the grid as it came",
                "for temperature in temperatures]",
                "for temperature in np.sort(temperatures)]",
            ),
            Fault(
                "loss and temperature are swapped: the temperature comes first",
                "float(temperatures[best]), float(losses[best])",
                "float(losses[best]), float(temperatures[best])",
            ),
        ),
    ),
)
