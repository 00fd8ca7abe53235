"""Convolution as a matrix product, tile by tile: forward, and the gradient of the input.

Every patch of the input is copied into a row of a matrix (im2col; Chellapilla et al. 2006), and that matrix times the
kernel's is the convolution. For a whole batch the matrix would be ``k_h * k_w`` times as large as the input, so it is
never built whole: a tile of a few output rows at a time fits in the processor's cache, each thread fills its own
and calls the matrix product on it. Arrays are channels last, so that a patch's row is ``k_w * in_channels`` neighbours
in memory, and a tile's product is written straight to its place in the output. The gradient of the weight stands in
``shallow.py``, for any number of channels.

Comes in: x (batch, height, width, in_channels), weight (k_h, k_w, in_channels, out_channels).
"""

import numpy as np
import numpy.typing as npt
from numba import (  # type: ignore[attr-defined] # numba's __all__ forgets get_thread_id
    get_num_threads,
    get_thread_id,
    njit,
    prange,
    uint64,
)

FloatArray = npt.NDArray[np.floating]
Pair = tuple[int, int]

unsigned = uint64  # an index that cannot be negative: without Python's wrap-around, loops vectorise

_TILE_VALUES = 2**18  # 1 MB of float32: half of a usual second-level cache
_MIN_TILE_ROWS = 256  # fewer would leave the matrix product little to work on


def output_size(size: tuple[int, ...], *, kernel_size: Pair, stride: Pair, padding: Pair = (0, 0)) -> Pair:
    """Return (height, width) after a convolution or pooling of an image of (height, width) `size`.

    Raises
    ------
    ValueError
        If the kernel is larger than the padded image.
    """
    height, width = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, kernel_size, stride, padding, strict=True))
    if height < 1 or width < 1:
        raise ValueError(f"kernel_size {kernel_size} is larger than the input {size} with padding {padding}")
    return height, width


@njit(cache=True)
def larger(one: np.floating, other: np.floating) -> np.floating:
    """Return the larger of two numbers, or NaN if one is none; as arithmetic, without a branch."""
    return one if one >= other or one != one else other


def conv2d(x: FloatArray, weight: FloatArray, bias: FloatArray, *, stride: Pair, padding: Pair) -> FloatArray:
    """Return the cross-correlation of `x` with `weight`, plus `bias`: (batch, out_h, out_w, out_channels)."""
    k_h, k_w, in_channels, out_channels = weight.shape
    batch, height, width, _ = x.shape
    size = output_size((height, width), kernel_size=(k_h, k_w), stride=stride, padding=padding)
    out = np.empty((batch, *size, out_channels), x.dtype)
    _conv2d_kernel(
        np.ascontiguousarray(x).reshape(batch, height, width * in_channels),
        np.ascontiguousarray(weight).reshape(-1, out_channels),
        bias,
        (k_h, k_w),
        stride,
        padding,
        _workspace(size, k_h * k_w * in_channels, x.dtype),
        out,
    )
    return out


def conv2d_grad_input(
    grad_output: FloatArray, weight: FloatArray, *, input_size: Pair, stride: Pair, padding: Pair
) -> FloatArray:
    """Return the gradient of the input, (batch, height, width, in_channels) with (height, width) = `input_size`.

    It is itself a convolution, with the kernel turned by 180 degrees (Dumoulin & Visin 2016, sections 4.3 and 4.6): of
    `grad_output` with ``stride - 1`` zeros between its values, and behind them what no window of the input reached.
    """
    (k_h, k_w, in_channels, out_channels), (height, width), (s_h, s_w) = weight.shape, input_size, stride
    spread = grad_output
    if stride != (1, 1):
        size = (height + 2 * padding[0] - k_h + 1, width + 2 * padding[1] - k_w + 1)
        spread = np.zeros((len(grad_output), *size, out_channels), grad_output.dtype)
        spread[:, ::s_h, ::s_w] = grad_output
    turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # (k_h, k_w, out_channels, in_channels)
    opposite = (k_h - 1 - padding[0], k_w - 1 - padding[1])
    return conv2d(spread, turned, np.zeros(in_channels, grad_output.dtype), stride=(1, 1), padding=opposite)


def _workspace(out_size: Pair, depth: int, dtype: np.dtype) -> FloatArray:
    """Return one tile a thread, (n_threads, rows * out_w, depth): as many output rows as the cache takes."""
    out_h, out_w = out_size
    rows = max(_TILE_VALUES // (out_w * depth), -(-_MIN_TILE_ROWS // out_w))
    return np.empty((get_num_threads(), min(rows, out_h) * out_w, depth), dtype)


@njit(cache=True)
def _im2col_kernel(
    lines: FloatArray,
    channels: int,
    first: int,
    rows: int,
    out_w: int,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tile: FloatArray,
) -> None:
    """Write the patches of `rows` output rows from `first` on; lines (height, width * channels) is one image."""
    height, width = lines.shape  # width counts values, not pixels
    run = kernel_size[1] * channels
    for row in range(rows):
        for i in range(kernel_size[0]):
            source = (first + row) * stride[0] + i - padding[0]
            inside = 0 <= source < height
            for column in range(out_w):
                start = (column * stride[1] - padding[1]) * channels
                low = min(max(0, -start), run) if inside else run
                high = max(min(run, width - start), low)
                position = row * out_w + column
                for k in range(low):
                    tile[position, unsigned(i * run + k)] = 0
                for k in range(low, high):
                    tile[position, unsigned(i * run + k)] = lines[source, unsigned(start + k)]
                for k in range(high, run):
                    tile[position, unsigned(i * run + k)] = 0


@njit(cache=True, parallel=True)
def _conv2d_kernel(
    lines: FloatArray,
    weight: FloatArray,
    bias: FloatArray,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tiles: FloatArray,
    out: FloatArray,
) -> None:
    """One tile of output rows after the other, spread over the threads; weight (depth, out_channels)."""
    batch, out_h, out_w, out_channels = out.shape
    channels = weight.shape[0] // (kernel_size[0] * kernel_size[1])
    band = tiles.shape[1] // out_w
    n_bands = -(-out_h // band)
    for slot in prange(batch * n_bands):
        sample, first = slot // n_bands, slot % n_bands * band
        rows = min(band, out_h - first)
        tile = tiles[get_thread_id()][: rows * out_w]
        _im2col_kernel(lines[sample], channels, first, rows, out_w, kernel_size, stride, padding, tile)
        product = out[sample][first : first + rows].reshape(rows * out_w, out_channels)
        np.dot(tile, weight, product)
        product += bias
