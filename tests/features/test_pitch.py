import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser import audio
from minser.features import pitch, track_pitch
from tests.librosa_versions import silence_warnings

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"
RANGE = {"fmin": 65, "fmax": 2093}
INSIDE = slice(5, -5)  # frames that see no edge of a clip


def harmonics(f0_hz, *, sr=22050, n_samples=22050, n_harmonics=6):
    """A tone with falling harmonics."""
    t = np.arange(n_samples) / sr
    return sum(np.sin(2 * np.pi * k * f0_hz * t + k) / k for k in range(1, n_harmonics + 1))


def difference_by_definition(frame, win_length, longest):
    """Equation 6, with zeros beyond the frame."""
    extended = np.concatenate([frame, np.zeros(longest)])
    shifted = np.array([extended[period : period + win_length] for period in range(1, longest + 1)])
    return np.square(frame[:win_length] - shifted).sum(axis=1)


@pytest.mark.parametrize("win_length", [40, 60, 100])
def test_the_difference_is_its_definition(win_length, rng):
    frames = rng.standard_normal((4, 100))
    energy = np.square(frames[:, :win_length]).sum(axis=1, keepdims=True)
    expected = [difference_by_definition(frame, win_length, 40) for frame in frames]
    np.testing.assert_allclose(pitch._difference(frames, energy, win_length, 40), expected, rtol=1e-10)


@pytest.mark.parametrize("f0_hz", [66, 80.5, 110, 220, 440, 987.6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tone_is_found_and_periodic(f0_hz, dtype):
    waveform = harmonics(f0_hz, n_harmonics=3).astype(dtype)
    found, aperiodicity = track_pitch(waveform, **RANGE)
    assert found.dtype == aperiodicity.dtype == dtype
    # A parabola through three samples of the difference: 1e-4 where a period has 22 samples.
    np.testing.assert_allclose(found[INSIDE], f0_hz, rtol=3e-4)
    assert aperiodicity[INSIDE].max() < 0.01


def test_librosa_finds_tones_sharp_and_not_quite_periodic():
    """Its difference grows with the period; the paper's does not."""
    librosa = pytest.importorskip("librosa")
    waveform = harmonics(66, n_harmonics=1)
    theirs = librosa.yin(waveform, **RANGE)[INSIDE]
    assert theirs.min() > 66 * 1.002
    assert theirs.max() > 66 * 1.007
    ours, aperiodicity = track_pitch(waveform, **RANGE, as_librosa=True)
    np.testing.assert_allclose(ours[INSIDE], theirs, rtol=1e-9)
    assert aperiodicity[INSIDE].min() > 0.08
    ours, aperiodicity = track_pitch(waveform, **RANGE)
    np.testing.assert_allclose(ours[INSIDE], 66, rtol=1e-5)
    assert aperiodicity[INSIDE].max() < 1e-4


def test_librosas_mean_starts_with_a_wrong_first_difference():
    """At a shift of one sample its difference is too large by the first sample squared: made visible by a click there.

    Frame 0 is a tone of 40 samples' period behind a click. The difference is a sum over the frame, zeros beyond.
    """
    librosa = pytest.importorskip("librosa")
    frame = harmonics(200, sr=8000, n_samples=512)
    frame[0] = 30.0
    settings = {"sr": 8000, "fmin": 100, "fmax": 1000, "frame_length": 512, "center": False}
    difference = difference_by_definition(frame, 512, 80)

    def refined(difference):
        normalised = difference / (np.cumsum(difference) / np.arange(1, 81))  # periods 1 to 80
        k = normalised[7:].argmin() + 7
        left, middle, right = normalised[k - 1 : k + 2]
        return 8000 / (1 + k + (left - right) / 2 / (left + right - 2 * middle))

    theirs = librosa.yin(frame, **settings)
    assert theirs != pytest.approx(refined(difference), rel=1e-6)
    difference[0] += frame[0] ** 2
    assert theirs == pytest.approx(refined(difference), rel=1e-9)


def test_the_turn_of_the_plain_difference_is_the_period():
    """Step 5: noise lifts the trough of a tone with a period of 147.3 samples, and dividing by the mean moves it."""
    periods = np.arange(1, 301)
    difference = 1.1 - np.cos(2 * np.pi * periods / 147.3)[np.newaxis]
    normalised = difference / (np.cumsum(difference, axis=1) / periods)
    place = np.array([146])  # a period of 147
    np.testing.assert_allclose(pitch._parabola_turn(difference, place, 0), 0.3, atol=0.001)  # a cosine's, not quite
    assert pitch._parabola_turn(normalised, place, 0)[0] < 0.1


def test_the_first_trough_below_the_threshold_wins_over_a_deeper_one():
    """Every second period a little louder: half the frequency repeats itself exactly, yet the ear hears the tone."""
    waveform = harmonics(220.5) * np.where(np.arange(22050) // 100 % 2, 1.0, 0.9)
    np.testing.assert_allclose(track_pitch(waveform, **RANGE)[0][INSIDE], 220.5, rtol=1e-2)
    deepest, _ = track_pitch(waveform, **RANGE, trough_threshold=0)
    np.testing.assert_allclose(deepest[INSIDE], 110.25, rtol=1e-2)


def test_noise_and_silence_are_unvoiced(rng, silence):
    _, aperiodicity = track_pitch(rng.standard_normal(22050), **RANGE)
    assert aperiodicity.min() > 0.5
    f0_hz, aperiodicity = track_pitch(silence, **RANGE)
    assert (aperiodicity == 1).all()
    assert (f0_hz == 22050 / 10).all()  # the shortest period, floor(22050 / 2093) samples


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_direct_current_is_unvoiced(dtype):
    _, aperiodicity = track_pitch(np.full(22050, 0.7, dtype=dtype), **RANGE)
    assert (aperiodicity[INSIDE] == 1).all()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_aperiodicity_is_the_share_of_noise(share, rng):
    """Noise differs from one period to the next by twice its power, unlike shifts by twice the whole power."""
    tone = np.sqrt(2 * (1 - share)) * harmonics(441, n_samples=66150, n_harmonics=1)
    waveform = tone + np.sqrt(share) * rng.standard_normal(66150)
    _, aperiodicity = track_pitch(waveform, fmin=400, fmax=500)
    np.testing.assert_allclose(aperiodicity[INSIDE].mean(), share, atol=0.05)  # the mean is over 50 shifts only


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        waveform = reference["waveform"].astype(np.float64)
        arguments = {"sr": 8000, "frame_length": 512, "hop_length": 128, "pad_mode": "reflect"}
        f0_hz, _ = track_pitch(waveform, fmin=80, fmax=600, as_librosa=True, **arguments)
        np.testing.assert_allclose(f0_hz, reference["yin"], rtol=1e-9)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 6000),
    sr=st.sampled_from([8000, 16000, 22050]),
    f0_hz=st.floats(80, 700),
    noise=st.floats(0.01, 1.0),
    fmin=st.floats(60, 200),
    fmax=st.floats(210, 4000),
    frame_length=st.integers(750, 2100),
    hop_length=st.integers(50, 900),
    trough_threshold=st.floats(0.01, 0.5),
    center=st.booleans(),
    pad_mode=st.sampled_from(["constant", "reflect", "edge"]),
)
def test_it_equals_librosa(
    seed, n_samples, sr, f0_hz, noise, fmin, fmax, frame_length, hop_length, trough_threshold, center, pad_mode
):
    """In float64: in frames without a period float32 rounding decides which of several troughs is the deepest."""
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= frame_length)
    assume(2 * np.ceil(sr / fmin) < frame_length)
    waveform = harmonics(f0_hz, sr=sr, n_samples=n_samples)
    waveform = waveform + noise * np.random.default_rng(seed).standard_normal((2, n_samples))
    arguments = {"fmin": fmin, "fmax": fmax, "sr": sr, "frame_length": frame_length, "hop_length": hop_length}
    arguments |= {"trough_threshold": trough_threshold, "center": center, "pad_mode": pad_mode}
    with warnings.catch_warnings(action="ignore"):  # of clips shorter than a frame
        expected = librosa.yin(waveform, **arguments)
    f0_hz, aperiodicity = track_pitch(waveform, **arguments, as_librosa=True)
    assert f0_hz.shape == expected.shape
    decided = np.abs(aperiodicity - 1) > 1e-6  # frames with a single sample differ alike from all their copies
    np.testing.assert_allclose(f0_hz[decided], expected[decided], rtol=1e-9)


def test_a_frame_with_a_single_sample_equals_librosas_where_something_tells_the_periods_apart():
    """A shift that pushes the sample out of the frame halves the difference; shifts that leave it inside are all alike.

    Of those librosa's rounding chooses one: its answer depends on where the sample lies, the difference does not.
    """
    librosa = pytest.importorskip("librosa")
    longest = 340  # ceil(22050 / 65)
    clicks = np.eye(2048)
    theirs = librosa.yin(clicks, **RANGE, center=False)[:, 0]
    f0_hz, aperiodicity = track_pitch(clicks, **RANGE, center=False, as_librosa=True)
    np.testing.assert_allclose(f0_hz[:longest, 0], theirs[:longest], rtol=1e-9)
    np.testing.assert_allclose(aperiodicity[longest:], 1, rtol=1e-12)
    assert len(set(theirs[longest:])) > 1


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        f0_hz, aperiodicity = track_pitch(waveform, sr=sr, **RANGE, as_librosa=True)
        with silence_warnings():  # 1.0 may cast what lies in an output array
            expected = librosa.yin(waveform, sr=sr, **RANGE)
        # Differences are known to 1e-6 of the energy, in float32; flat troughs move by some 1e-3 of a sample.
        periodic = aperiodicity < 0.5
        np.testing.assert_allclose(f0_hz[periodic], expected[periodic], rtol=1e-5)
        f0_hz, aperiodicity = track_pitch(waveform, sr=sr, **RANGE)
        loud = audio.rms(waveform)[0] > 0.1 * audio.rms(waveform).max()
        assert 80 < np.median(f0_hz[loud & (aperiodicity < 0.3)]) < 400  # a man's voice, calm to excited


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"fmin": 0}, ValueError, r"expected 0 < fmin < fmax <= sr / 2 = 11025\.0, got fmin=0, fmax=2093"),
        ({"fmin": 3000}, ValueError, "got fmin=3000, fmax=2093"),
        ({"fmax": 12000}, ValueError, "got fmin=65, fmax=12000"),
        ({"fmin": 20}, ValueError, "frame_length: expected more than two periods of fmin, 2206, got 2048"),
        ({"frame_length": 0}, ValueError, "frame_length: expected 1 or more, got 0"),
        ({"hop_length": 0}, ValueError, "hop_length: expected 1 or more, got 0"),
        ({"hop_length": 512.0}, TypeError, "hop_length: expected an integer"),
        ({"pad_mode": "wrap"}, ValueError, "pad_mode: expected one of"),
    ],
)
def test_impossible_settings_are_refused(tone, settings, error, message):
    with pytest.raises(error, match=message):
        track_pitch(tone, **{**RANGE, **settings})
