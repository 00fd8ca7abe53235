import json

import numpy as np
import pytest

from tests.benchmark import agreement, job


@pytest.fixture
def truth(rng):
    return {
        "loss": np.array(2.0),
        "conv.weight": rng.standard_normal((3, 3, 1, 4)),
        "conv.bias": np.zeros(4),
        "dense.weight": rng.standard_normal((4, 2)),
    }


def rounded(arrays, share):
    return {name: (array * (1 + share)).astype(np.float32) for name, array in arrays.items()}


def check(truth, *, ours=None, ours64=None, theirs=None):
    good = rounded(truth, 1e-6)
    return agreement.compare(ours or good, ours64 or truth, theirs or good, truth, what="net")


def test_rounding_is_let_through_and_measured(truth):
    agreed = check(truth, ours=rounded(truth, 5e-5))
    assert agreed.minser == pytest.approx(5e-5, rel=0.05)
    assert agreed.torch == pytest.approx(1e-6, rel=0.2)
    assert agreed.loss == 2.0


@pytest.mark.parametrize("side", ["ours", "ours64", "theirs"])
@pytest.mark.parametrize("name", ["loss", "conv.weight", "conv.bias", "dense.weight"])
def test_a_planted_fault_is_refused_and_named(truth, side, name):
    faulty = {key: array.copy() for key, array in truth.items()}
    faulty[name] = faulty[name] * 1.05 + 0.3
    library = "torch" if side == "theirs" else "minser"
    with pytest.raises(ValueError, match=rf"net: not timed, because minser and torch differ: {library}'s {name} in"):
        check(truth, **{side: faulty})


def test_not_a_number_is_refused(truth):
    with pytest.raises(ValueError, match="not timed"):
        check(truth, ours={**rounded(truth, 0), "dense.weight": np.full((4, 2), np.nan, np.float32)})


def test_a_missing_gradient_and_one_of_another_shape_are_refused(truth):
    missing = {name: array for name, array in truth.items() if name != "dense.weight"}
    for faulty in (missing, {**truth, "dense.weight": truth["dense.weight"].T}):
        with pytest.raises(ValueError, match=r"minser's dense\.weight"):
            check(truth, ours64=faulty)


def test_a_bias_without_gradient_is_measured_by_its_layer(truth):
    noisy = {**rounded(truth, 0), "conv.bias": np.full(4, 1e-6, np.float32)}
    assert agreement.relative_error(noisy, truth, "conv.bias") < 1e-6


@pytest.mark.slow
def test_processes_agree_and_a_fault_in_the_network_stops_the_timing(prepared, tiny):
    pytest.importorskip("torch")
    settings = job.plain_settings(tiny, training=True, batch=4, threads=2)
    agreed = agreement.check_agreement(prepared, settings)
    assert max(agreed.minser, agreed.torch) < agreement.ROUNDED_GRADIENT
    layers = json.loads((prepared / "layers.json").read_text())
    next(layer for layer in layers if layer["kind"] == "BatchNorm")["eps"] = 0.1
    (prepared / "layers.json").write_text(json.dumps(layers))
    with pytest.raises(ValueError, match="not timed, because minser and torch differ"):
        agreement.check_agreement(prepared, settings)
