"""Convolution by 3 x 3 kernels with fewer multiplications: Winograd's minimal filtering F(2 x 2, 3 x 3).

Four neighbouring outputs need 36 products of a value and a weight. Winograd (1980) does it with 16: the patch of 4 x 4
values d and the kernel g are both brought to another basis, multiplied value by value, and brought back (Lavin & Gray
2016, eq. 8)::

    Y = A' [(G g G') * (B' d B)] A                             ' is the transpose, * the product value by value

          1  0 -1  0          1    0    0            1  1  1  0
    B' =  0  1  1  0     G = 1/2  1/2  1/2      A' = 0  1 -1 -1
          0 -1  1  0         1/2 -1/2  1/2
          0  1  0 -1          0    0    1

Summed over the input channels, the 16 products are 16 matrix products, one for each place of the new basis. The
gradient of the kernel is the chain rule through the same three steps, that of the input a convolution with the kernel
turned. The matrices are so simple that rounding stays that of the direct sum (tests/kernels holds it to that); larger
tiles would save more products and lose digits.

Tiles are worked on by the row, a band of rows at a time, so that what a thread holds stays in its second-level cache,
and for a block of output channels at a time, so that each product stays below the size at which OpenBLAS begins to
repack its arguments. Place 4 * j + i of the new basis is row i, column j: then what a loop over i writes, for one j,
never meets what it writes for another, and LLVM proves it once for all i. Such loops have four rounds, but not a
constant four: unrolled they would take twice as long to compile and run no faster.

Comes in: x (batch, height, width, in_channels), weight (3, 3, in_channels, out_channels), stride 1.
"""

import numpy as np
from numba import get_num_threads, get_thread_id, njit, prange  # type: ignore[attr-defined] # as in conv.py

from minser.kernels.conv import FloatArray, Pair, larger, output_size, unsigned

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_G_TWICE = np.kron(_G, _G)  # (16, 9): what G . G' does to a matrix whose columns stand one below the other
_BLOCK = 64  # output channels at a time
_PRODUCT_VALUES = 10**6  # OpenBLAS multiplies matrices without copying them first up to rows * depth * columns = this
_WORK_VALUES = 2**18  # 1 MB of float32 for what a thread holds of a band
_TASKS = 16  # bands at least; a fixed number, so that threads do not change the result
_SUMS = 8  # parts of a kernel's gradient, fixed likewise: each is 16/9 of the kernel, or of a block of its channels


def conv2d(x: FloatArray, weight: FloatArray, bias: FloatArray, *, padding: Pair) -> FloatArray:
    """Return the cross-correlation of `x` with `weight`, plus `bias`: (batch, out_h, out_w, out_channels)."""
    out = np.empty((len(x), *_output_size(x, padding), weight.shape[3]), x.dtype)
    _convolve(x, transform_weight(weight), bias, padding, out.shape[:3], False, out)
    return out


def conv2d_relu_pool(x: FloatArray, transformed: FloatArray, bias: FloatArray, *, padding: Pair) -> FloatArray:
    """Return ``max_pool(relu(conv2d(x, weight, bias)))``, windows of 2 x 2: (batch, out_h, out_w, out_channels).

    It takes `transform_weight` of the weight: to predict one clip that is worth being kept. A window is a tile: what
    stands in it never reaches memory, and what fills no window is not computed.
    """
    size = output_size(_output_size(x, padding), kernel_size=(2, 2), stride=(2, 2))
    out = np.empty((len(x), *size, len(bias)), x.dtype)
    _convolve(x, transformed, bias, padding, (len(x), 2 * size[0], 2 * size[1]), True, out)
    return out


def transform_weight(weight: FloatArray) -> FloatArray:
    """Return G w G' for each pair of channels: (n_blocks, 16, in_channels, block), out_channels cut into blocks."""
    in_channels, out_channels = weight.shape[2:]
    n_blocks, block = _blocks(out_channels)
    spare = n_blocks * block - out_channels  # zeros fill the last block
    whole = np.pad(weight, ((0, 0), (0, 0), (0, 0), (0, spare))) if spare else weight
    by_block = whole.reshape(3, 3, in_channels, n_blocks, block).transpose(3, 1, 0, 2, 4)
    u = _G_TWICE.astype(weight.dtype) @ by_block.reshape(n_blocks, 9, -1)
    return np.asarray(u.reshape(n_blocks, 16, in_channels, block))


def conv2d_grad_weight(x: FloatArray, grad_output: FloatArray, *, padding: Pair) -> tuple[FloatArray, FloatArray]:
    """Return the gradients of weight (3, 3, in_channels, out_channels) and bias (out_channels,)."""
    in_channels, out_channels = x.shape[3], grad_output.shape[3]
    n_blocks, block = _blocks(out_channels)
    n_slots = -(-_SUMS // n_blocks)
    weight_sums = np.zeros((n_slots, n_blocks, 16, in_channels, block), x.dtype)
    bias_sums = np.zeros((n_slots, n_blocks, block), x.dtype)
    _grad_weight_kernel(
        _lines(x),
        np.ascontiguousarray(grad_output),
        padding,
        *_workspace(grad_output.shape[:3], in_channels, block, x.dtype, n_slots),
        weight_sums,
        bias_sums,
    )
    by_block = _G_TWICE.T.astype(x.dtype) @ weight_sums.sum(axis=0).reshape(n_blocks, 16, -1)  # G' dU G
    grad_weight = by_block.reshape(n_blocks, 3, 3, in_channels, block).transpose(2, 1, 3, 0, 4)
    grad_weight = grad_weight.reshape(3, 3, in_channels, -1)[..., :out_channels]
    return np.ascontiguousarray(grad_weight), bias_sums.sum(axis=0).reshape(-1)[:out_channels]


def conv2d_grad_input(grad_output: FloatArray, weight: FloatArray, *, padding: Pair) -> FloatArray:
    """Return the gradient of the input: the convolution of `grad_output` with the kernel turned by 180 degrees."""
    turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # (3, 3, out_channels, in_channels)
    zero = np.zeros(weight.shape[2], grad_output.dtype)
    return conv2d(grad_output, turned, zero, padding=(2 - padding[0], 2 - padding[1]))


def _convolve(
    x: FloatArray,
    u: FloatArray,
    bias: FloatArray,
    padding: Pair,
    size: tuple[int, ...],
    is_pooled: bool,
    out: FloatArray,
) -> None:
    """Write the convolution's outputs, (batch, height, width) = `size` of them a channel, or the tiles' maxima."""
    _, _, in_channels, block = u.shape
    _conv2d_kernel(_lines(x), u, bias, padding, *_workspace(size, in_channels, block, x.dtype, _TASKS), is_pooled, out)


def _output_size(x: FloatArray, padding: Pair) -> Pair:
    """Return height and width of the convolution."""
    return output_size((x.shape[1], x.shape[2]), kernel_size=(3, 3), stride=(1, 1), padding=padding)


def _lines(x: FloatArray) -> FloatArray:
    """Return a batch of images as (batch, height, width * channels)."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1)


def _blocks(out_channels: int) -> Pair:
    """Return how many blocks the output channels are cut into, and how many channels each has."""
    n_blocks = -(-out_channels // _BLOCK)
    return n_blocks, -(-out_channels // n_blocks)


def _workspace(
    out_shape: tuple[int, ...], channels: int, block: int, dtype: np.dtype, tasks: int
) -> tuple[Pair, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return how many tiles the output has down and across, and each thread's patches, products, stripe and halves.

    They hold as many rows of tiles as fit in the cache and leave `tasks` bands; out_shape is (batch, out_h, out_w).
    Patches and products are (threads, 16, tiles * channels); stripe and halves hold what lies between two steps of a
    transform, for a row of tiles: (threads, 2, 4, tiles of a row * channels), with all even columns first, then all odd
    ones.
    """
    n_tiles = (-(-out_shape[1] // 2), -(-out_shape[2] // 2))
    tiles = min(_PRODUCT_VALUES // (channels * block), _WORK_VALUES // (16 * (channels + block)))
    rows = max(1, min(tiles // n_tiles[1], out_shape[0] * n_tiles[0] // tasks))
    threads, n = get_num_threads(), rows * n_tiles[1]
    return (
        n_tiles,
        np.empty((threads, 16, n * channels), dtype),
        np.empty((threads, 16, n * block), dtype),
        np.zeros((threads, 2, 4, (n_tiles[1] + 1) * channels), dtype),  # its margins stay zero
        np.zeros((threads, 2, 4, n_tiles[1] * block), dtype),  # the last block's spare channels are read, not written
    )


@njit(cache=True, parallel=True)
def _conv2d_kernel(
    lines: FloatArray,
    u: FloatArray,
    bias: FloatArray,
    padding: Pair,
    n_tiles: Pair,
    patches: FloatArray,
    products: FloatArray,
    stripes: FloatArray,
    halves: FloatArray,
    is_pooled: bool,
    out: FloatArray,
) -> None:
    """Spread the bands of tile rows over the threads; lines (batch, height, width * channels)."""
    n_blocks, n_places, channels, block = u.shape
    n_lines, band = len(lines) * n_tiles[0], patches.shape[2] // (n_tiles[1] * channels)
    for task in prange((n_lines + band - 1) // band):
        me, first = get_thread_id(), task * band
        rows = min(band, n_lines - first)
        n, patch, product = rows * n_tiles[1], patches[me], products[me]
        _transform_input(lines, first, rows, channels, padding, n_tiles, stripes[me], patch)
        for b in range(n_blocks):
            for place in range(n_places):
                values = patch[place, : n * channels].reshape(n, channels)
                np.dot(values, u[b, place], product[place, : n * block].reshape(n, block))
            if is_pooled:
                _pool_product(product, bias, first, rows, b * block, block, n_tiles, halves[me], out)
            else:
                _transform_product(product, bias, first, rows, b * block, block, n_tiles, halves[me], out)


@njit(cache=True, parallel=True)
def _grad_weight_kernel(
    lines: FloatArray,
    grad_output: FloatArray,
    padding: Pair,
    n_tiles: Pair,
    patches: FloatArray,
    products: FloatArray,
    stripes: FloatArray,
    halves: FloatArray,
    weight_sums: FloatArray,
    bias_sums: FloatArray,
) -> None:
    """Sum over the bands of tile rows, band t into slot t % n_slots, each block of output channels by itself."""
    n_slots, n_blocks, n_places, channels, block = weight_sums.shape
    n_lines, band = len(lines) * n_tiles[0], patches.shape[2] // (n_tiles[1] * channels)
    for task in prange(n_slots * n_blocks):
        me, slot, b = get_thread_id(), task // n_blocks, task % n_blocks
        patch, grad, product = patches[me], products[me], np.empty((channels, block), lines.dtype)
        for first in range(slot * band, n_lines, n_slots * band):
            rows = min(band, n_lines - first)
            n = rows * n_tiles[1]
            _transform_input(lines, first, rows, channels, padding, n_tiles, stripes[me], patch)
            _transform_grad(grad_output, first, rows, b * block, n_tiles, halves[me], grad, bias_sums[slot, b])
            for place in range(n_places):
                values = patch[place, : n * channels].reshape(n, channels)
                np.dot(values.T, grad[place, : n * block].reshape(n, block), product)
                total = weight_sums[slot, b, place]
                for i in range(channels):
                    for j in range(block):
                        total[unsigned(i), unsigned(j)] += product[unsigned(i), unsigned(j)]


@njit(cache=True)
def _line(lines: FloatArray, sample: int, row: int, zero: FloatArray) -> FloatArray:
    """Return a line of an image, or zeros above and below it."""
    return lines[sample, row] if 0 <= row < lines.shape[1] else zero


@njit(cache=True)
def _transform_input(
    lines: FloatArray,
    first: int,
    rows: int,
    channels: int,
    padding: Pair,
    n_tiles: Pair,
    stripe: FloatArray,
    patch: FloatArray,
) -> None:
    """Write B' d B of some rows of tiles: first down the image, then along it; patch (16, tiles * channels).

    Between the two, columns of even number stand apart from those of odd number: so the second step reads and writes
    whole lines.
    """
    n, columns = n_tiles[1] * channels, min(lines.shape[2] // channels, 2 * n_tiles[1] + 2 - padding[1])
    zero = np.zeros(lines.shape[2], lines.dtype)
    for row in range(rows):
        sample, top = (first + row) // n_tiles[0], (first + row) % n_tiles[0] * 2 - padding[0]
        d0, d1 = _line(lines, sample, top, zero), _line(lines, sample, top + 1, zero)
        d2, d3 = _line(lines, sample, top + 2, zero), _line(lines, sample, top + 3, zero)
        for column in range(columns):
            place = column + padding[1]
            half, source, target = stripe[place % 2], unsigned(column * channels), unsigned(place // 2 * channels)
            for c in range(channels):
                k, to = source + unsigned(c), target + unsigned(c)
                middle, lower = d1[k], d2[k]
                half[0, to] = d0[k] - lower
                half[1, to] = middle + lower
                half[2, to] = lower - middle
                half[3, to] = middle - d3[k]
        start, step = unsigned(row * n), unsigned(channels)
        for i in range(stripe.shape[1]):
            p0, p1, p2, p3 = patch[i], patch[4 + i], patch[8 + i], patch[12 + i]
            even, odd = stripe[0, i], stripe[1, i]
            for c in range(n):
                k, to = unsigned(c), start + unsigned(c)
                p0[to] = even[k] - even[k + step]
                p1[to] = odd[k] + even[k + step]
                p2[to] = even[k + step] - odd[k]
                p3[to] = odd[k] - odd[k + step]


@njit(cache=True)
def _transform_product(
    product: FloatArray,
    bias: FloatArray,
    first: int,
    rows: int,
    channel: int,
    block: int,
    n_tiles: Pair,
    half: FloatArray,
    out: FloatArray,
) -> None:
    """Write A' m A of some rows of tiles, plus bias, into the output's channels from `channel` on."""
    for row in range(rows):
        sample, top = (first + row) // n_tiles[0], (first + row) % n_tiles[0] * 2
        _transform_lines(product, row, half)
        for i in range(min(2, out.shape[1] - top)):
            for column in range(out.shape[2]):
                pixel, start, to = out[sample, top + i, column], unsigned(column // 2 * block), unsigned(channel)
                h0, h1 = half[column % 2, 0], half[column % 2, 1]
                h2, h3 = half[column % 2, 2], half[column % 2, 3]
                if i == 0:
                    for c in range(min(block, len(pixel) - channel)):
                        k, at = start + unsigned(c), to + unsigned(c)
                        pixel[at] = h0[k] + h1[k] + h2[k] + bias[at]
                else:
                    for c in range(min(block, len(pixel) - channel)):
                        k, at = start + unsigned(c), to + unsigned(c)
                        pixel[at] = h1[k] - h2[k] - h3[k] + bias[at]


@njit(cache=True)
def _pool_product(
    product: FloatArray,
    bias: FloatArray,
    first: int,
    rows: int,
    channel: int,
    block: int,
    n_tiles: Pair,
    half: FloatArray,
    out: FloatArray,
) -> None:
    """Write the largest value of each tile's A' m A plus bias, or zero if that is larger, as `_transform_product`."""
    for row in range(rows):
        sample, line = (first + row) // n_tiles[0], (first + row) % n_tiles[0]
        _transform_lines(product, row, half)
        for i in range(2):
            h0, h1, h2, h3 = half[i, 0], half[i, 1], half[i, 2], half[i, 3]
            for c in range(n_tiles[1] * block):
                k = unsigned(c)
                h0[k] = larger(h0[k] + h1[k] + h2[k], h1[k] - h2[k] - h3[k])
        upper, lower = half[0, 0], half[1, 0]
        for tile in range(n_tiles[1]):
            pixel, start, to = out[sample, line, tile], unsigned(tile * block), unsigned(channel)
            for c in range(min(block, len(pixel) - channel)):
                k, at = start + unsigned(c), to + unsigned(c)
                value = larger(upper[k], lower[k]) + bias[at]
                pixel[at] = 0 if value < 0 else value


@njit(cache=True)
def _transform_lines(product: FloatArray, row: int, half: FloatArray) -> None:
    """Write m A of a row of tiles; product (16, tiles * block), half (2, 4, tiles of a row * block)."""
    _, size, n = half.shape
    start = unsigned(row * n)
    for i in range(size):
        m0, m1, m2, m3 = product[i], product[4 + i], product[8 + i], product[12 + i]
        left, right = half[0, i], half[1, i]
        for c in range(n):
            k, at = unsigned(c), start + unsigned(c)
            left[k] = m0[at] + m1[at] + m2[at]
            right[k] = m1[at] - m2[at] - m3[at]


@njit(cache=True)
def _transform_grad(
    grad_output: FloatArray,
    first: int,
    rows: int,
    channel: int,
    n_tiles: Pair,
    half: FloatArray,
    grad: FloatArray,
    bias_sum: FloatArray,
) -> None:
    """Write A dY A' of some rows of tiles, for the channels from `channel` on, and add dY to `bias_sum`."""
    _, size, n = half.shape
    block, zero = len(bias_sum), np.zeros(grad_output.shape[2:], grad.dtype)
    half[1] = 0  # where the image ends with a tile's left column
    for row in range(rows):
        sample, top = (first + row) // n_tiles[0], (first + row) % n_tiles[0] * 2
        line, below = grad_output[sample, top], grad_output[sample, top + 1] if top + 1 < grad_output.shape[1] else zero
        for column in range(len(line)):
            upper, lower, h = line[column], below[column], half[column % 2]
            start, source = unsigned(column // 2 * block), unsigned(channel)
            for c in range(min(block, len(upper) - channel)):
                to, at = start + unsigned(c), source + unsigned(c)
                total = upper[at] + lower[at]
                h[0, to] = upper[at]
                h[1, to] = total
                h[2, to] = upper[at] - lower[at]
                h[3, to] = -lower[at]
                bias_sum[unsigned(c)] += total
        start = unsigned(row * n)
        for i in range(size):
            m0, m1, m2, m3 = grad[i], grad[4 + i], grad[8 + i], grad[12 + i]
            left, right = half[0, i], half[1, i]
            for c in range(n):
                k, at = unsigned(c), start + unsigned(c)
                m0[at] = left[k]
                m1[at] = left[k] + right[k]
                m2[at] = left[k] - right[k]
                m3[at] = -right[k]
