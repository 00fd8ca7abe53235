"""What can be measured on every clip: length, silence at its ends, level, brightness, pitch, average spectrum.

Comes in: a list of clips. Goes out: a table with a row for each. `minser.corpus.survey.statistics` makes tables of it.
Clips are read a few at a time, by threads, and a row is all that stays of one, so memory does not grow with the length
of a corpus.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm.contrib.concurrent import thread_map

from minser import audio
from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.features.mel import melspectrogram
from minser.features.mel_scale import band_centres
from minser.features.pitch import VOICE_HZ, VOICED, track_pitch
from minser.features.spectral import spectral_centroid

SR = 22050
"""Sample rate in Hz that every clip is brought to: the centroid depends on it."""

N_FFT, HOP_LENGTH, N_MELS = 2048, 512, 64

_MEL_FMAX = 8000.0
"""Upper end of the mel bands in Hz: a recording at 16 kHz has nothing above."""

TOP_DBS = (30, 25, 20)
"""Thresholds of silence to compare, in dB below a clip's loudest frame. The first one's cuts mark the spoken part."""

TABLE = np.dtype(
    [
        ("duration_s", "f8"),  # of the whole clip
        ("kept_s", "f8", (len(TOP_DBS),)),  # of what each threshold of TOP_DBS keeps
        ("rms_db", "f8"),  # of the spoken part, full scale is 0; digital silence is -100
        ("centroid_hz", "f8"),  # of the spoken part: median over its frames
        ("pitch_hz", "f8"),  # of the spoken part: median over its voiced frames; NaN without such
        ("spectrum_db", "f8", (N_MELS,)),  # of the spoken part: mean power in each mel band
    ]
)
"""Columns of a survey, with the unit in the name."""


def measure_corpus(clips: Sequence[Clip | Recording]) -> NDArray[np.void]:
    """Measure all clips.

    Parameters
    ----------
    clips : sequence of Clip or Recording
        One or more.

    Returns
    -------
    ndarray of `TABLE`, shape (n_clips,)
        A row for each clip, in the order of `clips`.

    Raises
    ------
    OSError, ValueError
        A clip cannot be read; the message names it.
    """
    rows = thread_map(
        _measure_clip,
        [clip.path for clip in clips],
        max_workers=os.cpu_count(),
        desc="survey",
        unit="clip",
        disable=None,  # the bar shows itself on a terminal only
    )
    return np.array(rows, dtype=TABLE)


def _measure_clip(path: Path) -> tuple[float, list[float], float, float, float, NDArray[np.floating]]:
    """Return one clip's row of `TABLE`."""
    waveform, _ = audio.load(path, sr=SR)
    cuts = [audio.trim_silence(waveform, top_db=top_db)[1] for top_db in TOP_DBS]
    spoken = waveform[slice(*cuts[0])]
    return (
        len(waveform) / SR,
        [(end - start) / SR for start, end in cuts],
        float(audio.amplitude_to_db(np.sqrt(np.mean(np.square(spoken), keepdims=True)), top_db=None)[0]),
        float(np.median(spectral_centroid(spoken, sr=SR, n_fft=N_FFT, hop_length=HOP_LENGTH))),
        median_pitch(spoken),
        audio.power_to_db(mel_power(spoken).mean(axis=1), top_db=None),
    )


def median_pitch(waveform: NDArray[np.floating]) -> float:
    """Return the median pitch of a waveform's voiced frames in Hz; NaN if none is voiced."""
    pitch_hz, aperiodicity = track_pitch(
        waveform,
        sr=SR,
        fmin=VOICE_HZ[0],
        fmax=VOICE_HZ[1],
        frame_length=N_FFT,
        hop_length=HOP_LENGTH,
        trough_threshold=VOICED,
    )
    voiced = pitch_hz[aperiodicity < VOICED]
    return float(np.median(voiced)) if voiced.size else np.nan


def mel_power(waveform: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the mel spectrogram of a waveform at `SR`, (N_MELS, n_frames)."""
    return melspectrogram(waveform, sr=SR, n_fft=N_FFT, hop_length=HOP_LENGTH, n_mels=N_MELS, fmax=_MEL_FMAX)


def mel_centres() -> NDArray[np.float64]:
    """Return the centres of the mel bands in Hz, (N_MELS,)."""
    return band_centres(N_MELS, fmax=_MEL_FMAX)
