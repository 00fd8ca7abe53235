"""Batch normalisation, alone and in one step with the ReLU, max pooling and dropout that follow it in a block.

Comes in: (batch, ..., channels), normalised over every axis but the last. Goes out: the same, or a block's output.
"""

import numpy as np

from minser.kernels import block, norm
from minser.nn.elementwise import Dropout
from minser.nn.layer import Array, Layer, check_channels
from minser.nn.pooling import MaxPool2d


class BatchNorm(Layer):
    """Give each channel zero mean and unit variance, then a learned scale and shift (Ioffe & Szegedy 2015, alg. 1).

    In training the statistics are the batch's own, over batch, height and width; otherwise the running averages that
    training left behind.

    Parameters
    ----------
    channels : int
        Length of the last axis; `gamma` (ones), `beta` (zeros), `running_mean` and `running_var` are (channels,).
    momentum : float
        Weight of the new batch in the running averages, as in torch. Keras's momentum is the old value's weight:
        its default, 0.99, is 0.01 here, and 0.1 here is 0.9 there.
    eps : float
        Added to the variance, against division by zero. Keras's default is 1e-3.

    Notes
    -----
    `running_var` averages unbiased variances, as in torch. Keras averages those that normalise the batch, which are
    smaller by the factor ``(n - 1) / n`` with n values a channel.
    """

    def __init__(self, channels: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.params["gamma"] = np.ones(channels, np.float32)
        self.params["beta"] = np.zeros(channels, np.float32)
        self.buffers["running_mean"] = np.zeros(channels, np.float32)
        self.buffers["running_var"] = np.ones(channels, np.float32)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the normalised batch; in training also move the running averages towards its statistics."""
        mean, inv_std = self.statistics(x, training=training)
        rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])  # (positions, channels)
        self._cache = (rows, mean, inv_std, training)
        out = (rows - mean) * (self.params["gamma"] * inv_std) + self.params["beta"]
        return np.asarray(out.reshape(x.shape))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of gamma and beta; return that of the input."""
        rows, mean, inv_std, training = self._take_cache()
        grad_rows = np.ascontiguousarray(grad_output).reshape(rows.shape)
        plain = grad_rows.sum(axis=0, dtype=np.float64)
        weighted = (grad_rows * (rows - mean)).sum(axis=0, dtype=np.float64)
        scale, slope, shift = self.set_grads(plain, weighted, inv_std, len(rows) if training else 0)
        if not need_input:
            return None
        grad_input = grad_rows * scale + (rows - mean) * slope + shift
        return np.asarray(grad_input.reshape(grad_output.shape))

    def statistics(self, x: Array, *, training: bool) -> tuple[Array, Array]:
        """Return mean and 1 / standard deviation by channel; in training those of `x`, which also move the averages.

        Raises
        ------
        ValueError
            In training, if there is one value a channel: its variance is not defined.
        """
        check_channels(self, x, ndim=x.ndim, channels=self.params["gamma"].size)
        if training:
            rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
            if len(rows) < 2:
                raise ValueError(f"BatchNorm needs two values a channel in training, x has shape {x.shape}")
            mean, var = (statistic.astype(x.dtype) for statistic in norm.batch_statistics(rows))
            unbiased = var * (len(rows) / (len(rows) - 1))
            for name, value in (("running_mean", mean), ("running_var", unbiased)):
                self.buffers[name] += self.momentum * (value - self.buffers[name])
        else:  # copies: backward may come after the next training step
            mean, var = self.buffers["running_mean"].copy(), self.buffers["running_var"]
        return mean, (1 / np.sqrt(var + self.eps)).astype(x.dtype)

    def set_grads(self, plain: Array, weighted: Array, inv_std: Array, n: int) -> tuple[Array, Array, Array]:
        """Set the gradients of gamma and beta; return what the input's gradient is made of.

        With x' = (x - mean) * inv_std, Ioffe & Szegedy's chain of derivatives (section 3) contracts to
        ``gamma * inv_std * (grad - mean(grad) - x' * mean(grad * x'))``; with running statistics, which do not
        depend on the batch, the two means are absent.

        Parameters
        ----------
        plain, weighted : ndarray, shape (channels,)
            Sums of the gradient, and of the gradient times (x - mean).
        inv_std : ndarray, shape (channels,)
        n : int
            Values a channel; 0 for running statistics.

        Returns
        -------
        scale, slope, shift : ndarray, shape (channels,)
            The input's gradient is ``grad * scale + (x - mean) * slope + shift``.
        """
        dtype = inv_std.dtype
        self.grads["beta"] = plain.astype(dtype)
        self.grads["gamma"] = (weighted * inv_std).astype(dtype)
        scale = self.params["gamma"] * inv_std
        count = n or np.inf
        return scale, (-scale * inv_std**2 * weighted / count).astype(dtype), (-scale * plain / count).astype(dtype)


class NormReluPool(Layer):
    """Batch norm, ReLU, max pooling and dropout at once; has no parameters of its own.

    Parameters
    ----------
    norm : BatchNorm
        Whose statistics and parameters are used, and whose gradients are set.
    pool : MaxPool2d
        Of windows that stand side by side.
    drop : Dropout, optional
        What follows.
    """

    def __init__(self, norm: BatchNorm, pool: MaxPool2d, drop: Dropout | None = None) -> None:
        super().__init__()
        self.norm, self.pool, self.drop = norm, pool, drop

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the block's output, (batch, out_h, out_w, channels)."""
        x = np.ascontiguousarray(x)
        mean, inv_std = self.norm.statistics(x, training=training)
        p = self.drop.p if self.drop is not None and training else 0.0
        key = self.drop.draw_key(rng) if self.drop is not None and p else 0
        out, winners, centred = block.norm_relu_pool(
            x,
            mean,
            self.norm.params["gamma"] * inv_std,
            self.norm.params["beta"],
            window=self.pool.kernel_size,
            p=p,
            key=key,
        )
        self._cache = (x, mean, inv_std, training, p, winners, centred)
        return out

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of gamma and beta; return that of the input."""
        x, mean, inv_std, training, p, winners, centred = self._take_cache()
        grad = np.ascontiguousarray(grad_output)
        keep_scale = 1 / (1 - p)  # what dropout kept, it also scaled
        plain, weighted = (keep_scale * total for total in block.winners_sums(grad, winners, centred))
        scale, slope, shift = self.norm.set_grads(plain, weighted, inv_std, x.size // x.shape[-1] if training else 0)
        if not need_input:
            return None
        scale = (scale * keep_scale).astype(x.dtype)
        return block.winners_grad_input(x, grad, winners, mean, scale, slope, shift, window=self.pool.kernel_size)
