"""The torch side of a comparison, a process of its own: ``python -P torch_contender.py FOLDER SETTINGS``.

Comes in: a folder with ``layers.json`` and ``arrays.npz``, how to run them (JSON), then words on stdin, one JSON object
a line. Goes out: an answer to each word, a line on stdout. Started by ``contender.start_torch``; ``minser_contender``
obeys the same words.

It imports nothing of minser, whose settings of threads and of BLAS would change torch. torch is imported inside the
functions: the rest of minser has to load where there is no torch.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = NDArray[Any]
LR = 1e-5  # small: after hundreds of steps on one batch the network still makes the mistakes that it began with


def main(argv: list[str]) -> int:
    """Say how much memory is in use, build the network, and obey words until stdin ends."""
    import torch

    folder, settings = Path(argv[0]), json.loads(argv[1])
    torch.set_num_threads(settings["threads"])
    say({"resident": memory("VmRSS"), "version": torch.__version__})
    arrays = dict(np.load(folder / "arrays.npz"))
    dtype, layout = getattr(torch, settings["dtype"]), getattr(torch, settings["layout"])
    model = build(json.loads((folder / "layers.json").read_text(encoding="utf-8")), arrays)
    model.to(dtype).train(settings["training"])
    model.to(memory_format=layout)  # type: ignore[call-overload] # torch gives this form no types
    if not settings["dropout"]:
        for layer in model.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
    x = torch.from_numpy(arrays["x"][: settings["batch"]]).to(dtype)
    x = x.permute(0, 3, 1, 2).contiguous(memory_format=layout)
    y = torch.from_numpy(arrays["y"][: settings["batch"]])
    answer: dict[str, Any] = {}
    step: Callable[[], object] | None = None
    for line in sys.stdin:
        word = json.loads(line)
        if word["word"] == "run":
            if step is None:  # not before it is asked for: compiling takes a minute
                runner: Any = torch.compile(model) if settings["compile"] else model
                if settings["training"]:
                    step, answer["adam"] = training_step(model, runner, x, y)
                else:
                    step = inference_step(runner, x)
            answer |= timed(step, word["steps"])
            say(answer)
        elif word["word"] == "answer":
            result = gradients(model, x, y) if settings["training"] else {"output": output(model, x)}
            np.savez(word["file"], allow_pickle=False, **result)
            say({})
        elif word["word"] == "peak":
            say({"peak": memory("VmHWM")})
    return 0


def build(layers: list[dict[str, Any]], arrays: Mapping[str, Array]) -> torch.nn.Sequential:
    """Return minser's network in torch, with the same weights; its batches are channels first.

    Parameters
    ----------
    layers : list of dict
        From ``twin.describe``.
    arrays : mapping of str to ndarray
        Parameters and buffers under minser's names and in its shapes.
    """
    import torch
    from torch import nn

    class MeanMaxPool(nn.Module):
        def __init__(self, keep_bins: bool) -> None:
            super().__init__()
            self.keep_bins = keep_bins

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            profile = x.transpose(1, 2).flatten(1, 2) if self.keep_bins else x.mean(dim=2)  # (batch, values, width)
            return torch.cat([profile.mean(dim=2), profile.max(dim=2).values], dim=1)

    class Flatten(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)  # in minser's order

    network, previous = nn.Sequential(), ""
    for layer in layers:
        name, kind = layer["name"], layer["kind"]
        window: Any = [tuple(layer[option]) for option in ("kernel_size", "stride", "padding") if option in layer]
        module: Any
        if kind == "Conv2d":
            module = nn.Conv2d(*arrays[f"{name}.weight"].shape[2:], *window)
        elif kind == "Dense":
            module = nn.Linear(*arrays[f"{name}.weight"].shape)
        elif kind == "BatchNorm":
            norm = nn.BatchNorm2d if layer["ndim"] == 4 else nn.BatchNorm1d
            module = norm(arrays[f"{name}.gamma"].size, eps=layer["eps"], momentum=layer["momentum"])
        elif kind == "ReLU":  # in place where nobody needs what stood there, as torch's own models do
            module = nn.ReLU(inplace=previous in ("Conv2d", "BatchNorm", "Dense"))
        elif kind == "MaxPool2d":
            module = nn.MaxPool2d(*window)
        elif kind == "AveragePool2d":
            module = nn.AvgPool2d(*window)
        elif kind == "GlobalAveragePool":
            module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        elif kind == "MeanMaxPool":
            module = MeanMaxPool(layer["keep_bins"])
        elif kind == "Dropout":
            module = nn.Dropout(layer["p"])
        else:
            module = Flatten()
        network.add_module(name, module)
        previous = kind
    with torch.no_grad():
        for name, tensor in minser_names(network).items():
            tensor.copy_(torch.from_numpy(torch_shaped(arrays[name])))
    return network


def minser_names(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return a network's parameters and running statistics under minser's names."""
    import torch

    named = {}
    for name, module in network.named_children():
        norm = isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        words = {"weight": "gamma", "bias": "beta"} if norm else {}
        for word, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if word != "num_batches_tracked":
                named[f"{name}.{words.get(word, word)}"] = tensor
    return named


def torch_shaped(array: Array) -> Array:
    """Return weights (k_h, k_w, in, out) as (out, in, k_h, k_w), and (in, out) as (out, in)."""
    return np.ascontiguousarray(array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)


def minser_shaped(array: Array) -> Array:
    """Return weights (out, in, k_h, k_w) as (k_h, k_w, in, out), and (out, in) as (in, out)."""
    return np.ascontiguousarray(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T)


def gradients(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, Array]:
    """Return loss and gradients of a training step, under minser's names and in its shapes."""
    import torch

    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()  # type: ignore[no-untyped-call] # torch gives it no types
    grads = {name: tensor.grad for name, tensor in minser_names(model).items()}
    shaped = {name: minser_shaped(grad.numpy()) for name, grad in grads.items() if grad is not None}
    return {"loss": loss.detach().numpy(), **shaped}


def output(model: torch.nn.Module, x: torch.Tensor) -> Array:
    """Return what the network answers, channels last."""
    import torch

    with torch.inference_mode():
        out = model(x)
    return np.asarray((out.permute(0, 2, 3, 1) if out.ndim == 4 else out).numpy())


def training_step(
    model: torch.nn.Module, runner: Callable[..., Any], x: torch.Tensor, y: torch.Tensor
) -> tuple[Callable[[], object], str]:
    """Return a training step with the faster one of torch's two Adams, and which one that is."""
    import torch

    def step(optimizer: torch.optim.Optimizer) -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(runner(x), y)
        loss.backward()  # type: ignore[no-untyped-call] # torch gives it no types
        optimizer.step()
        return float(loss)

    optimizers: dict[str, torch.optim.Optimizer] = {
        "foreach": torch.optim.Adam(model.parameters(), lr=LR, foreach=True),
        "fused": torch.optim.Adam(model.parameters(), lr=LR, fused=True),
    }
    step(optimizers["foreach"])
    seconds = {
        name: min(timed(optimizer.step, 1)["seconds"] for _ in range(5)) for name, optimizer in optimizers.items()
    }
    faster = min(seconds, key=lambda name: seconds[name])
    return lambda: step(optimizers[faster]), faster


def inference_step(runner: Callable[..., Any], x: torch.Tensor) -> Callable[[], object]:
    """Return a forward pass without what training would need of it."""
    import torch

    def step() -> object:
        with torch.inference_mode():
            return runner(x)

    return step


def timed(step: Callable[[], object], steps: int) -> dict[str, float]:
    """Return seconds a step, and the process's CPU seconds in all of them."""
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(steps):
        step()
    return {"seconds": (time.perf_counter() - start) / steps, "cpu": time.process_time() - cpu}


def memory(name: str) -> int | None:
    """Return resident memory (VmRSS) or its peak (VmHWM) in bytes, None where the system has no such file."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def say(answer: Mapping[str, object]) -> None:
    """Print an answer as a line of JSON."""
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
