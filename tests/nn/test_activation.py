import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_equals_torch


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), dtype=DTYPES, seed=SEEDS)
def test_equals_torch(shape: list[int], dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    x.flat[0] = 0  # the kink: both say that the slope is zero there
    assert_equals_torch(nn.ReLU(), x, lambda x, _: torch.relu(x), n_terms=1)


def test_by_hand() -> None:
    layer = nn.ReLU()
    assert layer.forward(np.array([[-2.0, 0.0, 3.0]])).tolist() == [[0, 0, 3]]
    assert layer.backward(np.array([[5.0, 6.0, 7.0]])).tolist() == [[0, 0, 7]]
