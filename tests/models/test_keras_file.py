import numpy as np
import pytest

from minser.models.keras_file import read_layers

h5py = pytest.importorskip("h5py")


@pytest.fixture
def arrays(rng):
    return rng.random((3, 3, 2, 4)).astype(np.float32), rng.random(4).astype(np.float32)


@pytest.mark.parametrize(
    "place",
    [
        "block1_conv1/block1_conv1_{}_1:0",
        "block1_conv1/block1_conv1/{}:0",
        "model_weights/block1_conv1/block1_conv1/{}:0",
    ],
)
def test_the_namings_of_several_years(tmp_path, arrays, place):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[place.format("W")], file[place.format("b")] = arrays
        layers = file["model_weights"] if place.startswith("model") else file
        for name in ("input_1", "block1_pool", "dense_2", "top_level_model_weights"):
            layers.create_group(name)
    ((kernel, bias),) = read_layers(tmp_path / "a.h5", ["block1_conv1"]).values()
    np.testing.assert_array_equal(kernel, arrays[0])
    np.testing.assert_array_equal(bias, arrays[1])


@pytest.mark.parametrize(
    "place", ["layers", "layers/functional/layers", "layers/sequential_1/layers/functional/layers"]
)
def test_layers_without_names_are_read_in_their_order(tmp_path, arrays, place):
    names = [f"block{i}_conv{j}" for i in range(1, 5) for j in range(1, 4)]
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file.create_group("layers/dense_10/vars")
        file.create_group("optimizer/vars")["0"] = arrays[0]
        for i in range(12):  # HDF5 lists conv2d_10 before conv2d_2
            group = file.create_group(f"{place}/conv2d_{i}/vars" if i else f"{place}/conv2d/vars")
            group["0"], group["1"] = arrays[0] + i, arrays[1] + i
    layers = read_layers(tmp_path / "a.weights.h5", names)
    assert list(layers) == names
    for i, (kernel, bias) in enumerate(layers.values()):
        np.testing.assert_array_equal(kernel, arrays[0] + i)
        np.testing.assert_array_equal(bias, arrays[1] + i)


def write(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda f: None, "it is a network of 0 convolutions"),
        (lambda f: f.create_dataset("block1_conv1", data=[1.0]), "no layer block1_conv1"),
        (lambda f: f.create_group("block1_conv1"), "has not one kernel and one bias"),
        (lambda f: f.create_dataset("block1_conv1/b", data=np.ones(4)), "has not one kernel and one bias"),
        (
            lambda f: f.create_dataset("block1_conv1/b", data=np.ones((2, 4))),
            r"block1_conv1/b of shape \(2, 4\) is no kernel",
        ),
        (lambda f: f.create_dataset("block1_conv1/b", data=["text"]), "is no kernel"),
        (lambda f: f.create_dataset("block1_conv1/b", shape=(2**40,), dtype="f4", chunks=True), "is no kernel"),
        (
            lambda f: (f.create_dataset("block1_conv1/a", data=[1.0]), f.create_dataset("block1_conv1/b", data=[1.0])),
            "is no kernel",
        ),
        (
            lambda f: f.create_dataset("block1_conv1/b", (4,), "f4", external=[("secret", 0, 16)]),
            "lies in another file",
        ),
        (
            lambda f: f.__setitem__("block1_conv1", h5py.ExternalLink("other.h5", "block1_conv1")),
            "no layer block1_conv1",
        ),
        (lambda f: f.__setitem__("block1_conv1", h5py.SoftLink("/nowhere")), "no layer block1_conv1"),
        (
            lambda f: f.__setitem__("layers/conv2d", h5py.ExternalLink("other.h5", "block1_conv1")),
            "no layer block1_conv1",
        ),
        (lambda f: f.create_group("layers/conv2d/vars"), "has not one kernel and one bias"),
        (lambda f: f.create_group("layers/conv2d/vars").attrs.update(name=[1, 2]), r"block1_conv1, got '\[1 2\]'"),
        (lambda f: f.create_dataset("layers/conv2d/vars/0", data=np.ones(2, "V2")), "vars/0 is bfloat16, which NumPy"),
        (lambda f: f.__setitem__("vgg16", f), "damaged HDF5 file: maximum recursion depth"),
    ],
)
def test_what_is_no_convolution_is_one_line(tmp_path, monkeypatch, fill, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(bytes(16))
    write(tmp_path / "other.h5", lambda f: (f.create_dataset("block1_conv1/a", data=np.ones((1, 1, 1, 1))), f.create_dataset("block1_conv1/b", data=[1.0])))  # noqa: E501  # fmt: skip
    write(tmp_path / "a.h5", fill)
    with pytest.raises(ValueError, match=message) as error:
        read_layers(tmp_path / "a.h5", ["block1_conv1"])
    assert str(error.value).startswith(str(tmp_path / "a.h5"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["rescaling", "normalization", "lambda", "my_input", "input_scaling", "conv2", "x" * 999]
)
def test_a_layer_that_may_change_what_convolutions_see_is_refused(tmp_path, arrays, name):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["block1_conv1/a"], file["block1_conv1/b"] = arrays
        file.create_group(name)
    with pytest.raises(ValueError, match=f"layer '{name[:60]}' makes it another network") as error:
        read_layers(tmp_path / "a.h5", ["block1_conv1"])
    assert len(str(error.value)) < 500


def test_damaged_and_absent_files(tmp_path, arrays):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["block1_conv1/a"], file["block1_conv1/b"] = arrays
    content = (tmp_path / "a.h5").read_bytes()
    for end in (0, 8, 100, len(content) // 2):
        (tmp_path / "a.h5").write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"a\.h5"):
            read_layers(tmp_path / "a.h5", ["block1_conv1"])
    with pytest.raises(ValueError, match=r"nowhere\.h5: a damaged HDF5 file: .*No such file"):
        read_layers(tmp_path / "nowhere.h5", ["block1_conv1"])
