"""Random first weights, scaled so that signals keep their size from layer to layer.

Comes in: a shape, the number of inputs (and outputs) of a unit, a generator.
"""

import numpy as np

from minser.nn.layer import Array, Shape


def he_normal(shape: Shape, *, fan_in: int, rng: np.random.Generator) -> Array:
    """Return float32 normal weights of variance ``2 / fan_in``, for layers before a ReLU (He et al. 2015, eq. 10)."""
    return rng.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)


def glorot_uniform(shape: Shape, *, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Return float32 weights uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
