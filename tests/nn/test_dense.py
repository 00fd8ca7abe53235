import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_equals_torch


@given(
    batch=st.integers(1, 8),
    in_features=st.integers(1, 40),
    out_features=st.integers(1, 10),
    dtype=DTYPES,
    seed=SEEDS,
)
def test_equals_torch(batch: int, in_features: int, out_features: int, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer = nn.Dense(in_features, out_features, rng=rng)
    layer.params["bias"][:] = rng.standard_normal(out_features)
    layer.astype(dtype)
    x = rng.standard_normal((batch, in_features)).astype(dtype)
    n_terms = max(batch, in_features, out_features)
    assert_equals_torch(layer, x, lambda x, p: x @ p["weight"] + p["bias"], n_terms=n_terms)


def test_a_large_one_equals_torch(rng: np.random.Generator) -> None:
    layer = nn.Dense(2101, 128, rng=rng)  # its products are spread over the threads
    x = rng.standard_normal((3, 2101), np.float32)
    assert_equals_torch(layer, x, lambda x, p: x @ p["weight"] + p["bias"], n_terms=2101)


def test_one_multiply_add_a_weight(rng: np.random.Generator) -> None:
    assert nn.Dense(7, 3, rng=rng).multiply_adds((7,)) == 21
