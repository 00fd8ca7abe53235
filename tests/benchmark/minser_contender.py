"""minser's side of a comparison, a process of its own: ``python -m tests.benchmark.minser_contender FOLDER SETTINGS``.

Comes in: a folder with ``arrays.npz``, how to run them (JSON), then words on stdin, one JSON object a line:

    {"word": "run", "steps": n}     take n steps; answer seconds a step, and CPU seconds in all
    {"word": "answer", "file": f}   write loss and gradients, or the output, to an .npz file
    {"word": "peak"}                answer the peak of resident memory, in bytes
    {"word": "layers", "rounds": n} answer seconds of each layer, beside the machine's peaks; see ``walk.measure``

Goes out: an answer to each word, a line on stdout. Started by ``contender.start_minser``. The first answer, to no word,
is the memory in use before there is a network.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minser import nn
from minser.nn.arrays import copy_arrays, model_arrays
from tests.benchmark import networks, walk
from tests.benchmark.torch_contender import LR, memory, say, timed


def main(argv: list[str]) -> int:
    """Say how much memory is in use, build the network, and obey words until stdin ends."""
    folder, settings = Path(argv[0]), json.loads(argv[1])
    say({"resident": memory("VmRSS")})
    arrays = dict(np.load(folder / "arrays.npz"))
    x, y = (arrays.pop(name)[: settings["batch"]] for name in ("x", "y"))
    model, _ = networks.build(settings["model"])
    copy_arrays(arrays, model_arrays(model))
    model.astype(settings["dtype"])
    x = x.astype(settings["dtype"], copy=False)
    if not settings["dropout"]:
        for layer in model.layers.values():
            if isinstance(layer, nn.Dropout):
                layer.p = 0.0
    if not settings["training"]:
        model.prepare()  # as a Recognizer does
    step = training_step(model, x, y) if settings["training"] else lambda: model.predict(x)
    for line in sys.stdin:
        word = json.loads(line)
        if word["word"] == "run":
            say(timed(step, word["steps"]))
        elif word["word"] == "answer":
            result = gradients(model, x, y) if settings["training"] else {"output": model.predict(x)}
            np.savez(word["file"], allow_pickle=False, **result)
            say({})
        elif word["word"] == "peak":
            say({"peak": memory("VmHWM")})
        elif word["word"] == "layers":
            rounds, threads = word["rounds"], settings["threads"]
            say(walk.measure(model, x, training=settings["training"], rounds=rounds, threads=threads))
    return 0


def training_step(model: nn.Sequential, x: nn.Array, y: nn.Array) -> Callable[[], object]:
    """Return a step as ``training.trainer`` takes it."""
    loss, optimizer = nn.SoftmaxCrossEntropy(), nn.Adam(model.params, lr=LR)

    def step() -> float:
        rng = np.random.default_rng(0)
        value = loss.forward(model.forward(x, training=True, rng=rng), y)
        model.backward(loss.backward(), need_input=False)
        optimizer.step(model.grads)
        return value

    return step


def gradients(model: nn.Sequential, x: nn.Array, y: nn.Array) -> dict[str, Any]:
    """Return loss and gradients of a training step."""
    loss = nn.SoftmaxCrossEntropy()
    value = loss.forward(model.forward(x, training=True, rng=np.random.default_rng(0)), y)
    model.backward(loss.backward(), need_input=False)
    return {"loss": np.array(value), **model.grads}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
