# %% [markdown]
# # Assignment 5: convolution as a matrix product
#
# Comes after lesson 6. Takes about 90 minutes.
#
# Lay each patch of the image into a row, and the convolution is one matrix product. Backward, the product's gradient
# is laid back into the image, and patches that overlap add up. Images are channels last: (batch, height, width,
# channels). Pairs such as `stride` are (height, width). NumPy is all you need, and no function may change its
# arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. Sizes


# %%
def output_size(size, kernel, stride, padding):
    """Compute the length of a convolution's output along one axis (Dumoulin & Visin 2016, relationship 6).

    Parameters
    ----------
    size, kernel : int
        Length of the image and of the kernel.
    stride, padding : int
        Step of the kernel, and zeros on *each* side of the image.

    Returns
    -------
    int
        1 + (size + 2 padding - kernel) // stride.
    """
    ### BEGIN SOLUTION
    return 1 + (size + 2 * padding - kernel) // stride
    ### END SOLUTION


# %%
assert output_size(5, 3, 1, 1) == 5
assert output_size(10, 4, 3, 1) == 3

# %% [markdown]
# ## 2. A border of zeros


# %%
def pad_image(x, padding):
    """Put zeros around each image of a batch.

    Parameters
    ----------
    x : ndarray of float, shape (batch, height, width, channels)
    padding : (int, int)
        Zeros above and below, and zeros left and right.

    Returns
    -------
    ndarray of float, shape (batch, height + 2 * padding[0], width + 2 * padding[1], channels)
        The padded batch.
    """
    ### BEGIN SOLUTION
    rows, columns = padding
    return np.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
    ### END SOLUTION


# %%
assert pad_image(locked(np.ones((2, 3, 4, 5))), (1, 2)).shape == (2, 5, 8, 5)
assert pad_image(np.ones((2, 3, 4, 5)), (1, 2)).sum() == 120

# %% [markdown]
# ## 3. im2col
#
# The place in the kernel varies over rows, then columns, then channels: the order of a kernel that is reshaped.


# %%
def im2col(x, kernel_size, stride):
    """Lay every patch of an image into a row (Chellapilla, Puri & Simard 2006).

    Parameters
    ----------
    x : ndarray of float, shape (batch, height, width, channels)
        Already padded.
    kernel_size, stride : (int, int)
        Height and width of a patch, and its steps.

    Returns
    -------
    ndarray of float, shape (batch, out_h, out_w, k_h * k_w * channels)
        The patch at (i * stride[0], j * stride[1]) lies at [:, i, j].
    """
    ### BEGIN SOLUTION
    views = np.lib.stride_tricks.sliding_window_view(x, kernel_size, axis=(1, 2))
    patches = views[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return patches.reshape(*patches.shape[:3], -1)
    ### END SOLUTION


# %%
image = locked(np.arange(12.0).reshape(1, 3, 4, 1))
assert np.array_equal(im2col(image, (2, 2), (1, 2))[0, 1], [[4, 5, 8, 9], [6, 7, 10, 11]])

# %% [markdown]
# ## 4. Forward
#
# Here and below, `cols` is what `im2col` returns.


# %%
def conv_forward(cols, weight, bias):
    """Compute a convolution (cross-correlation) from patches.

    Parameters
    ----------
    cols : ndarray of float, shape (batch, out_h, out_w, k_h * k_w * in_channels)
        Patches.
    weight : ndarray of float, shape (k_h, k_w, in_channels, out_channels)
    bias : ndarray of float, shape (out_channels,)

    Returns
    -------
    ndarray of float, shape (batch, out_h, out_w, out_channels)
        The sum over each patch times the kernel, plus bias.
    """
    ### BEGIN SOLUTION
    return cols @ weight.reshape(-1, weight.shape[-1]) + bias
    ### END SOLUTION


# %%
kernel = locked([[[[1.0]], [[10]]], [[[100]], [[1000]]]])
assert np.array_equal(conv_forward(im2col(image, (2, 2), (1, 2)), kernel, np.ones(1))[0, 0, :, 0], [5411, 7633])
two_kernels = locked(np.arange(8.0).reshape(2, 2, 1, 2))
assert np.array_equal(conv_forward(locked([[[[1.0, 2, 3, 4]]]]), two_kernels, locked([0.0, 1])), [[[[40, 51]]]])

# %% [markdown]
# ## 5. Gradients of weight and bias


# %%
def conv_grad_weight(grad_output, cols, kernel_size):
    """Compute the gradients of a convolution's kernel and bias.

    Parameters
    ----------
    grad_output : ndarray of float, shape (batch, out_h, out_w, out_channels)
        Gradient of the loss by the output.
    cols : ndarray of float, shape (batch, out_h, out_w, k_h * k_w * in_channels)
        Patches of the input.
    kernel_size : (int, int)
        k_h and k_w.

    Returns
    -------
    (ndarray, ndarray)
        By weight, (k_h, k_w, in_channels, out_channels), and by bias, (out_channels,): sums over batch and positions.
    """
    ### BEGIN SOLUTION
    grad_rows = grad_output.reshape(-1, grad_output.shape[-1])
    grad_weight = cols.reshape(-1, cols.shape[-1]).T @ grad_rows
    return grad_weight.reshape(*kernel_size, -1, grad_rows.shape[1]), grad_rows.sum(axis=0)
    ### END SOLUTION


# %%
patches_of_image = im2col(image, (2, 2), (1, 2))
by_weight, by_bias = conv_grad_weight(locked(np.ones((1, 2, 2, 1))), locked(patches_of_image), (2, 2))
assert np.array_equal(by_weight[..., 0, 0], [[12, 16], [28, 32]])
assert np.array_equal(by_bias, [4])

# %% [markdown]
# ## 6. col2im: back into the image
#
# A pixel that lies in several patches gets the sum of what comes back from each.


# %%
def col2im(cols, image_shape, kernel_size, stride):
    """Add patches up at the places that they were taken from: the transpose of `im2col`.

    Parameters
    ----------
    cols : ndarray of float, shape (batch, out_h, out_w, k_h * k_w * channels)
        Gradient of the loss by the patches.
    image_shape : (int, int, int, int)
        (batch, height, width, channels) of the padded image.
    kernel_size, stride : (int, int)
        Of the patches.

    Returns
    -------
    ndarray of float64, shape `image_shape`
        Gradient of the loss by the padded image.
    """
    ### BEGIN SOLUTION
    grad_image = np.zeros(image_shape)
    batch, out_h, out_w, _ = cols.shape
    parts = cols.reshape(batch, out_h, out_w, *kernel_size, image_shape[3])
    for i, j in np.ndindex(out_h, out_w):
        top, left = i * stride[0], j * stride[1]
        grad_image[:, top : top + kernel_size[0], left : left + kernel_size[1]] += parts[:, i, j]
    return grad_image
    ### END SOLUTION


# %%
once = col2im(locked(np.ones((1, 2, 2, 4))), (1, 3, 4, 1), (2, 2), (1, 2))
assert np.array_equal(once[0, :, :, 0], [[1, 1, 1, 1], [2, 2, 2, 2], [1, 1, 1, 1]])

# %% [markdown]
# ## 7. Gradient of the input


# %%
def conv_grad_input(grad_output, weight, image_shape, stride, padding):
    """Compute the gradient of a convolution's input.

    Parameters
    ----------
    grad_output : ndarray of float, shape (batch, out_h, out_w, out_channels)
        Gradient of the loss by the output.
    weight : ndarray of float, shape (k_h, k_w, in_channels, out_channels)
    image_shape : (int, int, int, int)
        (batch, height, width, in_channels), without padding.
    stride, padding : (int, int)
        As in the forward pass.

    Returns
    -------
    ndarray of float64, shape `image_shape`
        Gradient of the loss by the image; what falls on the border of zeros is dropped.
    """
    ### BEGIN SOLUTION
    (p_h, p_w), (batch, height, width, channels) = padding, image_shape
    grad_padded = np.zeros((batch, height + 2 * p_h, width + 2 * p_w, channels))
    for i, j in np.ndindex(*grad_output.shape[1:3]):
        top, left = i * stride[0], j * stride[1]
        part = np.tensordot(grad_output[:, i, j], weight, axes=(1, 3))
        grad_padded[:, top : top + len(weight), left : left + weight.shape[1]] += part
    return grad_padded[:, p_h : p_h + height, p_w : p_w + width]
    ### END SOLUTION


# %%
ones = np.ones((1, 1, 1, 1))
assert np.array_equal(conv_grad_input(ones, kernel, (1, 2, 2, 1), (1, 1), (0, 0))[0, :, :, 0], [[1, 10], [100, 1000]])
twice = conv_grad_input(locked(np.ones((1, 1, 2, 1))), kernel, (1, 2, 1, 1), (1, 1), (0, 1))
assert np.array_equal(twice[0, :, :, 0], [[11], [1100]])
