"""Questions of assignment 5: convolution by im2col."""

from operator import methodcaller as draw

from minser.grade.questions import Draw, Fault, Question, drawn

# (batch, height, width, in_channels), out_channels, kernel_size, stride, padding: every axis of another length
SETTINGS = (
    ((2, 7, 11, 3), 6, (3, 2), (2, 3), (1, 2)),
    ((3, 6, 8, 2), 4, (2, 3), (1, 1), (0, 1)),
    ((1, 11, 10, 2), 7, (1, 2), (3, 4), (2, 0)),  # gaps between patches
)


def _out(
    shape: tuple[int, int, int, int], kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> tuple[int, int, int]:
    """Return (batch, out_h, out_w)."""
    height, width = (1 + (shape[1 + i] + 2 * padding[i] - kernel[i]) // stride[i] for i in (0, 1))
    return shape[0], height, width


def _cols(
    shape: tuple[int, int, int, int], kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> Draw:
    """Return what draws patches."""
    return draw("standard_normal", (*_out(shape, kernel, stride, padding), kernel[0] * kernel[1] * shape[3]))


def _size(first: int, stride: int) -> Draw:
    """Return what draws a size that leaves the same remainder as the first one."""
    return lambda rng: first + stride * rng.integers(0, 6)


QUESTIONS = (
    Question(
        "output_size",
        1,
        drawn(  # with and without padding; every remainder; one patch
            {"size": _size(size, stride), "kernel": kernel, "stride": stride, "padding": padding}
            for size, kernel, stride, padding in (
                (7, 3, 1, 1),
                (8, 3, 2, 0),
                (11, 5, 2, 1),
                (11, 4, 3, 2),
                (12, 5, 4, 1),
                (13, 5, 4, 1),
                (14, 5, 4, 1),
            )
        )
        + drawn([{"size": 5, "kernel": 5, "stride": 3, "padding": 0}]),
        (
            Fault("the padding stands on both sides: 2 padding", "2 * padding", "padding"),
            Fault("the 1 + is missing", "return 1 + (", "return ("),
            Fault("the division rounds up; only whole patches count", "// stride", "// -stride * -1"),
            Fault(
                "the quotient is rounded to the nearest number; only whole patches count: use //",
                "(size + 2 * padding - kernel) // stride",
                "round((size + 2 * padding - kernel) / stride)",
            ),
            Fault("the kernel is not subtracted", " - kernel", ""),
            Fault("the stride is not used", " // stride", ""),
            Fault("the 1 is added before the division by the stride", "return 1 + (size", "return (1 + size"),
        ),
    ),
    Question(
        "pad_image",
        1,
        drawn({"x": draw("standard_normal", shape), "padding": p} for shape, _, _, _, p in SETTINGS),
        (
            Fault("the paddings of height and width are swapped", "rows, columns = padding", "columns, rows = padding"),
            Fault("the zeros stand on one side only", "(rows, rows), (columns, columns)", "(rows, 0), (columns, 0)"),
            Fault(
                "the zeros are split over both sides; each side gets `padding`",
                "rows, columns = padding",
                "rows, columns = padding[0] // 2, padding[1] // 2",
            ),
            Fault(
                "the wrong axes are padded: batch and height, for channels last",
                "((0, 0), (rows, rows), (columns, columns), (0, 0))",
                "((rows, rows), (columns, columns), (0, 0), (0, 0))",
            ),
            Fault(
                "the wrong axes are padded: width and channels, as if channels came first",
                "((0, 0), (rows, rows), (columns, columns), (0, 0))",
                "((0, 0), (0, 0), (rows, rows), (columns, columns))",
            ),
            Fault("the border repeats the image; zeros are asked for", "(0, 0)))", '(0, 0)), mode="edge")'),
        ),
    ),
    Question(
        "im2col",
        4,
        drawn({"x": draw("standard_normal", shape), "kernel_size": k, "stride": s} for shape, _, k, s, _ in SETTINGS),
        (
            Fault(
                "the stride is taken as the kernel's size",
                "[:, :: stride[0], :: stride[1]]",
                "[:, :: kernel_size[0], :: kernel_size[1]]",
            ),
            Fault("the stride is not used", "[:, :: stride[0], :: stride[1]]", ""),
            Fault(
                "the strides of height and width are swapped",
                "[:, :: stride[0], :: stride[1]]",
                "[:, :: stride[1], :: stride[0]]",
            ),
            Fault(
                "the axes in a patch are swapped: channels come before rows and columns; they should vary fastest",
                ".transpose(0, 1, 2, 4, 5, 3)",
                "",
            ),
            Fault(
                "the axes in a patch are swapped: columns come before rows", "(0, 1, 2, 4, 5, 3)", "(0, 1, 2, 5, 4, 3)"
            ),
            Fault("height and width of the output are swapped", "(0, 1, 2, 4, 5, 3)", "(0, 2, 1, 4, 5, 3)"),
            Fault(
                "height and width of the kernel are swapped",
                "sliding_window_view(x, kernel_size,",
                "sliding_window_view(x, kernel_size[::-1],",
            ),
            Fault(
                "positions lie in one axis: (batch, out_h, out_w, ...) is asked for",
                "*patches.shape[:3], -1)",
                "-1, int(np.prod(patches.shape[3:])))",
            ),
        ),
    ),
    Question(
        "conv_forward",
        2,
        drawn(
            {"cols": _cols(shape, k, s, (0, 0)), "weight": draw("standard_normal", (*k, shape[3], out))}
            | {"bias": draw("standard_normal", out)}
            for shape, out, k, s, _ in SETTINGS
        ),
        (
            Fault("the bias is missing", " + bias", ""),
            Fault(
                "the kernel is turned round: this is a convolution in the mathematical sense; a correlation "
                "is asked for",
                "weight.reshape",
                "weight[::-1, ::-1].reshape",
            ),
            Fault(
                "the weight is reshaped with outputs first: the axes are mixed up",
                "weight.reshape(-1, weight.shape[-1])",
                "weight.reshape(weight.shape[-1], -1).T",
            ),
            Fault("the kernel's rows and columns are swapped", "weight.reshape", "weight.swapaxes(0, 1).reshape"),
            Fault(
                "the kernel's channels come before its places: the patch has them last",
                "weight.reshape",
                "weight.transpose(2, 0, 1, 3).reshape",
            ),
            Fault("the bias is added for each place of the patch", "+ bias", "+ bias * cols.shape[-1]"),
        ),
    ),
    Question(
        "conv_grad_weight",
        3,
        drawn(
            {"grad_output": draw("standard_normal", (*_out(shape, k, s, p), out)), "cols": _cols(shape, k, s, p)}
            | {"kernel_size": k}
            for shape, out, k, s, p in SETTINGS
        ),
        (
            Fault(
                "the gradient of bias is the mean; the sum over batch and positions is right",
                "grad_rows.sum(axis=0)",
                "grad_rows.mean(axis=0)",
            ),
            Fault(
                "the gradient of bias was not summed over the batch",
                "grad_rows.sum(axis=0)",
                "grad_output.sum(axis=(1, 2))",
            ),
            Fault(
                "the gradient of bias was not summed over the positions",
                "grad_rows.sum(axis=0)",
                "grad_output.sum(axis=0)",
            ),
            Fault(
                "the gradient of weight is divided by the batch size: that belongs to the loss",
                ".T @ grad_rows",
                ".T @ grad_rows / len(cols)",
            ),
            Fault(
                "the gradient of weight is of the first sample alone: sum over the batch",
                "cols.reshape(-1, cols.shape[-1]).T @ grad_rows",
                "cols[0].reshape(-1, cols.shape[-1]).T @ grad_output[0].reshape(-1, grad_output.shape[-1])",
            ),
            Fault("the kernel's rows and columns are swapped", "*kernel_size, -1,", "*kernel_size[::-1], -1,"),
            Fault(
                "the gradient of weight has its input and output channels swapped",
                "return grad_weight.reshape(*kernel_size, -1, grad_rows.shape[1]),",
                "return grad_weight.reshape(*kernel_size, -1, grad_rows.shape[1]).swapaxes(2, 3),",
            ),
            Fault(
                "the gradients come in another order: weight, then bias",
                "return grad_weight.reshape(*kernel_size, -1, grad_rows.shape[1]), grad_rows.sum(axis=0)",
                "return grad_rows.sum(axis=0), grad_weight.reshape(*kernel_size, -1, grad_rows.shape[1])",
            ),
        ),
    ),
    Question(
        "col2im",
        4,
        drawn(
            {"cols": _cols(shape, k, s, (0, 0)), "image_shape": shape, "kernel_size": k, "stride": s}
            for shape, _, k, s, _ in SETTINGS
        ),
        (
            Fault("where patches overlap the last one wins: add them up", "] += parts", "] = parts"),
            Fault(
                "the stride is taken as the kernel's size",
                "i * stride[0], j * stride[1]",
                "i * kernel_size[0], j * kernel_size[1]",
            ),
            Fault("the stride is not used", "i * stride[0], j * stride[1]", "i, j"),
            Fault(
                "the strides of height and width are swapped",
                "i * stride[0], j * stride[1]",
                "i * stride[1], j * stride[0]",
            ),
            Fault(
                "the patches' axes are swapped: the last axis is rows, columns, channels",
                "parts = cols.reshape(batch, out_h, out_w, *kernel_size, image_shape[3])",
                "parts = np.moveaxis(cols.reshape(batch, out_h, out_w, image_shape[3], *kernel_size), 3, 5)",
            ),
            Fault(
                "patches that overlap are averaged: add them up",
                "    return grad_image\n",
                "    count = np.zeros(image_shape)\n    for i, j in np.ndindex(out_h, out_w):\n"
                "        count[:, i * stride[0] : i * stride[0] + kernel_size[0], j * stride[1] : j * "
                "stride[1] + kernel_size[1]] += 1\n    return grad_image / np.maximum(count, 1)\n",
            ),
        ),
    ),
    Question(
        "conv_grad_input",
        4,
        drawn(
            {"grad_output": draw("standard_normal", (*_out(shape, k, s, p), out))}
            | {"weight": draw("standard_normal", (*k, shape[3], out)), "image_shape": shape}
            | {"stride": s, "padding": p}
            for shape, out, k, s, p in SETTINGS
        ),
        (
            Fault(
                "the border is not cut off at all",
                "    return grad_padded[:, p_h : p_h + height, p_w : p_w + width]",
                "    return grad_padded",
            ),
            Fault(
                "the border is cut off on the wrong side: rows and columns start at `padding`",
                "grad_padded[:, p_h : p_h + height, p_w : p_w + width]",
                "grad_padded[:, :height, :width]",
            ),
            Fault("where patches overlap the last one wins: add them up", "] += part", "] = part"),
            Fault(
                "the stride is taken as the kernel's size",
                "i * stride[0], j * stride[1]",
                "i * len(weight), j * weight.shape[1]",
            ),
            Fault("the stride is not used", "i * stride[0], j * stride[1]", "i, j"),
            Fault(
                "the strides of height and width are swapped",
                "i * stride[0], j * stride[1]",
                "i * stride[1], j * stride[0]",
            ),
            Fault(
                "the paddings of height and width are swapped", "= padding, image_shape", "= padding[::-1], image_shape"
            ),
            Fault(
                "the kernel is turned round: each place gets back what it gave",
                "[:, i, j], weight, axes",
                "[:, i, j], weight[::-1, ::-1], axes",
            ),
        ),
    ),
)
