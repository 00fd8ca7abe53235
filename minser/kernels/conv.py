"""Convolution as a matrix product, tile by tile: forward, the gradient of the weight, and that of the input.

Every patch of the input is copied into a matrix (im2col; Chellapilla et al. 2006), and that matrix times the kernel's
is the convolution. For a whole batch the matrix would be ``k_h * k_w`` times as large as the input, so it is never
built whole: a tile of a few output rows at a time fits in the processor's cache, each thread fills its own and calls
the matrix product on it.

The tile lies on its side: a line holds one place of the kernel, for all positions of some output rows. Such a line is a
line of the image, shifted: one long copy, where a patch of few channels, as in a network's first image, would be many
short ones. One line more is all ones, and the bias is its weight: so it comes for nothing, and so does its gradient.

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

_POSITIONS = 512  # output positions in a tile: with their products they stay in a first- or second-level cache
_SLOTS = 16  # partial sums of the weight gradient: a fixed number, so that threads do not change the result


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
    return _convolve(x, weight, bias, stride, padding, 1)


def conv2d_relu_pool(x: FloatArray, weight: FloatArray, bias: FloatArray, *, stride: Pair, padding: Pair) -> FloatArray:
    """Return ``max_pool(relu(conv2d(x, weight, bias)))``, windows of 2 x 2: (batch, out_h, out_w, out_channels).

    What stands in the windows stays in the cache.
    """
    return _convolve(x, weight, bias, stride, padding, 2)


def conv2d_grad_weight(
    x: FloatArray, grad_output: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair
) -> tuple[FloatArray, FloatArray]:
    """Return the gradients of weight (k_h, k_w, in_channels, out_channels) and bias (out_channels,)."""
    in_channels, out_channels = x.shape[3], grad_output.shape[3]
    depth = kernel_size[0] * kernel_size[1] * in_channels + 1
    sums = np.zeros((_SLOTS, depth, out_channels), x.dtype)
    tiles = _workspace((grad_output.shape[1], grad_output.shape[2]), depth, x.dtype)
    grads = np.ascontiguousarray(grad_output)
    _grad_weight_kernel(_planes(x), grads, kernel_size, stride, padding, tiles, sums)
    total = sums.sum(axis=0)
    return total[:-1].reshape(*kernel_size, in_channels, out_channels), total[-1]


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
    turned = np.ascontiguousarray(weight[::-1, ::-1].transpose(0, 1, 3, 2))  # (k_h, k_w, out_channels, in_channels)
    opposite = (k_h - 1 - padding[0], k_w - 1 - padding[1])
    return conv2d(spread, turned, np.zeros(in_channels, grad_output.dtype), stride=(1, 1), padding=opposite)


def _convolve(
    x: FloatArray, weight: FloatArray, bias: FloatArray, stride: Pair, padding: Pair, pool: int
) -> FloatArray:
    """Return the convolution, or with `pool` 2 its windows' maxima."""
    k_h, k_w, in_channels, out_channels = weight.shape
    size = output_size((x.shape[1], x.shape[2]), kernel_size=(k_h, k_w), stride=stride, padding=padding)
    pooled = output_size(size, kernel_size=(pool, pool), stride=(pool, pool))
    out = np.empty((len(x), *pooled, out_channels), x.dtype)
    tiles = _workspace((out.shape[1], pool * pool * out.shape[2]), k_h * k_w * in_channels + 1, x.dtype)
    products = np.empty((len(tiles), tiles.shape[2], out_channels), x.dtype)
    weight_and_bias = np.concatenate([weight.reshape(-1, out_channels), bias[np.newaxis]])
    _conv2d_kernel(_planes(x), weight_and_bias, (k_h, k_w), stride, padding, pool, tiles, products, out)
    return out


def _planes(x: FloatArray) -> FloatArray:
    """Return a batch of images as (batch, height, channels, width): lines of one channel each, to be copied whole."""
    return np.ascontiguousarray(x.transpose(0, 1, 3, 2))


def _workspace(out_size: Pair, depth: int, dtype: np.dtype) -> FloatArray:
    """Return one tile a thread, (n_threads, depth, rows * out_w)."""
    rows = max(1, min(out_size[0], _POSITIONS // out_size[1]))
    return np.empty((get_num_threads(), depth, rows * out_size[1]), dtype)


@njit(cache=True)
def _shifted_lines(
    image: FloatArray,
    first: int,
    rows: int,
    out_w: int,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tile: FloatArray,
) -> None:
    """Write the patches of `rows` output rows from `first` on, a place of the kernel in each line, and ones."""
    height, channels, width = image.shape
    tile[-1] = 1
    for place in range(len(tile) - 1):
        i, j, c = place // (kernel_size[1] * channels), place // channels % kernel_size[1], place % channels
        low = min(out_w, max(0, (padding[1] - j + stride[1] - 1) // stride[1]))  # columns whose source is inside
        high = max(low, min(out_w, (width - 1 + padding[1] - j) // stride[1] + 1))
        for row in range(rows):
            source = (first + row) * stride[0] + i - padding[0]
            line = tile[place, row * out_w : (row + 1) * out_w]
            if not 0 <= source < height:
                line[:] = 0
                continue
            line[:low] = 0
            for column in range(low, high):
                line[unsigned(column)] = image[source, c, unsigned(column * stride[1] + j - padding[1])]
            line[high:] = 0


@njit(cache=True, parallel=True)
def _conv2d_kernel(
    x: FloatArray,
    weight: FloatArray,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    pool: int,
    tiles: FloatArray,
    products: FloatArray,
    out: FloatArray,
) -> None:
    """One tile of output rows after the other, spread over the threads; weight (depth + 1, out_channels)."""
    batch, out_h, out_w, _ = out.shape
    band = tiles.shape[2] // (pool * pool * out_w)
    n_bands = (out_h + band - 1) // band
    for task in prange(batch * n_bands):
        sample, first = task // n_bands, task % n_bands * band
        rows = min(band, out_h - first)
        n = pool * rows * pool * out_w
        tile = tiles[get_thread_id()].reshape(-1)[: len(weight) * n].reshape(len(weight), n)
        _shifted_lines(x[sample], pool * first, pool * rows, pool * out_w, kernel_size, stride, padding, tile)
        target = out[sample, first : first + rows]
        product = target.reshape(n, -1) if pool == 1 else products[get_thread_id()][:n]
        np.dot(tile.T, weight, product)
        if pool == 2:
            _relu_pool(product, target)


@njit(cache=True)
def _relu_pool(image: FloatArray, out: FloatArray) -> None:
    """Write the largest value of each window of 2 x 2, or zero; image (2 * out_h * 2 * out_w, channels)."""
    out_h, out_w, channels = out.shape
    for row in range(out_h):
        for column in range(out_w):
            place, target = 4 * row * out_w + 2 * column, out[row, column]
            v0, v1, v2, v3 = image[place], image[place + 1], image[place + 2 * out_w], image[place + 2 * out_w + 1]
            for c in range(channels):
                k = unsigned(c)
                value = larger(larger(v0[k], v1[k]), larger(v2[k], v3[k]))
                target[k] = 0 if value < 0 else value


@njit(cache=True, parallel=True)
def _grad_weight_kernel(
    x: FloatArray,
    grad_output: FloatArray,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    tiles: FloatArray,
    sums: FloatArray,
) -> None:
    """Sum patches.T @ grad_output over all tiles, tile t into slot t % n_slots."""
    batch, out_h, out_w, out_channels = grad_output.shape
    n_slots, depth, _ = sums.shape
    band = tiles.shape[2] // out_w
    n_bands = (out_h + band - 1) // band
    for slot in prange(n_slots):
        product = np.empty((depth, out_channels), x.dtype)
        for t in range(slot, batch * n_bands, n_slots):
            sample, first = t // n_bands, t % n_bands * band
            rows = min(band, out_h - first)
            n = rows * out_w
            tile = tiles[get_thread_id()].reshape(-1)[: depth * n].reshape(depth, n)
            _shifted_lines(x[sample], first, rows, out_w, kernel_size, stride, padding, tile)
            grad = grad_output[sample][first : first + rows].reshape(n, out_channels)
            np.dot(tile, grad, product)
            total, part = sums[slot].reshape(-1), product.reshape(-1)
            for k in range(len(total)):
                total[unsigned(k)] += part[unsigned(k)]
