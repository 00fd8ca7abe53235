#!/usr/bin/env bash
# onnxruntime's STFT in float32 loses three digits where the frame's length is no power of two.
#
# Seen on 2026-12-01 with onnxruntime 1.32.0, onnx 1.23.2, NumPy 2.4.6 and SciPy 1.17.1, Python 3.11, on a CPU.
#
# ONNX has an operator STFT, and speech is framed by 400 samples (25 ms at 16 kHz), 1102 or 882. For such a length the
# largest error is 3e-5 to 1e-4 of the largest number of the spectrum: -80 to -90 dB, about where a log-mel spectrogram
# ends that keeps 80 dB. Quiet bins are wrong altogether. SciPy in float32 has 1.5e-7 for the same frames, and
# onnxruntime itself 8e-7 for powers of two and 2e-13 in float64, so nobody who tests with 512 samples sees it.
#
# Output seen (error as a share of the spectrum's largest number):
#   n_fft  400: onnxruntime 3.4e-05, in float64 5.8e-14; SciPy 1.3e-07
#   n_fft  512: onnxruntime 5.0e-07, in float64 9.0e-16; SciPy 1.0e-07
#   n_fft 1024: onnxruntime 6.0e-07, in float64 1.2e-15; SciPy 1.3e-07
#   n_fft 1102: onnxruntime 1.0e-04, in float64 1.8e-13; SciPy 1.3e-07
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "onnxruntime==1.32.0" "onnx==1.23.2" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
import scipy.fft
from onnx import TensorProto, helper, numpy_helper


def errors(n_fft, dtype):
    """Return the largest errors of onnxruntime and of SciPy, as shares of the spectrum's largest number."""
    kind, window = helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), np.hanning(n_fft).astype(dtype)
    constants = [numpy_helper.from_array(np.array(n_fft // 4), "hop"), numpy_helper.from_array(window, "window")]
    graph = helper.make_graph(
        [helper.make_node("STFT", ["x", "hop", "window"], ["y"])],
        "stft",
        [helper.make_tensor_value_info("x", kind, [1, None, 1])],
        [helper.make_tensor_value_info("y", kind, [1, None, None, 2])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal(8 * n_fft).astype(dtype)
    (pairs,) = session.run(None, {"x": x[np.newaxis, :, np.newaxis]})
    frames = np.lib.stride_tricks.sliding_window_view(x, n_fft)[:: n_fft // 4]
    exact = np.fft.rfft(frames.astype(np.float64) * window)
    found = pairs[0, ..., 0] + 1j * pairs[0, ..., 1], scipy.fft.rfft(frames * window)
    return [np.abs(spectrum - exact).max() / np.abs(exact).max() for spectrum in found]


for n_fft in (400, 512, 1024, 1102):
    (single, scipys), (double, _) = errors(n_fft, np.float32), errors(n_fft, np.float64)
    print(f"n_fft {n_fft:4}: onnxruntime {single:.1e}, in float64 {double:.1e}; SciPy {scipys:.1e}")
    assert scipys < 1e-6 and double < 1e-11
    assert (single > 1e-5) == (n_fft in (400, 1102))
PYTHON
