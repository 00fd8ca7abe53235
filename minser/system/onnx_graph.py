"""ONNX nodes, each written by one call; the only file that imports the package ``onnx``.

Comes in: names of operators (https://onnx.ai/onnx/operators), their inputs and attributes. Goes out: the bytes of an
ONNX file.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

FLOAT, INT32, INT64, BOOL, DOUBLE = 1, 6, 7, 9, 11
"""Types of numbers, as ``Cast`` wants them."""

_OPSET = 18  # operators of December 2022: the first in which all reductions take their axes alike


class Graph:
    """A graph that grows node by node: ``op("Add", x, 1.0)`` adds a node and returns the name of its output.

    Raises
    ------
    ValueError
        If the package ``onnx`` is not installed.
    """

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError:
            raise ValueError("writing ONNX needs the package onnx: pip install 'minser[onnx]'") from None
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def __call__(self, operator: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node and return the name of its first output.

        Parameters
        ----------
        operator : str
            Such as ``"Add"``.
        *inputs : str, array or number
            A text is the name of an output or of the graph's input; an empty one leaves an input out. Anything else
            becomes a constant; Python's numbers have 64 bits.
        **attributes
            The operator's.
        """
        name = f"{operator}_{len(self._nodes)}"
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        n_outputs = self._onnx.defs.get_schema(operator, _OPSET).min_output
        outputs = [name, *(f"{name}_{i}" for i in range(1, n_outputs))]
        self._nodes.append(self._onnx.helper.make_node(operator, names, outputs, name, **attributes))
        return name

    def to_bytes(self, *, source: str, result: str, n_results: int, metadata: Mapping[str, str], about: str) -> bytes:
        """Return a checked file whose graph goes from one vector of float32 to another; the same graph, the same bytes.

        Parameters
        ----------
        source : str
            Name of the input, a vector of any length.
        result : str
            Name of the last node's output, and from then on of the graph's, a vector of `n_results` numbers.
        n_results : int
        metadata : mapping of str to str
            What ``metadata_props`` says.
        about : str
            What a person reads about the file (``doc_string``).
        """
        helper = self._onnx.helper
        self._nodes[-1].output[0] = result
        graph = helper.make_graph(
            self._nodes,
            "minser",
            [helper.make_tensor_value_info(source, FLOAT, [f"n_{source}"])],
            [helper.make_tensor_value_info(result, FLOAT, [n_results])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        # The least version of the format: by default it is the newest, which older programs refuse.
        version = helper.find_min_ir_version_for(opsets)
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=version, producer_name="minser", doc_string=about
        )
        helper.set_model_props(model, dict(metadata))
        self._onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _constant(self, value: Any) -> str:
        """Add a constant and return its name."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.asarray(value), name))
        return name
