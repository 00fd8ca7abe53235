"""Features against librosa: one 3 s clip, and a batch of 64.

Comes in: a number of rounds. Goes out: a table, with the version of librosa in its heading.

librosa takes a batch in two ways, clip by clip and at once, and minser is compared with the faster one. Both libraries
run in one process, under minser's settings (``minser.runtime``: one thread for matrix products).
"""

import os
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser import audio, augment, features
from tests.benchmark.timing import interleaved_medians

SR = 22050
N_CLIPS = 64

Feature = Callable[[NDArray[np.floating]], object]


def compare(*, rounds: int) -> str:
    """Measure every feature and return the table.

    Parameters
    ----------
    rounds : int
        Runs of each function, of which the median counts; a third as many on the batch.

    Returns
    -------
    str
        Milliseconds and ratios, a line per feature.

    Raises
    ------
    ValueError
        If librosa is not installed, or `rounds` not positive.
    """
    rows = contenders()
    batch = voices(N_CLIPS)
    lines = [
        f"milliseconds, 3 s at {SR} Hz    1 clip                     {N_CLIPS} clips; librosa {version('librosa')}",
        f"{'':22}{'librosa':>10}{'minser':>9}{'ratio':>7}{'clip by clip':>15}{'at once':>9}{'minser':>9}{'ratio':>7}",
    ]
    for name, (theirs, ours) in rows.items():
        single = interleaved_medians([partial(theirs, batch[0]), partial(ours, batch[0])], rounds=rounds)
        clip_by_clip = partial(one_by_one, theirs, batch)
        many = interleaved_medians(
            [clip_by_clip, partial(theirs, batch), partial(ours, batch)], rounds=max(1, rounds // 3)
        )
        cells = [f"{1e3 * seconds:.2f}" for seconds in single] + [f"{1e3 * seconds:.1f}" for seconds in many]
        cells.insert(2, f"{single[0] / single[1]:.1f}x")
        cells.append(f"{min(many[:2]) / many[2]:.1f}x")
        widths = (10, 9, 7, 15, 9, 9, 7)
        lines.append(f"{name:22}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)))
    for sound, name, n_rounds in ((batch[0], "1 clip", rounds), (batch, f"{N_CLIPS} clips", max(1, rounds // 3))):
        bare, whole = interleaved_medians([partial(bare_rfft, sound), partial(log_mel, sound)], rounds=n_rounds)
        lines.append(
            f"log-mel of {name}: {1e3 * whole:.2f} ms, {whole / bare:.2f} times the bare scipy.fft.rfft of the same "
            f"frames ({1e3 * bare:.2f} ms)"
        )
    return "\n".join(lines)


def contenders() -> dict[str, tuple[Feature, Feature]]:
    """Return librosa's and minser's function for each feature, called with the defaults."""
    try:
        import librosa
    except ModuleNotFoundError as error:
        raise ValueError('librosa is not installed: python -m pip install -e ".[reference]"') from error
    # librosa 1.0's own call of its vocoder has two arguments that it deprecates.
    warnings.filterwarnings("ignore", r"The `(hop_length|n_fft)` parameter is deprecated", FutureWarning)
    theirs = librosa.feature
    cepstrum = features.mfcc(voices(1)[0])
    return {
        "stft": (librosa.stft, features.stft),
        "log_mel": (lambda x: librosa.power_to_db(theirs.melspectrogram(y=x)), log_mel),
        "mfcc": (lambda x: theirs.mfcc(y=x), features.mfcc),
        "delta": (
            lambda x: theirs.delta(np.broadcast_to(cepstrum, (*x.shape[:-1], *cepstrum.shape))),
            lambda x: features.delta(np.broadcast_to(cepstrum, (*x.shape[:-1], *cepstrum.shape))),
        ),
        "chroma_stft": (lambda x: theirs.chroma_stft(y=x), features.chroma_stft),
        "chroma_stft, tuned": (
            lambda x: theirs.chroma_stft(y=x, tuning=0.0),
            lambda x: features.chroma_stft(x, tuning=0.0),
        ),
        "spectral_contrast": (lambda x: theirs.spectral_contrast(y=x), features.spectral_contrast),
        "spectral_centroid": (lambda x: theirs.spectral_centroid(y=x), features.spectral_centroid),
        "rms": (lambda x: theirs.rms(y=x), features.rms),
        "yin": (
            lambda x: librosa.yin(y=x, fmin=65, fmax=2093),
            lambda x: features.track_pitch(x, fmin=65, fmax=2093)[0],
        ),
        "time_stretch": (
            lambda x: librosa.effects.time_stretch(x, rate=1.1),
            lambda x: augment.time_stretch(x, rate=1.1),
        ),
        "pitch_shift": (
            lambda x: librosa.effects.pitch_shift(x, sr=SR, n_steps=2),
            lambda x: augment.pitch_shift(x, n_semitones=2),
        ),
    }


def voices(n_clips: int) -> NDArray[np.float32]:
    """Draw gliding tones of ten harmonics that take turns with noise, four times a second, (n_clips, 3 s)."""
    rng = np.random.default_rng(0)
    t = np.arange(3 * SR) / SR
    glide_hz, middle_hz = rng.uniform(0.2, 1.0, (n_clips, 1)), rng.uniform(90.0, 300.0, (n_clips, 1))
    f0_hz = middle_hz * 2 ** (0.5 * np.sin(2 * np.pi * glide_hz * t))  # (n_clips, n_samples)
    phase = 2 * np.pi * np.cumsum(f0_hz, axis=1) / SR
    tone = np.sum([0.1 / k * np.sin(k * phase) for k in range(1, 11)], axis=0)
    share = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * t)
    return np.asarray(share * tone + (1 - share) * 0.02 * rng.standard_normal(phase.shape), dtype=np.float32)


def log_mel(waveform: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return mel power in decibels, with librosa's defaults."""
    return features.power_to_db(features.melspectrogram(waveform))


def one_by_one(function: Feature, batch: NDArray[np.floating]) -> list[object]:
    """Call a function for each clip of a batch."""
    return [function(clip) for clip in batch]


def bare_rfft(waveform: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Transform the frames that log_mel transforms, without a window; a batch on all cores."""
    margins = [(0, 0)] * (waveform.ndim - 1) + [(1024, 1024)]
    frames = audio.frame(np.pad(waveform, margins), frame_length=2048, hop_length=512).swapaxes(-2, -1)
    workers = os.cpu_count() if waveform.ndim > 1 else 1
    return np.asarray(scipy.fft.rfft(frames, workers=workers))
