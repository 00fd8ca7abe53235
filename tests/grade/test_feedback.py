"""Lines, a page, Gradescope's file and the table of a class."""

import csv
import io

from minser.grade import feedback
from minser.grade.feedback import Row
from minser.grade.marking import Mark

MARKS = [Mark("stft", 4, 4), Mark("bin_frequencies", 0.33, 1, 'the division, by "rows"')]


def test_a_line_a_question():
    assert feedback.lines(MARKS).split("\n") == [
        "stft                 4 / 4",
        'bin_frequencies   0.33 / 1   the division, by "rows"',
        "total             4.33 / 5",
    ]


def test_gradescopes_results():
    facts = {"output_format": "text", "visibility": "after_published"}
    assert feedback.gradescope(MARKS, "after_published", "Graded: a.py") == {
        "score": 4.33,
        "output": "Graded: a.py",
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [
            {"name": "stft", "score": 4, "max_score": 4, "output": "right", **facts},
            {"name": "bin_frequencies", "score": 0.33, "max_score": 1, "output": 'the division, by "rows"', **facts},
        ],
    }


def test_the_table_of_a_class():
    rows = [
        Row(("a/01.py",), "a/01.py", "a/01.py", "01_stft", "a/01.py", MARKS),
        Row(("=cmd.py",), "=cmd.py", "=cmd.py", notes=["no number"]),
    ]
    table = list(csv.DictReader(io.StringIO(feedback.table(["file"], rows))))
    assert table[0]["points"] == "4.33"
    assert table[0]["of"] == "5"
    assert (table[0]["stft"], table[0]["bin_frequencies"], table[0]["dft_matrix"]) == ("4", "0.33", "")
    assert table[0]["hints"] == 'bin_frequencies: the division, by "rows"'
    assert (table[1]["points"], table[1]["stft"], table[1]["hints"]) == ("", "", "no number")
    assert feedback.table(["file"], rows).splitlines()[2].startswith("'=cmd.py,")


def test_the_table_shows_what_changed():
    row = Row(("=Ann",), "=Ann", "=Ann", "01_stft", "a.py", MARKS)
    before = {("'=Ann",): {"points": "3.33", "stft": "3", "bin_frequencies": "0.33", "dft_matrix": "2"}}
    (entry,) = csv.DictReader(io.StringIO(feedback.table(["name"], [row], before)))
    assert entry["points before"] == "3.33"
    assert entry["changes"] == "points 3.33 -> 4.33, stft 3 -> 4"
    stopped = {("'=Ann",): {"points": "", "points before": "1", "stft": ""}}
    assert feedback.changes(row, stopped) == "points 1 -> 4.33"
    assert feedback.changes(row, {}) == ""
    row.marks = None
    assert feedback.changes(row, before) == ""


def test_a_page_holds_all_and_nothing_is_markup():
    bad = '<script>alert("1")</script>&'
    row = Row((bad,), bad, bad, "01_stft", f"{bad}.py", [Mark("stft", 1, 4, bad)], [bad])
    text = feedback.page(row)
    assert "01_stft, 1 of 5" not in text
    assert "01_stft, 1 of 4" in text
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;") == 5
    assert "http" not in text
    assert "<table" not in feedback.page(Row((bad,), bad, bad, notes=["nothing handed in"]))
