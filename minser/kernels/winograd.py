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
repack its arguments.

Comes in: x (batch, height, width, in_channels), weight (3, 3, in_channels, out_channels), stride 1. Called by
``nn.conv``.
"""

import numpy as np
from numba import get_num_threads, get_thread_id, njit, prange  # type: ignore[attr-defined] # as in conv.py

from minser.kernels.conv import FloatArray, Pair, larger, unsigned

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_BLOCK = 64  # output channels at a time
_PRODUCT_VALUES = 10**6  # OpenBLAS multiplies matrices without copying them first up to rows * depth * columns = this
_WORK_VALUES = 2**18  # 1 MB of float32 for what a thread holds of a band
_TASKS = 16  # bands at least; a fixed number, so that threads do not change the result
_SUMS = 8  # parts of a kernel's gradient, fixed likewise: each is 16/9 of the kernel, or of a block of its channels


def conv2d(x: FloatArray, weight: FloatArray, bias: FloatArray, *, padding: Pair) -> FloatArray:
    """Return the cross-correlation of `x` with `weight`, plus `bias`: (batch, out_h, out_w, out_channels)."""
    batch, height, width, _ = x.shape
    out = np.empty((batch, height + 2 * padding[0] - 2, width + 2 * padding[1] - 2, weight.shape[3]), x.dtype)
    _convolve(x, weight, bias, padding, out.shape[:3], False, out)
    return out


def conv2d_relu_pool(x: FloatArray, weight: FloatArray, bias: FloatArray, *, padding: Pair) -> FloatArray:
    """Return ``max_pool(relu(conv2d(x, weight, bias)))``, windows of 2 x 2: (batch, out_h, out_w, out_channels).

    A window is a tile: what stands in it never reaches memory, and what fills no window is not computed.
    """
    batch, height, width, _ = x.shape
    out = np.empty((batch, height // 2 + padding[0] - 1, width // 2 + padding[1] - 1, weight.shape[3]), x.dtype)
    _convolve(x, weight, bias, padding, (batch, 2 * out.shape[1], 2 * out.shape[2]), True, out)
    return out


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
        *_workspace(grad_output.shape[:3], in_channels, block, x.dtype),
        weight_sums,
        bias_sums,
    )
    grad_weight = np.zeros((3, 3, in_channels, out_channels), x.dtype)
    _gather_weight_kernel(weight_sums, _G.astype(x.dtype), grad_weight)
    return grad_weight, bias_sums.sum(axis=0).reshape(-1)[:out_channels]


def conv2d_grad_input(grad_output: FloatArray, weight: FloatArray, *, padding: Pair) -> FloatArray:
    """Return the gradient of the input: the convolution of `grad_output` with the kernel turned by 180 degrees."""
    turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # (3, 3, out_channels, in_channels)
    zero = np.zeros(weight.shape[2], grad_output.dtype)
    return conv2d(grad_output, turned, zero, padding=(2 - padding[0], 2 - padding[1]))


def _convolve(
    x: FloatArray,
    weight: FloatArray,
    bias: FloatArray,
    padding: Pair,
    size: tuple[int, ...],
    is_pooled: bool,
    out: FloatArray,
) -> None:
    """Write the convolution's outputs, (batch, height, width) = `size` of them a channel, or the tiles' maxima."""
    in_channels = x.shape[3]
    n_blocks, block = _blocks(out.shape[3])
    u = np.zeros((n_blocks, 16, in_channels, block), x.dtype)  # zeros fill the last block
    _transform_weight_kernel(np.ascontiguousarray(weight), x.dtype.type(0.5), u)
    _conv2d_kernel(_lines(x), u, bias, padding, *_workspace(size, in_channels, block, x.dtype), is_pooled, out)


def _lines(x: FloatArray) -> FloatArray:
    """Return a batch of images as (batch, height, width * channels)."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1)


def _blocks(out_channels: int) -> Pair:
    """Return how many blocks the output channels are cut into, and how many channels each has."""
    n_blocks = -(-out_channels // _BLOCK)
    return n_blocks, -(-out_channels // n_blocks)


def _workspace(
    out_shape: tuple[int, ...], channels: int, block: int, dtype: np.dtype
) -> tuple[Pair, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return how many tiles the output has down and across, and each thread's patches, products, stripe and halves.

    They hold as many rows of tiles as fit in the cache; out_shape is (batch, out_h, out_w).
    """
    n_tiles = (-(-out_shape[1] // 2), -(-out_shape[2] // 2))
    tiles = min(_PRODUCT_VALUES // (channels * block), _WORK_VALUES // (16 * (channels + block)))
    rows = max(1, min(tiles // n_tiles[1], out_shape[0] * n_tiles[0] // _TASKS))
    threads, n = get_num_threads(), rows * n_tiles[1]
    return (
        n_tiles,
        np.empty((threads, 16 * n, channels), dtype),
        np.empty((threads, 16 * n, block), dtype),
        np.zeros((threads, 2, 4, (n_tiles[1] + 1) * channels), dtype),  # its margins stay zero
        np.empty((threads, 2, 4, n_tiles[1] * block), dtype),
    )


@njit(cache=True, parallel=True)
def _transform_weight_kernel(weight: FloatArray, half: np.floating, u: FloatArray) -> None:
    """Write G w G' for each pair of channels; u (n_blocks, 16, in_channels, block)."""
    n_blocks, _, channels, block = u.shape
    for task in prange(n_blocks * channels):
        _transform_weight(
            weight[:, :, task % channels, task // channels * block :], half, u[task // channels, :, task % channels]
        )


@njit(cache=True)
def _transform_weight(weight: FloatArray, half: np.floating, u: FloatArray) -> None:
    """Write G w G' of one input channel; weight (3, 3, out_channels from the block's first on), u (16, block)."""
    block = min(u.shape[1], weight.shape[2])
    columns = np.empty((4, 3, block), weight.dtype)  # G w
    for j in range(3):
        _times_g(weight[:, j, :block], half, columns[:, j])
    for i in range(4):
        _times_g(columns[i], half, u[4 * i : 4 * i + 4, :block])


@njit(cache=True)
def _times_g(rows: FloatArray, half: np.floating, out: FloatArray) -> None:
    """Write G times a matrix of three rows into four."""
    for c in range(rows.shape[1]):
        k = unsigned(c)
        outer, inner = (rows[0, k] + rows[2, k]) * half, rows[1, k] * half
        out[0, k] = rows[0, k]
        out[1, k] = outer + inner
        out[2, k] = outer - inner
        out[3, k] = rows[2, k]


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
    n_lines, rows = len(lines) * n_tiles[0], patches.shape[1] // (16 * n_tiles[1])
    for band in prange((n_lines + rows - 1) // rows):
        me = get_thread_id()
        _conv2d_band(
            lines,
            u,
            bias,
            padding,
            n_tiles,
            band * rows,
            patches[me],
            products[me],
            stripes[me],
            halves[me],
            is_pooled,
            out,
        )


@njit(cache=True)
def _conv2d_band(
    lines: FloatArray,
    u: FloatArray,
    bias: FloatArray,
    padding: Pair,
    n_tiles: Pair,
    first: int,
    patches: FloatArray,
    products: FloatArray,
    stripe: FloatArray,
    half: FloatArray,
    is_pooled: bool,
    out: FloatArray,
) -> None:
    """Convolve a band of tile rows from `first` on, with one thread's workspace."""
    n_blocks, _, channels, block = u.shape
    n = min(len(patches) // 16, len(lines) * n_tiles[0] * n_tiles[1] - first * n_tiles[1])
    patch, product = patches[: 16 * n].reshape(16, n, channels), products[: 16 * n].reshape(16, n, block)
    _transform_input(lines, first, padding, n_tiles, stripe, patch)
    for b in range(n_blocks):
        for place in range(16):
            np.dot(patch[place], u[b, place], product[place])
        if is_pooled:
            _pool_product(product, bias, first, b * block, n_tiles, half, out)
        else:
            _transform_product(product, bias, first, b * block, n_tiles, half, out)


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
    n_slots, n_blocks = weight_sums.shape[:2]
    n_lines, rows = len(lines) * n_tiles[0], patches.shape[1] // (16 * n_tiles[1])
    for task in prange(n_slots * n_blocks):
        me, slot, b = get_thread_id(), task // n_blocks, task % n_blocks
        sums, bias_sum, channel = weight_sums[slot, b], bias_sums[slot, b], b * weight_sums.shape[4]
        for first in range(slot * rows, n_lines, n_slots * rows):
            _grad_weight_band(
                lines,
                grad_output,
                padding,
                n_tiles,
                first,
                channel,
                patches[me],
                products[me],
                stripes[me],
                halves[me],
                sums,
                bias_sum,
            )


@njit(cache=True)
def _grad_weight_band(
    lines: FloatArray,
    grad_output: FloatArray,
    padding: Pair,
    n_tiles: Pair,
    first: int,
    channel: int,
    patches: FloatArray,
    products: FloatArray,
    stripe: FloatArray,
    half: FloatArray,
    sums: FloatArray,
    bias_sum: FloatArray,
) -> None:
    """Add a band of tile rows from `first` on, for the output channels from `channel` on; sums (16, in, block)."""
    _, channels, block = sums.shape
    n = min(len(patches) // 16, len(lines) * n_tiles[0] * n_tiles[1] - first * n_tiles[1])
    patch, grad = patches[: 16 * n].reshape(16, n, channels), products[: 16 * n].reshape(16, n, block)
    _transform_input(lines, first, padding, n_tiles, stripe, patch)
    _transform_grad(grad_output, first, channel, n_tiles, half, grad, bias_sum)
    product = np.empty((channels, block), sums.dtype)
    for place in range(16):
        np.dot(patch[place].T, grad[place], product)
        total, part = sums[place].reshape(-1), product.reshape(-1)
        for k in range(len(total)):
            total[unsigned(k)] += part[unsigned(k)]


@njit(cache=True, parallel=True)
def _gather_weight_kernel(weight_sums: FloatArray, g: FloatArray, grad_weight: FloatArray) -> None:
    """Add up the slots and write G' dU G for each pair of channels."""
    _, n_blocks, _, channels, block = weight_sums.shape
    for task in prange(n_blocks * channels):
        b, channel = task // channels, task % channels
        _gather_weight(weight_sums[:, b, :, channel], g, grad_weight[:, :, channel, b * block :])


@njit(cache=True)
def _gather_weight(weight_sums: FloatArray, g: FloatArray, grad_weight: FloatArray) -> None:
    """Do so for one input channel; weight_sums (n_slots, 16, block), grad_weight (3, 3, from the block's first on)."""
    n_slots, _, block = weight_sums.shape
    row = np.empty(block, weight_sums.dtype)
    for place in range(16):
        row[:] = 0
        for slot in range(n_slots):
            part = weight_sums[slot, place]
            for k in range(block):
                row[unsigned(k)] += part[unsigned(k)]
        for i in range(3):
            for j in range(3):
                factor, target = g[place // 4, i] * g[place % 4, j], grad_weight[i, j]
                if factor != 0:
                    for k in range(min(block, len(target))):
                        target[unsigned(k)] += factor * row[unsigned(k)]


@njit(cache=True)
def _line(lines: FloatArray, sample: int, row: int, zero: FloatArray) -> FloatArray:
    """Return a line of an image, or zeros above and below it."""
    return lines[sample, row] if 0 <= row < lines.shape[1] else zero


@njit(cache=True)
def _transform_input(
    lines: FloatArray,
    first: int,
    padding: Pair,
    n_tiles: Pair,
    stripe: FloatArray,
    patch: FloatArray,
) -> None:
    """Write B' d B of some rows of tiles: first down the image, then along it.

    Between the two, columns of even number stand apart from those of odd number: so the second step reads and writes
    whole lines.
    """
    channels = patch.shape[2]
    n, columns = n_tiles[1] * channels, min(lines.shape[2] // channels, 2 * n_tiles[1] + 2 - padding[1])
    zero = np.zeros(lines.shape[2], lines.dtype)
    for row in range(patch.shape[1] // n_tiles[1]):
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
        tiles = slice(row * n_tiles[1], (row + 1) * n_tiles[1])
        for i in range(4):
            p0, p1 = patch[4 * i, tiles].reshape(n), patch[4 * i + 1, tiles].reshape(n)
            p2, p3 = patch[4 * i + 2, tiles].reshape(n), patch[4 * i + 3, tiles].reshape(n)
            s0, s1 = stripe[0, i], stripe[1, i]
            s2, s3 = s0[channels:], s1[channels:]
            for c in range(n):
                k = unsigned(c)
                p0[k] = s0[k] - s2[k]
                p1[k] = s1[k] + s2[k]
                p2[k] = s2[k] - s1[k]
                p3[k] = s1[k] - s3[k]


@njit(cache=True)
def _transform_product(
    product: FloatArray, bias: FloatArray, first: int, channel: int, n_tiles: Pair, half: FloatArray, out: FloatArray
) -> None:
    """Write A' m A of some rows of tiles, plus bias, into the output's channels from `channel` on."""
    block = product.shape[2]
    width = min(block, out.shape[3] - channel)
    for row in range(product.shape[1] // n_tiles[1]):
        sample, top = (first + row) // n_tiles[0], (first + row) % n_tiles[0] * 2
        _transform_columns(product, row * n_tiles[1], half)
        for i in range(min(2, out.shape[1] - top)):
            line = out[sample, top + i]
            for tile in range(n_tiles[1]):
                h0, h1 = half[i, 0, tile * block :], half[i, 1, tile * block :]
                h2, h3 = half[i, 2, tile * block :], half[i, 3, tile * block :]
                left = line[2 * tile, channel:]
                for c in range(width):
                    left[unsigned(c)] = (
                        h0[unsigned(c)] + h1[unsigned(c)] + h2[unsigned(c)] + bias[unsigned(channel + c)]
                    )
                if 2 * tile + 1 < len(line):
                    right = line[2 * tile + 1, channel:]
                    for c in range(width):
                        right[unsigned(c)] = (
                            h1[unsigned(c)] - h2[unsigned(c)] - h3[unsigned(c)] + bias[unsigned(channel + c)]
                        )


@njit(cache=True)
def _pool_product(
    product: FloatArray, bias: FloatArray, first: int, channel: int, n_tiles: Pair, half: FloatArray, out: FloatArray
) -> None:
    """Write the largest value of each tile's A' m A plus bias, or zero if that is larger, as `_transform_product`."""
    block = product.shape[2]
    width, n = min(block, out.shape[3] - channel), n_tiles[1] * block
    best = half[0, 0]
    for row in range(product.shape[1] // n_tiles[1]):
        sample, line = (first + row) // n_tiles[0], (first + row) % n_tiles[0]
        _transform_columns(product, row * n_tiles[1], half)
        for i in range(2):
            h0, h1, h2, h3 = half[i, 0], half[i, 1], half[i, 2], half[i, 3]
            for k in range(n):
                left = h0[unsigned(k)] + h1[unsigned(k)] + h2[unsigned(k)]
                right = h1[unsigned(k)] - h2[unsigned(k)] - h3[unsigned(k)]
                h0[unsigned(k)] = larger(left, right)
        lower = half[1, 0]
        for tile in range(n_tiles[1]):
            target, b0, b1 = out[sample, line, tile, channel:], best[tile * block :], lower[tile * block :]
            for c in range(width):
                value = larger(b0[unsigned(c)], b1[unsigned(c)]) + bias[unsigned(channel + c)]
                target[unsigned(c)] = 0 if value < 0 else value


@njit(cache=True)
def _transform_columns(product: FloatArray, first: int, half: FloatArray) -> None:
    """Write A' m of a row of tiles, of which `first` is the first; half (2, 4, n_tiles * block)."""
    n = half.shape[2]
    tiles = slice(first, first + n // product.shape[2])
    for j in range(4):
        m0, m1 = product[j, tiles].reshape(n), product[4 + j, tiles].reshape(n)
        m2, m3 = product[8 + j, tiles].reshape(n), product[12 + j, tiles].reshape(n)
        upper, lower = half[0, j], half[1, j]
        for k in range(n):
            upper[unsigned(k)] = m0[unsigned(k)] + m1[unsigned(k)] + m2[unsigned(k)]
        for k in range(n):
            lower[unsigned(k)] = m1[unsigned(k)] - m2[unsigned(k)] - m3[unsigned(k)]


@njit(cache=True)
def _transform_grad(
    grad_output: FloatArray,
    first: int,
    channel: int,
    n_tiles: Pair,
    half: FloatArray,
    grad: FloatArray,
    bias_sum: FloatArray,
) -> None:
    """Write A dY A' of some rows of tiles, for the channels from `channel` on, and add dY to `bias_sum`."""
    block = grad.shape[2]
    n, width = n_tiles[1] * block, min(block, grad_output.shape[3] - channel)
    zero = np.zeros(block, grad.dtype)
    for row in range(grad.shape[1] // n_tiles[1]):
        sample, top = (first + row) // n_tiles[0], (first + row) % n_tiles[0] * 2
        half[1] = 0  # where the image ends with the tile's upper line
        for i in range(min(2, grad_output.shape[1] - top)):
            line = grad_output[sample, top + i]
            for tile in range(n_tiles[1]):
                h0, h1 = half[i, 0, tile * block :], half[i, 1, tile * block :]
                h2, h3 = half[i, 2, tile * block :], half[i, 3, tile * block :]
                left = line[2 * tile, channel:]
                right = line[2 * tile + 1, channel:] if 2 * tile + 1 < len(line) else zero
                for c in range(width):
                    at = unsigned(c)
                    total = left[at] + right[at]
                    h0[at] = left[at]
                    h1[at] = total
                    h2[at] = left[at] - right[at]
                    h3[at] = -right[at]
                    bias_sum[at] += total
        tiles = slice(row * n_tiles[1], (row + 1) * n_tiles[1])
        for j in range(4):
            m0, m1 = grad[j, tiles].reshape(n), grad[4 + j, tiles].reshape(n)
            m2, m3 = grad[8 + j, tiles].reshape(n), grad[12 + j, tiles].reshape(n)
            upper, lower = half[0, j], half[1, j]
            for k in range(n):
                m0[unsigned(k)] = upper[unsigned(k)]
                m1[unsigned(k)] = upper[unsigned(k)] + lower[unsigned(k)]
                m2[unsigned(k)] = upper[unsigned(k)] - lower[unsigned(k)]
                m3[unsigned(k)] = -lower[unsigned(k)]
