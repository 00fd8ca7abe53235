"""Write nn.npz: what torch makes of small layers, losses, optimisers and schedules.

    python tests/reference/make_nn.py

Everything is computed in float64 from numbers that float32 holds exactly, so that one file serves both, and stands
in minser's layouts: images (batch, height, width, channels), convolution weights (k_h, k_w, in, out).
Keys are ``case/what``, and ``versions``.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import lr_scheduler

Arrays = dict[str, np.ndarray]
rng = np.random.default_rng(0)


def draw(*shape: int, loc: float = 0.0) -> np.ndarray:
    """Draw normal numbers that survive a trip through float32."""
    return rng.normal(loc, 1, shape).astype(np.float32).astype(np.float64)


def layer(x: np.ndarray, params: Arrays, function: Callable[..., Tensor]) -> Arrays:
    """Record a layer's forward and backward pass; `function` takes tensors of x and of each parameter."""
    tensor = torch.tensor(x, requires_grad=True)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    out = function(tensor, *tensors.values())
    grad_output = draw(*out.shape)
    out.backward(torch.tensor(grad_output))
    found = {"x": x, "out": out.detach().numpy(), "grad_output": grad_output, "grad_input": tensor.grad.numpy()}
    found |= {f"params/{name}": array for name, array in params.items()}
    return found | {f"grads/{name}": array.grad.numpy() for name, array in tensors.items()}


def image(function: Callable[..., Tensor], *args: object, **geometry: object) -> Callable[..., Tensor]:
    """Wrap a torch function of channels-first images into one of channels-last images."""
    return lambda x: function(x.permute(0, 3, 1, 2), *args, **geometry).permute(0, 2, 3, 1)


def conv(stride: tuple[int, int], padding: tuple[int, int]) -> Callable[..., Tensor]:
    """Return a convolution in minser's layouts."""

    def function(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        weight = weight.permute(3, 2, 0, 1).contiguous()
        return image(functional.conv2d, weight, bias, stride=stride, padding=padding)(x)

    return function


def norm(training: bool) -> Arrays:
    """Record a batch norm with its running statistics before and after."""
    buffers = {"running_mean": draw(3), "running_var": 1 + draw(3) ** 2}
    mean, var = (torch.tensor(array) for array in buffers.values())
    params = {"gamma": draw(3, loc=1), "beta": draw(3)}
    found = layer(
        draw(4, 3, 2, 3, loc=2),
        params,
        lambda x, gamma, beta: image(functional.batch_norm, mean, var, gamma, beta, training, 0.1, 1e-5)(x),
    )
    found |= {f"buffers/{name}": array for name, array in buffers.items()}
    return found | {"buffers_after/running_mean": mean.numpy(), "buffers_after/running_var": var.numpy()}


def loss(targets: np.ndarray, label_smoothing: float, class_weight: np.ndarray | None) -> Arrays:
    """Record a cross-entropy and its gradient."""
    logits = 3 * draw(6, 5)
    tensor = torch.tensor(logits, requires_grad=True)
    weight = None if class_weight is None else torch.tensor(class_weight)
    value = functional.cross_entropy(tensor, torch.tensor(targets), weight=weight, label_smoothing=label_smoothing)
    value.backward()
    found = {"logits": logits, "targets": targets, "value": value.detach().numpy(), "grad": tensor.grad.numpy()}
    return (
        found
        | {"label_smoothing": np.array(label_smoothing)}
        | ({} if class_weight is None else {"class_weight": class_weight})
    )


def optimiser(make: Callable[[list[Tensor]], torch.optim.Optimizer]) -> Arrays:
    """Record a parameter over twenty steps."""
    first, grads, steps = draw(3, 2), draw(20, 3, 2), []
    param = torch.tensor(first, requires_grad=True)
    optimiser = make([param])
    for grad in grads:
        param.grad = torch.tensor(grad)
        optimiser.step()
        steps.append(param.detach().numpy().copy())
    return {"first": first, "grads": grads, "steps": np.array(steps)}


def schedules() -> dict[str, Arrays]:
    """Record the learning rates of a plateau schedule, and of a warm-up followed by a cosine."""
    param = torch.zeros(1, requires_grad=True)
    sgd = torch.optim.SGD([param], lr=0.1)
    plateau = lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=2, threshold=0, min_lr=0.02, eps=0)
    losses, rates = np.abs(draw(40)), []
    for value in losses:
        plateau.step(value)
        rates.append(sgd.param_groups[0]["lr"])
    sgd = torch.optim.SGD([param], lr=0.1)
    warmup = lr_scheduler.LinearLR(sgd, start_factor=1 / 6, total_iters=5)
    cosine = lr_scheduler.CosineAnnealingLR(sgd, T_max=20, eta_min=0.001)
    both, cosine_rates = lr_scheduler.SequentialLR(sgd, [warmup, cosine], milestones=[5]), []
    for _ in range(26):
        cosine_rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        both.step()
    return {
        "plateau": {"losses": losses, "rates": np.array(rates)},
        "warmup_cosine": {"rates": np.array(cosine_rates)},
    }


def main() -> None:
    """Compute all cases and write them beside this file."""
    images, classes = draw(2, 6, 5, 3), np.array([0, 4, 1, 1, 2, 4])
    weight = np.array([0.5, 1, 2, 0.75, 1.25])
    cases = {
        "dense": layer(draw(4, 5), {"weight": draw(5, 3), "bias": draw(3)}, lambda x, w, b: x @ w + b),
        "conv": layer(images, {"weight": draw(3, 3, 3, 4), "bias": draw(4)}, conv((1, 1), (1, 1))),
        "conv_strided": layer(images, {"weight": draw(3, 2, 3, 4), "bias": draw(4)}, conv((2, 1), (1, 2))),
        "norm_training": norm(training=True),
        "norm_evaluation": norm(training=False),
        "relu": layer(images, {}, functional.relu),
        "max_pool": layer(images, {}, image(functional.max_pool2d, (3, 2), (2, 1))),
        "average_pool": layer(images, {}, image(functional.avg_pool2d, (3, 2))),
        "global_average_pool": layer(images, {}, lambda x: x.mean(dim=(1, 2))),
        "loss": loss(classes, 0.0, None),
        "loss_smoothed_weighted": loss(classes, 0.1, weight),
        "adam": optimiser(lambda params: torch.optim.Adam(params, lr=0.01)),
        "adamw": optimiser(lambda params: torch.optim.AdamW(params, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)),
        "sgd": optimiser(lambda params: torch.optim.SGD(params, lr=0.01, momentum=0.9)),
        **schedules(),
    }
    arrays = {f"{case}/{name}": array for case, found in cases.items() for name, array in found.items()}
    versions = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
    np.savez_compressed(Path(__file__).with_name("nn.npz"), versions=versions, **arrays)


if __name__ == "__main__":
    main()
