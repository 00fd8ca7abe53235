"""What speaks against trusting an answer about a recording: too short, too quiet, clipped, no speech.

Comes in: a recording. Goes out: a line for each fault.

Each threshold lies where RAVDESS's 2452 clips have next to nothing. Whether there is speech is judged by three signs
that cost little, and not by a detector that has learned it: a singer passes, and so may a cello. Voices of
several people at once, or music below a voice, are not noticed.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import amplitude_to_db, rms, to_full_level
from minser.features.pitch import VOICE_HZ, VOICED, track_pitch

SHORTEST_S = 0.5
"""Sound that an answer needs. The shortest clip of RAVDESS has 1.0 s between its silent ends."""

QUIETEST_DB = -50.0
"""Least peak in dB below full scale. RAVDESS's quietest clip has -47; a file of 16 bits has 100 steps left here."""

CLIPPED_SHARE = 1e-3
"""Most samples within 1 % of the peak. A voice swings up to its peak and back: RAVDESS has 2 of 10,000, one clip 8."""

VOICED_SHARE = 0.03
"""Least share of audible frames with a pitch. Half of a spoken sentence is voiced, of noise nothing."""

STEADY_SEMITONES = 0.03
"""Least change of the pitch from frame to frame (the median). A throat trembles, in song too; a machine does not."""

STEADY_DB = 3.0
"""Least spread of the level over the audible frames. Syllables rise and fall by 5 dB and more."""

_FRAME_S, _HOP_S = 0.064, 0.016  # a frame holds two periods of the deepest voice, and the window to compare them
_AUDIBLE_DB = -30.0  # below the loudest frame


def find_faults(waveform: NDArray[np.floating], sound: NDArray[np.floating], *, sr: int) -> list[str]:
    """Return what is wrong with a recording of a voice, a line each; nothing if nothing is.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples as recorded; 1 is full scale. Its peak tells of level and clipping.
    sound : ndarray of float, shape (any,)
        The same at the rate `sr`, such as the network's: resampling rounds off what clipping cut.
    sr : int
        Sample rate of `sound` in Hz, twice the highest pitch or more: 1600.

    Raises
    ------
    TypeError, ValueError
        If one is no waveform (`check_waveform`), or `sr` is too low.
    """
    level = to_full_level(waveform)
    if not level.any():
        return ["silence: all samples are equal"]
    peak = float(np.ptp(waveform / 2) / np.ptp(level / 2))  # of the sound alone, without a constant
    sound = to_full_level(sound)
    level_db = amplitude_to_db(
        rms(sound, frame_length=round(_FRAME_S * sr), hop_length=round(_HOP_S * sr)), ref=np.max, top_db=None
    )[0]
    audible = level_db > _AUDIBLE_DB  # (n_frames,)
    sound_s = float(audible.sum()) * _HOP_S
    faults = []
    if (below_db := -20 * np.log10(peak)) > -QUIETEST_DB:
        faults.append(f"too quiet: the peak is {below_db:.0f} dB below full scale")
    if sound_s < SHORTEST_S:
        faults.append(f"too short: {sound_s:.1f} s of sound, {SHORTEST_S} s are needed")
    elif reason := _not_speech(sound, level_db, audible, sr):
        faults.append(f"no speech: {reason}")
    elif (share := float((np.abs(level) >= 0.99).mean())) > CLIPPED_SHARE:
        faults.append(f"clipped: {100 * share:.1f} % of the samples stand at the peak")
    return faults


def _not_speech(
    sound: NDArray[np.floating], level_db: NDArray[np.floating], audible: NDArray[np.bool_], sr: int
) -> str:
    """Return why a sound is no speech, or nothing."""
    pitch_hz, aperiodicity = track_pitch(
        sound,
        fmin=VOICE_HZ[0],
        fmax=VOICE_HZ[1],
        sr=sr,
        frame_length=round(_FRAME_S * sr),
        hop_length=round(_HOP_S * sr),
    )
    voiced = audible & (aperiodicity < VOICED)
    if voiced.sum() < max(2, VOICED_SHARE * audible.sum()):
        return "no voice in it has a pitch (noise, or a whisper)"
    steps = np.abs(np.diff(12 * np.log2(pitch_hz)))[voiced[1:] & voiced[:-1]]
    if steps.size and np.median(steps) < STEADY_SEMITONES:
        return "its pitch is as steady as an instrument's"
    if level_db[audible].std() < STEADY_DB:
        return "its level does not rise and fall as syllables do"
    return ""
