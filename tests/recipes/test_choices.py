"""The words that a recipe may use are those of the tables, in higher stages, where they are looked up."""

import dataclasses

import pytest

from minser import recipes
from minser.corpus.dataset import SPLITS
from minser.features.extract import IMAGE, PARTS
from minser.features.image import COLOUR_MAPS
from minser.recipes import Training
from minser.runs.build import NORMS, POOLINGS
from minser.training import history
from minser.training.trainer import ADAMS

TABLES = {
    "data.split": list(SPLITS),
    "features.channels": ["log_mel", *PARTS, IMAGE],
    "features.colour_map": ["", *COLOUR_MAPS],
    "model.norm": list(NORMS),
    "model.pooling": list(POOLINGS),
    "training.adam": list(ADAMS),
    "training.select": list(history.SCORES),
}
BRANCHES = {  # of an if in the code, not of a table
    "data.corpus": ["ravdess", "toy"],
    "model.network": ["cnn", "vgg16"],
    "training.schedule": ["constant", "plateau", "cosine"],
}


def fields():
    """Return every field by its full name."""
    return {
        f"{section.name}.{field.name}": field
        for section in dataclasses.fields(recipes.Recipe)[1:]
        for field in dataclasses.fields(section.type)
    }


def test_a_field_s_choices_are_its_table_s_names_and_stand_in_its_help():
    with_choices = {name: list(field.metadata["choices"]) for name, field in fields().items()}
    assert {name: choices for name, choices in with_choices.items() if choices} == TABLES | BRANCHES
    for name, choices in (TABLES | BRANCHES).items():
        assert all(choice in recipes.help_of(name) for choice in choices)


def test_a_text_without_choices_is_a_file_a_pattern_or_a_class():
    texts = {name for name, field in fields().items() if field.type in (str, tuple[str, ...])}
    free = texts - (TABLES | BRANCHES).keys()
    assert free == {
        "augment.classes", "augment.oversample", "data.label_pattern", "data.speaker_pattern", "data.speakers_csv",
        "model.weights",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in TABLES | BRANCHES if name != "features.channels"])
def test_another_word_is_refused_where_it_is_read(name):
    for choice in (TABLES | BRANCHES)[name]:
        recipes.Recipe("any").replace({name: choice})
    with pytest.raises(ValueError, match=rf"setting: {name} must be one of .*, got 'nonsense'"):
        recipes.Recipe("any").replace({name: "nonsense"})


@pytest.mark.parametrize(
    "channels", [["log_mel"], ["mfcc + chroma+contrast", "delta_log_mel"], ["delta_delta_mfcc"], ["image"]]
)
def test_channels_are_stacks_of_parts(channels):
    assert recipes.Recipe("any").replace({"features.channels": channels}).features.channels == tuple(channels)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (["log_mel", "mel"], r"must be one of log_mel, .*, image, got 'mel'"),
        (["log_mel + "], "must be one of"),
        (["delta_"], "must be one of"),
        (["log_mel+mfc"], "must be one of"),
        (["log_mel", "image"], "image must stand alone, got log_mel, image"),
        (["image + mfcc"], "image must stand alone"),
        (["delta_image"], "image must stand alone"),
    ],
)
def test_other_channels_are_refused_where_they_are_read(channels, message):
    with pytest.raises(ValueError, match=rf"features\.channels:? {message}"):
        recipes.Recipe("any").replace({"features.channels": channels})


def test_a_section_is_checked_by_itself_too():
    with pytest.raises(ValueError, match=r"training\.schedule must be one of constant, plateau, cosine, got 'linear'"):
        Training(schedule="linear")
    with pytest.raises(ValueError, match=r"training\.epochs must be 1 or more, got 0"):
        Training(epochs=0)
