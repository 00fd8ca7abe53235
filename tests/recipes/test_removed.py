"""Settings stay while somebody uses them; of those that are gone, runs and results from before still load."""

import json
import tomllib
from pathlib import Path

import pytest

from minser import recipes
from minser.recipes.recipe import REMOVED

ROOT = Path(__file__).parents[2]
RESULTS = sorted((ROOT / "data" / "results").rglob("summary.json"))
FOR_USERS = {"data.label_pattern", "data.speaker_pattern", "data.speakers_csv", "features.image_size"}  # own corpora
OF_A_PROTOCOL = {"data.fold", "training.seed"}
FOR_COMPARISON = {"model.norm", "training.adam"}  # Keras's values beside ours


def stored(summary):
    """Return the recipe of a stored result."""
    content = json.loads(summary.read_text())
    return recipes.Recipe(content["recipe"]).replace(content["settings"])


@pytest.mark.slow
def test_every_setting_is_used_by_a_recipe_or_a_result():
    shipped = [recipes.read(file.stem) for file in recipes.RECIPE_FOLDER.glob("*.toml")]
    defaults = recipes.Recipe("plain").settings()
    unused = {
        name
        for name, default in defaults.items()
        if all(recipe.settings()[name] == default for recipe in [*shipped, *map(stored, RESULTS)])
    }
    assert unused == FOR_USERS | OF_A_PROTOCOL | FOR_COMPARISON
    assert not REMOVED.keys() & defaults.keys()


def test_what_was_stored_with_removed_settings_still_loads():
    assert len(RESULTS) > 20
    config = ROOT / "minser" / "pretrained" / "config.toml"
    assert any("mixup_alpha" in file.read_text() for file in [config, *RESULTS])
    assert recipes.read(str(config)).name == "minser"
    assert {stored(summary).name for summary in RESULTS} >= {"minser", "two_channel"}


def test_all_of_them_at_their_neutral_values_change_nothing(tmp_path):
    recipe = recipes.read("minser")
    assert recipe.replace(REMOVED) == recipe
    text = recipe.to_toml()
    for name, value in REMOVED.items():
        section, _, field = name.partition(".")
        text = text.replace(f"[{section}]\n", f"[{section}]\n{field} = {json.dumps(value)}\n")
    assert REMOVED.keys() <= {f"{s}.{f}" for s, fields in tomllib.loads(text).items() if s != "name" for f in fields}
    (tmp_path / "config.toml").write_text(text)
    assert recipes.read(str(tmp_path / "config.toml")) == recipe


@pytest.mark.parametrize("name", REMOVED)
def test_another_value_is_refused_by_name_with_who_knew_it(name, tmp_path):
    other = {bool: True, float: 0.25, int: 2, list: [0.5, 2.0]}[type(REMOVED[name])]
    section, _, field = name.partition(".")
    (tmp_path / "config.toml").write_text(f"[{section}]\n{field} = {json.dumps(other)}\n")
    with pytest.raises(ValueError, match=rf"config\.toml: {name} is no longer a setting.*commit [0-9a-f]+") as caught:
        recipes.read(str(tmp_path / "config.toml"))
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=f"setting: {name} is no longer a setting"):
        recipes.read("toy").replace({name: other})
