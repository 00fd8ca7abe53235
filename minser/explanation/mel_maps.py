"""Why a network answers as it does: the maps of `explanation`, laid over the mel spectrogram, in Hz and seconds.

Comes in: a network, its recipe, one clip, the number of a class. Goes out: an `Evidence`.

What the network sees is a part of the clip, trimmed and cut or padded to its number of frames, and sometimes squeezed
into a picture; here this is undone, so that a bright cell stands where it was heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minser import explanation, nn
from minser.corpus import batches
from minser.features import band_centres, extract, image
from minser.recipes import Features

MAPS = ("saliency", "Grad-CAM", "occlusion")
"""Ways to explain an answer."""

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Which cells of a clip's mel spectrogram count for a class.

    Attributes
    ----------
    level_db : ndarray of float32, shape (n_mels, n_frames)
        Mel spectrogram of the clip's sounding part, in dB below its loudest cell.
    frequencies_hz : ndarray of float, shape (n_mels,)
        Centre of each mel band.
    sr, hop_length : int
        Sample rate in Hz, and samples from one frame to the next.
    start_s : float
        Where in the recording the first frame stands, in seconds.
    seen_s : (float, float)
        First and last moment of the recording that the network looked at, in seconds.
    maps : dict of str to ndarray of float, each of shape (n_mels, n_frames)
        By the name in `MAPS`; 0 where the network did not look.
    has_frequencies : bool
        Whether the maps tell frequencies apart. Where the network sees cepstra they tell moments only, and all
        rows are alike.
    """

    level_db: NDArray[np.float32]
    frequencies_hz: NDArray[np.float64]
    sr: int
    hop_length: int
    start_s: float
    seen_s: tuple[float, float]
    maps: dict[str, Array]
    has_frequencies: bool


def find_evidence(
    model: nn.Sequential,
    settings: Features,
    clip: Array,
    target: int,
    *,
    start_s: float = 0.0,
    maps: Sequence[str] = MAPS,
) -> Evidence:
    """Return which cells of a clip's mel spectrogram count for a class.

    Parameters
    ----------
    model : Sequential
        A trained network.
    settings : Features
        What it sees of a clip.
    clip : ndarray of float, shape (n_samples,)
        A waveform at ``settings.sr``.
    target : int
        Number of the class.
    start_s : float
        Where in the recording the clip begins, in seconds.
    maps : sequence of str
        Which of `MAPS`.

    Raises
    ------
    ValueError
        If a name is not in `MAPS`, or the network has no such class or no convolution for Grad-CAM.
    """
    feature = extract.network_input(clip, settings)
    sounding, start = extract.prepare(clip, settings)
    level_db = extract.log_mel(sounding, settings)
    # Which frame of the feature each frame of the input is; -1 where silence was added.
    frames = batches.fit(np.arange(feature.shape[1], dtype=np.float64)[np.newaxis], settings, fill=-1)[0].astype(int)
    is_real, real = frames >= 0, frames[frames >= 0]
    has_frequencies = all(
        channel.split(extract.DELTA)[-1] in ("log_mel", extract.IMAGE) for channel in settings.channels
    )
    x = batches.stack([batches.fit(feature, settings)])[0]
    drawn: dict[str, Array] = {}
    for name in maps:
        found = _draw_map(name, model, x, target)
        if not has_frequencies:
            found = np.repeat(found.mean(axis=0, keepdims=True), len(found), axis=0)
        whole = np.zeros((len(found), feature.shape[1]))
        whole[:, real] = found[:, is_real]
        drawn[name] = image.resize(whole, height=level_db.shape[0], width=level_db.shape[1])
    start_s, frame_s = start_s + start / settings.sr, settings.hop_length / settings.sr
    scale = level_db.shape[1] / feature.shape[1]  # of a picture a column is several frames, or a part of one
    first, last = real[0] * scale * frame_s, ((real[-1] + 1) * scale - 1) * frame_s
    return Evidence(
        level_db=level_db,
        frequencies_hz=band_centres(settings.n_mels, fmax=settings.fmax or settings.sr / 2),
        sr=settings.sr,
        hop_length=settings.hop_length,
        start_s=start_s,
        seen_s=(start_s + float(first), start_s + float(last)),
        maps=drawn,
        has_frequencies=has_frequencies,
    )


def _draw_map(name: str, model: nn.Sequential, x: NDArray[np.float32], target: int) -> Array:
    """Return one of `MAPS` in the size of the network's input, (n_bins, n_frames)."""
    rows, columns = x.shape[:2]
    if name == "saliency":
        return explanation.saliency_map(model, x, target)
    if name == "Grad-CAM":
        return image.resize(explanation.class_activation_map(model, x, target), height=rows, width=columns)
    if name == "occlusion":  # patches of a quarter of the height and an eighth of the width, in half steps
        patch = max(1, rows // 4), max(1, columns // 8)
        stride = max(1, rows // 8), max(1, columns // 16)
        return explanation.occlusion_map(model, x, target, patch=patch, stride=stride)
    raise ValueError(f"maps: expected some of {', '.join(MAPS)}, got {name!r}")
