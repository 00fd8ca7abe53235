import numpy as np
import pytest

from minser import audio


@pytest.mark.parametrize(
    ("waveform", "error", "message"),
    [
        ([0.0, 0.1], TypeError, "expected a NumPy array, got list"),
        (np.zeros(3, dtype=np.int16), TypeError, "float32 or float64 samples, got int16"),
        (np.zeros(3, dtype=np.complex64), TypeError, "float32 or float64 samples, got complex64"),
        (np.zeros(3, dtype=np.float16), TypeError, "float32 or float64 samples, got float16 .convert them: astype"),
        (np.zeros(3, dtype=">f4"), TypeError, "float32 or float64 samples, got >f4 .convert them: astype"),
        (np.ma.masked_array(np.zeros(3), [0, 1, 0]), TypeError, "expected a NumPy array, got MaskedArray"),
        (np.array(1.0), ValueError, r"at least one sample, got shape \(\)"),
        (np.zeros((2, 0)), ValueError, r"at least one sample, got shape \(2, 0\)"),
        (np.array([0.0, np.nan]), ValueError, "finite samples"),
        (np.array([0.0, -np.inf]), ValueError, "finite samples"),
    ],
)
def test_what_is_no_waveform_is_refused(waveform, error, message):
    with pytest.raises(error, match=message):
        audio.check_waveform(waveform)


def test_the_error_names_the_argument():
    with pytest.raises(TypeError, match=r"^noise: expected float32 or float64 samples, got int64"):
        audio.check_waveform(np.arange(3), name="noise")
    with pytest.raises(ValueError, match=r"^noise: expected finite samples"):
        audio.check_waveform(np.array([np.nan]), name="noise")


def test_waveforms_and_batches_pass():
    for shape in [(1,), (5,), (2, 3, 5)]:
        for dtype in (np.float32, np.float64):
            audio.check_waveform(np.full(shape, 2.0, dtype))


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (0, ValueError, "hop_length: expected 1 or more, got 0"),
        (-3, ValueError, "hop_length: expected 1 or more, got -3"),
        (512.0, TypeError, r"hop_length: expected an integer, got 512\.0"),
    ],
)
def test_counts_that_are_no_positive_integers_are_refused(count, error, message):
    with pytest.raises(error, match=message):
        audio.check_positive(n_fft=4, hop_length=count)


def test_numpy_integers_are_counts():
    audio.check_positive(n_fft=np.int64(4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fix_length_cuts_and_pads_the_last_axis(dtype):
    batch = np.arange(1, 7, dtype=dtype).reshape(2, 3)
    np.testing.assert_array_equal(audio.fix_length(batch, size=2), [[1, 2], [4, 5]])
    np.testing.assert_array_equal(audio.fix_length(batch, size=4), [[1, 2, 3, 0], [4, 5, 6, 0]])
    assert audio.fix_length(batch, size=4).dtype == dtype


def test_fix_length_returns_a_new_array(tone):
    fixed = audio.fix_length(tone, size=tone.size)
    np.testing.assert_array_equal(fixed, tone)
    assert not np.shares_memory(fixed, tone)


def test_fix_length_refuses_length_zero(tone):
    with pytest.raises(ValueError, match="size: expected 1 or more, got 0"):
        audio.fix_length(tone, size=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gain", [1e-30, 1.0, -3.0, 1e38])
@pytest.mark.parametrize("constant", [0.0, 0.1, -50.0])
def test_full_level_is_the_same_for_any_gain_and_constant(rng, dtype, gain, constant):
    sound = rng.standard_normal(1000)
    sound -= sound.mean()
    peak = np.abs(sound).max()
    changed = ((sound / peak + constant) * (gain / (1 + abs(constant)))).astype(dtype)
    level = audio.to_full_level(changed)
    assert level.dtype == dtype
    assert np.abs(level).max() == 1
    # A constant takes its share of the type's digits.
    tolerance = 4 * np.finfo(dtype).eps * (1 + abs(constant))
    np.testing.assert_allclose(level, np.sign(gain) * sound / peak, rtol=0, atol=tolerance)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 3e38])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_alone_is_silence(value, dtype):
    waveform = np.full(999, value, dtype)
    assert not audio.to_full_level(waveform).any()
    np.testing.assert_array_equal(waveform, np.full(999, value, dtype))  # not changed
