import numpy as np
import pytest

from minser.kernels import adam, reference


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_step_equals_its_twin(dtype: type) -> None:
    rng = np.random.default_rng(0)
    ours = [rng.uniform(0.1, 1, (3, 3, 7, 5)).astype(dtype) for _ in range(4)]
    twins = [array.copy() for array in ours]
    for step in range(1, 20):
        rates = (1e-2 / (1 - 0.9**step), 1 - 0.999**step, 0.99)
        adam.adam_step(*ours, rates, betas=(0.9, 0.999), eps=1e-8)
        reference.adam_step_reference(*twins, rates, betas=(0.9, 0.999), eps=1e-8)
    for one, other in zip(ours, twins, strict=True):
        np.testing.assert_allclose(one, other, rtol=20 * np.finfo(dtype).eps * 20)  # 20 steps of a few roundings
