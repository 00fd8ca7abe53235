"""One step of Adam, each parameter read and written once.

Comes in: a parameter, its gradient and its two averages, of one shape and contiguous.
"""

import numpy as np
from numba import njit

from minser.kernels.conv import FloatArray, unsigned


def adam_step(
    param: FloatArray,
    grad: FloatArray,
    mean: FloatArray,
    square: FloatArray,
    rates: tuple[float, float, float],
    *,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Change `param`, `mean` and `square` in place (Kingma & Ba 2015, alg. 1).

    Parameters
    ----------
    param, grad, mean, square : ndarray
        The parameter, its gradient, and the averages of the gradient and of its square.
    rates : (float, float, float)
        The learning rate over the first average's bias correction, the second average's bias correction, and the
        factor that shrinks the parameter first (decoupled weight decay; Loshchilov & Hutter 2019, alg. 2).
    betas : (float, float)
        Decay of the averages.
    eps : float
        Added to the root of the average square.
    """
    flat = (param.reshape(-1), grad.reshape(-1), mean.reshape(-1), square.reshape(-1))
    lr, correction, shrink, beta1, beta2, e = (param.dtype.type(number) for number in (*rates, *betas, eps))
    _adam_kernel(*flat, lr, correction, shrink, 1 - beta1, 1 - beta2, e)


@njit(cache=True)
def _adam_kernel(
    param: FloatArray,
    grad: FloatArray,
    mean: FloatArray,
    square: FloatArray,
    lr: np.floating,
    correction: np.floating,
    shrink: np.floating,
    share1: np.floating,
    share2: np.floating,
    eps: np.floating,
) -> None:
    """Loop over all values; ``share1 = 1 - beta1``, ``share2 = 1 - beta2``."""
    for i in range(len(param)):
        k = unsigned(i)
        mean[k] += share1 * (grad[k] - mean[k])
        square[k] += share2 * (grad[k] * grad[k] - square[k])
        param[k] = param[k] * shrink - lr * mean[k] / (np.sqrt(square[k] / correction) + eps)
