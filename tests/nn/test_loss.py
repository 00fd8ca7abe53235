import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_close


@given(
    batch=st.integers(1, 6),
    n_classes=st.integers(2, 9),
    label_smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    weighted=st.booleans(),
    dtype=DTYPES,
    seed=SEEDS,
)
def test_equals_torch(
    batch: int, n_classes: int, label_smoothing: float, weighted: bool, dtype: type, seed: int
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (batch, n_classes)).astype(dtype)
    targets = rng.integers(0, n_classes, batch)
    weight = rng.uniform(0.5, 2, n_classes).astype(dtype) if weighted else None
    tensor = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        tensor,
        torch.tensor(targets),
        weight=None if weight is None else torch.tensor(weight),
        label_smoothing=label_smoothing,
    )
    expected.backward()
    loss = nn.SoftmaxCrossEntropy(label_smoothing=label_smoothing, class_weight=weight)
    n_terms = batch * n_classes
    value = np.array(loss.forward(logits, targets), dtype)
    assert_close(value, expected.detach().numpy(), n_terms=n_terms)
    assert_close(loss.backward(), tensor.grad.numpy(), n_terms=n_terms)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, np.bool_])
def test_logits_of_integers_are_refused(dtype: type) -> None:
    """A share of a target would be cut to 0, and a difference of small integers overflows."""
    logits = np.array([[2, 1, 0]]).astype(dtype)
    for call in (nn.log_softmax, lambda z: nn.SoftmaxCrossEntropy().forward(z, np.array([0]))):
        with pytest.raises(TypeError, match=f"logits must be float32 or float64, got {np.dtype(dtype)}"):
            call(logits)


def test_gradient_agrees_with_finite_differences(rng: np.random.Generator) -> None:
    logits, targets = rng.standard_normal((4, 5)), rng.integers(0, 5, 4)
    loss = nn.SoftmaxCrossEntropy(label_smoothing=0.2, class_weight=[1, 2, 3, 4, 5])
    expected = nn.numerical_gradient(lambda: loss.forward(logits, targets), logits)
    loss.forward(logits, targets)
    assert loss.backward() == pytest.approx(expected, abs=1e-8)  # step 1e-6: rounding of 1e-16 / 1e-6, a hundred times


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_neither_overflow_nor_hide_the_smoothed_part(dtype: type) -> None:
    """At logits of 1e4 every other probability is exactly zero, and its logarithm still is -1e4, not -inf."""
    logits = np.array([[1e4, 0, 0, 0], [-1e4, 0, 1e4, 0]], dtype)
    targets = np.array([0, 0])
    plain, smoothed = nn.SoftmaxCrossEntropy(), nn.SoftmaxCrossEntropy(label_smoothing=0.2)
    assert plain.forward(logits, targets) == (0 + 2e4) / 2
    # Sample 0: three classes at distance 1e4, a twentieth each. Sample 1: 0.85 at 2e4, two twentieths at 1e4.
    expected = (3 * 0.05 * 1e4 + 0.85 * 2e4 + 2 * 0.05 * 1e4) / 2
    assert smoothed.forward(logits, targets) == pytest.approx(expected, rel=10 * float(np.finfo(dtype).eps))
    assert plain.backward().tolist() == [[0, 0, 0, 0], [-0.5, 0, 0.5, 0]]
    expected_grad = np.array([[0.15, -0.05, -0.05, -0.05], [-0.85, -0.05, 0.95, -0.05]]) / 2
    assert smoothed.backward() == pytest.approx(expected_grad, abs=float(np.finfo(dtype).eps))


@pytest.mark.parametrize("value", [0.0, 1e4, -1e30])
def test_equal_logits_mean_equal_probabilities(value: float) -> None:
    loss = nn.SoftmaxCrossEntropy(label_smoothing=0.1)
    logits = np.full((3, 8), value, np.float32)
    assert loss.forward(logits, np.array([0, 3, 7])) == pytest.approx(math.log(8), rel=1e-6)  # float32
    grad = loss.backward()
    assert grad.sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-7)  # float32, 8 terms below 0.3
    assert grad[1, 3] == pytest.approx((1 / 8 - 0.9 - 0.1 / 8) / 3, rel=1e-6)


def test_log_softmax_does_not_feel_a_shift(rng: np.random.Generator) -> None:
    logits = rng.integers(-5, 5, (4, 3)).astype(np.float64)
    assert np.array_equal(nn.log_softmax(logits), nn.log_softmax(logits + 1000))
    assert np.exp(nn.log_softmax(logits)).sum(axis=1) == pytest.approx(np.ones(4), rel=1e-15)


def test_a_class_that_weighs_nothing_adds_nothing_even_alone(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((3, 3))
    loss = nn.SoftmaxCrossEntropy(class_weight=[1, 1, 0], label_smoothing=0.1)
    with_it = loss.forward(logits, np.array([0, 2, 1]))
    assert with_it > 0
    assert loss.forward(logits[[1]], np.array([2])) > 0  # what smoothing spreads over the other two
    without = nn.SoftmaxCrossEntropy(class_weight=[1, 1, 0])
    assert without.forward(logits, np.array([0, 2, 1])) == without.forward(logits[[0, 2]], np.array([0, 1]))
    assert without.forward(logits[[1]], np.array([2])) == 0
    assert not without.backward().any()


def test_inputs_stay_untouched_and_gradient_keeps_dtype(rng: np.random.Generator) -> None:
    logits, targets = rng.standard_normal((4, 3)).astype(np.float32), np.array([0, 2, 2, 1])
    before = logits.copy(), targets.copy()
    loss = nn.SoftmaxCrossEntropy(class_weight=[1, 2, 3])
    loss.forward(logits, targets)
    assert loss.backward().dtype == np.float32
    assert np.array_equal(logits, before[0])
    assert np.array_equal(targets, before[1])


def test_backward_needs_a_forward_of_its_own() -> None:
    loss = nn.SoftmaxCrossEntropy()
    with pytest.raises(RuntimeError, match="needs a forward before it"):
        loss.backward()
    loss.forward(np.zeros((1, 2)), np.array([0]))
    loss.backward()
    with pytest.raises(RuntimeError, match="needs a forward before it"):
        loss.backward()


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 3]), r"targets must lie in 0\.\.2, got 0\.\.3"),
        (np.array([-1, 0]), r"targets must lie in 0\.\.2, got -1\.\.0"),
        (np.array([0.0, 1.0]), r"integers \(2,\), got float64 \(2,\)"),
        (np.array([0, 1, 2]), r"got int64 \(3,\)"),
        (np.eye(3)[:2], r"got float64 \(2, 3\)"),
    ],
)
def test_targets_are_checked(targets: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nn.SoftmaxCrossEntropy().forward(np.zeros((2, 3)), targets)


def test_other_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"label_smoothing must lie in \[0, 1\), got 1"):
        nn.SoftmaxCrossEntropy(label_smoothing=1)
    with pytest.raises(ValueError, match="class_weight has 2 entries, logits have 3 classes"):
        nn.SoftmaxCrossEntropy(class_weight=[1, 1]).forward(np.zeros((1, 3)), np.array([0]))
    with pytest.raises(ValueError, match=r"logits must have shape \(batch, n_classes\), got \(3,\)"):
        nn.SoftmaxCrossEntropy().forward(np.zeros(3), np.array([0]))


@pytest.mark.slow
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_keras_divides_by_the_clips_and_weights_a_clip_s_whole_smoothed_loss(label_smoothing: float) -> None:
    """What the recipes say of Keras's class weights: minser divides by the weights, and weights each class's share."""
    keras = pytest.importorskip("keras")
    rng, batch, n_classes = np.random.default_rng(0), 6, 3
    logits = rng.standard_normal((batch, n_classes)).astype(np.float32)
    targets, weight = np.array([0, 0, 0, 1, 1, 2]), np.array([0.5, 1.0, 2.0])
    log_probs, true = nn.log_softmax(logits), np.eye(n_classes)[targets]
    expected = keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)
    smooth = (1 - label_smoothing) * true + label_smoothing / n_classes
    of_keras = float(expected(true, np.exp(log_probs), sample_weight=weight[targets]))
    assert of_keras == pytest.approx(-(smooth * log_probs).sum(axis=1) @ weight[targets] / batch, rel=1e-6)
    ours = nn.SoftmaxCrossEntropy(label_smoothing=label_smoothing, class_weight=weight).forward(logits, targets)
    assert ours == pytest.approx(-(smooth * log_probs * weight).sum() / weight[targets].sum(), rel=1e-6)
