"""Learning rate schedules.

Comes in: the step's number, or a validation result. Goes out: a learning rate.
"""

import math


def warmup_cosine(step: int, *, lr: float, total_steps: int, warmup_steps: int = 0, min_lr: float = 0.0) -> float:
    """Return the learning rate of a step: a linear rise to `lr`, then half a cosine down to `min_lr`.

    Loshchilov & Hutter (2017), eq. 5, without restarts; the rise after Goyal et al. (2017), section 2.2.

    Parameters
    ----------
    step : int
        Counted from 0. From `total_steps` on the rate is `min_lr`.
    lr : float
        Highest rate, reached at `warmup_steps`.
    total_steps, warmup_steps : int
        Number of steps in all, and of those before the highest rate.
    min_lr : float
        Lowest rate, at the end.
    """
    if not 0 <= warmup_steps < total_steps:
        raise ValueError(f"warmup_steps must lie in 0..{total_steps - 1}, got {warmup_steps}")
    if step < warmup_steps:
        return lr * (step + 1) / (warmup_steps + 1)
    progress = min((step - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return min_lr + (lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


class ReduceLROnPlateau:
    """Multiply the learning rate by `factor` when a validation loss has not improved for `patience` epochs.

    The rule of Keras's class of that name with ``min_delta=0``. torch's class waits one epoch longer.

    Parameters
    ----------
    lr : float
        First rate; the attribute holds the present one.
    factor : float
        In (0, 1).
    patience : int
        The last of so many epochs without improvement lowers the rate; 0 does what 1 does.
    min_lr : float
        The rate is never lowered below it.
    """

    def __init__(self, lr: float, *, factor: float = 0.1, patience: int = 10, min_lr: float = 0.0) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"factor must lie in (0, 1), got {factor}")
        self.lr, self.factor, self.patience, self.min_lr = lr, factor, patience, min_lr
        self.best, self.bad_epochs = math.inf, 0

    def step(self, loss: float) -> float:
        """Take in one epoch's validation loss, and return the rate of the next epoch."""
        if loss < self.best:
            self.best, self.bad_epochs = loss, 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs >= max(self.patience, 1):
            self.lr, self.bad_epochs = max(self.lr * self.factor, min(self.lr, self.min_lr)), 0
        return self.lr
