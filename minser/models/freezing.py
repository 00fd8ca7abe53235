"""A network of which some layers no longer learn.

Comes in: a network's layers, the names of those that keep their weights, and a folder if what the first of them make of
a sample is to be kept. Goes out: a ``Sequential`` that trains like any other: the weights that are kept count as
buffers, so that no optimiser, penalty or decay reaches them, and checkpoints hold them under their names.
"""

import hashlib
import io
from collections.abc import Callable, Collection, Mapping
from itertools import takewhile
from pathlib import Path

import numpy as np

from minser.nn import Array, Layer, Sequential
from minser.system.atomic import write_atomic

_AT_ONCE = 8  # samples


class PartlyFrozen(Sequential):
    """A chain in which some layers keep their weights and always behave as after training: no batch statistics.

    Parameters
    ----------
    layers : mapping of str to Layer
        In order.
    frozen : collection of str
        Names of the layers that keep their weights.

    Attributes
    ----------
    memory : Path or None
        Folder for what the leading frozen layers make of each sample: it is computed once, also for later runs with
        the same frozen weights. Of use where samples come again unchanged, epoch after epoch.
    """

    def __init__(self, layers: Mapping[str, Layer], *, frozen: Collection[str]) -> None:
        self.frozen = frozenset(frozen)
        self.memory: Path | None = None
        self._folder: Path | None = None
        super().__init__(layers)
        n_leading = len(list(takewhile(self.frozen.__contains__, self.layers)))
        self._leading = Sequential(dict(list(self.layers.items())[:n_leading]))
        self._others = Sequential(dict(list(self.layers.items())[n_leading:]))

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the last layer's output. In training, and with a memory, no gradient reaches the leading layers."""
        is_whole = not training and self.memory is None
        if not is_whole:
            x = self._lead(x)
        for name, layer in (self.layers if is_whole else self._others.layers).items():
            x = layer.forward(x, training=training and name not in self.frozen, rng=rng)
        return x

    def predict(self, x: Array) -> Array:
        """Return what `forward` returns outside of training; what is remembered of samples is used."""
        return self._others.predict(self._lead(x))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of the layers that learn; return that of the first layer's input.

        Without `need_input` the way back ends at the first layer that is not frozen.
        """
        names = list(self.layers if need_input else self._others.layers)
        grad: Array | None = grad_output
        for name in reversed(names):
            assert grad is not None  # only the first of them may be spared its input's gradient
            layer = self.layers[name]
            grad = layer.backward(grad, need_input=need_input or name != names[0])
            if name not in self.frozen:
                self.grads.update({f"{name}.{key}": array for key, array in layer.grads.items()})
        return grad

    def _collect(self) -> None:
        """List all arrays under their full names; parameters of frozen layers as buffers."""
        super()._collect()
        for name in [name for name in self.params if name.rpartition(".")[0] in self.frozen]:
            self.buffers[name] = self.params.pop(name)

    def _lead(self, x: Array) -> Array:
        """Return what the leading frozen layers make of a batch."""
        return (
            self._compute(x) if self.memory is None else recall(x, self._compute, folder=self._own_memory(self.memory))
        )

    def _compute(self, x: Array) -> Array:
        """Return the same, without the memory: some samples at a time, since what lies between is larger."""
        return np.concatenate([self._leading.predict(x[i : i + _AT_ONCE]) for i in range(0, len(x), _AT_ONCE)])

    def _own_memory(self, memory: Path) -> Path:
        """Return the folder for these layers and weights, known by a hash from the first batch on."""
        if self._folder is None:
            layers = self._leading.layers
            own = {name: array for name, array in self.buffers.items() if name.rpartition(".")[0] in layers}
            sizes = [f"{name} {layer.output_shape((64, 64, 1))}" for name, layer in layers.items()]
            self._folder = memory / _digest(" ".join(sizes), own)
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder


def recall(x: Array, compute: Callable[[Array], Array], *, folder: Path) -> Array:
    """Return ``compute(x)``, reading from files what was computed of equal samples before.

    Parameters
    ----------
    x : ndarray, shape (batch, ...)
        Samples; a sample is known by its dtype, shape and content.
    compute : callable
        From a batch to a batch, each sample on its own.
    folder : Path
        Holds a file for each sample; for this function alone. A damaged file is computed anew.
    """
    files = [folder / f"{_digest('sample', {'': sample})}.npy" for sample in x]
    known = {file: array for file in set(files) if (array := _read(file)) is not None}
    missing = {file: i for i, file in enumerate(files) if file not in known}
    if missing:
        for file, array in zip(missing, compute(x[list(missing.values())]), strict=True):
            known[file] = array
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            write_atomic(file, content.getvalue())
    return np.stack([known[file] for file in files])


def _digest(what: str, arrays: Mapping[str, Array]) -> str:
    """Return a hash of a text, and of arrays and their names."""
    digest = hashlib.blake2b(what.encode(), digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _read(file: Path) -> Array | None:
    """Return an array, or None where the file is absent or damaged."""
    try:
        return np.asarray(np.load(file, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        return None
