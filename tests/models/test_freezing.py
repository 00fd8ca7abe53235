import numpy as np
import pytest

from minser import nn
from minser.models import cnn
from minser.models.freezing import PartlyFrozen, recall
from minser.nn.arrays import model_arrays
from minser.recipes import Training
from minser.training.trainer import Trainer

FROZEN = ["conv1", "norm1", "relu1", "pool1", "drop1"]


def make(frozen=FROZEN):
    model = cnn.build(
        in_channels=1, in_size=(8, 8), n_classes=3, channels=(4, 5), pool_size=(2, 2), block_dropout=0.5,
        pooling=nn.GlobalAveragePool(), hidden=6, head_dropout=0.0, rng=np.random.default_rng(0),
    )  # fmt: skip
    model.params["logits.weight"][...] = np.random.default_rng(1).standard_normal((6, 3))
    return PartlyFrozen(model.layers, frozen=frozen)


@pytest.fixture
def x(rng):
    return rng.standard_normal((6, 8, 8, 1)).astype(np.float32)


@pytest.mark.parametrize("frozen", [FROZEN, ["conv2", "norm2"], [*FROZEN, "conv2", "norm2", "relu2", "pool2", "drop2"]])
def test_training_moves_the_others_only(x, frozen):
    model = make(frozen)
    settings = Training(lr=0.1, weight_decay=0.5, l2=0.1)
    trainer = Trainer(model, settings, steps_per_epoch=1)
    before = {name: array.copy() for name, array in model_arrays(model).items()}
    batch = (x, np.array([0, 1, 2, 0, 1, 2]), np.arange(6))
    trainer.run_epoch(lambda _: iter([batch]), lambda: iter([batch]))
    for name, array in model_arrays(model).items():
        is_frozen = name.rpartition(".")[0] in frozen
        assert np.array_equal(array, before[name]) == is_frozen, name
    assert not any(name.partition(".")[0] in frozen for name in trainer.optimizer.state)


def test_it_saves_what_the_network_without_freezing_saves():
    assert model_arrays(make()).keys() == model_arrays(make([])).keys()


def test_gradients_of_the_others_are_those_of_the_whole_network(x, rng):
    r = rng.standard_normal((6, 3)).astype(np.float32)
    frozen, whole = make(), make([])
    for model in (frozen, whole):
        model.forward(x)  # not in training: both use running statistics
        assert model.backward(r).shape == x.shape
    for name in frozen.params:
        np.testing.assert_array_equal(frozen.grads[name], whole.grads[name])
    assert set(frozen.grads) == set(frozen.params) < set(whole.params)
    frozen.forward(x)
    assert frozen.backward(r, need_input=False) is None
    for name in frozen.params:
        np.testing.assert_array_equal(frozen.grads[name], whole.grads[name])


def test_frozen_layers_draw_nothing_and_see_no_batch(x):
    model = make([*FROZEN, "conv2", "norm2", "relu2", "pool2", "drop2"])
    seen = model.forward(x, training=True, rng=np.random.default_rng(5))
    np.testing.assert_allclose(seen, model.forward(x), rtol=1e-5)


def test_another_float_type_keeps_the_division(x):
    model = make()
    model.astype(np.float64)
    assert model.forward(x.astype(np.float64)).dtype == np.float64
    assert "conv1.weight" in model.buffers
    assert "conv1.weight" not in model.params
    assert model.buffers["conv1.weight"] is model.layers["conv1"].params["weight"]


def test_the_memory_changes_nothing_and_is_used(x, tmp_path, monkeypatch):
    model, plain = make(), make()
    model.memory = tmp_path
    expected = plain.forward(x)
    np.testing.assert_allclose(model.forward(x), expected, rtol=1e-6)
    files = list(tmp_path.rglob("*.npy"))
    assert len(files) == 6
    monkeypatch.setattr(model, "_compute", None)  # nobody calls it any more
    np.testing.assert_allclose(model.forward(x[::-1]), expected[::-1], rtol=1e-6)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-6)
    model.forward(x)
    model.backward(np.ones((6, 3), np.float32), need_input=False)


def test_the_frozen_part_keeps_nothing_of_a_batch_in_training(x):
    model = make()
    model.forward(x, training=True, rng=np.random.default_rng(5))
    model.backward(np.ones((6, 3), np.float32), need_input=False)
    assert [name for name in FROZEN if model.layers[name]._cache is not None] == []


def test_it_predicts_what_it_says_in_training_whatever_the_size_of_a_batch(rng):
    x = rng.standard_normal((19, 8, 8, 1)).astype(np.float32)
    model = make([*FROZEN, "conv2", "norm2", "relu2", "pool2", "drop2", "hidden"])
    np.testing.assert_allclose(model.forward(x, training=True), model.predict(x), rtol=1e-6)
    np.testing.assert_allclose(model.predict(x), model.forward(x), rtol=1e-5, atol=1e-7)


def test_another_pooling_has_another_memory(x, tmp_path):
    for size in ((2, 2), (4, 2)):
        model = PartlyFrozen({"pool": nn.MaxPool2d(size), "flatten": nn.Flatten()}, frozen=["pool"])
        model.memory = tmp_path
        model.forward(x)
    assert len(list(tmp_path.iterdir())) == 2


def test_other_weights_have_another_memory(x, tmp_path):
    first, second = make(), make()
    first.memory = second.memory = tmp_path
    second.buffers["conv1.weight"][...] *= 2
    second.buffers["norm1.running_mean"][...] += 1
    assert not np.array_equal(first.forward(x), second.forward(x))
    assert len(list(tmp_path.iterdir())) == 2


def test_weights_that_are_loaded_after_building_count(x, tmp_path):
    model = make()
    model.memory = tmp_path
    model.buffers["conv1.weight"][...] = 0  # as a resumed run does
    model.forward(x)
    fresh = make()
    fresh.memory = tmp_path
    fresh.forward(x)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_sample_is_computed_once_and_a_damaged_file_again(rng, tmp_path):
    calls = []

    def double(batch):
        calls.append(len(batch))
        return 2 * batch

    x = rng.random((3, 4))
    twice = x[[0, 1, 0, 2, 1]]
    np.testing.assert_array_equal(recall(twice, double, folder=tmp_path), 2 * twice)
    np.testing.assert_array_equal(recall(x, double, folder=tmp_path), 2 * x)
    assert calls == [3]
    file = next(tmp_path.iterdir())
    for content in (b"", b"no array", file.read_bytes()[:-1]):
        file.write_bytes(content)
        np.testing.assert_array_equal(recall(x, double, folder=tmp_path), 2 * x)
    assert calls == [3, 1, 1, 1]
    np.testing.assert_array_equal(recall(x.astype(np.float32), double, folder=tmp_path), 2 * x.astype(np.float32))
