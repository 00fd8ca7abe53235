import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.features import spectral_contrast, stft
from tests.librosa_versions import of_each_clip

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def test_a_tone_stands_out_in_its_own_band(tone):
    """440 Hz lies in the second octave above 200 Hz, 400 to 800 Hz."""
    contrast = spectral_contrast(tone)[:, 5:-5]
    assert contrast.shape[0] == 7
    assert (contrast.argmax(axis=0) == 2).all()
    assert contrast[2].min() > 20


def test_equal_magnitudes_have_no_contrast():
    """A click's spectrum is flat; of its frames, those that see it."""
    click = np.eye(1, 9000, 4096)[0]
    contrast = spectral_contrast(click, window="rectangular")
    np.testing.assert_allclose(contrast, 0, atol=1e-9)


def test_silence_has_no_contrast(silence):
    assert not spectral_contrast(silence).any()
    assert not spectral_contrast(silence, linear=True).any()


def test_linear_contrast_is_the_difference_of_extreme_bins():
    """At 1 Hz per bin: the band from 200 Hz on has the bins 199 to 399, of 202 with its dropped last one, so four."""
    waveform = np.random.default_rng(0).standard_normal(4000)
    contrast = spectral_contrast(waveform, sr=2000, n_fft=2000, n_bands=2, linear=True)[1]
    band = np.sort(np.abs(stft(waveform, n_fft=2000, hop_length=512))[199:400], axis=0)
    np.testing.assert_allclose(contrast, band[-4:].mean(axis=0) - band[:4].mean(axis=0), rtol=1e-12)


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        arguments = {"sr": 8000, "n_fft": 512, "hop_length": 160, "win_length": 400, "pad_mode": "reflect"}
        contrast = spectral_contrast(reference["waveform"], n_bands=4, **arguments)
        # 10 log10 of magnitudes: float32 knows the weakest bins to 1e-7 of the strongest, 1e-3 of themselves
        np.testing.assert_allclose(contrast, reference["contrast"], atol=0.01)


@given(
    seed=st.integers(0, 99),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(400, 1100),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(100, 700),
    fmin=st.floats(150, 400),
    n_bands=st.integers(1, 4),
    quantile=st.floats(0.01, 0.5),
    linear=st.booleans(),
    center=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, sr, n_fft, win_share, hop_length, fmin, n_bands, quantile, linear, center, dtype):
    librosa = pytest.importorskip("librosa")
    loudness = np.array([[1.0], [1e-7]])
    waveform = (loudness * np.random.default_rng(seed).standard_normal((2, 3000))).astype(dtype)
    arguments = {"sr": sr, "n_fft": n_fft, "hop_length": hop_length, "fmin": fmin, "n_bands": n_bands}
    arguments |= {"quantile": quantile, "linear": linear, "win_length": int(win_share * n_fft), "center": center}
    if fmin * 2 ** (n_bands - 1) >= sr / 2:
        with pytest.raises(ValueError, match="above sr / 2"):
            spectral_contrast(waveform, **arguments)
        return
    function = partial(librosa.feature.spectral_contrast, **arguments)
    expected = of_each_clip(librosa, lambda clips: function(y=clips), waveform)
    # A valley of one bin may be 1e-4 of the largest, which float32 rounds to 1e-7: some 1e-3 of it, 4e-3 dB.
    atol = 0.01 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(spectral_contrast(waveform, **arguments), expected, atol=atol)


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        ours = spectral_contrast(waveform, sr=sr, linear=True)
        expected = librosa.feature.spectral_contrast(y=waveform, sr=sr, linear=True)
        np.testing.assert_allclose(ours, expected, atol=1e-6 * expected.max())  # float32 rounding of the largest
        ours, expected = spectral_contrast(waveform, sr=sr), librosa.feature.spectral_contrast(y=waveform, sr=sr)
        np.testing.assert_allclose(ours, expected, atol=0.02)  # as above, with valleys 80 dB down


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"quantile": 0}, ValueError, "quantile: expected a share between 0 and 1, got 0"),
        ({"quantile": 1.0}, ValueError, "quantile: expected a share"),
        ({"n_bands": 0}, ValueError, "n_bands: expected 1 or more, got 0"),
        ({"n_bands": 6.0}, TypeError, "n_bands: expected an integer"),
        ({"n_bands": 7}, ValueError, r"n_bands: band 7 would start at 12800\.0 Hz, above sr / 2"),
        ({"fmin": 0}, ValueError, "fmin: expected a positive frequency, got 0"),
        ({"n_fft": 64, "fmin": 50.0}, ValueError, r"n_fft: expected bins between 0\.0 and 50\.0 Hz, got none"),
    ],
)
def test_impossible_settings_are_refused(tone, settings, error, message):
    with warnings.catch_warnings(action="error"), pytest.raises(error, match=message):
        spectral_contrast(tone, **settings)
