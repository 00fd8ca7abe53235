"""The training loop: batches through the model, the gradient back, one step of Adam, and a look at the validation part.

Comes in: a model, settings, and functions that make an epoch's batches. Goes out: one row of history an epoch; the
model changes in place. Every random number is drawn from (seed, epoch, step), so a run that is stopped between any two
steps and restored goes on as if nothing had happened.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from minser import nn
from minser.evaluation import metrics
from minser.nn.arrays import copy_arrays, model_arrays
from minser.recipes import Training
from minser.training import blame, history
from minser.training.history import Row
from minser.training.prediction import predict_logits

Batch = tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]
"""x, class numbers, and indices of the clips."""

ADAMS: dict[str, Callable[..., nn.Adam]] = {"torch": nn.Adam, "keras": partial(nn.Adam, eps=1e-7, eps_first=True)}


class Trainer:
    """One run of training.

    Parameters
    ----------
    model : Sequential
        From a batch to logits (batch, n_classes).
    settings : Training
        Of a recipe.
    steps_per_epoch : int
        Number of training batches.
    class_weight : sequence of float, optional
        A weight for each class in the loss.

    Attributes
    ----------
    history : list of dict
        One row an epoch; see `history.COLUMNS`.
    step : int
        Steps of the unfinished epoch that are done; 0 between two epochs.
    sums : tuple of (float, int, int)
        Of these steps: loss times clips, clips that were recognised, clips.
    """

    def __init__(
        self,
        model: nn.Sequential,
        settings: Training,
        *,
        steps_per_epoch: int,
        class_weight: Sequence[float] | None = None,
    ) -> None:
        self.model, self.settings, self.steps_per_epoch = model, settings, steps_per_epoch
        self.loss = nn.SoftmaxCrossEntropy(label_smoothing=settings.label_smoothing, class_weight=class_weight)
        make = ADAMS[settings.adam]
        self.optimizer = make(model.params, lr=settings.lr, weight_decay=settings.weight_decay)
        self.penalised = [name for name in model.params if name.endswith(".weight")]
        self.history: list[Row] = []
        self.step = 0
        self.sums = (0.0, 0, 0)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return history.is_finished(self.history, self.settings)

    @property
    def best_epoch(self) -> int:
        """Number of the epoch that is kept, from 1."""
        return history.best_epoch(self.history, self.settings.select)

    def run_epoch(
        self,
        training_batches: Callable[[int], Iterable[Batch]],
        validation_batches: Callable[[], Iterable[Batch]],
        *,
        on_step: Callable[[int], None] | None = None,
        on_nan: Callable[[str], None] | None = None,
        name_of: Callable[[int], str] = str,
    ) -> Row:
        """Train on one epoch, or on what is left of it, validate, and return the new row of the history.

        Parameters
        ----------
        training_batches : callable
            Takes the epoch's number, from 1, and yields its batches from number `step` on: x, class numbers,
            indices of the clips.
        validation_batches : callable
            Yields the validation part's batches; none where nothing is held out, and its scores are then NaN.
        on_step : callable, optional
            Told after each step how many clips the batch has. What it raises ends the epoch between two steps.
        on_nan : callable, optional
            Told, in one line, of each batch whose loss or gradient is not finite; that batch then changes nothing.
            Without it such a batch is an error.
        name_of : callable
            From a clip's index to its name, for these lines.

        Raises
        ------
        FloatingPointError
            If a loss or gradient is not finite; step, layer and clips are named. The weights are those of the step
            before. Also if that is so of all batches, or of the validation loss.
        """
        epoch = len(self.history) + 1
        for step, (x, y, chosen) in enumerate(training_batches(epoch), self.step):
            try:
                loss, correct = self._step(x, y, chosen, epoch=epoch, step=step, name_of=name_of)
                self.sums = (self.sums[0] + loss * len(y), self.sums[1] + correct, self.sums[2] + len(y))
            except FloatingPointError as error:
                if on_nan is None:
                    raise
                on_nan(str(error))
            self.step = step + 1
            if on_step is not None:
                on_step(len(y))
        row = self._row(epoch, validation_batches())
        self.history.append(row)
        self.step, self.sums = 0, (0.0, 0, 0)
        return row

    def arrays(self) -> dict[str, nn.Array]:
        """Return every array that a continued run needs: the model's and the optimiser's."""
        return {
            **{f"model.{name}": array for name, array in model_arrays(self.model).items()},
            **{f"optimizer.{name}": array for name, array in self.optimizer.state.items()},
        }

    def restore(
        self,
        arrays: dict[str, nn.Array],
        rows: Sequence[Row],
        *,
        step: int = 0,
        sums: tuple[float, int, int] = (0.0, 0, 0),
    ) -> None:
        """Go on from what `arrays`, `history`, `step` and `sums` held.

        Raises
        ------
        ValueError
            If the arrays are another model's.
        """
        copy_arrays(arrays, self.arrays())
        self.history, self.step, self.sums = list(rows), step, sums

    @np.errstate(over="ignore", invalid="ignore")  # looked for below, and told with more than a line number
    def _step(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.intp],
        chosen: NDArray[np.intp],
        *,
        epoch: int,
        step: int,
        name_of: Callable[[int], str],
    ) -> tuple[float, int]:
        """Move the weights once; return the loss and the number of recognised clips. Or raise, and nothing is moved."""
        self.optimizer.lr = self._lr(epoch, step)
        key = [self.settings.seed, epoch, step, 2]  # the last word keeps it apart from samples'
        statistics = {name: array.copy() for name, array in self.model.buffers.items()}
        logits = self.model.forward(x, training=True, rng=np.random.default_rng(key))
        loss = self.loss.forward(logits, y) + self._penalty()
        if not np.isfinite(loss):
            problem = f"the loss is {loss}, {blame.layer(self.model, x, np.random.default_rng(key))}"
        else:
            self.model.backward(self.loss.backward(), need_input=False)
            if self.settings.l2:
                nn.add_l2_gradient(self.model.params, self.model.grads, self.penalised, strength=self.settings.l2)
            problem = blame.gradient(self.model.grads)
        if problem:
            copy_arrays(statistics, self.model.buffers)
            clips = blame.clips(x, logits, chosen, name_of)
            raise FloatingPointError(
                f"epoch {epoch}, step {step + 1}: {problem}; {clips}; is the learning rate too high?"
            )
        self.optimizer.step(self.model.grads)
        return loss, int((logits.argmax(axis=1) == y).sum())

    @np.errstate(over="ignore", invalid="ignore")
    def _row(self, epoch: int, validation_batches: Iterable[Batch]) -> Row:
        """Validate, and return what is to be said of a finished epoch."""
        total_loss, n_correct, n_clips = self.sums
        if n_clips == 0:
            raise FloatingPointError(f"epoch {epoch}: no batch had a finite loss and gradient")
        batches = iter(validation_batches)
        first = next(batches, None)
        if first is None:  # nothing is held out: the columns stay, without a number
            held_out = dict.fromkeys(("val_loss", "val_accuracy", "val_uar"), math.nan)
        else:
            held_out = self._validate(epoch, chain([first], batches))
        return {
            "epoch": epoch,
            "train_loss": total_loss / n_clips,
            "train_accuracy": n_correct / n_clips,
            **held_out,
            "lr": self._lr(epoch, self.step - 1),
        }

    def _validate(self, epoch: int, batches: Iterable[Batch]) -> Row:
        """Return loss, accuracy and UAR of the validation part."""
        logits, y_true = predict_logits(self.model, batches)
        confusion = metrics.confusion_matrix(y_true, logits.argmax(axis=1), n_classes=logits.shape[1])
        val_loss = self.loss.forward(logits, y_true) + self._penalty()
        if not np.isfinite(val_loss):
            raise FloatingPointError(
                f"epoch {epoch}: the validation loss is {val_loss}: is the learning rate too high?"
            )
        return {
            "val_loss": val_loss,
            "val_accuracy": float(metrics.accuracy(confusion)),
            "val_uar": float(metrics.uar(confusion)),
        }

    def _penalty(self) -> float:
        """Return the L2 term of the loss."""
        if not self.settings.l2:
            return 0.0
        return nn.l2_penalty(self.model.params, self.penalised, strength=self.settings.l2)

    def _lr(self, epoch: int, step: int) -> float:
        """Return the learning rate of a step; epochs count from 1, steps from 0 in each epoch."""
        settings = self.settings
        if settings.schedule == "constant":
            return settings.lr
        if settings.schedule == "plateau":
            return history.plateau_lr(self.history, settings)
        total = settings.epochs * self.steps_per_epoch
        return nn.warmup_cosine(
            (epoch - 1) * self.steps_per_epoch + step,
            lr=settings.lr,
            total_steps=total,
            warmup_steps=min(round(settings.warmup_epochs * self.steps_per_epoch), total - 1),
            min_lr=settings.min_lr,
        )
