"""Convolution as a matrix product, tile by tile: forward, and the gradients of weight and of input.

Every patch of the input is copied into a row of a matrix (im2col; Chellapilla et al. 2006), and that matrix times the
kernel's is the convolution. For a whole batch the matrix would be ``k_h * k_w`` times as large as the input, so it is
never built whole: a tile of a few output rows at a time fits in the processor's cache, each thread fills its own
and calls the matrix product on it. Arrays are channels last, so that a patch's row is ``k_w * in_channels`` neighbours
in memory, and a tile's product is written straight to its place in the output.

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
_SLOTS = 16  # partial sums of the weight gradient: a fixed number, so that threads do not change the result


def output_size(size: Pair, *, kernel_size: Pair, stride: Pair, padding: Pair) -> Pair:
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


def im2col(x: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair) -> FloatArray:
    """Return every patch of `x` as a row: (batch * out_h * out_w, k_h * k_w * channels), zeros outside the image.

    The convolutions below never build this matrix; it is here to be looked at.
    """
    batch, height, width, channels = x.shape
    out_h, out_w = output_size((height, width), kernel_size=kernel_size, stride=stride, padding=padding)
    cols = np.empty((batch, out_h * out_w, kernel_size[0] * kernel_size[1] * channels), x.dtype)
    lines = np.ascontiguousarray(x).reshape(batch, height, width * channels)
    for sample in range(batch):
        _im2col_kernel(lines[sample], channels, 0, out_h, out_w, kernel_size, stride, padding, cols[sample])
    return cols.reshape(batch * out_h * out_w, -1)


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


def conv2d_grad_weight(
    x: FloatArray, grad_output: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair
) -> tuple[FloatArray, FloatArray]:
    """Return the gradients of weight (k_h, k_w, in_channels, out_channels) and bias (out_channels,)."""
    batch, height, width, in_channels = x.shape
    _, out_h, out_w, out_channels = grad_output.shape
    depth = kernel_size[0] * kernel_size[1] * in_channels
    weight_sums = np.zeros((_SLOTS, depth, out_channels), x.dtype)
    bias_sums = np.zeros((_SLOTS, out_channels), x.dtype)
    _grad_weight_kernel(
        np.ascontiguousarray(x).reshape(batch, height, width * in_channels),
        np.ascontiguousarray(grad_output),
        kernel_size,
        stride,
        padding,
        _workspace((out_h, out_w), depth, x.dtype),
        np.empty((get_num_threads(), depth, out_channels), x.dtype),
        weight_sums,
        bias_sums,
    )
    return weight_sums.sum(axis=0).reshape(*kernel_size, in_channels, out_channels), bias_sums.sum(axis=0)


def conv2d_grad_input(
    grad_output: FloatArray, weight: FloatArray, *, input_size: Pair, stride: Pair, padding: Pair
) -> FloatArray:
    """Return the gradient of the input, (batch, height, width, in_channels) with (height, width) = `input_size`.

    With stride 1 it is itself a convolution, of `grad_output` with the kernel turned by 180 degrees (Dumoulin & Visin
    2016, section 4); otherwise each patch's gradient is added to where the patch was taken from.
    """
    k_h, k_w, in_channels, out_channels = weight.shape
    if stride == (1, 1):
        turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # (k_h, k_w, out_channels, in_channels)
        opposite = (k_h - 1 - padding[0], k_w - 1 - padding[1])
        zero = np.zeros(in_channels, grad_output.dtype)
        return conv2d(grad_output, turned, zero, stride=stride, padding=opposite)
    batch, out_h, out_w, _ = grad_output.shape
    grad_input = np.zeros((batch, input_size[0], input_size[1] * in_channels), grad_output.dtype)
    _col2im_kernel(
        np.ascontiguousarray(grad_output),
        np.ascontiguousarray(weight.reshape(-1, out_channels).T),
        in_channels,
        (k_h, k_w),
        stride,
        padding,
        _workspace((out_h, out_w), k_h * k_w * in_channels, grad_output.dtype),
        grad_input,
    )
    return grad_input.reshape(batch, *input_size, in_channels)


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


@njit(cache=True, parallel=True)
def _grad_weight_kernel(
    lines: FloatArray,
    grad_output: FloatArray,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tiles: FloatArray,
    products: FloatArray,
    weight_sums: FloatArray,
    bias_sums: FloatArray,
) -> None:
    """Sum patches.T @ grad_output over all tiles, tile t into slot t % n_slots."""
    batch, out_h, out_w, out_channels = grad_output.shape
    channels = tiles.shape[2] // (kernel_size[0] * kernel_size[1])
    band = tiles.shape[1] // out_w
    n_bands = -(-out_h // band)
    for slot in prange(len(weight_sums)):
        product = products[get_thread_id()]
        for t in range(slot, batch * n_bands, len(weight_sums)):
            sample, first = t // n_bands, t % n_bands * band
            rows = min(band, out_h - first)
            tile = tiles[get_thread_id()][: rows * out_w]
            _im2col_kernel(lines[sample], channels, first, rows, out_w, kernel_size, stride, padding, tile)
            grad = grad_output[sample][first : first + rows].reshape(rows * out_w, out_channels)
            np.dot(tile.T, grad, product)
            weight_sums[slot] += product
            for position in range(len(grad)):
                bias_sums[slot] += grad[position]


@njit(cache=True, parallel=True)
def _col2im_kernel(
    grad_output: FloatArray,
    weight: FloatArray,
    channels: int,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tiles: FloatArray,
    grad_input: FloatArray,
) -> None:
    """Add each patch's gradient to its place; weight (out_channels, depth), a sample stays with one thread."""
    batch, out_h, out_w, out_channels = grad_output.shape
    _, height, width = grad_input.shape
    run = kernel_size[1] * channels
    band = tiles.shape[1] // out_w
    for sample in prange(batch):
        for first in range(0, out_h, band):
            rows = min(band, out_h - first)
            tile = tiles[get_thread_id()][: rows * out_w]
            np.dot(grad_output[sample][first : first + rows].reshape(rows * out_w, out_channels), weight, tile)
            for position in range(rows * out_w):
                row, column = first + position // out_w, position % out_w
                start = (column * stride[1] - padding[1]) * channels
                for i in range(kernel_size[0]):
                    target = row * stride[0] + i - padding[0]
                    if 0 <= target < height:
                        for k in range(max(0, -start), min(run, width - start)):
                            grad_input[sample, target, unsigned(start + k)] += tile[position, unsigned(i * run + k)]
