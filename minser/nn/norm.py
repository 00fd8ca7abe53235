"""Batch normalisation.

Comes in and goes out: (batch, ..., channels), normalised over every axis but the last.
"""

import numpy as np

from minser.kernels import norm
from minser.nn.layer import Array, Layer, check_channels


class BatchNorm(Layer):
    """Give each channel zero mean and unit variance, then a learned scale and shift (Ioffe & Szegedy 2015, alg. 1).

    In training the statistics are the batch's own, over batch, height and width; otherwise the running averages that
    training left behind.

    Parameters
    ----------
    channels : int
        Length of the last axis; `gamma` (ones), `beta` (zeros), `running_mean` and `running_var` are (channels,).
    momentum : float
        Weight of the new batch in the running averages, as in torch (in Keras: of the old value).
    eps : float
        Added to the variance, against division by zero.
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
        out = norm.centre_and_scale(rows, mean, self.params["gamma"] * inv_std, self.params["beta"])
        return out.reshape(x.shape)

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of gamma and beta; return that of the input."""
        rows, mean, inv_std, training = self._take_cache()
        grad_rows = np.ascontiguousarray(grad_output).reshape(rows.shape)
        plain, weighted = norm.batch_norm_sums(rows, grad_rows, mean)
        scale, slope, shift = self.set_grads(plain, weighted, inv_std, len(rows) if training else 0)
        if not need_input:
            return None
        grad_input = norm.batch_norm_grad_input(rows, grad_rows, mean, scale, slope, shift)
        return grad_input.reshape(grad_output.shape)

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
