import threading
import warnings

import numpy as np
import pytest

from minser import features
from minser.features import blocks

FEATURES = {
    "stft": features.stft,
    "melspectrogram": features.melspectrogram,
    "mfcc": features.mfcc,
    "chroma_stft": features.chroma_stft,
    "spectral_contrast": features.spectral_contrast,
    "spectral_centroid": features.spectral_centroid,
    "rms": features.rms,
    "yin": lambda waveform, **options: features.track_pitch(waveform, fmin=65, fmax=2000, **options)[0],
}
EXTREMES = {
    "one sample": np.ones(1),
    "silence": np.zeros(3000),
    "click": np.eye(1, 3000, 700)[0],
    "direct current": np.full(3000, 0.25),
    "full scale": np.where(np.arange(3000) // 37 % 2, -1.0, 1.0),
}
every_feature = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)


@every_feature
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_its_clips(feature, dtype, chirp):
    """Each clip has a level and a tuning of its own, and none is touched."""
    rng = np.random.default_rng(0)
    batch = np.stack([chirp[:9000], 1e-3 * rng.standard_normal(9000), np.zeros(9000), chirp[8000:17000]]).astype(dtype)
    batch = batch.reshape(2, 2, 9000)
    before = batch.copy()
    whole = feature(batch)
    for clip in np.ndindex(2, 2):
        np.testing.assert_array_equal(whole[clip], feature(batch[clip]))
    np.testing.assert_array_equal(batch, before)
    if feature is not features.stft:
        assert whole.dtype == dtype


@pytest.mark.parametrize("name", [name for name in FEATURES if name != "rms"])
def test_centred_frames_are_those_of_a_clip_padded_by_half_a_frame(name, chirp):
    padded = np.pad(chirp[:9000], 1024, mode="reflect")
    centred = FEATURES[name](chirp[:9000], pad_mode="reflect")
    np.testing.assert_array_equal(FEATURES[name](padded, center=False), centred)


@every_feature
def test_the_number_of_threads_changes_no_byte(feature, rng, monkeypatch):
    batch = rng.standard_normal((5, 6000)).astype(np.float32)
    answers = []
    for n_threads in (1, 2, 7):
        monkeypatch.setattr(blocks, "_N_THREADS", n_threads)
        answers.append(feature(batch).tobytes())
    assert len(set(answers)) == 1


@every_feature
@pytest.mark.parametrize("error", [np.zeros(0), np.array([np.nan]), np.zeros(9000, dtype=np.int16), [0.0]])
def test_what_is_no_waveform_is_refused(feature, error):
    with pytest.raises((TypeError, ValueError), match="waveform: expected"):
        feature(error)


@every_feature
@pytest.mark.parametrize("sound", EXTREMES)
def test_extreme_clips_have_finite_features(feature, sound):
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(feature(EXTREMES[sound])).all()


@pytest.mark.parametrize("name", [name for name in FEATURES if name != "yin"])
@pytest.mark.parametrize("sound", EXTREMES)
def test_features_of_extreme_clips_equal_librosas(name, sound):
    """In float64, where what should be zero is 1e-16 of the peak, far below every floor."""
    librosa = pytest.importorskip("librosa")
    function = getattr(librosa, name, None) or getattr(librosa.feature, name)
    with warnings.catch_warnings(action="ignore"):  # of short clips, and of clips without pitch
        expected = function(y=EXTREMES[sound])
    ours = FEATURES[name](EXTREMES[sound])
    atol = 1e-12 + 1e-9 * np.abs(expected).max()
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=atol)  # librosa's filters are float32


def test_blocks_cover_every_frame_once(monkeypatch):
    frames = np.zeros((10, 64))
    for block_samples in (1, 64, 200, 10_000):
        monkeypatch.setattr(blocks, "_BLOCK_SAMPLES", block_samples)
        covered = np.concatenate([np.arange(10)[block] for block in blocks.cut_blocks(frames)])
        np.testing.assert_array_equal(covered, np.arange(10))


def test_clips_are_shared_out_among_threads(monkeypatch):
    """Two clips that wait for each other both get there."""
    monkeypatch.setattr(blocks, "_N_THREADS", 2)
    barrier = threading.Barrier(2, timeout=10)
    blocks.for_each_clip(lambda clip: barrier.wait(), np.zeros((2, 5)))
    assert barrier.broken is False


def test_an_error_in_a_thread_comes_out():
    def fail(clip):
        raise ValueError(f"clip {clip}")

    with pytest.raises(ValueError, match=r"clip \(0,\)"):
        blocks.for_each_clip(fail, np.zeros((3, 5)))
