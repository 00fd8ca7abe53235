"""The embedded corpus: 24 synthetic actors who speak RAVDESS's 1440 clips, for machines without RAVDESS.

Comes in: a folder and a seed. Goes out: WAV files under RAVDESS's folders and names, so that every split and command
works on them unchanged.

The clips sound like a voice, and not like a person. With actors kept apart, the average spectrum of a clip says little
about its emotion, and its course in time almost all: a linear classifier on averages fails where a small CNN succeeds.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from minser import audio
from minser.corpus.clip import EMOTIONS, N_ACTORS, Clip, parse_name
from minser.corpus.toy.phones import articulate
from minser.corpus.toy.prosody import contours, draw_prosody
from minser.corpus.toy.voice import Voice, draw_actor, speak
from minser.system.atomic import whole_folder

TOY_SR = 16000
"""Sample rate of the clips in Hz."""

VERSION = 1
"""Raised with every change that changes a clip."""

_MARKER = "toy.json"
_STRONG = 1.35  # how far strong intensity exaggerates


def synthesise(
    *, emotion: int, intensity: int, statement: int, repetition: int, actor: int, seed: int = 0
) -> NDArray[np.float32]:
    """Speak one clip.

    Parameters
    ----------
    emotion, intensity, statement, repetition, actor : int
        As in RAVDESS's file names, from 1.
    seed : int
        The corpus's seed, 0 or more; a clip depends on it and on the five numbers alone.

    Returns
    -------
    ndarray of float32, shape (n_samples,)
        Waveform at `TOY_SR` in [-1, 1], 0.8 to 2.4 s long, mostly 1.1 to 1.9.

    Raises
    ------
    ValueError
        If RAVDESS has no such clip.

    Examples
    --------
    >>> clip = synthesise(emotion=5, intensity=2, statement=1, repetition=1, actor=12)
    >>> clip.dtype, bool(abs(clip).max() <= 1)
    (dtype('float32'), True)
    """
    parse_name(_file_name(emotion, intensity, statement, repetition, actor))
    if EMOTIONS[emotion - 1] == "neutral" and intensity != 1:
        raise ValueError(f"intensity must be 1 for neutral, got {intensity}")
    speaker = draw_actor(actor, seed=seed)
    rng = np.random.default_rng([seed, actor, emotion, intensity, statement, repetition])
    manner = draw_prosody(emotion, strength=speaker.expression * (_STRONG if intensity == 2 else 1.0), rng=rng)
    mouth = articulate(
        statement,
        rate=speaker.rate * manner["rate"] * rng.uniform(0.93, 1.07),
        stress_rate=manner["stress_rate"],
        slur_ms=manner["slur_ms"],
        rng=rng,
    )
    pitch_st, loudness_db = contours(mouth, manner, rng=rng)
    # The mood of the day: without it the pitch of an actor's clips, and their timbre, would give the emotion away.
    pitch_hz = speaker.pitch_hz * 2 ** ((pitch_st + rng.normal(0, 2)) / 12)
    voice = Voice(
        tract_scale=speaker.tract_scale,
        open_quotient=manner["open_quotient"],
        tilt_db=max(0.0, manner["tilt_db"] + speaker.tilt_db + rng.normal(0, 3)),
        breath=manner["breath"] * speaker.breath * 2 ** rng.normal(0, 0.5),
        jitter=manner["jitter"] * speaker.roughness,
        shimmer=manner["shimmer"] * speaker.roughness,
        creak_db=manner["creak_db"] * speaker.roughness,
    )
    return _record(speak(mouth, pitch_hz, loudness_db, voice, sr=TOY_SR, rng=rng), rng=rng)


def _record(speech: NDArray[np.float64], *, rng: np.random.Generator) -> NDArray[np.float32]:
    """Add silence before and after, the colour of a room, a random level, and noise 35 to 50 dB below the speech."""
    speech = np.pad(speech, rng.integers(TOY_SR * 3 // 100, TOY_SR * 15 // 100, 2))
    echoes = 0.3 * rng.standard_normal(24) * 0.88 ** np.arange(24)
    speech = np.convolve(speech, np.append(1.0, echoes))
    speech *= rng.uniform(0.1, 0.9) / np.abs(speech).max()
    noise_db = rng.uniform(-50, -35) + 10 * np.log10(np.mean(speech**2))
    noisy = speech + 10 ** (noise_db / 20) * rng.standard_normal(speech.size)
    return np.asarray(np.clip(noisy, -1, 1), dtype=np.float32)


def make_corpus(folder: Path, *, seed: int = 0) -> Path:
    """Write the whole corpus: 1440 WAV files of 16 bits, all there or none.

    Parameters
    ----------
    folder : Path
        Where to; a folder that holds just this corpus already is left as it is.
    seed : int
        Another seed makes other actors and other clips.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    FileExistsError
        If `folder` exists and is anything else, also this corpus of another seed or version.
    """
    marker = json.dumps({"corpus": "minser toy", "version": VERSION, "seed": seed}) + "\n"
    if not folder.exists():
        try:
            with whole_folder(folder) as new:
                for clip in tqdm(
                    list(_clips(new)), desc="toy corpus", unit="clip", disable=None
                ):  # None: on a terminal
                    waveform = synthesise(
                        emotion=clip.emotion,
                        intensity=clip.intensity,
                        statement=clip.statement,
                        repetition=clip.repetition,
                        actor=clip.actor,
                        seed=seed,
                    )
                    clip.path.parent.mkdir(exist_ok=True)
                    audio.save(clip.path, waveform, sr=TOY_SR)
                (new / _MARKER).write_text(marker)
        except OSError:
            if not folder.exists():  # else another process was faster
                raise
    is_same = is_corpus(folder) and (folder / _MARKER).read_text() == marker
    if not is_same or not all(clip.path.is_file() for clip in _clips(folder)):
        raise FileExistsError(f"{folder}: expected no such folder, or one that holds just {marker.strip()}")
    return folder


def is_corpus(folder: Path) -> bool:
    """Return whether a folder holds synthetic voices, of whatever seed or version."""
    return (folder / _MARKER).is_file()


def _clips(folder: Path) -> Iterator[Clip]:
    """Yield RAVDESS's 1440 speech clips as they would lie in a folder."""
    actors, emotions = range(1, N_ACTORS + 1), range(1, len(EMOTIONS) + 1)
    for actor, emotion, intensity, statement, repetition in itertools.product(actors, emotions, *3 * [(1, 2)]):
        if EMOTIONS[emotion - 1] != "neutral" or intensity == 1:
            name = _file_name(emotion, intensity, statement, repetition, actor)
            yield parse_name(folder / f"Actor_{actor:02d}" / name)


def _file_name(emotion: int, intensity: int, statement: int, repetition: int, actor: int) -> str:
    """Return RAVDESS's name of a speech clip; 03 stands for sound without picture, 01 for speech."""
    return f"03-01-{emotion:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor:02d}.wav"
