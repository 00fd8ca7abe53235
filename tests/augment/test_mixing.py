import numpy as np
import pytest

from minser.augment import mix, random_mixup


def _samples(dtype=np.float32) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 5, 7, 2)).astype(dtype)
    target, other_target = np.eye(8, dtype=dtype)[[2, 5]]
    return first, target, second, other_target


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_average_has_its_shares(dtype):
    first, _, second, _ = _samples(dtype)
    mixed = mix(first, second, share=0.3)
    assert mixed.dtype == dtype
    np.testing.assert_allclose(mixed, 0.3 * first + 0.7 * second, atol=1e-6 if dtype == np.float32 else 1e-15)
    np.testing.assert_array_equal(mix(first, second, share=1.0), first)
    np.testing.assert_array_equal(mix(first, second, share=0.0), second)


def test_sample_and_target_have_the_same_share():
    first, _, second, _ = samples = _samples()
    before = [array.copy() for array in samples]
    for seed in range(5):
        mixed, probs = random_mixup(*samples, alpha=0.4, rng=np.random.default_rng(seed))
        share = np.random.default_rng(seed).beta(0.4, 0.4)
        np.testing.assert_array_equal(mixed, mix(first, second, share=share))
        np.testing.assert_allclose(probs[[2, 5]], [share, 1 - share], atol=1e-7)
        assert probs.sum() == pytest.approx(1.0, abs=1e-6)
    for array, copy in zip(samples, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_beta_distributed(alpha, rng):
    first, target, second, other_target = _samples(np.float64)
    shares = np.array(
        [random_mixup(first, target, second, other_target, alpha=alpha, rng=rng)[1][2] for _ in range(4000)]
    )
    assert shares.min() >= 0
    assert shares.max() <= 1
    variance = 1 / (4 * (2 * alpha + 1))
    # Five standard errors of a mean, and of a variance whose fourth moment is at most that of a coin
    assert shares.mean() == pytest.approx(0.5, abs=5 * np.sqrt(variance / 4000))
    assert shares.var() == pytest.approx(variance, abs=5 * variance * np.sqrt(2 / 4000))


def test_a_batch_is_mixed_pair_by_pair(rng):
    batch, targets = rng.standard_normal((4, 5, 7, 1)), np.eye(4)
    partner = np.array([1, 2, 3, 0])
    mixed, probs = random_mixup(batch, targets, batch[partner], targets[partner], alpha=1.0, rng=rng)
    share = probs[0, 0]
    np.testing.assert_allclose(mixed[2], share * batch[2] + (1 - share) * batch[3])
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)


def test_impossible_arguments_are_refused(rng):
    first, target, second, other_target = _samples()
    with pytest.raises(ValueError, match=r"first and second: expected one shape, got \(5, 7, 2\) and \(8,\)"):
        mix(first, target, share=0.5)
    with pytest.raises(ValueError, match=r"share: expected 0 to 1, got 1\.5"):
        mix(first, second, share=1.5)
    with pytest.raises(ValueError, match=r"alpha: expected a positive number, got 0\.0"):
        random_mixup(first, target, second, other_target, alpha=0.0, rng=rng)
