"""Softmax and cross-entropy, in one: together their gradient is a difference, apart it overflows. And the L2 penalty.

Comes in: logits (batch, n_classes) and class numbers; of the penalty, parameters and their gradients, which change in
place. Goes out: one number, and its gradient by the logits.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from minser.nn.layer import Array, check_floats


def log_softmax(logits: Array) -> Array:
    """Return the logarithms of the softmax probabilities, (batch, n_classes).

    The largest logit is subtracted first: the result is the same, and no exponential overflows.

    Raises
    ------
    TypeError
        If `logits` is not of float32 or float64.
    """
    check_floats(logits=logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


class SoftmaxCrossEntropy:
    """Mean cross-entropy between the softmax of the logits and the targets (Goodfellow et al. 2016, section 6.2.2.3).

    Parameters
    ----------
    label_smoothing : float
        Share of each target that is spread evenly over all classes, in [0, 1) (Szegedy et al. 2016, section 7).
    class_weight : sequence of float, optional
        A weight for each class. The mean is a weighted one: the sum of the samples' losses over the sum of their
        classes' weights; 0 where these are all 0.
    """

    def __init__(self, *, label_smoothing: float = 0.0, class_weight: Sequence[float] | None = None) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must lie in [0, 1), got {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.class_weight = None if class_weight is None else np.asarray(class_weight, np.float64)
        self._cache: tuple[Array, Array, Array] | None = None

    def forward(self, logits: Array, targets: Array) -> float:
        """Return the loss of a batch, and keep what `backward` needs.

        Parameters
        ----------
        logits : ndarray of float, shape (batch, n_classes)
        targets : ndarray of int, shape (batch,)
            Class numbers.

        Raises
        ------
        TypeError
            If `logits` is not of float32 or float64.
        ValueError
            If shapes do not fit, or a class number is out of range.
        """
        if logits.ndim != 2:
            raise ValueError(f"logits must have shape (batch, n_classes), got {logits.shape}")
        batch, n_classes = logits.shape
        weight = np.ones(n_classes) if self.class_weight is None else self.class_weight
        if len(weight) != n_classes:
            raise ValueError(f"class_weight has {len(weight)} entries, logits have {n_classes} classes")
        if targets.shape != (batch,) or not np.issubdtype(targets.dtype, np.integer):
            raise ValueError(f"targets must be integers ({batch},), got {targets.dtype} {targets.shape}")
        if targets.size and not 0 <= targets.min() <= targets.max() < n_classes:
            raise ValueError(f"targets must lie in 0..{n_classes - 1}, got {targets.min()}..{targets.max()}")
        total = weight[targets].sum() or 1.0
        # torch's rule: the true class's part is weighted by its class, the spread part by each class it falls on
        smooth = (1 - self.label_smoothing) * np.eye(n_classes)[targets] + self.label_smoothing / n_classes
        share = (smooth * weight / total).astype(logits.dtype)  # (batch, n_classes)
        log_probs = log_softmax(logits)
        self._cache = (log_probs, share, share.sum(axis=1, keepdims=True))
        return float(-(share * log_probs).sum())

    def backward(self) -> Array:
        """Return the gradient by the logits, (batch, n_classes): softmax minus target, each weighted.

        Raises
        ------
        RuntimeError
            If no `forward` came before.
        """
        if self._cache is None:
            raise RuntimeError("SoftmaxCrossEntropy.backward needs a forward before it, one for each backward")
        (log_probs, share, row_share), self._cache = self._cache, None
        return np.asarray(np.exp(log_probs) * row_share - share)


def l2_penalty(params: Mapping[str, Array], names: Sequence[str], *, strength: float) -> float:
    """Return ``strength * sum(w ** 2)`` over the named parameters: Keras's kernel_regularizer=L2(strength).

    Large weights cost. Decoupled weight decay (``optim.Adam``) is another thing: it shrinks the weights and never
    passes through Adam's division.
    """
    return float(strength * sum(np.square(params[name], dtype=np.float64).sum() for name in names))


def add_l2_gradient(
    params: Mapping[str, Array], grads: Mapping[str, Array], names: Sequence[str], *, strength: float
) -> None:
    """Add the penalty's gradient, ``2 * strength * w``, to the named gradients in place."""
    for name in names:
        grads[name][...] += 2 * strength * params[name]
