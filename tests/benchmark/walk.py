"""Seconds, arithmetic and traffic of each step of a network, and the machine's peaks.

Comes in: a network and a batch. Goes out: JSON-ready numbers.

Bytes are those that must move at least: inputs, outputs and weights, once each; a layer that hands its input on moves
none. Peaks: a matrix product of numbers that fit the cache, and a copy of arrays that do not, on all threads.
"""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import numpy as np

from minser import nn
from minser.nn import Array
from minser.nn.fused import FoldedBlock, fold, fuse
from minser.nn.norm import NormReluPool

Row = dict[str, Any]
PEAK_ROUNDS = 10


def measure(model: nn.Sequential, x: Array, *, training: bool, rounds: int, threads: int) -> Row:
    """Return the machine's peaks and a row for each step and direction.

    A step is a layer, or several that are executed as one (``nn.fused``).

    Parameters
    ----------
    model : Sequential
        Its steps are taken one by one, as it does itself.
    x : ndarray of float32, shape (batch, height, width, channels)
    training : bool
        Whether to walk back too.
    rounds : int
        Walks, of which the median counts; two more go before.
    threads : int
        That share the work of the peaks.

    Returns
    -------
    dict
        ``gemm_gflops``, ``copy_gbs``, and ``layers``: dicts of ``layer``, ``direction``, ``ms``, ``gflop`` and ``gb``.
    """
    walks = [walk(model, x, training=training) for _ in range(2 + rounds)][2:]
    rows = [{**calls[0], "ms": median(call["ms"] for call in calls)} for calls in zip(*walks, strict=True)]
    return {"gemm_gflops": gemm_peak(threads), "copy_gbs": copy_peak(threads), "layers": rows}


def walk(model: nn.Sequential, x: Array, *, training: bool) -> list[Row]:
    """Take every step once, in training also backward, and return a row for each, in the network's order."""
    steps, rng = named_steps(model, training=training), np.random.default_rng(0)
    rows, inputs, work = [], [x], []
    for names, step in steps:
        start = time.perf_counter()
        x = step.forward(x, training=True, rng=rng) if training else step.predict(x)
        ms = 1e3 * (time.perf_counter() - start)
        layers = nn.Sequential({name: model.layers[name] for name in names})
        work.append(2e-9 * len(x) * layers.multiply_adds(inputs[-1].shape[1:]))
        gb = traffic(inputs[-1], x, *layers.params.values())
        rows.append({"layer": label(names), "direction": "forward", "ms": ms, "gflop": work[-1], "gb": gb})
        inputs.append(x)
    if not training:
        return rows
    grad = rng.standard_normal(x.shape, dtype=np.float32)
    back: list[Row] = []
    for i, (names, step) in reversed(list(enumerate(steps))):
        start = time.perf_counter()
        result = step.backward(grad, need_input=i > 0)
        ms = 1e3 * (time.perf_counter() - start)
        own = [model.layers[name] for name in names]
        arrays = [array for layer in own for array in (*layer.params.values(), *layer.grads.values())]
        if arrays or isinstance(step, nn.ReLU):
            arrays.append(inputs[i])  # the others do not need to know what came in
        if result is not None:
            arrays.insert(0, result)
        products = 1 if result is None else 2  # one for the weights' gradient, one for the input's
        gb, gflop = traffic(grad, *arrays), products * work[i]
        back.append({"layer": label(names), "direction": "backward", "ms": ms, "gflop": gflop, "gb": gb})
        if result is not None:
            grad = result
    return rows + back[::-1]


def named_steps(model: nn.Sequential, *, training: bool) -> list[tuple[list[str], nn.Layer]]:
    """Return what the network executes, each step with the names of the layers that it stands for."""
    steps = fuse(model.layers.values()) if training else fold(fuse(model.layers.values()))
    for step in steps:
        step.prepare()  # as a Recognizer does; training takes no notice
    first = {id(first_layer(step)): step for step in steps}
    named: list[tuple[list[str], nn.Layer]] = []
    for name, layer in model.layers.items():
        if id(layer) in first:
            named.append(([], first[id(layer)]))
        named[-1][0].append(name)
    return named


def first_layer(step: nn.Layer) -> nn.Layer:
    """Return the first of the layers that a step stands for."""
    match step:
        case FoldedBlock():
            return step.conv
        case NormReluPool():
            return step.norm
    return step


def label(names: Sequence[str]) -> str:
    """Return the name of a step: its layer's, or those of the first and the last."""
    return names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"


def traffic(read: Array, *others: Array) -> float:
    """Return the GB of arrays; none if the second is the first again, in its shape or another."""
    if others and np.may_share_memory(read, others[0]):
        return 0.0
    return sum(stored(array) for array in (read, *others)) / 1e9


def stored(array: Array) -> int:
    """Return the bytes that an array has in memory: a broadcast one repeats what it has."""
    lengths = [n for n, stride in zip(array.shape, array.strides, strict=True) if stride]
    return int(math.prod(lengths) * array.itemsize)


def gemm_peak(threads: int) -> float:
    """Return GFLOP/s of float32 matrix products, one a thread at the same time."""
    n = 768
    squares = np.random.default_rng(0).standard_normal((threads, 3, n, n), dtype=np.float32)
    return 2e-9 * threads * n**3 / least_seconds(lambda part: np.dot(part[0], part[1], out=part[2]), squares)


def copy_peak(threads: int) -> float:
    """Return GB/s, read and written, of copies of 64 MB a thread."""
    pairs = np.ones((threads, 2, 16 << 20), np.float32)
    return pairs.nbytes / 1e9 / least_seconds(lambda part: np.copyto(part[0], part[1]), pairs)


def least_seconds(work: Callable[[Array], object], parts: Array) -> float:
    """Return the least time in which all threads were done, each with its part."""
    with ThreadPoolExecutor(len(parts)) as pool:
        seconds = []
        for _ in range(PEAK_ROUNDS):
            start = time.perf_counter()
            list(pool.map(work, parts))
            seconds.append(time.perf_counter() - start)
    return min(seconds)
