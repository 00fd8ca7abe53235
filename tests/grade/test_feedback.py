"""Lines, Gradescope's file and the table of a class."""

import csv
import io

from minser.grade import feedback
from minser.grade.marking import Mark

MARKS = [Mark("stft", 4, 4), Mark("bin_frequencies", 0.33, 1, 'the division, by "rows"')]


def test_a_line_a_question():
    assert feedback.lines(MARKS).split("\n") == [
        "stft                 4 / 4",
        'bin_frequencies   0.33 / 1   the division, by "rows"',
        "total             4.33 / 5",
    ]


def test_gradescopes_results():
    assert feedback.gradescope(MARKS) == {
        "score": 4.33,
        "tests": [
            {"name": "stft", "score": 4, "max_score": 4, "output": "right"},
            {"name": "bin_frequencies", "score": 0.33, "max_score": 1, "output": 'the division, by "rows"'},
        ],
    }


def test_the_table_of_a_class():
    text = feedback.table({"a/01.py": ("01_stft", MARKS), "=cmd.py": ("", "no number")})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["points"] == "4.33"
    assert rows[0]["questions"] == "stft=4/4 bin_frequencies=0.33/1"
    assert rows[0]["hints"] == 'bin_frequencies: the division, by "rows"'
    assert (rows[1]["file"], rows[1]["points"], rows[1]["hints"]) == ("'=cmd.py", "0", "no number")
