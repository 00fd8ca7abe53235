"""Questions of assignment 4: dense layer, ReLU, softmax cross-entropy."""

from functools import partial
from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Case, Draw, Fault, Question, drawn

_SHAPES = ((5, 4, 3), (3, 2, 6))  # (batch, in, out), all different


def _relu_case(rng: np.random.Generator, shape: tuple[int, ...]) -> Case:
    """Draw a matrix or images, with a zero."""
    x = rng.standard_normal(shape)
    x[0, 1] = 0
    return {"grad_output": rng.standard_normal(shape), "x": x}


def _logits(shape: tuple[int, int], scale: float, *, times: int = 1, offset: int | list[list[int]] = 0) -> Draw:
    """Return what draws multiples of 1/64: float32 holds them, multiplied and moved, as exactly as float64 does."""
    return lambda rng: times * np.round(64 * scale * rng.standard_normal(shape)) / 64 + offset


_LOSSES = drawn(  # soft targets, large logits, huge ones, and certain ones
    [
        {"logits": _logits((3, 5), 2, offset=500), "targets": draw("dirichlet", np.ones(5), 3)},
        {"logits": _logits((5, 4), 2), "targets": draw("dirichlet", np.ones(4), 5)},
        {
            "logits": _logits((3, 4), 2, times=800, offset=[[1000], [-1000], [0]]),
            "targets": draw("dirichlet", np.ones(4), 3),
        },
        {"logits": _logits((5, 4), 2, times=60), "targets": lambda rng: np.eye(4)[rng.integers(0, 4, 5)]},
    ]
)

QUESTIONS = (
    Question(
        "dense_forward",
        1,
        drawn(
            {"x": draw("standard_normal", (n, i)), "weight": draw("standard_normal", (i, o))}
            | {"bias": draw("standard_normal", o)}
            for n, i, o in _SHAPES
        ),
        (
            Fault("the bias is missing", " + bias", ""),
            Fault("the bias is subtracted", "+ bias", "- bias"),
            Fault(
                "the bias is added before the product", "return x @ weight + bias", "return (x + bias.sum()) @ weight"
            ),
            Fault("batch and outputs are swapped", "return x @ weight + bias", "return (x @ weight + bias).T"),
        ),
    ),
    Question(
        "dense_backward",
        3,
        drawn(
            {"grad_output": draw("standard_normal", (n, o)), "x": draw("standard_normal", (n, i))}
            | {"weight": draw("standard_normal", (i, o))}
            for n, i, o in _SHAPES
        ),
        (
            Fault("the gradient of bias was not summed over the batch", "grad_output.sum(axis=0)", "grad_output"),
            Fault(
                "the gradient of bias is the mean over the batch; the sum is right",
                "grad_output.sum(axis=0)",
                "grad_output.mean(axis=0)",
            ),
            Fault(
                "the gradient of bias is summed over the wrong axis",
                "grad_output.sum(axis=0)",
                "grad_output.sum(axis=1)",
            ),
            Fault(
                "the gradient of bias is of the last sample alone: sum over the batch",
                "grad_output.sum(axis=0)",
                "grad_output[-1]",
            ),
            Fault(
                "the gradient of bias is of the first sample alone: sum over the batch",
                "grad_output.sum(axis=0)",
                "grad_output[0]",
            ),
            Fault(
                "the gradient of weight is divided by the batch size: that belongs to the loss",
                "x.T @ grad_output",
                "x.T @ grad_output / len(x)",
            ),
            Fault("the gradient of weight lies on its side", "= x.T @ grad_output", "= grad_output.T @ x"),
            Fault(
                "the gradient of weight is of the first sample alone: sum over the batch",
                "= x.T @ grad_output",
                "= np.outer(x[0], grad_output[0])",
            ),
            Fault(
                "the gradients come in another order: x, weight, bias",
                "return grad_x, grad_weight,",
                "return grad_weight, grad_x,",
            ),
            Fault(
                "the bias has a gradient of its own: the sum of grad_output",
                "grad_output.sum(axis=0)",
                "np.ones(grad_output.shape[1])",
            ),
        ),
    ),
    Question(
        "relu_backward",
        1,
        tuple(partial(_relu_case, shape=shape) for shape in ((4, 5), (2, 3, 4, 2))),
        (
            Fault("at x = 0 the gradient is 0: use >, not >=", "x > 0", "x >= 0"),
            Fault(
                "the gradient looks at grad_output's sign; what counts is x",
                "grad_output * (x > 0)",
                "np.maximum(grad_output, 0)",
            ),
            Fault(
                "the incoming gradient is missing: this is the derivative alone",
                "grad_output * (x > 0)",
                "(x > 0) * 1.0",
            ),
            Fault("the gradient passes where x is negative: the wrong side", "x > 0", "x < 0"),
            Fault("x itself is multiplied in", "(x > 0)", "np.maximum(x, 0)"),
            Fault(
                "nothing is stopped: where x is 0 or less the gradient is 0", "grad_output * (x > 0)", "grad_output * 1"
            ),
        ),
    ),
    Question(
        "softmax",
        2,
        drawn(  # small logits, and such as overflow an exponential, to both sides, in all rows or within one
            [
                {"logits": _logits((3, 5), 2, times=800)},
                {"logits": _logits((4, 6), 3)},
                {"logits": _logits((3, 6), 3, offset=2000)},
                {"logits": _logits((4, 5), 3, offset=[[-900], [0], [40], [900]])},
            ]
        ),
        (
            Fault(
                "large logits overflow: subtract the row's largest logit first (softmax without shift)",
                "np.exp(logits - logits.max(axis=1, keepdims=True))",
                "np.exp(logits)",
            ),
            Fault(
                "the shift is the whole batch's maximum, so small rows underflow: take each row's",
                "logits.max(axis=1, keepdims=True)",
                "logits.max()",
            ),
            Fault(
                "the sum runs over the wrong axis: over the batch",
                "powers / powers.sum(axis=1, keepdims=True)",
                "powers / powers.sum(axis=0, keepdims=True)",
            ),
            Fault("the sum runs over the whole batch", "powers.sum(axis=1, keepdims=True)", "powers.sum()"),
            Fault("the division by the sum is missing", " / powers.sum(axis=1, keepdims=True)", ""),
            Fault(
                "the shift is the row's mean, so the largest logit may overflow: subtract that",
                "logits.max(axis=1, keepdims=True)",
                "logits.mean(axis=1, keepdims=True)",
            ),
            Fault(
                "the shift is the largest size, so negative rows underflow: take the largest logit",
                "logits.max(axis=1, keepdims=True)",
                "np.abs(logits).max(axis=1, keepdims=True)",
            ),
            Fault(
                "these are logarithms of the probabilities",
                "return powers / powers.sum(axis=1, keepdims=True)",
                "return np.log(powers / powers.sum(axis=1, keepdims=True))",
            ),
        ),
    ),
    Question(
        "smooth_targets",
        2,
        drawn(  # with and without smoothing; a class that comes twice, and no last one
            {"labels": draw("permutation", labels), "n_classes": k, "label_smoothing": smoothing}
            for labels, k, smoothing in (([0, 1, 2, 3, 3, 0], 4, 0.1), ([0, 1, 2, 4, 4], 8, 0.3), ([0, 3, 4], 5, 0.0))
        ),
        (
            Fault(
                "the smoothing is spread over the other classes only, off by one class: divide by K, not K - 1",
                "return (1 - label_smoothing) * one_hot + label_smoothing / n_classes",
                "return np.where(one_hot == 1, 1 - label_smoothing, label_smoothing / (n_classes - 1))",
            ),
            Fault(
                "the true class lacks its own share s / K",
                "return (1 - label_smoothing) * one_hot + label_smoothing / n_classes",
                "return (1 - label_smoothing) * one_hot + label_smoothing / n_classes * (1 - one_hot)",
            ),
            Fault(
                "the share is divided by K - 1, and the row sums to more than 1", "/ n_classes\n", "/ (n_classes - 1)\n"
            ),
            Fault(
                "the smoothing is not applied",
                "(1 - label_smoothing) * one_hot + label_smoothing / n_classes",
                "one_hot",
            ),
            Fault(
                "the true class is not reduced by 1 - s: the row sums to more than 1",
                "(1 - label_smoothing) * one_hot",
                "one_hot",
            ),
            Fault(
                "the share is not divided by the number of classes",
                "+ label_smoothing / n_classes",
                "+ label_smoothing",
            ),
            Fault("the classes are counted from 1: they start at 0", "[labels]", "[labels - 1]"),
        ),
    ),
    Question(
        "cross_entropy",
        3,
        _LOSSES,
        (
            Fault("the mean over the batch is missing: the 1/N", " / len(logits)", ""),
            Fault(
                "the mean runs over batch and classes: divide by the batch size alone", "/ len(logits)", "/ logits.size"
            ),
            Fault("the sign is wrong: the loss is minus the logarithm", "float(-(", "float(("),
            Fault(
                "large logits overflow: subtract the row's largest logit first",
                "shifted = logits - logits.max(axis=1, keepdims=True)",
                "shifted = logits",
            ),
            Fault(
                "a small number is added under the logarithm; compute logit - log(sum(exp)) instead",
                "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
                "np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True) + 1e-12)",
            ),
            Fault(
                "the logarithm has base 2; the natural one is asked for",
                "float(-(targets * log_probs).sum() / len(logits))",
                "float(-(targets * log_probs).sum() / len(logits) / np.log(2))",
            ),
            Fault(
                "the softmax runs over the wrong axis: over the batch",
                "np.exp(shifted).sum(axis=1, keepdims=True)",
                "np.exp(shifted).sum(axis=0, keepdims=True)",
            ),
        ),
    ),
    Question(
        "cross_entropy_backward",
        3,
        _LOSSES,
        (
            Fault("the 1/N is missing: the loss is a mean over the batch", "difference / len(logits)", "difference"),
            Fault(
                "the gradient is divided by batch and classes: divide by the batch size alone",
                "/ len(logits)",
                "/ logits.size",
            ),
            Fault("the sign is wrong: softmax minus target", "return difference", "return -difference"),
            Fault("the targets are not subtracted", " - targets\n", "\n"),
            Fault(
                "the softmax is missing: logits minus target",
                "exponentials / exponentials.sum(axis=1, keepdims=True) - targets",
                "logits - targets",
            ),
            Fault(
                "large logits overflow: subtract the row's largest logit first",
                "np.exp(logits - logits.max(axis=1, keepdims=True))",
                "np.exp(logits)",
            ),
            Fault(
                "the softmax runs over the wrong axis: over the batch",
                "exponentials.sum(axis=1, keepdims=True)",
                "exponentials.sum(axis=0, keepdims=True)",
            ),
        ),
    ),
)
