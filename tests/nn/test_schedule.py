import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn


def torch_optimiser(lr: float):
    """Make an optimiser whose only task is to hold a learning rate."""
    torch = pytest.importorskip("torch")
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


@given(
    losses=st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7, math.inf, math.nan]), max_size=40),
    factor=st.sampled_from([0.1, 0.5, 0.9]),
    patience=st.integers(0, 4),
    min_lr=st.sampled_from([0.0, 1e-3, 0.2]),
)
def test_plateau_is_torch_s_one_epoch_earlier(losses: list[float], factor: float, patience: int, min_lr: float) -> None:
    torch = pytest.importorskip("torch")
    optimiser = torch_optimiser(0.1)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=factor, patience=patience, threshold=0, min_lr=min_lr, eps=0
    )
    schedule = nn.ReduceLROnPlateau(0.1, factor=factor, patience=patience + 1, min_lr=min_lr)
    for loss in losses:
        expected.step(loss)
        assert schedule.step(loss) == schedule.lr == optimiser.param_groups[0]["lr"]


def test_plateau_by_hand() -> None:
    schedule = nn.ReduceLROnPlateau(1.0, factor=0.5, patience=3, min_lr=0.3)
    rates = [schedule.step(loss) for loss in (5, 4, 4, 4, 4, 4, 4, 4, 3, 3)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3]


@pytest.mark.parametrize("factor", [0, 1, 1.5])
def test_plateau_checks_its_factor(factor: float) -> None:
    with pytest.raises(ValueError, match=r"factor must lie in \(0, 1\), got"):
        nn.ReduceLROnPlateau(0.1, factor=factor)


@given(warmup_steps=st.integers(1, 10), cosine_steps=st.integers(1, 30), min_lr=st.sampled_from([0.0, 1e-3]))
@pytest.mark.filterwarnings("ignore")  # torch warns of its own order of calls
def test_warmup_cosine_equals_torchs_two_schedules_in_a_row(
    warmup_steps: int, cosine_steps: int, min_lr: float
) -> None:
    torch = pytest.importorskip("torch")
    schedulers = torch.optim.lr_scheduler
    optimiser = torch_optimiser(0.1)
    warmup = schedulers.LinearLR(optimiser, start_factor=1 / (warmup_steps + 1), total_iters=warmup_steps)
    cosine = schedulers.CosineAnnealingLR(optimiser, T_max=cosine_steps, eta_min=min_lr)
    expected = schedulers.SequentialLR(optimiser, [warmup, cosine], milestones=[warmup_steps])
    total_steps = warmup_steps + cosine_steps
    for step in range(total_steps + 1):
        got = nn.warmup_cosine(step, lr=0.1, total_steps=total_steps, warmup_steps=warmup_steps, min_lr=min_lr)
        # torch multiplies its way from step to step: some 30 roundings
        assert got == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12, abs=1e-14)
        optimiser.step()
        expected.step()


def test_warmup_cosine_by_hand() -> None:
    rates = [nn.warmup_cosine(step, lr=1.0, total_steps=7, warmup_steps=3, min_lr=0.2) for step in range(9)]
    middle = 0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, middle, 0.6, 1.2 - middle, 0.2, 0.2], rel=1e-15)


@pytest.mark.parametrize(("warmup_steps", "total_steps"), [(5, 5), (-1, 5), (0, 0)])
def test_warmup_cosine_checks_its_steps(warmup_steps: int, total_steps: int) -> None:
    with pytest.raises(ValueError, match="warmup_steps"):
        nn.warmup_cosine(0, lr=1.0, total_steps=total_steps, warmup_steps=warmup_steps)
