import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minser.features import blocks, get_window, istft, stft

REFERENCE = Path(__file__).parents[1] / "reference" / "sound.npz"
LIBROSA_WINDOWS = {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "rectangular": "boxcar"}
# Rounding against the largest value: librosa transforms float32 in double precision, minser in float32.
ROUNDING = {np.float32: 1e-6, np.float64: 1e-14}
drawn = settings(max_examples=80, deadline=None, derandomize=True)


def _noise(seed: int, *shape: int, dtype=np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _assert_near(actual: np.ndarray, expected: np.ndarray, rounding: float) -> None:
    """Compare against the largest expected value."""
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rounding * np.abs(expected).max(initial=1.0))


@pytest.mark.parametrize("n_fft", [1, 2, 7, 8, 15])
@pytest.mark.parametrize("pad_mode", ["constant", "edge", "reflect", "symmetric"])
def test_it_is_the_discrete_fourier_transform_of_each_windowed_frame(n_fft, pad_mode):
    """The definition, written as a sum per frame and frequency."""
    waveform = _noise(0, 40)
    padded = np.pad(waveform, n_fft // 2, mode=pad_mode)
    window = get_window("hann", n_fft)
    k, n = np.mgrid[: 1 + n_fft // 2, :n_fft]
    fourier_matrix = np.exp(-2j * np.pi * k * n / n_fft)
    spectra = stft(waveform, n_fft=n_fft, hop_length=3, pad_mode=pad_mode)
    for t in range(spectra.shape[1]):
        expected = fourier_matrix @ (window * padded[3 * t : 3 * t + n_fft])
        np.testing.assert_allclose(spectra[:, t], expected, atol=1e-13)  # roundings of sums of 15 terms
    assert spectra.shape[1] == 1 + (len(padded) - n_fft) // 3


def test_a_cosine_on_a_bin_has_its_closed_form():
    waveform = 0.8 * np.cos(2 * np.pi * 5 * np.arange(64) / 64)
    rectangular = stft(waveform, n_fft=64, window="rectangular", center=False)[:, 0]
    hann = stft(waveform, n_fft=64, center=False)[:, 0]
    np.testing.assert_allclose(rectangular, 0.8 * 32 * (np.arange(33) == 5), atol=1e-13)
    expected = 0.8 * 16 * (np.arange(33) == 5) - 0.8 * 8 * (np.abs(np.arange(33) - 5) == 1)
    np.testing.assert_allclose(hann, expected, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_transformed_clip_by_clip(dtype):
    batch = _noise(0, 2, 3, 500, dtype=dtype)
    before = batch.copy()
    spectra = stft(batch, n_fft=64, hop_length=16)
    assert spectra.shape == (2, 3, 33, 32)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(spectra[i, j], stft(batch[i, j], n_fft=64, hop_length=16))
    np.testing.assert_array_equal(batch, before)
    every_second = batch[..., ::2]  # not contiguous
    np.testing.assert_array_equal(
        stft(every_second, n_fft=64, hop_length=16), stft(every_second.copy(), n_fft=64, hop_length=16)
    )


def test_the_size_of_the_blocks_changes_nothing(monkeypatch):
    waveform = _noise(0, 3000)
    at_once = stft(waveform, n_fft=64, hop_length=16)
    for block_samples in (1, 64, 1000):  # one frame at a time, or several with an uneven rest
        monkeypatch.setattr(blocks, "_BLOCK_SAMPLES", block_samples)
        np.testing.assert_allclose(stft(waveform, n_fft=64, hop_length=16), at_once, atol=1e-13)


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        waveform = reference["waveform"]
        _assert_near(stft(waveform, n_fft=256, hop_length=200), reference["stft"], 1e-6)
        odd = stft(waveform, n_fft=101, hop_length=150, win_length=80, window="hamming", pad_mode="reflect")
        _assert_near(odd, reference["stft_odd"], 1e-6)


@drawn
@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 2000),
    n_fft=st.integers(2, 600),  # librosa fails at 1
    win_share=st.floats(0.01, 1.0),
    hop_length=st.integers(1, 700),
    window=st.sampled_from(sorted(LIBROSA_WINDOWS)),
    center=st.booleans(),
    pad_mode=st.sampled_from(["constant", "edge", "reflect", "symmetric"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, n_fft, win_share, hop_length, window, center, pad_mode, dtype):
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= n_fft)
    waveform = _noise(seed, 2, n_samples, dtype=dtype)
    arguments = {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": max(1, int(win_share * n_fft)),
        "center": center,
        "pad_mode": pad_mode,
    }
    with warnings.catch_warnings(action="ignore"):  # of clips shorter than a frame
        expected = librosa.stft(waveform, window=LIBROSA_WINDOWS[window], **arguments)
    _assert_near(stft(waveform, window=window, **arguments), expected, ROUNDING[dtype])


def test_default_lengths_are_librosas():
    librosa = pytest.importorskip("librosa")
    waveform = _noise(0, 5000, dtype=np.float32)
    _assert_near(stft(waveform), librosa.stft(waveform), 1e-6)
    _assert_near(stft(waveform, win_length=301), librosa.stft(waveform, win_length=301, hop_length=512), 1e-6)
    _assert_near(istft(stft(waveform)), librosa.istft(librosa.stft(waveform)), 1e-6)


@drawn
@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(300, 1500),
    n_fft=st.integers(4, 300),
    hop_share=st.floats(0.01, 0.5),
    window=st.sampled_from(["hann", "hamming", "blackman"]),
    center=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_inverse_gives_the_waveform_back(seed, n_samples, n_fft, hop_share, window, center, dtype):
    waveform = _noise(seed, 2, n_samples, dtype=dtype)
    settings = {
        "n_fft": n_fft,
        "hop_length": max(1, int(hop_share * n_fft)),
        "window": window,
        "center": center,
    }
    back = istft(stft(waveform, **settings), **settings)
    assert back.dtype == dtype
    # Without centring a window's first weights are almost zero: nothing of these samples can come back.
    inside = slice(0 if center else n_fft // 2, back.shape[-1] - n_fft // 2)
    tolerance = 2e-5 if dtype == np.float32 else 1e-12  # divided by window sums down to a few percent
    np.testing.assert_allclose(back[:, inside], waveform[:, : back.shape[-1]][:, inside], atol=tolerance)


@drawn
@given(
    seed=st.integers(0, 99),
    n_frames=st.integers(2, 12),
    n_fft=st.integers(8, 200),
    hop_share=st.floats(0.05, 0.5),
    win_share=st.floats(0.5, 1.0),
    length_share=st.one_of(st.none(), st.floats(0.2, 1.0)),
    center=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_inverse_of_any_spectra_equals_librosa(
    seed, n_frames, n_fft, hop_share, win_share, length_share, center, dtype
):
    librosa = pytest.importorskip("librosa")
    hop_length = max(1, int(hop_share * n_fft))
    covered = n_fft + (n_frames - 1) * hop_length - (2 * (n_fft // 2) if center else 0)
    parts = _noise(seed, 2, 2, 1 + n_fft // 2, n_frames, dtype=dtype)
    spectra = parts[0] + dtype(1) * 1j * parts[1]
    arguments = {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": int(win_share * n_fft),
        "window": "hamming",  # no weight near zero: nothing is divided by rounding errors
        "center": center,
        "length": None if length_share is None else max(1, int(length_share * covered)),
    }
    expected = librosa.istft(spectra, **arguments)
    _assert_near(istft(spectra, **arguments), expected, 10 * ROUNDING[dtype])


def test_the_inverse_cuts_and_pads_to_a_length(tone):
    spectra = stft(tone)
    before = spectra.copy()
    for length in (1, 1000, tone.size, tone.size + 5000):
        back = istft(spectra, length=length)
        assert back.shape == (length,)
        n_kept = min(length, 1 + 512 * (spectra.shape[1] - 1))
        np.testing.assert_allclose(back[:n_kept], tone[:n_kept], atol=1e-6)  # float32 rounding
    assert not back[tone.size + 1024 :].any()
    np.testing.assert_array_equal(spectra, before)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hop_length": 0}, ValueError, "hop_length: expected 1 or more, got 0"),
        ({"hop_length": 2.0}, TypeError, r"hop_length: expected an integer, got 2\.0"),
        ({"n_fft": 0}, ValueError, "n_fft: expected 1 or more, got 0"),
        ({"win_length": 99}, ValueError, "win_length: expected n_fft=64 or less, got 99"),
        ({"win_length": 0}, ValueError, "win_length: expected 1 or more, got 0"),
        ({"n_fft": 101, "center": False}, ValueError, r"waveform: expected 101 samples or more \(one frame\), got 100"),
        ({"pad_mode": "wrap"}, ValueError, "pad_mode: expected one of constant, edge, .* got 'wrap'"),
        ({"window": "hanning"}, ValueError, "window: expected one of .* got 'hanning'"),
    ],
)
def test_impossible_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        stft(np.zeros(100), **{"n_fft": 64, **settings})


@pytest.mark.parametrize("dtype", [np.int16, np.complex64])
def test_what_is_no_waveform_is_refused(dtype):
    with pytest.raises(TypeError, match="float32 or float64"):
        stft(np.zeros(5000, dtype=dtype))


@pytest.mark.parametrize(
    ("spectra", "settings", "error", "message"),
    [
        (np.zeros((33, 4)), {}, TypeError, "spectra: expected a complex array"),
        (np.zeros(33, dtype=complex), {}, TypeError, "spectra: expected a complex array"),
        (np.zeros((33, 0), dtype=complex), {}, TypeError, "spectra: expected a complex array"),
        (
            np.zeros((33, 4), dtype=complex),
            {"n_fft": 66},
            ValueError,
            "expected 34 rows for n_fft=66, got 33",
        ),
        (np.zeros((33, 1), dtype=complex), {}, ValueError, "length: expected 1 or more, got 0"),
        (np.zeros((33, 4), dtype=complex), {"length": -5}, ValueError, "length: expected 1 or more, got -5"),
        (np.zeros((33, 4), dtype=complex), {"hop_length": 0}, ValueError, "hop_length: expected 1 or more"),
    ],
)
def test_spectra_that_have_no_inverse_are_refused(spectra, settings, error, message):
    with pytest.raises(error, match=message):
        istft(spectra, **settings)
