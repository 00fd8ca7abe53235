"""Questions of assignment 8: split, scores, intervals, and a network that has to learn."""

from functools import cache, partial
from operator import methodcaller as draw

import numpy as np
from numpy.typing import NDArray

from minser.grade.child import Value
from minser.grade.questions import SOURCES, Case, Fault, Question, drawn, generator

_GOAL, _HALF = 0.70, 0.50  # UAR that gets all points, and that gets half of them; chance is 1 / 8
_N_TEST = 6  # speakers of 24


def _interval_case(rng: np.random.Generator, n_speakers: int, n_clips: int) -> Case:
    """Draw speakers with different numbers of clips."""
    speakers = np.append(np.arange(n_speakers), rng.integers(0, n_speakers, n_clips) * rng.integers(0, 2, n_clips))
    correct = rng.random(len(speakers)) < np.linspace(0.2, 0.95, n_speakers)[speakers]
    return {"correct": correct, "speakers": speakers, "n_draws": 300, "rng": generator(rng)}


def _pairs(rng: np.random.Generator, truth: tuple[int, ...], n: int, n_classes: int) -> Case:
    """Draw true classes, and predictions up to the largest of them, some of which are right."""
    y_true = rng.permutation(np.resize(truth, n))
    guess = rng.integers(0, max(truth) + 1, n)
    return {"y_true": y_true, "y_pred": np.where(rng.random(n) < 0.4, y_true, guess), "n_classes": n_classes}


@cache
def _table() -> NDArray[np.float64]:
    """Return speaker, emotion and features of all clips."""
    return np.loadtxt(SOURCES / "08_features.csv", delimiter=",", skiprows=1)


def train_case(rng: np.random.Generator) -> Case:
    """Draw clips of 18 speakers, drawn; those of the 6 others are kept for the score.

    Features and classes come in another order each time: weights that were learned beforehand are of no use.
    """
    table = _table()
    tested = np.isin(table[:, 0], 1 + rng.permutation(24)[:_N_TEST])
    values = rng.permutation(table[:, 2:], axis=1)
    x = (values - values[~tested].mean(axis=0)) / values[~tested].std(axis=0)
    y = rng.permutation(8)[table[:, 1].astype(np.int64)]
    hidden = {"_x": x[tested], "_y": y[tested]}
    return {"x": x[~tested], "targets": np.eye(8)[y[~tested]], "rng": generator(rng), **hidden}


def train_score(case: Case, answer: Value) -> tuple[float, str]:
    """Return whether a network recognises enough of the kept clips.

    There are few clips, so the UAR depends on the seed by a tenth; the steps are so wide that points do not.
    """
    n_features, n_classes = case["x"].shape[1], case["targets"].shape[1]
    if not isinstance(answer, dict) or answer.keys() != {"weight1", "bias1", "weight2", "bias2"}:
        raise ValueError("the answer has to be a dict with the keys weight1, bias1, weight2, bias2")
    answer = {name: np.asarray(value) for name, value in answer.items()}  # lists do as well; ValueError if ragged
    if not all(value.dtype.kind in "fiu" for value in answer.values()):
        raise ValueError("the parameters have to be arrays of numbers")
    n_hidden = answer["bias1"].size
    wanted = {"weight1": (n_features, n_hidden), "bias1": (n_hidden,), "weight2": (n_hidden, n_classes)}
    for name, shape in {**wanted, "bias2": (n_classes,)}.items():
        if answer[name].shape != shape:
            raise ValueError(f"{name} has the shape {answer[name].shape}, expected {shape}")
        if not np.isfinite(answer[name]).all():
            raise ValueError(f"{name} holds numbers that are infinite, or none at all: is the step size too large?")
    with np.errstate(all="ignore"):  # huge weights may overflow: then the score is low
        hidden = np.maximum(case["_x"] @ answer["weight1"] + answer["bias1"], 0)
        chosen = np.argmax(hidden @ answer["weight2"] + answer["bias2"], axis=1)
    recalls = [np.mean(chosen[case["_y"] == k] == k) for k in range(n_classes)]
    uar = float(np.mean(recalls))
    words = f"the UAR on {_N_TEST} new speakers is {uar:.3f}, expected {_GOAL:.3f}; chance is {1 / n_classes:.3f}"
    return (uar >= _HALF) / 2 + (uar >= _GOAL) / 2, words


QUESTIONS = (
    Question(
        "speaker_split",
        2,
        drawn(  # speakers in any order; a test speaker who says nothing
            [
                {"speakers": draw("integers", 0, 9, 30), "test_speakers": lambda rng: rng.permutation(9)[:3]},
                {"speakers": draw("permutation", 12), "test_speakers": np.array([11, 2, 40])},
            ]
        ),
        (
            Fault(
                "the parts come in another order: training first",
                "np.flatnonzero(~tested), np.flatnonzero(tested)",
                "np.flatnonzero(tested), np.flatnonzero(~tested)",
            ),
            Fault(
                "these are masks; indices are asked for",
                "np.flatnonzero(~tested), np.flatnonzero(tested)",
                "~tested, tested",
            ),
            Fault(
                "these are the speakers; the indices of clips are asked for",
                "np.flatnonzero(~tested), np.flatnonzero(tested)",
                "speakers[~tested], speakers[tested]",
            ),
            Fault(
                "the test clips are in the training part as well",
                "np.flatnonzero(~tested),",
                "np.arange(len(speakers)),",
            ),
            Fault(
                "clips are chosen by their number, not by who speaks",
                "np.isin(speakers, test_speakers)",
                "np.isin(np.arange(len(speakers)), test_speakers)",
            ),
            Fault(
                "the test clips come speaker by speaker; rising indices are asked for",
                "np.flatnonzero(tested)",
                "np.concatenate([np.flatnonzero(speakers == one) for one in test_speakers])",
            ),
            Fault(
                "only the first test speaker is kept apart",
                "np.isin(speakers, test_speakers)",
                "speakers == test_speakers[0]",
            ),
        ),
    ),
    Question(
        "standardise",
        2,
        drawn(  # parts of different mean and scale; a single test clip
            [
                {
                    "train": lambda rng: rng.uniform(0.5, 9, 5) * rng.standard_normal((12, 5)) + 3,
                    "test": lambda rng: rng.uniform(1, 18, 5) * rng.standard_normal((7, 5)) - 1,
                },
                {"train": draw("normal", 2, 3, (6, 4)), "test": draw("normal", 0, 1, (1, 4))},
            ]
        ),
        (
            Fault(
                "the test part is scaled by its own statistics; use those of the training part",
                "(test - centre) / spread",
                "(test - test.mean(axis=0)) / test.std(axis=0)",
            ),
            Fault(
                "the statistics are of both parts: the test part leaks into training",
                "train.mean(axis=0), train.std(axis=0)",
                "np.concatenate([train, test]).mean(axis=0), np.concatenate([train, test]).std(axis=0)",
            ),
            Fault(
                "the division is by the variance; the standard deviation is right",
                "train.std(axis=0)",
                "train.var(axis=0)",
            ),
            Fault(
                "the variance divides by n_train - 1; here it divides by n_train",
                "train.std(axis=0)",
                "train.std(axis=0, ddof=1)",
            ),
            Fault(
                "one mean and deviation are used for all features: each has its own",
                "train.mean(axis=0), train.std(axis=0)",
                "train.mean(), train.std()",
            ),
            Fault(
                "the wrong axis: each clip is scaled, not each feature",
                "train.mean(axis=0), train.std(axis=0)\n    return (train - centre) / spread, (test - centre) / spread",
                "train.mean(axis=1), train.std(axis=1)\n"
                "    return (train.T - centre).T / spread[:, None], (test - test.mean(axis=1)[:, None]) / "
                "test.std(axis=1)[:, None]",
            ),
            Fault("the test part is not scaled", "(test - centre) / spread", "test"),
            Fault(
                "the mean is not subtracted",
                "(train - centre) / spread, (test - centre) / spread",
                "train / spread, test / spread",
            ),
        ),
    ),
    Question(
        "confusion_matrix",
        2,
        drawn(  # all classes; the last ones do not occur; one that is predicted, and does not occur
            [
                partial(_pairs, truth=(0, 1, 2, 3), n=40, n_classes=4),
                partial(_pairs, truth=(0, 1, 2), n=25, n_classes=6),
                partial(_pairs, truth=(0, 2), n=20, n_classes=3),
            ]
        ),
        (
            Fault(
                "the axes are swapped: confusion[true, predicted]",
                "y_true * n_classes + y_pred",
                "y_pred * n_classes + y_true",
            ),
            Fault(
                "these are shares; counts are asked for",
                ".reshape(n_classes, n_classes)",
                ".reshape(n_classes, n_classes) / len(y_true)",
            ),
            Fault(
                "each row is divided by its sum; counts are asked for",
                "return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)",
                "counts = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)\n"
                "    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)",
            ),
            Fault("each pair counts once at most: add up repeated ones", "n_classes)\n", "n_classes).clip(0, 1)\n"),
            Fault("only right answers are counted", "n_classes)\n", "n_classes) * np.eye(n_classes)\n"),
            Fault(
                "classes that do not occur are left out: the shape is (n_classes, n_classes)",
                "pairs = y_true * n_classes + y_pred\n",
                "n_classes = int(max(y_true.max(), y_pred.max())) + 1\n    pairs = y_true * n_classes + y_pred\n",
            ),
        ),
    ),
    Question(
        "uar",
        2,
        drawn(  # uneven classes; then one that is absent from the truth, and one with a single clip
            [
                {"confusion": lambda rng: rng.integers(1, 20, (4, 4)) * np.array([[1], [2], [5], [9]])},
                {
                    "confusion": lambda rng: np.array(
                        [[1, 0, 0, 0], rng.integers(2, 40, 4), [0, 0, 0, 0], rng.integers(9, 180, 4)]
                    )
                },
            ]
        ),
        (
            Fault(
                "this is the accuracy; the mean of the recalls is asked for",
                "np.mean(np.diag(confusion)[there] / totals[there])",
                "np.diag(confusion).sum() / confusion.sum()",
            ),
            Fault(
                "this is the mean precision: the sum runs over the wrong axis",
                "confusion.sum(axis=1)",
                "confusion.sum(axis=0)",
            ),
            Fault(
                "a class without clips counts as recall 0: leave it out",
                "np.mean(np.diag(confusion)[there] / totals[there])",
                "np.sum(np.diag(confusion)[there] / totals[there]) / len(totals)",
            ),
            Fault(
                "a class without clips counts as recall 1: leave it out",
                "np.mean(np.diag(confusion)[there] / totals[there])",
                "np.mean(np.where(there, np.diag(confusion) / np.maximum(totals, 1), 1))",
            ),
            Fault(
                "a class without clips makes it 0 / 0: leave it out",
                "np.mean(np.diag(confusion)[there] / totals[there])",
                "np.mean(np.diag(confusion) / np.where(there, totals, np.nan))",
            ),
            Fault("the recalls are added; their mean is asked for", "np.mean(", "np.sum("),
            Fault("these are percents; a share between 0 and 1 is asked for", "float(np.mean(", "100 * float(np.mean("),
        ),
    ),
    Question(
        "bootstrap_interval",
        3,
        tuple(partial(_interval_case, n_speakers=n, n_clips=clips) for n, clips in ((6, 60), (9, 40))),
        (
            Fault(
                "clips are drawn, not speakers: clips of one speaker are alike",
                "    clips = np.bincount(speakers)\n    hits = np.bincount(speakers, weights=correct)\n",
                "    clips, hits = np.ones(len(correct)), correct * 1.0\n",
            ),
            Fault(
                "each speaker's accuracy counts the same; it is that of all drawn clips together",
                "hits[drawn].sum(axis=1) / clips[drawn].sum(axis=1)",
                "(hits / clips)[drawn].mean(axis=1)",
            ),
            Fault("this is a 90 % interval: the quantiles are 0.025 and 0.975", "[0.025, 0.975]", "[0.05, 0.95]"),
            Fault(
                "this is a 97.5 % interval or so: the quantiles are 0.025 and 0.975",
                "[0.025, 0.975]",
                "[0.0125, 0.9875]",
            ),
            Fault(
                "the smallest and largest draw are returned; the quantiles are asked for",
                "np.quantile(accuracies, [0.025, 0.975])",
                "accuracies.min(), accuracies.max()",
            ),
            Fault(
                "a normal distribution is assumed; the quantiles of the draws are asked for",
                "np.quantile(accuracies, [0.025, 0.975])",
                "accuracies.mean() + np.array([-1.96, 1.96]) * accuracies.std()",
            ),
            Fault(
                "speakers are drawn without replacement: every draw is the same",
                "rng.integers(0, len(clips), (n_draws, len(clips)))",
                "np.array([rng.permutation(len(clips)) for _ in range(n_draws)])",
            ),
            Fault("high and low are swapped", "float(low), float(high)", "float(high), float(low)"),
            Fault(
                "the last speaker is never drawn: rng.integers leaves out its upper end",
                "rng.integers(0, len(clips),",
                "rng.integers(0, len(clips) - 1,",
            ),
        ),
    ),
    Question(
        "network_gradients",
        4,
        drawn(  # of two classes the gradients may cancel until float32 has no digits left
            {
                "params": {
                    "weight1": draw("standard_normal", (features, hidden)),
                    "bias1": draw("standard_normal", hidden),
                    "weight2": draw("standard_normal", (hidden, classes)),
                    "bias2": draw("standard_normal", classes),
                },
                "targets": draw("dirichlet", np.ones(classes), batch),
                "x": draw("standard_normal", (batch, features)),
            }
            for batch, features, hidden, classes in ((8, 5, 7, 4), (4, 3, 8, 6))
        ),
        (
            Fault("the 1/N is missing: the loss is a mean over the batch", ") - targets) / len(x)", ") - targets)"),
            Fault("the gradient does not stop at the ReLU: multiply by (hidden > 0)", " * (hidden > 0)", ""),
            Fault("the gradient of bias1 was not summed over the batch", "grad_hidden.sum(axis=0)", "grad_hidden"),
            Fault("the gradient of bias2 was not summed over the batch", "grad_logits.sum(axis=0)", "grad_logits"),
            Fault(
                "the sign is wrong: softmax minus target",
                '(softmax(hidden @ params["weight2"] + params["bias2"]) - targets)',
                '(targets - softmax(hidden @ params["weight2"] + params["bias2"]))',
            ),
            Fault(
                "the softmax is missing: logits minus target",
                'softmax(hidden @ params["weight2"] + params["bias2"])',
                '(hidden @ params["weight2"] + params["bias2"])',
            ),
            Fault(
                "the ReLU is missing in the forward pass",
                'np.maximum(x @ params["weight1"] + params["bias1"], 0)',
                'x @ params["weight1"] + params["bias1"]',
            ),
            Fault("the bias of the hidden layer is missing in the forward pass", ' + params["bias1"]', ""),
            Fault(
                "the gradients of the biases are means over the batch; sums are right, the loss has its 1/N",
                '"bias1": grad_hidden.sum(axis=0),',
                '"bias1": grad_hidden.mean(axis=0),',
            ),
        ),
    ),
    Question("train_network", 5, (train_case,), score=train_score),
)
