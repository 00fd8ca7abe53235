import numpy as np
import pytest

from minser.features import band_centres, hz_to_mel, mel_filterbank, mel_frequencies, mel_to_hz

# Corners of the formulas: linear and logarithmic part meet at 15 mel; HTK's own example is 1000 mel at 1 kHz.
SLANEY = [(0.0, 0.0), (200.0, 3.0), (1000.0, 15.0), (6400.0, 42.0)]
HTK = [(0.0, 0.0), (700.0, 2595.0 * np.log10(2.0)), (6300.0, 2595.0)]


@pytest.mark.parametrize(("mel_scale", "points"), [("slaney", SLANEY), ("htk", HTK)])
def test_known_points_of_the_scales(mel_scale, points):
    hertz, mels = np.array(points).T
    np.testing.assert_allclose(hz_to_mel(hertz, mel_scale=mel_scale), mels, rtol=1e-14)
    np.testing.assert_allclose(mel_to_hz(mels, mel_scale=mel_scale), hertz, rtol=1e-13, atol=1e-12)


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
def test_there_and_back(mel_scale):
    hertz = np.linspace(0, 24000, 1001).reshape(7, 143)
    back = mel_to_hz(hz_to_mel(hertz, mel_scale=mel_scale), mel_scale=mel_scale)
    np.testing.assert_allclose(back, hertz, rtol=1e-12, atol=1e-11)  # an exponential undoes a logarithm


@pytest.mark.parametrize("htk", [False, True])
def test_the_scales_equal_librosas(htk):
    librosa = pytest.importorskip("librosa")
    mel_scale = "htk" if htk else "slaney"
    hertz = np.linspace(0, 24000, 1001)
    mels = hz_to_mel(hertz, mel_scale=mel_scale)
    np.testing.assert_allclose(mels, librosa.hz_to_mel(hertz, htk=htk), rtol=1e-13)
    np.testing.assert_allclose(mel_to_hz(mels, mel_scale=mel_scale), librosa.mel_to_hz(mels, htk=htk), rtol=1e-12)
    np.testing.assert_allclose(
        mel_frequencies(30, fmin=20, fmax=8000, mel_scale=mel_scale),
        librosa.mel_frequencies(30, fmin=20, fmax=8000, htk=htk),
        rtol=1e-12,
    )


def test_mel_frequencies_run_from_end_to_end():
    frequencies = mel_frequencies(40, fmin=50.0, fmax=8000.0)
    assert frequencies.shape == (40,)
    np.testing.assert_allclose(frequencies[[0, -1]], [50.0, 8000.0], rtol=1e-12)
    np.testing.assert_allclose(np.diff(hz_to_mel(frequencies), n=2), 0.0, atol=1e-12)


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
def test_a_band_is_highest_at_its_centre(mel_scale):
    filters = mel_filterbank(sr=16000, n_fft=2**14, n_mels=20, fmin=50.0, fmax=7000.0, mel_scale=mel_scale)
    highest = np.fft.rfftfreq(2**14, 1 / 16000)[filters.argmax(axis=1)]
    centres = band_centres(20, fmin=50.0, fmax=7000.0, mel_scale=mel_scale)
    np.testing.assert_allclose(centres, highest, rtol=0, atol=16000 / 2**14)  # one of the two bins beside it
    with pytest.raises(ValueError, match="n_mels: expected 1 or more, got 0"):
        band_centres(0)


@pytest.mark.parametrize("convert", [hz_to_mel, mel_to_hz])
def test_unknown_scales_are_refused(convert):
    with pytest.raises(ValueError, match="mel_scale: expected one of slaney, htk, got 'bark'"):
        convert(100.0, mel_scale="bark")
