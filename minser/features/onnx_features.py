"""The features of a recipe as ONNX nodes: `extract.network_input` and `corpus.batches.fit` for other programs.

Comes in: a graph, and a recipe's [features]. Goes out: nodes from a waveform (n_samples,) to what the network sees, (1,
channels, n_bins, n_frames). In between all is float64, so that what differs from minser's float32 is minser's own
rounding.
"""

import numpy as np

from minser.features.cepstrum import dct_matrix
from minser.features.extract import DELTA, IMAGE, TRIM_FRAME, are_slopes
from minser.features.image import colours, tents
from minser.features.mel import mel_filterbank
from minser.features.onnx_spectra import add_chroma, add_contrast, add_power, decibels, sum_bins
from minser.recipes import Features
from minser.system.onnx_graph import BOOL, DOUBLE, FLOAT, INT32, INT64, Graph

_TRIM_HOP = 512
_END = 2**62  # behind the last of any number of samples


def add_features(op: Graph, waveform: str, settings: Features) -> str:
    """Add what a recipe makes of a waveform, and return the name of the network's input.

    Parameters
    ----------
    op : Graph
        Where the nodes go.
    waveform : str
        Name of one clip at ``settings.sr``, float32 (n_samples,).
    settings : Features
        Of a recipe.

    Returns
    -------
    str
        Name of (1, channels, n_bins, n_frames), float32.
    """
    prepared = op("Cast", _prepare(op, waveform, settings), to=DOUBLE)
    power = add_power(op, prepared, n_fft=settings.n_fft, hop_length=settings.hop_length)
    if settings.channels == (IMAGE,):
        stack = _picture(op, _log_mel(op, power, settings), settings)
    else:
        channels = [_channel(op, power, names, settings) for names in settings.channels]
        stack = op("Concat", *(op("Unsqueeze", channel, [0]) for channel in channels), axis=0)
    return op("Unsqueeze", op("Cast", _fit(op, stack, settings), to=FLOAT), [0])


def _prepare(op: Graph, waveform: str, settings: Features) -> str:
    """Return the waveform without its ends of silence, at full level, float32: `extract.prepare`."""
    n_after: str | list[int] = [0]
    if settings.trim_top_db:
        half = TRIM_FRAME // 2
        level = op("Cast", _to_full_level(op, waveform), to=DOUBLE)
        followed = op("Pad", level, [0, TRIM_FRAME])
        mirrored = op("Slice", followed, [half - 1], [-_END], [0], [-1])
        surrounded = op("Concat", mirrored, op("Pad", followed, [0, half - 1]), axis=0)
        heard = op("Sub", followed, _moving_mean(op, surrounded, hop=1))
        power = _moving_mean(op, op("Pad", op("Mul", heard, heard), [half, half]), hop=_TRIM_HOP)
        level_db = decibels(op, power, top_db=np.inf)
        threshold = op("Sub", op("ReduceMax", level_db), settings.trim_top_db)
        audible = op("Cast", op("Greater", level_db, threshold), to=INT32)
        start, last = (op("ArgMax", audible, select_last_index=which) for which in (0, 1))
        start, end = op("Mul", start, _TRIM_HOP), op("Mul", op("Add", last, 1), _TRIM_HOP)
        n_after = op("Max", op("Sub", op("Min", end, op("Shape", followed)), op("Shape", waveform)), [0])
        waveform = op("Slice", waveform, start, end)
    prepared = op("Pad", _to_full_level(op, waveform), op("Concat", [0], n_after, axis=0))
    if settings.clip_s:
        size = round(settings.clip_s * settings.sr)
        prepared = op("Slice", op("Pad", prepared, [0, size]), [0], [size])
    return prepared


def _to_full_level(op: Graph, waveform: str) -> str:
    """Return a waveform with a mean of 0 and a peak of 1, or all zero, float32: `audio.to_full_level`."""
    scaled = _over(op, waveform, op("ReduceMax", op("Abs", waveform)))
    mean = op("ReduceMean", op("Cast", scaled, to=DOUBLE))
    centred = op("Sub", scaled, op("Cast", mean, to=FLOAT))
    return _over(op, centred, op("ReduceMax", op("Abs", centred)))


def _over(op: Graph, values: str, divisor: str) -> str:
    """Return ``values / (divisor or 1.0)``."""
    return op("Div", values, op("Where", op("Cast", divisor, to=BOOL), divisor, op("CastLike", 1.0, divisor)))


def _moving_mean(op: Graph, samples: str, *, hop: int) -> str:
    """Return the mean of every whole frame of `TRIM_FRAME` samples."""
    sums = op("CumSum", op("Pad", samples, [1, 0]), 0)
    after, before = (
        op("Slice", sums, [TRIM_FRAME], [_END], [0], [hop]),
        op("Slice", sums, [0], [-TRIM_FRAME], [0], [hop]),
    )
    return op("Div", op("Sub", after, before), float(TRIM_FRAME))


def _channel(op: Graph, power: str, names: str, settings: Features) -> str:
    """Return the named features one under the other, (n_bins, n_frames), standardised together."""
    rows = op("Concat", *(_part(op, power, name.strip(), settings) for name in names.split("+")), axis=0)
    centred = op("Sub", rows, op("ReduceMean", rows))
    return _over(op, centred, op("Sqrt", op("ReduceMean", op("Mul", centred, centred))))


def _part(op: Graph, power: str, name: str, settings: Features) -> str:
    """Return a part of a channel by its name, (n_rows, n_frames)."""
    sr, n_fft = settings.sr, settings.n_fft
    if name.startswith(DELTA):
        return _delta(op, _part(op, power, name.removeprefix(DELTA), settings))
    if name == "mfcc":
        mel = sum_bins(op, power, mel_filterbank(sr=sr, n_fft=n_fft).T)
        return op("MatMul", dct_matrix(13, 128), decibels(op, mel, top_db=80.0))
    if name == "log_mel":
        return _log_mel(op, power, settings)
    add = {"chroma": add_chroma, "contrast": add_contrast}[name]
    return add(op, power, sr=sr, n_fft=n_fft)


def _log_mel(op: Graph, power: str, settings: Features) -> str:
    """Return mel power in dB below the clip's loudest cell, (n_mels, n_frames): `extract.log_mel`."""
    filters = mel_filterbank(sr=settings.sr, n_fft=settings.n_fft, n_mels=settings.n_mels, fmax=settings.fmax or None)
    levels = decibels(op, sum_bins(op, power, filters.T), top_db=settings.top_db)
    return op("Sub", levels, op("ReduceMax", levels))


def _delta(op: Graph, rows: str) -> str:
    """Return slopes in time over nine frames, the outermost ones repeated: `cepstrum.delta`."""
    rows = op("Sub", rows, op("Slice", rows, [0], [1], [1]))  # or rounding would leave a slope of what has none
    padded = op("Pad", rows, [0, 4, 0, 4], mode="edge")
    slopes = [
        op("Mul", op("Slice", padded, [4 + n], [n - 4 or _END], [1]), n / 60) for n in range(-4, 5)
    ]  # sum of n x[t + n] / sum of n^2
    return op("Sum", *slopes)


def _picture(op: Graph, feature: str, settings: Features) -> str:
    """Return a feature drawn as a picture of 256 levels, (channels, size, size), from 0 to 1: `image.to_image`.

    A picture is upside down, and read upside down again: neither is done here.
    """
    drawn = op("Cast", feature, to=FLOAT)  # as in minser, so that the same levels come out
    low, high = op("ReduceMin", drawn), op("ReduceMax", drawn)
    brightness = op("Cast", _over(op, op("Sub", drawn, low), op("Sub", high, low)), to=DOUBLE)
    size = settings.image_size
    # `image.tents`, for a number of frames that only the waveform tells, (n_frames, size).
    n_frames = op("Slice", op("Shape", feature), [1], [2])
    step = op("Div", op("Cast", n_frames, to=DOUBLE), float(size))
    centres = op("Sub", op("Mul", np.arange(size) + 0.5, step), 0.5)
    frames = op("Cast", op("Range", 0, op("Squeeze", n_frames), 1), to=DOUBLE)
    distance = op("Abs", op("Sub", op("Unsqueeze", frames, [1]), centres))
    weights = op("Max", op("Sub", 1.0, op("Div", distance, op("Max", step, 1.0))), 0.0)
    columns = op("Div", weights, op("ReduceSum", weights, [0]))
    resized = op("MatMul", op("MatMul", tents(size, settings.n_mels), brightness), columns)
    levels = op("Cast", op("Round", op("Mul", resized, 255.0)), to=INT64)
    palette = colours(settings.colour_map) if settings.colour_map else np.arange(256)[:, None]
    return op("Transpose", op("Gather", palette.astype(np.float64) / 255, levels), perm=[2, 0, 1])


def _fit(op: Graph, stack: str, settings: Features) -> str:
    """Return (channels, n_bins, n_frames) with as many frames as the network takes: `corpus.batches.fit`."""
    silence = op(
        "Where",
        are_slopes(settings)[:, None, None],
        op("ReduceMean", stack, [1, 2]),
        op("ReduceMin", stack, [1, 2]),
    )
    surplus = op("Sub", op("Slice", op("Shape", stack), [2], [3]), settings.n_frames)
    lacking, surplus = op("Max", op("Neg", surplus), 0), op("Max", surplus, 0)
    share = int(settings.random_crop)  # of the slack before the clip: half of it, or nothing
    before, first = (op("Div", op("Mul", op("Add", slack, 1), share), 2) for slack in (lacking, surplus))
    margins = op("Concat", [0, 0], before, [0, 0], op("Sub", lacking, before), axis=0)
    padded = op("Add", op("Pad", op("Sub", stack, silence), margins), silence)
    return op("Slice", padded, first, op("Add", first, settings.n_frames), [2])
