import numpy as np
import pytest

from tests.robustness.kill import harass
from tests.robustness.planted import FAULTS

pytestmark = pytest.mark.slow


def test_a_training_that_is_killed_again_and_again_comes_to_the_same_bytes(tmp_path):
    killed, n_survived, lost = harass(tmp_path, n_kills=24, rng=np.random.default_rng(1))
    assert sum(killed.values()) == n_survived == 24
    assert 0 < killed["outside"] < 24
    assert any(moment.endswith(".safetensors") for moment in killed)
    assert lost == []


IN_CI = ("order",)  # a fault in what is saved; --all plants those in the writing of files too


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=() if fault in IN_CI else pytest.mark.long) for fault in FAULTS]
)
def test_a_fault_that_loses_something_is_seen(tmp_path, fault):
    """Else the harness would find nothing in anything."""
    through = ("-m", "tests.robustness.planted", fault)
    _, _, lost = harass(tmp_path, n_kills=60, rng=np.random.default_rng(1), through=through, to_first_loss=True)
    assert len(lost) == 1
