import dataclasses

import pytest

from minser import recipes


@pytest.mark.parametrize("name", sorted(file.stem for file in recipes.RECIPE_FOLDER.glob("*.toml")))
def test_shipped_recipe_survives_its_own_toml(name, tmp_path):
    recipe = recipes.read(name)
    file = tmp_path / "copy.toml"
    file.write_text(recipe.to_toml(), encoding="utf-8")
    assert recipe.name == name
    assert recipes.read(str(file)) == recipe


def test_every_field_has_help():
    for section in dataclasses.fields(recipes.Recipe)[1:]:
        for field in dataclasses.fields(section.type):
            assert recipes.help_of(f"{section.name}.{field.name}")


def test_replace_changes_only_what_is_named():
    recipe = recipes.read("minser")
    changed = recipe.replace({"training.lr": 0.5, "model.channels": [4, 8], "training.weight_decay": 1})
    old, new = recipe.settings(), changed.settings()
    assert {name: new[name] for name in old if old[name] != new[name]} == {
        "training.lr": 0.5,
        "model.channels": (4, 8),
        "training.weight_decay": 1.0,
    }


def test_assignments_are_written_as_in_toml():
    texts = ["training.lr=1e-3", "data.split=luna", 'data.corpus="toy"', "data.song=true", "model.channels=[1, 2]"]
    assert recipes.parse_assignments(texts) == {
        "training.lr": 1e-3,
        "data.split": "luna",
        "data.corpus": "toy",
        "data.song": True,
        "model.channels": [1, 2],
    }


CHANGES = [
    field for field in dataclasses.fields(recipes.Augment) if field.metadata["help"].startswith(("wave", "feat"))
]


@pytest.mark.parametrize("field", CHANGES, ids=lambda field: field.name)
def test_what_the_help_says_is_changed_is_known_to_be(field):
    value = 1 if field.type is int else (1, 2)
    augment = recipes.Augment(**{field.name: value})
    assert augment.changes_features
    assert augment.changes_waveforms == field.metadata["help"].startswith("waveform: ")
    assert not recipes.Augment().changes_features
    assert not recipes.Augment().changes_waveforms


@pytest.mark.parametrize("text", ["training.lr", "lr=1", "a.b.c=1"])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(ValueError, match=r"SECTION\.FIELD=VALUE"):
        recipes.parse_assignments([text])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x", "not valid TOML"),
        ("[trainin]", r"unknown section \[trainin\]; did you mean 'training'"),
        ("training = 1", r"unknown section \[training\]"),
        ("[training]\nlrr = 1", r"unknown field training\.lrr; did you mean 'lr'"),
        ("[training]\nlr = 'fast'", r"training\.lr must be float, got 'fast'"),
        ("[training]\nlr = nan", r"training\.lr must be 0 or more, got nan"),
        ("[training]\nwarmup_epochs = inf", r"training\.warmup_epochs must be finite, got inf"),
        ("[training]\nlabel_smoothing = nan", r"training\.label_smoothing must be from 0 to 0.99, got nan"),
        ("[augment]\nbrightness = [-inf, 0]", r"augment\.brightness must be finite, got \(-inf, 0.0\)"),
        ("[augment]\ntime_warp = [0.0, 1.1]", r"augment\.time_warp must be from 0.1 to 10.0, got \(0.0, 1.1\)"),
        ("[features]\nn_mels = 1_000_000", r"features\.n_mels must be from 1 to 4096, got 1000000"),
        ("[features]\nchannels = []", r"features\.channels is empty"),
        ("[model]\nchannels = [16, -2]", r"model\.channels must be from 1 to 4096, got \(16, -2\)"),
        ("[model]\nblock_dropout = 1.0", r"model\.block_dropout must be from 0 to 0.99, got 1.0"),
        ("[augment]\nprobability = 2", r"augment\.probability must be from 0 to 1, got 2.0"),
        ("[features]\ncolour_map = 'foo'", r"features\.colour_map must be one of \"\", viridis, magma, got 'foo'"),
        ("[training]\nepochs = true", r"training\.epochs must be int, got True"),
        ("[training]\nepochs = 0", r"training\.epochs must be 1 or more, got 0"),
        ("[model]\nchannels = [1.5]", r"model\.channels must be a list of int, got"),
        ("[data]\nspeech = false", "no clips are left"),
        ("name = 1", "name must be letters, digits, .* got 1"),
        ('name = ""', "name must be letters, digits, .* got ''"),
        ('name = "a/b"', "name must be letters"),
        ('name = "../../out"', "name must be letters"),
        ('name = ".."', "name must be letters"),
        (r'name = "a\u0000b"', "name must be letters"),
        (r'name = "a\nb"', "name must be letters"),
        (r'name = "a\n"', "name must be letters"),
    ],
)
def test_bad_recipe_gets_one_clear_line(content, message, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        recipes.read(str(file))
    assert "bad.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["minser", "v1.2-b_3", "zwei Kanäle"])
def test_a_name_can_be_a_folder(name):
    assert recipes.Recipe(name).name == name


def test_unknown_recipe_names_the_shipped_ones():
    with pytest.raises(FileNotFoundError, match=r"one of mel_images, .*vgg16_transfer"):
        recipes.read("minsr")
