import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minser.corpus.spelling import composed, likeness, refuse_twins


@given(st.text())
@example("\u0345\u0301ß\u0130")
def test_normalising_twice_is_normalising_once(name):
    assert composed(composed(name)) == composed(name)
    assert likeness(likeness(name)) == likeness(name)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_no_form_of_unicode_is_another_name(name, form):
    assert likeness(unicodedata.normalize(form, name)) == likeness(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("J\u00f6rg", "Jo\u0308rg"),
        ("Anna", "anna"),
        ("STRASSER", "straßer"),
        ("01", "1"),
        ("speaker_007", "speaker_7"),
        ("00", "0"),
        ("Anna ", "Anna"),
        ("Anna  K", "Anna\u00a0K"),
        ("anna_k", "anna.k"),
        ("anna-k", "anna k"),
        ("\uff11\uff12", "12"),  # full width
        ("an\u200bna\ufeff", "anna"),  # nothing that is seen
        ("anna\N{EN DASH}k", "anna-k"),
        ("\u0663\u0661", "31"),  # Arabic digits
    ],
)
def test_spellings_of_one_name_are_alike(name, other):
    assert likeness(name) == likeness(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("anna", "anne"), ("1", "10"), ("100", "10"), ("a1 1", "a11"), ("Jorg", "Jörg"), ("0", ""), ("-1", "1")],
)
def test_other_names_are_not(name, other):
    assert likeness(name) != likeness(other)


def test_two_alike_are_refused_with_both_names_and_where_they_stand():
    refuse_twins({"anna": "a.wav", "ben": "b.wav"}, what="the speakers")
    line = r"^the speakers 'Anna' \(a\.wav\) and 'anna' \(c\.wav\) may be one, spelled in two ways: "
    with pytest.raises(ValueError, match=line):
        refuse_twins({"Anna": "a.wav", "ben": "b.wav", "anna": "c.wav"}, what="the speakers")
