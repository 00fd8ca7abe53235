import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter, lfiltic

from minser.kernels.voice import resonate, smooth

SR = 16000


def coefficients(frequency_hz, bandwidth_hz):
    """Klatt's resonator as a transfer function: numerator and denominator."""
    pole = np.exp(np.pi / SR * (-bandwidth_hz + 2j * frequency_hz))
    denominator = np.poly([pole, pole.conjugate()]).real
    return [denominator.sum()], denominator


@settings(deadline=None)  # the first example compiles
@given(
    n_samples=st.integers(0, 400),
    tuning=st.lists(st.tuples(st.floats(50, 7900), st.floats(20, 2000)), min_size=1, max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_constant_tuning_equals_a_chain_of_scipy_filters(n_samples, tuning, seed):
    source = np.random.default_rng(seed).standard_normal(n_samples)
    frequency_hz, bandwidth_hz = (np.tile(np.array(values)[:, None], 10) for values in zip(*tuning, strict=True))
    ours = resonate(source, frequency_hz, bandwidth_hz, sr=SR, hop_length=40)
    expected = source
    for pair in tuning:
        expected = lfilter(*coefficients(*pair), expected)
    # Both are float64; the chain's poles lie near the unit circle and amplify rounding.
    np.testing.assert_allclose(ours, expected, rtol=1e-8, atol=1e-8 * (1 + np.abs(expected).max(initial=0)))


def test_tuning_changes_with_the_block_and_the_sound_goes_on(rng):
    source = rng.standard_normal(200)
    frequency_hz, bandwidth_hz = np.array([[500.0, 2500.0]]), np.array([[60.0, 200.0]])
    first = lfilter(*coefficients(500.0, 60.0), source[:100])
    filters = coefficients(2500.0, 200.0)
    second, _ = lfilter(*filters, source[100:], zi=lfiltic(*filters, y=first[:-3:-1]))
    ours = resonate(source, frequency_hz, bandwidth_hz, sr=SR, hop_length=100)
    np.testing.assert_allclose(ours, np.concatenate([first, second]), rtol=1e-9, atol=1e-9)  # float64 rounding


def test_source_is_not_changed(rng):
    source = rng.standard_normal(50)
    before = source.copy()
    resonate(source, np.full((2, 5), 700.0), np.full((2, 5), 80.0), sr=SR, hop_length=10)
    np.testing.assert_array_equal(source, before)


@pytest.mark.parametrize(
    ("source_shape", "frequency_shape", "bandwidth_shape", "message"),
    [
        ((2, 40), (1, 4), (1, 4), r"source must have shape \(n_samples,\), got \(2, 40\)"),
        ((40,), (4,), (4,), "must both have shape"),
        ((40,), (1, 4), (2, 4), "must both have shape"),
        ((41,), (1, 4), (1, 4), "4 blocks of 10 samples: too few for 41"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(source_shape, frequency_shape, bandwidth_shape, message):
    with pytest.raises(ValueError, match=message):
        resonate(np.zeros(source_shape), np.ones(frequency_shape), np.ones(bandwidth_shape), sr=SR, hop_length=10)


@pytest.mark.parametrize("pole", [0.0, 0.3, 0.95])
def test_the_low_pass_equals_scipys(pole: float) -> None:
    source = np.random.default_rng(0).standard_normal(500)
    assert np.array_equal(smooth(source, pole=pole), lfilter([1 - pole], [1, -pole], source))
