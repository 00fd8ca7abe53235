"""Questions of assignment 7: optimisers and schedules."""

from functools import partial
from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Case, Fault, Question, drawn


def _schedule(rng: np.random.Generator, total: int, warm: int, more: int) -> Case:
    """Draw a schedule and its step: `total` times all steps and `warm` times those of the warm-up, and some more."""
    total_steps, warmup_steps = int(rng.integers(20, 30)), int(rng.integers(4, 8))
    step = total * total_steps + warm * warmup_steps + more
    return {"step": step, "lr": 0.8, "total_steps": total_steps, "warmup_steps": warmup_steps, "min_lr": 0.05}


# before, at and after the peak, at the end and beyond
_STEPS = ((0, 0, 0), (0, 0, 2), (0, 1, -1), (0, 1, 0), (0, 1, 3), (1, 0, -2), (1, 0, 0), (1, 0, 5))


QUESTIONS = (
    Question(
        "sgd_step",
        2,
        drawn(  # a first step, and a later one
            {"param": draw("standard_normal", shape), "grad": draw("standard_normal", shape)}
            | {"velocity": draw("normal", 0, scale, shape), "lr": lr, "momentum": momentum}
            for shape, scale, lr, momentum in (((3, 4), 0, 0.1, 0.9), ((5,), 2, 0.03, 0.8))
        ),
        (
            Fault(
                "momentum has the wrong sense: it is the share of the old velocity, not of the gradient",
                "new_velocity = momentum * velocity + grad\n",
                "new_velocity = (1 - momentum) * velocity + momentum * grad\n",
            ),
            Fault(
                "the gradient is multiplied by 1 - momentum",
                "momentum * velocity + grad\n",
                "momentum * velocity + (1 - momentum) * grad\n",
            ),
            Fault(
                "the velocity holds the learning rate too: it is multiplied in the step alone",
                "new_velocity = momentum * velocity + grad\n    return param - lr * new_velocity, new_velocity",
                "new_velocity = momentum * velocity + lr * grad\n    return param - new_velocity, new_velocity",
            ),
            Fault("the step goes uphill: subtract it", "param - lr", "param + lr"),
            Fault("the step uses the old velocity", "lr * new_velocity, new_velocity", "lr * velocity, new_velocity"),
            Fault(
                "the step uses the gradient alone: momentum has no effect",
                "lr * new_velocity, new_velocity",
                "lr * grad, new_velocity",
            ),
            Fault(
                "the velocity is not multiplied by momentum", "= momentum * velocity + grad\n", "= velocity + grad\n"
            ),
            Fault(
                "this is Nesterov's momentum; the plain one is asked for",
                "param - lr * new_velocity,",
                "param - lr * (grad + momentum * new_velocity),",
            ),
        ),
    ),
    Question(
        "adam_step",
        4,
        drawn(  # the first step, later ones, and an eps that counts
            {"param": draw("standard_normal", shape), "grad": draw("standard_normal", shape)}
            | {"mean": draw("normal", 0, size, shape), "square": draw("uniform", 0.5 * size, 2 * size, shape)}
            | {"step": step, "lr": 0.07, "beta1": 0.9, "beta2": 0.97, "eps": eps}
            for shape, size, step, eps in (((3, 4), 0, 1, 1e-12), ((5,), 1, 4, 1e-12), ((2, 3), 0.5, 9, 0.2))
        ),
        (
            Fault(
                "the bias correction is forgotten: divide by 1 - beta ** step",
                "corrected = new_mean / (1 - beta1**step)\n    root = np.sqrt(new_square / (1 - beta2**step)) + eps",
                "corrected = new_mean\n    root = np.sqrt(new_square) + eps",
            ),
            Fault("the bias correction of the mean is forgotten", "new_mean / (1 - beta1**step)", "new_mean"),
            Fault("the bias correction of the square is forgotten", "new_square / (1 - beta2**step)", "new_square"),
            Fault(
                "the bias correction uses the same power at every step: beta ** step",
                "corrected = new_mean / (1 - beta1**step)\n    root = np.sqrt(new_square / (1 - beta2**step)) + eps",
                "corrected = new_mean / (1 - beta1)\n    root = np.sqrt(new_square / (1 - beta2)) + eps",
            ),
            Fault(
                "the corrected averages are returned; the uncorrected ones go on",
                "root, new_mean, new_square",
                "root, corrected, new_square / (1 - beta2**step)",
            ),
            Fault(
                "eps is added under the root; it belongs outside",
                "np.sqrt(new_square / (1 - beta2**step)) + eps",
                "np.sqrt(new_square / (1 - beta2**step) + eps)",
            ),
            Fault("eps is missing", ") + eps", ")"),
            Fault(
                "the square root is missing",
                "np.sqrt(new_square / (1 - beta2**step)) + eps",
                "new_square / (1 - beta2**step) + eps",
            ),
            Fault("the gradient is not squared in the second average", "* grad**2", "* grad"),
            Fault(
                "beta1 and beta2 are swapped",
                "new_mean = beta1 * mean + (1 - beta1) * grad\n"
                "    new_square = beta2 * square + (1 - beta2) * grad**2\n"
                "    corrected = new_mean / (1 - beta1**step)\n"
                "    root = np.sqrt(new_square / (1 - beta2**step)) + eps",
                "new_mean = beta2 * mean + (1 - beta2) * grad\n"
                "    new_square = beta1 * square + (1 - beta1) * grad**2\n"
                "    corrected = new_mean / (1 - beta2**step)\n"
                "    root = np.sqrt(new_square / (1 - beta1**step)) + eps",
            ),
            Fault(
                "beta has the wrong sense: it is the share of the old average",
                "new_mean = beta1 * mean + (1 - beta1) * grad\n"
                "    new_square = beta2 * square + (1 - beta2) * grad**2\n",
                "new_mean = (1 - beta1) * mean + beta1 * grad\n"
                "    new_square = (1 - beta2) * square + beta2 * grad**2\n",
            ),
            Fault(
                "the step is counted from 0; here it starts at 1",
                "corrected = new_mean / (1 - beta1**step)\n    root = np.sqrt(new_square / (1 - beta2**step)) + eps",
                "corrected = new_mean / (1 - beta1 ** (step + 1))\n"
                "    root = np.sqrt(new_square / (1 - beta2 ** (step + 1))) + eps",
            ),
        ),
    ),
    Question(
        "add_l2",
        1,
        drawn(  # two strengths
            {"grad": draw("standard_normal", shape), "weight": draw("standard_normal", shape), "l2": l2}
            for shape, l2 in (((3, 4), 0.01), ((5,), 0.6))
        ),
        (
            Fault("the factor 2 is missing: the derivative of l2 w ** 2 is 2 l2 w", "2 * l2", "l2"),
            Fault(
                "the penalty itself is added; its gradient is asked for", "2 * l2 * weight", "l2 * np.sum(weight**2)"
            ),
            Fault("this is L1: the sign of the weight is added", "2 * l2 * weight", "l2 * np.sign(weight)"),
            Fault("the penalty's gradient is subtracted", "grad + 2", "grad - 2"),
            Fault("the loss's own gradient is lost", "grad + 2", "2"),
        ),
    ),
    Question(
        "decay_weights",
        1,
        drawn(  # two strengths
            [
                {"weight": draw("standard_normal", (3, 4)), "lr": 0.1, "weight_decay": 0.02},
                {"weight": draw("standard_normal", 5), "lr": 0.3, "weight_decay": 0.7},
            ]
        ),
        (
            Fault(
                "the learning rate is missing in the decay: 1 - lr * weight_decay",
                "1 - lr * weight_decay",
                "1 - weight_decay",
            ),
            Fault("this is L2's gradient: a factor 2 too many", "1 - lr * weight_decay", "1 - 2 * lr * weight_decay"),
            Fault("the weights grow: 1 - lr * weight_decay", "(1 - lr", "(1 + lr"),
            Fault(
                "what is returned is the change; the changed weights are asked for",
                "weight * (1 - lr * weight_decay)",
                "-weight * lr * weight_decay",
            ),
            Fault(
                "the decay is subtracted from the weight, not multiplied",
                "weight * (1 - lr * weight_decay)",
                "weight - lr * weight_decay",
            ),
        ),
    ),
    Question(
        "warmup_cosine",
        3,
        tuple(partial(_schedule, total=total, warm=warm, more=more) for total, warm, more in _STEPS)
        + drawn(  # without warm-up
            {"step": step, "lr": 0.8, "total_steps": draw("integers", 20, 30), "warmup_steps": 0, "min_lr": 0.05}
            for step in (0, 7)
        ),
        (
            Fault(
                "the warm-up starts at 0: its first step is lr / (warmup_steps + 1)",
                "lr * (step + 1) / (warmup_steps + 1)",
                "lr * step / warmup_steps",
            ),
            Fault(
                "the warm-up reaches lr one step too early: divide by warmup_steps + 1",
                "(step + 1) / (warmup_steps + 1)",
                "(step + 1) / warmup_steps",
            ),
            Fault(
                "the cosine counts from step 0, not from the end of the warm-up",
                "(step - warmup_steps) / (total_steps - warmup_steps)",
                "step / total_steps",
            ),
            Fault(
                "the cosine is divided by all steps: the warm-up's are not part of it",
                "/ (total_steps - warmup_steps)",
                "/ total_steps",
            ),
            Fault(
                "after total_steps the rate rises again: it has to stay at min_lr",
                "min((step - warmup_steps) / (total_steps - warmup_steps), 1)",
                "(step - warmup_steps) / (total_steps - warmup_steps)",
            ),
            Fault("min_lr is added on top of lr: scale lr - min_lr", "(lr - min_lr)", "lr"),
            Fault("min_lr is not used", "return min_lr + (lr - min_lr)", "return lr"),
            Fault("the cosine makes a whole period: the rate comes back up", "np.cos(np.pi", "np.cos(2 * np.pi"),
            Fault("there is no warm-up", "if step < warmup_steps:", "if False:"),
            Fault(
                "the rate falls in a line, not along a cosine", "(1 + np.cos(np.pi * progress)) / 2", "(1 - progress)"
            ),
        ),
    ),
    Question(
        "clip_gradients",
        2,
        drawn(  # gradients above the limit, below it, and a large one beside small ones
            {
                "grads": {
                    "weight": draw("normal", 0, small, (3, 4)),
                    "bias": draw("normal", 0, large, 4),
                    "gamma": draw("normal", 0, small, 2),
                },
                "max_norm": max_norm,
            }
            for small, large, max_norm in ((1, 1, 1.5), (1, 1, 50.0), (0.1, 10, 2.0))
        )
        + drawn(  # gradients that are all positive
            [
                {
                    "grads": {
                        name: draw("uniform", 0.5, 2, shape) for name, shape in (("weight", (3, 2)), ("bias", 2))
                    },
                    "max_norm": 1.0,
                }
            ]
        ),
        (
            Fault(
                "each gradient is clipped by a norm of its own: their common one counts",
                "{name: grad * factor for name, grad in grads.items()}",
                "{name: grad * min(1, max_norm / np.sqrt(np.sum(grad**2))) for name, grad in grads.items()}",
            ),
            Fault("short gradients are lengthened: they have to stay", "min(1, max_norm / norm)", "max_norm / norm"),
            Fault(
                "each number is clipped: the direction changes",
                "{name: grad * factor for name, grad in grads.items()}",
                "{name: np.clip(grad, -max_norm, max_norm) for name, grad in grads.items()}",
            ),
            Fault(
                "the norm lacks its square root",
                "np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))",
                "sum(np.sum(grad**2) for grad in grads.values())",
            ),
            Fault(
                "the norms are added; add their squares",
                "np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))",
                "sum(np.sqrt(np.sum(grad**2)) for grad in grads.values())",
            ),
            Fault(
                "the largest number is taken for the norm",
                "np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))",
                "max(np.max(np.abs(grad)) for grad in grads.values())",
            ),
            Fault("nothing is clipped", "grad * factor", "grad * 1"),
        ),
    ),
)
