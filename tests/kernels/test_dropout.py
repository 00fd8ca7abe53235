import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import dropout, reference


@given(key=st.integers(0, 2**64 - 1), p=st.floats(0, 0.99), dtype=st.sampled_from([np.float32, np.float64]))
def test_drop_equals_its_twin(key: int, p: float, dtype: type) -> None:
    x = np.arange(1, 61, dtype=dtype).reshape(3, 4, 5)
    got = dropout.drop(x, key=key, p=p)
    assert got.dtype == dtype
    assert np.array_equal(got, reference.drop_reference(x, key=key, p=p))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_places_and_keys_are_independent(p: float) -> None:
    n = 200_000
    kept = np.array([dropout.drop(np.ones(n), key=key, p=p) > 0 for key in (0, 1, 2**63)])
    spread = 5 * np.sqrt(p * (1 - p) / n)  # five standard deviations
    assert np.abs(kept.mean(axis=1) - (1 - p)).max() < spread
    for one, other in [
        (kept[0], kept[1]),
        (kept[0], kept[2]),
        (kept[0, 1:], kept[0, :-1]),
        (kept[0, 64:], kept[0, :-64]),
    ]:
        assert abs((one & other).mean() - (1 - p) ** 2) < spread
