import math

import numpy as np
import pytest

from minser import recipes
from minser.recipes.search_space import draw_values, read_space

RECIPE = recipes.read("toy")


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "space.toml"
        path.write_text(text)
        return read_space(path, RECIPE)

    return read_text


def test_values_lie_in_the_space_and_fill_it(read, rng):
    space = read(
        "[model]\nhidden = [0, 8]\nchannels = [[4], [4, 8]]\npool_bins = { low = 1, high = 4 }\n"
        "head_dropout = { low = 0.1, high = 0.5 }\n[training]\nlr = { low = 1e-4, high = 1e-1, log = true }\n"
    )
    draws = [draw_values(space, rng) for _ in range(300)]
    assert {draw["model.hidden"] for draw in draws} == {0, 8}
    assert {tuple(draw["model.channels"]) for draw in draws} == {(4,), (4, 8)}
    assert {draw["model.pool_bins"] for draw in draws} == {1, 2, 3, 4}
    dropout = [draw["model.head_dropout"] for draw in draws]
    assert 0.1 <= min(dropout) < 0.13 < 0.47 < max(dropout) <= 0.5
    lr = [draw["training.lr"] for draw in draws]
    assert min(lr) >= 1e-4
    assert max(lr) <= 1e-1
    assert math.log10(np.median(lr)) == pytest.approx(-2.5, abs=0.3)  # uniform in the logarithm
    for draw in draws[:20]:
        RECIPE.replace(draw)


def test_whole_numbers_on_a_logarithmic_scale(rng):
    space = {"model.hidden": {"low": 1, "high": 100, "log": True}}
    values = {draw_values(space, rng)["model.hidden"] for _ in range(300)}
    assert all(type(value) is int for value in values)
    assert min(values) == 1
    assert max(values) > 80


def test_a_trial_is_drawn_from_its_number_alone(read):
    space = read("[training]\nlr = { low = 1e-4, high = 1e-1, log = true }\n")
    first, again = (draw_values(space, np.random.default_rng([0, 3])) for _ in range(2))
    assert first == again != draw_values(space, np.random.default_rng([0, 4]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[model", "not valid TOML"),
        ("", "names no field"),
        ("hidden = [1]", r"expected \[sections\] of a recipe, got hidden"),
        ("[model]\nhiden = [1]", "did you mean 'hidden'"),
        ("[modle]\nhidden = [1]", "unknown section"),
        ("[model]\nhidden = []", "model.hidden must be a list of values or"),
        ("[model]\nhidden = 64", "model.hidden must be a list of values or"),
        ("[model]\nhidden = [8, 'many']", "model.hidden must be int, got 'many'"),
        ("[model]\nhidden = { low = 1.5, high = 8 }", "model.hidden must be int, got 1.5"),
        ("[model]\nhidden = { low = 1 }", "must be a list of values or"),
        ("[model]\nhidden = { low = 9, high = 8 }", "low the smaller, got 9 and 8"),
        ("[model]\nhidden = { low = 'a', high = 'b' }", "must be numbers"),
        ("[training]\nlr = { low = 0, high = 1, log = true }", "begins above 0"),
        ("[data]\nfold = [0, 1]", r"data.fold: trials are compared on the same clips, so \[data\] cannot"),
        ("[data]\nsplit = ['luna', 'all']", "data.split: trials are compared on the same clips"),
        ("[training]\nlr = { low = 0.1, high = inf }", "training.lr must be finite, got inf"),
        ("[training]\nlr = { low = -1.0, high = 1.0 }", "training.lr must be 0 or more"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_trained(read, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read(text)
    assert "space.toml" in str(caught.value)
