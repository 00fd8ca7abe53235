"""A chain of layers, itself a layer.

Comes in: what the first layer takes. Goes out: what the last one gives. Models are built of it, trained through it.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from minser.nn.fused import fold, fuse
from minser.nn.layer import Array, Layer, Shape


class Sequential(Layer):
    """Layers one after the other; backward runs through them in reverse (the chain rule).

    Parameters
    ----------
    layers : mapping of str to Layer
        In order. The names stand before those of the parameters: layer ``conv1`` has ``conv1.weight``.

    Attributes
    ----------
    fused : bool
        True, as it begins: some layers run together, as one step (``nn.fused``). Set it to False to see the layers run
        as they are written, one by one, in a debugger or a lesson: the numbers are the same to rounding.
    """

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        super().__init__()
        self.layers = dict(layers)
        self.fused = True
        self._fused_steps = fuse(self.layers.values())
        self._folded_steps = fold(self._fused_steps)
        self._collect()

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the last layer's output."""
        for step in self._steps:
            x = step.forward(x, training=training, rng=rng)
        return x

    def predict(self, x: Array) -> Array:
        """Return what `forward` returns outside of training, sooner: there is no way back."""
        for step in self._folded_steps if self.fused else self.layers.values():
            x = step.predict(x)
        return x

    def prepare(self) -> None:
        """Prepare every step."""
        for step in self._folded_steps:
            step.prepare()

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set all layers' gradients; return that of the first layer's input."""
        grad: Array | None = grad_output
        steps = self._steps
        for step in reversed(steps):
            assert grad is not None  # only the first step may be spared its input's gradient
            grad = step.backward(grad, need_input=need_input or step is not steps[0])
        for name, layer in self.layers.items():
            self.grads.update({f"{name}.{key}": array for key, array in layer.grads.items()})
        return grad

    def split(self, name: str) -> tuple["Sequential", "Sequential"]:
        """Return the chain up to and including layer `name`, and the rest, both of the same layer objects.

        Between them stand that layer's activation and, on the way back, its gradient: what Grad-CAM looks at.

        Raises
        ------
        KeyError
            If there is no such layer.
        """
        if name not in self.layers:
            raise KeyError(f"no layer {name!r}; there are {', '.join(self.layers)}")
        names = list(self.layers)
        cut = names.index(name) + 1
        head, tail = ({key: self.layers[key] for key in part} for part in (names[:cut], names[cut:]))
        halves = Sequential(head), Sequential(tail)
        for half in halves:
            half.fused = self.fused
        return halves

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample's output."""
        for layer in self.layers.values():
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return the sum over the layers."""
        total = 0
        for layer in self.layers.values():
            total += layer.multiply_adds(input_shape)
            input_shape = layer.output_shape(input_shape)
        return total

    def astype(self, dtype: npt.DTypeLike) -> None:
        """Convert every layer."""
        for layer in self.layers.values():
            layer.astype(dtype)
        self._collect()

    @property
    def _steps(self) -> list[Layer]:
        """What `forward` runs, and `backward` in reverse."""
        return self._fused_steps if self.fused else list(self.layers.values())

    def _collect(self) -> None:
        """List all layers' arrays under their full names; they are the same arrays, so changes in place are seen."""
        for name, layer in self.layers.items():
            self.params.update({f"{name}.{key}": array for key, array in layer.params.items()})
            self.buffers.update({f"{name}.{key}": array for key, array in layer.buffers.items()})


def summary(model: Sequential, input_shape: Shape) -> str:
    """Return a table of layers, output shapes, parameters and multiply-adds for one sample of `input_shape`."""
    rows = [("layer", "kind", "output shape", "parameters", "multiply-adds")]
    shape = input_shape
    for name, layer in model.layers.items():
        work, shape = layer.multiply_adds(shape), layer.output_shape(shape)
        count = sum(array.size for array in layer.params.values())
        rows.append((name, type(layer).__name__, " x ".join(map(str, shape)), f"{count:,}", f"{work:,}"))
    total = sum(array.size for array in model.params.values())
    rows.append(("total", "", "", f"{total:,}", f"{model.multiply_adds(input_shape):,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
