import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import reference, vocoder


def _spectra(seed: int, *shape: int, dtype=np.complex128) -> np.ndarray:
    parts = np.random.default_rng(seed).standard_normal((2, *shape))
    return (parts[0] + 1j * parts[1]).astype(dtype)


@given(
    seed=st.integers(0, 99),
    n_frames=st.integers(1, 40),
    n_bins=st.integers(1, 70),
    rate=st.floats(0.1, 5.0),
    dtype=st.sampled_from([np.complex64, np.complex128]),
)
def test_it_equals_its_twin(seed, n_frames, n_bins, rate, dtype):
    frames = _spectra(seed, n_frames, n_bins, dtype=dtype)
    frames[:, ::7] = 0
    before = frames.copy()
    steps = np.arange(0, n_frames, rate)
    out = vocoder.phase_vocoder(frames, steps)
    assert out.dtype == dtype
    # Both are computed in float64; the twin's angles grow to 400 turns.
    tolerance = 1e-6 if dtype == np.complex64 else 1e-11
    np.testing.assert_allclose(out, reference.phase_vocoder_reference(frames, steps), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(frames, before)


def test_a_steady_tone_turns_on_at_its_own_pace():
    turn = 2.5  # radians a frame
    frames = 3.0 * np.exp(1j * turn * np.arange(20))[:, np.newaxis]
    steps = np.array([0.0, 0.25, 3.0, 17.9])  # whatever the places are, one step later is one turn more
    np.testing.assert_allclose(vocoder.phase_vocoder(frames, steps)[:, 0], 3.0 * np.exp(1j * turn * np.arange(4)))


def test_magnitudes_are_interpolated_and_the_sound_ends_in_silence():
    frames = np.array([[1.0], [3.0], [2.0]], dtype=complex)
    out = vocoder.phase_vocoder(frames, np.array([0.0, 0.5, 1.25, 2.0, 2.75]))
    np.testing.assert_allclose(out[:, 0], [1.0, 2.0, 2.75, 2.0, 0.5])


def test_rate_one_gives_the_frames_back():
    frames = _spectra(0, 50, 9)
    frames[:3] = frames[7] = 0
    np.testing.assert_allclose(vocoder.phase_vocoder(frames, np.arange(50.0)), frames, atol=1e-13)


def test_a_batch_is_done_clip_by_clip_whatever_its_memory_looks_like():
    batch = _spectra(0, 2, 3, 10, 8).swapaxes(-2, -1)  # not contiguous
    steps = np.arange(0, 8, 0.7)
    out = vocoder.phase_vocoder(batch, steps)
    assert out.shape == (2, 3, 12, 10)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(out[index], vocoder.phase_vocoder(batch[index].copy(), steps))


@pytest.mark.parametrize("step", [-0.1, 4.0, np.nan])
def test_places_outside_are_refused(step):
    with pytest.raises(ValueError, match="steps: expected places from 0 to below 4, got"):
        vocoder.phase_vocoder(_spectra(0, 4, 3), np.array([1.0, step]))
