"""The text that the check of a corpus prints."""

from pathlib import Path

import pytest

from minser.corpus.integrity import Report

KINDS = ["missing", "there twice", "corrupt", "wrong length", "changed"]
ODDITIES = ["not in RAVDESS", "other files, passed over", "identical audio", "stereo"]


def report_of(**findings):
    kinds = {kind: findings.get(kind, []) for kind in (*KINDS, *ODDITIES)}
    return Report(Path("corpus"), n_speech=3, n_song=1, n_converted=0, findings=kinds)


def test_nothing_found_is_two_lines():
    assert str(report_of()) == "corpus: 3 speech and 1 song clips\ncomplete and intact"


@pytest.mark.parametrize("fault", KINDS)
def test_each_fault_makes_the_corpus_not_ok_and_names_the_clip(fault):
    report = report_of(**{fault: ["a-clip"]})
    assert not report.ok
    assert str(report).splitlines()[1:] == [f"{fault}: 1: a-clip", "NOT complete and intact"]


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddities_are_named_and_do_no_harm(oddity):
    report = report_of(**{oddity: ["a-clip"]})
    assert report.ok
    assert str(report).splitlines()[1:] == [f"{oddity}: 1: a-clip", "complete and intact"]


def test_a_long_list_is_cut_in_the_text():
    line = str(report_of(missing=[f"clip-{number:02d}" for number in range(25)])).splitlines()[1]
    assert line.startswith("missing: 25: clip-00, clip-01")
    assert line.endswith("clip-09 and 15 more")


def test_the_mark_of_what_the_published_corpus_has_too_is_explained():
    report = report_of(**{"stereo": ["a*", "b"], "identical audio": ["a* = c*"]})
    assert str(report).splitlines()[1:] == [
        "identical audio: 1: a* = c*",
        "stereo: 2: a*, b",
        "* so in the published corpus too",
        "complete and intact",
    ]
