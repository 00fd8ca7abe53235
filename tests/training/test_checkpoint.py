import numpy as np
import pytest
import safetensors.numpy

from minser.training import checkpoint


@pytest.fixture
def arrays(rng):
    weight = rng.standard_normal((3, 4)).astype(np.float32)
    return {
        "weight": weight,
        "turned": weight.T,  # safetensors 0.8 writes memory as it lies, these would come back in another order
        "sliced": weight[:, 1:3],
        "sparse": weight[::2],
        "backwards": weight[::-1],
        "step": np.array(7),
    }


def test_arrays_and_state_come_back(arrays, tmp_path):
    state = {"history": [{"epoch": 1, "loss": 1 / 3}]}
    checkpoint.save(tmp_path / "a", arrays, state)
    loaded, loaded_state = checkpoint.load(tmp_path / "a")
    assert loaded_state == state
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_same_content_gives_same_bytes(arrays, tmp_path):
    for name in ("a", "b"):
        checkpoint.save(tmp_path / name, arrays, {"x": 1, "y": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_a_damaged_file_is_refused_in_one_line(arrays, tmp_path, keep):
    path = tmp_path / "a"
    checkpoint.save(path, arrays, {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="not a whole checkpoint") as caught:
        checkpoint.load(path)
    assert "\n" not in str(caught.value)


def test_a_single_changed_bit_is_noticed_wherever_it_is(arrays, tmp_path):
    path = tmp_path / "a"
    checkpoint.save(path, arrays, {"history": [{"loss": 0.5}]})
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            checkpoint.load(path)


@pytest.mark.parametrize(
    "metadata",
    [None, {"a": "{}"}, *({"minser": text} for text in ("5", "{}", '{"state": 5, "checksum": ""}', "[" * 99999))],
)
def test_a_file_of_somebody_else_is_refused(tmp_path, metadata):
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "a", metadata=metadata)
    with pytest.raises(ValueError, match="not a whole checkpoint") as caught:
        checkpoint.load(tmp_path / "a")
    assert "\n" not in str(caught.value)


def test_the_one_before_is_kept(arrays, tmp_path):
    for number in range(3):
        checkpoint.save(tmp_path / "last", arrays, {"number": number}, keep=tmp_path / "previous")
    assert checkpoint.load(tmp_path / "last")[1] == {"number": 2}
    assert checkpoint.load(tmp_path / "previous")[1] == {"number": 1}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        checkpoint.load(tmp_path / "nothing")
