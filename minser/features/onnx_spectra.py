"""Spectra, and the features that are no linear map of them, as ONNX nodes in float64.

Comes in: a graph, and the name of a waveform (n_samples,). Goes out: names of spectra, (n_frames, n_bins), and of
features, (n_bins, n_frames), as `fourier`, `chroma` and `contrast` compute them.
"""

import numpy as np
from numpy.typing import NDArray

from minser.features.chroma import PEAK_RANGE_HZ, PEAK_SHARE, TUNINGS, pitch_class_filters
from minser.features.contrast import octaves
from minser.features.window import centred_window
from minser.system.onnx_graph import DOUBLE, INT32, INT64, Graph


def add_power(op: Graph, waveform: str, *, n_fft: int, hop_length: int) -> str:
    """Return power spectra, (n_frames, n_bins)."""
    padded = op("Pad", waveform, [n_fft // 2, n_fft // 2])
    window = centred_window("hann", win_length=None, n_fft=n_fft)
    spectra = op("STFT", op("Unsqueeze", padded, [0, 2]), hop_length, window, n_fft)  # (1, n_frames, n_bins, 2)
    return op("Squeeze", op("ReduceSumSquare", spectra, [3], keepdims=0), [0])


def sum_bins(op: Graph, power: str, filters: str | NDArray[np.floating]) -> str:
    """Return spectra summed by filters (n_bins, n_rows) into a feature (n_rows, n_frames)."""
    # Transposed afterwards: before a product of float64, onnxruntime 1.19 refuses it.
    return op("Transpose", op("MatMul", power, op("Cast", filters, to=DOUBLE)))


def decibels(op: Graph, power: str, *, top_db: float) -> str:
    """Return 10 log10 of powers, each raised to `top_db` below the largest: `audio.power_to_db` with a ref of 1."""
    levels = op("Mul", op("Log", op("Max", power, 1e-10)), 10 / np.log(10))
    return op("Max", levels, op("Sub", op("ReduceMax", levels, keepdims=0), top_db))


def add_contrast(op: Graph, power: str, *, sr: int, n_fft: int) -> str:
    """Return spectral contrast, (7, n_frames)."""
    magnitude = op("Sqrt", power)
    extremes = []  # valleys, then peaks
    for largest in (0, 1):
        rows = []
        for band, width in octaves(sr, n_fft, 200.0, 6):
            bins = op("Slice", magnitude, [band.start], [band.stop], [1])
            few = op("TopK", bins, [max(1, round(0.02 * width))], axis=1, largest=largest)
            rows.append(op("ReduceMean", few, [1]))
        extremes.append(decibels(op, op("Concat", *rows, axis=1), top_db=80.0))
    return op("Transpose", op("Sub", extremes[1], extremes[0]))


def add_chroma(op: Graph, power: str, *, sr: int, n_fft: int) -> str:
    """Return chroma at the clip's own tuning, (12, n_frames)."""
    filters = np.stack([pitch_class_filters(sr, n_fft, tuning, np.dtype(np.float32)).T for tuning in TUNINGS[:-1]])
    chosen = op("Gather", filters, _tuning(op, power, sr=sr, n_fft=n_fft))
    classes = sum_bins(op, power, chosen)
    largest = op("ReduceMax", classes, [0])
    return op("Div", classes, op("Where", op("Less", largest, float(np.finfo(np.float32).tiny)), 1.0, largest))


def _tuning(op: Graph, power: str, *, sr: int, n_fft: int) -> str:
    """Return the number in `TUNINGS` of a clip's tuning, (): `chroma.find_tuning`."""
    low, high = (int(np.ceil(hertz * n_fft / sr)) for hertz in PEAK_RANGE_HZ)
    low, high = max(low, 1), min(high, n_fft // 2)
    left, peak, right = (op("Slice", power, [low + k], [high + k], [1]) for k in (-1, 0, 1))
    is_heard = op("Greater", peak, op("Mul", op("ReduceMax", power, [1]), PEAK_SHARE))
    is_top = op("And", op("Greater", peak, left), op("GreaterOrEqual", peak, right))
    found = op("And", is_heard, is_top)
    chosen = op("Reshape", found, [-1])
    left, peak, right = (op("Compress", values, chosen) for values in (left, peak, right))
    slope = op("Mul", op("Sub", right, left), 0.5)
    bend = op("Sub", op("Add", left, right), op("Mul", peak, 2.0))
    is_narrow = op("Less", op("Abs", slope), op("Abs", bend))
    shift = op("Where", is_narrow, op("Div", op("Neg", slope), op("Where", is_narrow, bend, 1.0)), 0.0)
    height = op("Add", peak, op("Mul", op("Mul", slope, shift), 0.5))
    # The stronger half: at least as high as the median, that is, as the last of the upper half.
    n_peaks = op("Shape", height)
    n_upper = op("Max", op("Div", op("Add", n_peaks, 1), 2), 1)
    upper = op("TopK", op("Concat", height, [-1.0], axis=0), n_upper)  # -1: of no peaks there is a lowest one, too
    is_strong = op("GreaterOrEqual", height, op("ReduceMin", upper))
    column = op("Squeeze", op("Slice", op("NonZero", found), [1], [2], [0]), [0])
    frequency_hz = op("Mul", op("Add", op("Add", op("Cast", column, to=DOUBLE), float(low)), shift), sr / n_fft)
    pitch = op("Mul", op("Log", op("Div", op("Compress", frequency_hz, is_strong), 27.5)), 12 / np.log(2))
    part = op("Sub", pitch, op("Floor", op("Add", pitch, 0.5)))  # of a class, from -0.5 up to 0.5
    above = op("GreaterOrEqual", op("Unsqueeze", part, [1]), TUNINGS)  # (n, edges)
    n_above = op("ReduceSum", op("Cast", above, to=INT64), [0], keepdims=0)
    bars = op("Sub", op("Slice", n_above, [0], [-1]), op("Slice", n_above, [1], [len(TUNINGS)]))
    highest = op("ArgMax", op("Cast", bars, to=INT32), keepdims=0)
    nothing = op("Equal", op("Squeeze", n_peaks), 0)
    return op("Where", nothing, len(TUNINGS) // 2, highest)
