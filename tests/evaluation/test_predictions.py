"""predictions.csv: what is written comes back bit for bit, and a broken file is named to the cell."""

import numpy as np
import pytest

from minser.evaluation.predictions import Predictions

NAMES = ("neutral", "calm", "happy")
HEADER = "file,actor,y_true,y_pred,neutral,calm,happy\n"
ROW = "03-01-01-01-01-01-01,1,neutral,calm,0.25,0.5,0.25\n"


@pytest.fixture
def some(rng):
    return Predictions(
        files=("03-01-01-01-01-01-01", "03-01-02-01-01-01-02", 'a "quoted", odd näme', "twin", "twin"),
        actors=np.array([1, 2, 3, 24, 24]),
        y_true=np.array([0, 1, 2, 0, 0]),
        y_pred=np.array([0, 2, 2, 1, 1]),
        probs=rng.dirichlet(np.full(3, 0.05), 5).astype(np.float32),  # some of them tiny
        names=NAMES,
    )


@pytest.fixture
def write(tmp_path):
    def write_text(text, encoding="utf-8"):
        path = tmp_path / "predictions.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write_text


def test_what_is_written_comes_back_bit_for_bit(some, write):
    back = Predictions.read(write(some.to_text()))
    assert (back.files, back.names) == (some.files, some.names)
    for field in ("actors", "y_true", "y_pred", "probs"):
        np.testing.assert_array_equal(getattr(back, field), getattr(some, field), strict=True)


def test_text_is_what_the_format_says():
    one = Predictions(
        files=("03-01-01-01-01-01-01",),
        actors=np.array([1]),
        y_true=np.array([0]),
        y_pred=np.array([1]),
        probs=np.array([[0.25, 0.5, 0.25]], dtype=np.float32),
        names=NAMES,
    )
    assert one.to_text() == HEADER + ROW


def test_a_spreadsheet_may_have_saved_it(write):
    path = write((HEADER + ROW + "\n").replace("\n", "\r\n"), encoding="utf-8-sig")
    assert Predictions.read(path).files == ("03-01-01-01-01-01-01",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a header and at least one row, got 0 lines"),
        (HEADER, "expected a header and at least one row, got 1 line"),
        (
            HEADER.replace("y_true,", "") + ROW,
            "line 1: expected the columns file,actor,y_true,y_pred and one per",
        ),
        (
            HEADER.replace("calm", "happy") + ROW,
            "line 1: column 'happy': expected a name of its own, got it twice",
        ),
        (HEADER + ROW + "x,1,calm\n", "line 3: expected 7 cells, got 3"),
        (
            HEADER + ROW.replace("03-01-01-01-01-01-01", ""),
            "line 2, column 'file': expected the name of a clip",
        ),
        (HEADER + ROW.replace(",1,", ",one,"), "line 2, column 'actor': expected a whole number, got 'one'"),
        (
            HEADER + ROW.replace(",neutral,", ",joyful,"),
            "line 2, column 'y_true': expected one of neutral, calm, happy, got 'joyful'",
        ),
        (HEADER + ROW.replace(",calm,", ",Calm,"), "line 2, column 'y_pred': .* got 'Calm'"),
        (
            HEADER + ROW.replace("0.5", "half"),
            r"line 2, column 'calm': expected a probability in .* got 'half'",
        ),
        (HEADER + ROW.replace("0.5", "nan"), "line 2, column 'calm': .* got 'nan'"),
        (HEADER + ROW.replace("0.5", "1.5"), "line 2, column 'calm': .* got '1.5'"),
        (HEADER + ROW.replace("0.5", "0.4"), "line 2: expected probabilities that sum to 1, got 0.9000"),
        (HEADER + '"open\n', "not a table of comma-separated text"),
    ],
)
def test_a_broken_file_is_named_to_the_cell(write, text, message):
    path = write(text)
    with pytest.raises(ValueError, match=message) as error:
        Predictions.read(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_are_refused(write):
    with pytest.raises(ValueError, match="not a table of comma-separated text"):
        Predictions.read(write("näme", encoding="utf-16"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        Predictions.read(tmp_path / "nowhere.csv")
