"""The same comparisons with torch as in the other files, from stored outputs: these also run where torch is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minser import nn

from .against_torch import assert_close

RNG = np.random.default_rng(0)  # of first weights, which the stored ones replace
with np.load(Path(__file__).parents[1] / "reference" / "nn.npz") as file:
    STORED = dict(file)

LAYERS = {
    "dense": nn.Dense(5, 3, rng=RNG),
    "conv": nn.Conv2d(3, 4, kernel_size=3, padding=1, rng=RNG),
    "conv_strided": nn.Conv2d(3, 4, kernel_size=(3, 2), stride=(2, 1), padding=(1, 2), rng=RNG),
    "norm_training": nn.BatchNorm(3),
    "norm_evaluation": nn.BatchNorm(3),
    "relu": nn.ReLU(),
    "max_pool": nn.MaxPool2d((3, 2), stride=(2, 1)),
    "average_pool": nn.AveragePool2d((3, 2)),
    "global_average_pool": nn.GlobalAveragePool(),
}
OPTIMISERS: dict[str, Callable[[dict[str, np.ndarray]], Any]] = {
    "adam": lambda params: nn.Adam(params, lr=0.01),
    "adamw": lambda params: nn.Adam(params, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1),
    "sgd": lambda params: nn.SGD(params, lr=0.01, momentum=0.9),
}

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def stored(case: str, dtype: type) -> dict[str, np.ndarray]:
    """Return all arrays of a case, the fractional ones in `dtype`."""
    found = {key.partition("/")[2]: array for key, array in STORED.items() if key.startswith(f"{case}/")}
    return {key: array.astype(dtype) if array.dtype.kind == "f" else array for key, array in found.items()}


def test_the_file_says_what_made_it() -> None:
    assert [str(version).split()[0] for version in STORED["versions"]] == ["torch", "numpy"]


@both_dtypes
@pytest.mark.parametrize("case", LAYERS)
def test_layer(case: str, dtype: type) -> None:
    arrays, layer = stored(case, dtype), LAYERS[case]
    layer.astype(dtype)
    for kind, group in (("params", layer.params), ("buffers", layer.buffers)):
        for name in group:
            group[name][...] = arrays[f"{kind}/{name}"]
    n_terms = 60  # positions in the largest sum: a batch of 2 images of 6 x 5
    assert_close(layer.forward(arrays["x"], training=case.endswith("training")), arrays["out"], n_terms=n_terms)
    assert_close(layer.backward(arrays["grad_output"]), arrays["grad_input"], n_terms=n_terms)
    for name, grad in layer.grads.items():
        assert_close(grad, arrays[f"grads/{name}"], n_terms=n_terms)
    for name, buffer in layer.buffers.items():
        assert_close(buffer, arrays[f"buffers_after/{name}"], n_terms=n_terms)


@both_dtypes
@pytest.mark.parametrize("case", ["loss", "loss_smoothed_weighted"])
def test_loss(case: str, dtype: type) -> None:
    arrays = stored(case, dtype)
    loss = nn.SoftmaxCrossEntropy(
        label_smoothing=float(arrays["label_smoothing"]), class_weight=arrays.get("class_weight")
    )
    value = loss.forward(arrays["logits"], arrays["targets"])
    assert_close(np.array(value, dtype), arrays["value"], n_terms=30)  # 6 samples of 5 classes
    assert_close(loss.backward(), arrays["grad"], n_terms=30)


@both_dtypes
@pytest.mark.parametrize("case", OPTIMISERS)
def test_optimiser(case: str, dtype: type) -> None:
    arrays = stored(case, dtype)
    params = {"w": arrays["first"].copy()}
    optimiser = OPTIMISERS[case](params)
    for step, (grad, expected) in enumerate(zip(arrays["grads"], arrays["steps"], strict=True), start=1):
        optimiser.step({"w": grad})
        assert_close(params["w"], expected, n_terms=10 * step)  # each step rounds some ten times


def test_plateau() -> None:
    arrays = stored("plateau", np.float64)
    schedule = nn.ReduceLROnPlateau(0.1, factor=0.5, patience=3, min_lr=0.02)  # torch's 2
    assert [schedule.step(loss) for loss in arrays["losses"]] == arrays["rates"].tolist()
    assert len(set(arrays["rates"])) > 2


def test_warmup_cosine() -> None:
    rates = [nn.warmup_cosine(step, lr=0.1, total_steps=25, warmup_steps=5, min_lr=0.001) for step in range(26)]
    # torch multiplies its way from step to step: some 30 roundings
    np.testing.assert_allclose(rates, stored("warmup_cosine", np.float64)["rates"], rtol=0, atol=1e-14)
