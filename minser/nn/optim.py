"""Optimisers: from gradients to changed parameters.

Comes in: a dict of parameters, once, and a dict of gradients at each step. Goes out: the same parameter arrays, changed
in place, and a state that can be saved.
"""

from collections.abc import Mapping

import numpy as np

from minser.nn.layer import Array, check_floats


class Adam:
    """Adam (Kingma & Ba 2015, alg. 1), with decoupled weight decay (AdamW; Loshchilov & Hutter 2019, alg. 2).

    Parameters
    ----------
    params : mapping of str to ndarray
        Changed in place.
    lr : float
        Step size; a plain attribute, so that a schedule may set it.
    betas : (float, float)
        Decay of the averages of the gradient and of its square.
    eps : float
        Added to the root of the average square, after the bias correction of that square.
    eps_first : bool
        Add `eps` before the bias correction, as Keras does (Kingma & Ba's "epsilon hat", end of section 2). With c1 and
        c2 for ``1 - beta ** step``, Keras's step ``lr * sqrt(c2) / c1 * mean / (sqrt(square) + eps)`` is
        ``lr / c1 * mean / (sqrt(square / c2) + eps / sqrt(c2))``: `eps` is 32 times as large at the first step, and the
        same in the end.
    weight_decay : float
        Each step first shrinks the parameters by the factor ``1 - lr * weight_decay``.

    Raises
    ------
    TypeError
        If a parameter is not of float32 or float64.
    """

    def __init__(
        self,
        params: Mapping[str, Array],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        eps_first: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        check_floats(**params)
        self.params, self.lr, self.betas, self.weight_decay = params, lr, betas, weight_decay
        self.eps, self.eps_first = eps, eps_first
        self.state: dict[str, Array] = {"step": np.zeros((), np.int64)}
        for name, param in params.items():
            self.state[f"{name}.mean"] = np.zeros_like(param)
            self.state[f"{name}.square"] = np.zeros_like(param)

    def step(self, grads: Mapping[str, Array]) -> None:
        """Move every parameter one step against its gradient."""
        self.state["step"] += 1
        step, (beta1, beta2) = int(self.state["step"]), self.betas
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step  # both averages began at zero
        eps = self.eps / correction2**0.5 if self.eps_first else self.eps
        numbers = (self.lr / correction1, correction2, 1 - self.lr * self.weight_decay, beta1, beta2, eps)
        for name, param in self.params.items():
            rate, correction, shrink, decay1, decay2, added = map(param.dtype.type, numbers)
            grad, mean, square = grads[name], self.state[f"{name}.mean"], self.state[f"{name}.square"]
            mean += (1 - decay1) * (grad - mean)
            square += (1 - decay2) * (grad * grad - square)
            param[...] = param * shrink - rate * mean / (np.sqrt(square / correction) + added)


class SGD:
    """Stochastic gradient descent with momentum (Sutskever et al. 2013, in torch's form).

    Parameters
    ----------
    params : mapping of str to ndarray
        Changed in place.
    lr : float
        Step size; a plain attribute, so that a schedule may set it.
    momentum : float
        Share of the previous step's velocity that is kept.
    """

    def __init__(self, params: Mapping[str, Array], *, lr: float, momentum: float = 0.0) -> None:
        self.params, self.lr, self.momentum = params, lr, momentum
        self.state = {f"{name}.velocity": np.zeros_like(param) for name, param in params.items()}

    def step(self, grads: Mapping[str, Array]) -> None:
        """Move every parameter one step along its velocity."""
        for name, param in self.params.items():
            velocity = self.state[f"{name}.velocity"]
            velocity *= self.momentum
            velocity += grads[name]
            param -= self.lr * velocity
