import inspect
from collections.abc import Collection

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from minser import augment
from minser.augment.arguments import check_factor, check_feature

FEATURE, PROBABILITIES = np.random.default_rng(0).uniform(-1, 1, (6, 9)), np.eye(3)[1]
VALUES = {
    **dict.fromkeys(["waveform", "noise", "feature", "other_feature", "first", "second"], FEATURE),
    **dict.fromkeys(["target", "other_target"], PROBABILITIES),
    **dict.fromkeys(["labels", "train"], np.arange(3)),
    **dict.fromkeys(["snr_db", "gain_db", "shift_s", "n_semitones", "rate", "factor", "offset", "fill"], 0.5),
    **{"min_offset": -1.0, "max_offset": 1.0},
    "share": 0.5,
    **dict.fromkeys(["bins", "offsets"], (0.0, 1.0)),
    **dict.fromkeys(["n_masks", "max_width_frames", "max_width_bins"], 1),
    **{"sr": 100, "n_fft": 16, "hop_length": 4, "classes": [0, 1, 2]},
}
"""For every parameter of `minser.augment` a value that its functions take; a new name has to be entered."""

PARAMETERS = [
    (name, parameter.name, parameter.annotation)
    for name in augment.__all__
    for parameter in inspect.signature(getattr(augment, name)).parameters.values()
]
FLOATS, WHOLE = NDArray[np.floating], [int, NDArray[np.intp], Collection[int] | NDArray[np.intp]]
ARRAYS = [(name, parameter) for name, parameter, kind in PARAMETERS if kind == FLOATS]
NUMBERS = [(name, parameter) for name, parameter, kind in PARAMETERS if kind in (float, ArrayLike)]


def call(name, **changes):
    """Call a function of `minser.augment` with values that it takes, but for some."""
    values = VALUES | {"rng": np.random.default_rng(0)} | changes
    return getattr(augment, name)(**{each: values[each] for function, each, _ in PARAMETERS if function == name})


@pytest.mark.parametrize("name", augment.__all__)
def test_every_function_takes_the_values(name):
    call(name)


def test_every_parameter_is_of_a_kind_that_is_tested_here():
    known = [FLOATS, float, ArrayLike, *WHOLE, np.random.Generator]
    assert [parameter for parameter in PARAMETERS if parameter[2] not in known] == []


@pytest.mark.parametrize("kind", ["int16", "int64", "uint8", "bool", "float16", "complex64", "object"])
@pytest.mark.parametrize(("name", "parameter"), ARRAYS)
def test_arrays_of_another_type_are_refused_under_their_name(name, parameter, kind):
    with pytest.raises(TypeError, match=f"^{parameter}: expected float32 or float64.*, got {kind}"):
        call(name, **{parameter: np.rint(9 * VALUES[parameter]).astype(kind)})


@pytest.mark.parametrize(("name", "parameter"), ARRAYS)
def test_what_is_no_array_is_refused_under_its_name(name, parameter):
    with pytest.raises(TypeError, match=f"^{parameter}: expected a NumPy array, got list"):
        call(name, **{parameter: VALUES[parameter].tolist()})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_numbers_that_are_not_finite_are_refused_under_their_name(name, parameter, value):
    wrong = value if np.isscalar(VALUES[parameter]) else [0.0, value]
    with pytest.raises(ValueError, match=rf"^[^:]*\b{parameter}\b[^:]*: expected"):
        call(name, **{parameter: wrong})


@pytest.mark.parametrize("shape", [(5,), (0, 3), (2, 0), (1, 2, 3, 4)])
def test_what_is_no_feature_is_refused(shape):
    with pytest.raises(ValueError, match=r"feature: expected \(n_bins, n_frames\) .* got shape"):
        check_feature(np.zeros(shape))
    check_feature(np.zeros((1, 1)))
    check_feature(np.zeros((2, 3, 1)))


@pytest.mark.parametrize("factor", [0.0, -1.0, np.inf, np.nan])
def test_what_is_no_factor_is_refused_under_its_name(factor):
    with pytest.raises(ValueError, match=f"rate: expected a positive number, got {factor}"):
        check_factor(min_rate=1.0, rate=factor)
    check_factor(rate=1e-9)
