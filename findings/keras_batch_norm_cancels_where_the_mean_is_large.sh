#!/usr/bin/env bash
# Keras 3's batch norm takes the variance as a difference of two squares, in float32 even where the layer is float64.
#
# Seen on 2026-12-01 with Keras 3.15.1 on torch 2.13.0 (CPU), NumPy 2.4.6, Python 3.11.
#
# The mean of squares less the square of the mean loses digits as soon as the mean is larger than the deviation, and can
# fall below zero, whose root is no number. For numbers of deviation 1 around 100, which decibels, hertz or milliseconds
# easily are, a layer's outputs are off by 3e-3; around 1000 by 0.2; around 10,000 they are NaN. torch's own batch norm
# has 2e-5, 2e-4 and 2e-3 there. The way out that one would try does not help: a layer of dtype float64 gets float64 in,
# has float64 weights and gives float64 out, and between them computes in float32, because Keras's common type of
# float64 and float32 is float32. So a gradient check in float64 sees errors of float32, and looks for its own fault.
#
# Output seen (largest error; values of deviation 1 around the first number):
#       0: Keras 3.8e-07, as float64 3.5e-07; torch 4.8e-07, as float64 1.8e-15
#     100: Keras 2.7e-03, as float64 2.7e-03; torch 1.7e-05, as float64 9.0e-14
#    1000: Keras 1.6e-01, as float64 1.6e-01; torch 2.2e-04, as float64 5.1e-13
#   10000: Keras nan, as float64 nan; torch 1.6e-03, as float64 8.5e-12
#   the common type of float64 and float32: float32
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "torch==2.13.0" "keras==3.15.1" "numpy==2.4.6"
KERAS_HOME="$folder" KERAS_BACKEND=torch "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import keras
import numpy as np
import torch

EPS = 1e-3


def errors(offset, dtype):
    """Return the largest errors of Keras's and of torch's batch norm in training."""
    x = (offset + np.random.default_rng(0).standard_normal((256, 8))).astype(dtype)
    layer = keras.layers.BatchNormalization(epsilon=EPS, dtype=dtype)
    keras_out = layer(torch.tensor(x), training=True).detach().numpy()
    torch_out = torch.nn.functional.batch_norm(torch.tensor(x), None, None, training=True, eps=EPS).numpy()
    assert keras_out.dtype == dtype == layer.weights[0].dtype
    values = x.astype(np.float64)
    exact = (values - values.mean(axis=0)) / np.sqrt(values.var(axis=0) + EPS)
    return np.abs(keras_out - exact).max(), np.abs(torch_out - exact).max()


for offset in (0, 100, 1000, 10_000):
    (k32, t32), (k64, t64) = errors(offset, "float32"), errors(offset, "float64")
    print(f"{offset:7}: Keras {k32:.1e}, as float64 {k64:.1e}; torch {t32:.1e}, as float64 {t64:.1e}")
    assert t32 < 1e-2 and t64 < 1e-10
    assert not k64 < 1e-7  # NaN is not either
    if offset:
        assert not k32 < 10 * t32
common = keras.backend.result_type("float64", "float32")
print(f"the common type of float64 and float32: {common}")
assert common == "float32"
PYTHON
