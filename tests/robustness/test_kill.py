import numpy as np
import pytest

from tests.robustness.kill import harass

pytestmark = pytest.mark.slow


def test_a_training_that_is_killed_again_and_again_comes_to_the_same_bytes(tmp_path):
    killed, lost = harass(tmp_path, n_kills=10, rng=np.random.default_rng(1))
    assert sum(killed.values()) == 10
    assert killed["outside"] < 10
    assert lost == []
