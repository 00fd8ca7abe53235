"""The kernels' slow twins: the same operations in NumPy, by another algorithm, to read first and to test against.

Comes in and goes out: what the kernel of the same name takes and gives.
"""

import numpy as np
from numpy.typing import NDArray

from minser.kernels.conv import FloatArray, Pair

WINOGRAD_B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]])
WINOGRAD_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
WINOGRAD_A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])


def windows_reference(x: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair = (0, 0)) -> FloatArray:
    """Return a strided view of every window of the padded image: (batch, out_h, out_w, k_h, k_w, channels)."""
    (p_h, p_w), (s_h, s_w) = padding, stride
    padded = np.pad(x, ((0, 0), (p_h, p_h), (p_w, p_w), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel_size, axis=(1, 2))
    return np.moveaxis(view[:, ::s_h, ::s_w], 3, -1)


def im2col_reference(x: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair) -> FloatArray:
    """Return every patch as a row, from the strided view."""
    view = windows_reference(x, kernel_size=kernel_size, stride=stride, padding=padding)
    return view.reshape(-1, kernel_size[0] * kernel_size[1] * x.shape[3])


def conv2d_reference(x: FloatArray, weight: FloatArray, bias: FloatArray, *, stride: Pair, padding: Pair) -> FloatArray:
    """Return the convolution as a sum over the kernel's places: each a shifted image times a small matrix."""
    k_h, k_w = weight.shape[:2]
    view = windows_reference(x, kernel_size=(k_h, k_w), stride=stride, padding=padding)
    places = np.ndindex(k_h, k_w)
    return np.asarray(sum(view[:, :, :, i, j] @ weight[i, j] for i, j in places) + bias)


def conv2d_grad_weight_reference(
    x: FloatArray, grad_output: FloatArray, *, kernel_size: Pair, stride: Pair, padding: Pair
) -> tuple[FloatArray, FloatArray]:
    """Return the gradients of weight and bias, a contraction over batch and output places."""
    view = windows_reference(x, kernel_size=kernel_size, stride=stride, padding=padding)
    return np.einsum("nhwijc,nhwo->ijco", view, grad_output), grad_output.sum(axis=(0, 1, 2))


def conv2d_grad_input_reference(
    grad_output: FloatArray, weight: FloatArray, *, input_size: Pair, stride: Pair, padding: Pair
) -> FloatArray:
    """Return the gradient of the input: for each place of the kernel, a slice of the padded image is added to."""
    batch, out_h, out_w, _ = grad_output.shape
    (height, width), (p_h, p_w), (s_h, s_w) = input_size, padding, stride
    padded = np.zeros((batch, height + 2 * p_h, width + 2 * p_w, weight.shape[2]), grad_output.dtype)
    for i, j in np.ndindex(*weight.shape[:2]):
        rows, columns = slice(i, i + out_h * s_h, s_h), slice(j, j + out_w * s_w, s_w)
        padded[:, rows, columns][:, :out_h, :out_w] += grad_output @ weight[i, j].T
    return padded[:, p_h : p_h + height, p_w : p_w + width]


def max_pool2d_reference(x: FloatArray, *, kernel_size: Pair, stride: Pair) -> FloatArray:
    """Return each window's maximum, from the strided view."""
    return np.asarray(windows_reference(x, kernel_size=kernel_size, stride=stride).max(axis=(3, 4)))


def max_pool2d_grad_input_reference(
    x: FloatArray, grad_output: FloatArray, *, kernel_size: Pair, stride: Pair
) -> FloatArray:
    """Return the gradient of the input where no two values of a window are equal: the winners, slice by slice."""
    view, (s_h, s_w) = windows_reference(x, kernel_size=kernel_size, stride=stride), stride
    _, out_h, out_w, _ = grad_output.shape
    grad_input = np.zeros_like(x)
    for i, j in np.ndindex(*kernel_size):
        place = grad_input[:, i::s_h, j::s_w][:, :out_h, :out_w]
        place += grad_output * (view[:, :, :, i, j] == view.max(axis=(3, 4)))
    return grad_input


def phase_vocoder_reference(
    frames: NDArray[np.complexfloating], steps: NDArray[np.float64]
) -> NDArray[np.complexfloating]:
    """Return the spectra at places between the frames, from angles that are added up."""
    padded = np.concatenate([frames, np.zeros_like(frames[:1])]).astype(np.complex128)  # silence behind the last frame
    k = steps.astype(int)
    share = (steps - k)[:, np.newaxis]
    magnitude = (1.0 - share) * np.abs(padded[k]) + share * np.abs(padded[k + 1])
    turns = np.angle(padded[k + 1]) - np.angle(padded[k])  # (n_steps, n_bins)
    phase = np.angle(padded[0]) + np.cumsum(turns, axis=0) - turns  # the turns before each place
    return np.asarray(magnitude * np.exp(1j * phase), dtype=frames.dtype)


def winograd_reference(x: FloatArray, weight: FloatArray, bias: FloatArray, *, padding: Pair) -> FloatArray:
    """Return the convolution by Winograd's formula as it is printed, Y = A' [(G g G') * (B' d B)] A."""
    batch, height, width, _ = x.shape
    out_h, out_w = height + 2 * padding[0] - 2, width + 2 * padding[1] - 2
    even = np.pad(x, ((0, 0), (0, out_h % 2), (0, out_w % 2), (0, 0)))  # so that tiles of 2 x 2 fill the output
    d = windows_reference(even, kernel_size=(4, 4), stride=(2, 2), padding=padding)
    v = np.einsum("ia,nhwijc,jb->nhwabc", WINOGRAD_B, d, WINOGRAD_B)
    u = np.einsum("ai,ijco,bj->abco", WINOGRAD_G, weight, WINOGRAD_G)
    m = np.einsum("nhwabc,abco->nhwabo", v, u)
    y = np.einsum("ai,nhwabo,bj->nhiwjo", WINOGRAD_A, m, WINOGRAD_A)  # (batch, tiles, 2, tiles, 2, out_channels)
    tiles = y.reshape(batch, y.shape[1] * 2, y.shape[3] * 2, -1)
    return np.asarray(tiles[:, :out_h, :out_w] + bias, x.dtype)
