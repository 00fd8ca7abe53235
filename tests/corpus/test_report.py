"""The text that the check of a corpus prints."""

from dataclasses import replace
from pathlib import Path

import pytest

from minser.corpus.integrity import Report

INTACT = Report(
    root=Path("corpus"),
    n_speech=3,
    n_song=1,
    n_converted=0,
    missing=(),
    extra=(),
    twice=(),
    foreign=(),
    corrupt=(),
    wrong_length=(),
    changed=(),
    duplicates=(),
    stereo=(),
    published=frozenset(),
)


def test_nothing_found_is_two_lines():
    assert str(INTACT) == "corpus: 3 speech and 1 song clips\ncomplete and intact"


@pytest.mark.parametrize("fault", ["missing", "twice", "corrupt", "wrong_length", "changed"])
def test_each_fault_makes_the_corpus_not_ok_and_names_the_clip(fault):
    report = replace(INTACT, **{fault: ("a-clip",)})
    assert not report.ok
    assert "1: a-clip" in str(report).splitlines()[1]
    assert str(report).splitlines()[-1] == "NOT complete and intact"


@pytest.mark.parametrize("oddity", ["extra", "foreign", "stereo"])
def test_oddities_are_named_and_do_no_harm(oddity):
    report = replace(INTACT, **{oddity: ("a-clip",)})
    assert report.ok
    assert "1: a-clip" in str(report).splitlines()[1]


def test_a_long_list_is_cut_in_the_text_and_whole_in_the_report():
    names = tuple(f"clip-{number:02d}" for number in range(25))
    report = replace(INTACT, missing=names)
    assert report.missing == names
    assert str(report).splitlines()[1].startswith("missing: 25: clip-00, clip-01")
    assert str(report).splitlines()[1].endswith("clip-09 and 15 more")


def test_what_the_published_corpus_has_too_is_marked_and_the_mark_explained():
    report = replace(INTACT, stereo=("a", "b"), duplicates=(("a", "c"),), published=frozenset("ac"))
    assert str(report).splitlines()[1:] == [
        "identical audio: 1: a* = c*",
        "stereo: 2: a*, b",
        "* so in the published corpus too",
        "complete and intact",
    ]
