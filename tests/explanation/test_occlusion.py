import numpy as np
import pytest

from minser.explanation import occlusion_map

from .networks import torch_logits


@pytest.mark.parametrize(("patch", "stride"), [((5, 6), (2, 3)), ((4, 4), (4, 4)), ((16, 1), (1, 1))])
def test_equals_torch_patch_by_patch(network_and_input, patch, stride):
    torch = pytest.importorskip("torch")
    model, x = network_and_input
    total, count = np.zeros((2, 16, 21))

    def probability(picture):
        tensor = torch.tensor(picture[np.newaxis], requires_grad=True)
        return torch.softmax(torch_logits(model, tensor, {}), dim=1)[0, 3].item()

    rows, columns = (
        sorted({min(i, length - size) for i in range(0, length, step)})
        for length, size, step in zip(x.shape, patch, stride, strict=False)
    )
    for i in rows:
        for j in columns:
            picture = x.copy()
            picture[i : i + patch[0], j : j + patch[1]] = x.mean(axis=(0, 1))
            total[i : i + patch[0], j : j + patch[1]] += probability(x) - probability(picture)
            count[i : i + patch[0], j : j + patch[1]] += 1
    got = occlusion_map(model, x, 3, patch=patch, stride=stride)
    np.testing.assert_allclose(got, total / count, atol=1e-6)  # rounding; the promise is 1e-4


def test_hiding_everything_leaves_one_answer_and_the_input_as_it_was(network_and_input):
    model, x = network_and_input
    before = x.copy()
    got = occlusion_map(model, x, 0, patch=x.shape[:2], stride=(1, 1))
    assert np.ptp(got) == 0
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("patch", "stride"), [((17, 2), (1, 1)), ((4, 4), (5, 4)), ((4, 4), (0, 4)), ((4, 22), (1, 1))]
)
def test_gaps_and_patches_beyond_the_edge_are_refused(network_and_input, patch, stride):
    model, x = network_and_input
    with pytest.raises(ValueError, match=r"expected 1 <= stride <= patch <= \(16, 21\)"):
        occlusion_map(model, x, 0, patch=patch, stride=stride)
    with pytest.raises(ValueError, match="target: expected a class from 0 to 5, got 6"):
        occlusion_map(model, x, 6, patch=(2, 2), stride=(1, 1))
