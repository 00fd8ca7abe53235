"""Tables stand straight in letters of any width, and fit a window of any."""

import pytest

from minser.system import columns

ROWS = [("", "clips", "UAR [95 %]", "accuracy"), ("愤怒", "12", "65.5 [60.0, 70.0]", "66.0"), ("sad", "3", "-", "-")]


@pytest.mark.parametrize("room", [12, 25, 30, 60, columns.ANY])
def test_a_table_shows_every_cell_in_the_room_there_is(room):
    lines = columns.table(ROWS, "<><<", columns=room)
    cells = "  ".join(lines).split()
    assert sorted(set(cells)) == sorted({part for row in ROWS for cell in row for part in cell.split()})
    assert max(map(columns.width, lines)) <= max(room, 4 + 2 + 17)  # the first column and the widest
    assert len(lines) == {12: 11, 25: 11, 30: 7}.get(room, 3)  # three blocks, two, one


def test_columns_stand_under_each_other_in_wide_letters():
    head, wide, narrow = columns.table(ROWS, "<><<", columns=60)
    starts = [columns.width(line[: line.index(cell)]) for line, cell in ((wide, "65.5"), (head, "UAR"), (narrow, "-"))]
    assert starts == [13, 13, 13]


def test_what_is_too_long_keeps_its_end():
    assert columns.shortened("录音/愤怒.wav", 9) == "…愤怒.wav"
    assert columns.shortened("voice.wav", 9) == "voice.wav"
    assert columns.shortened("voice.wav", 0) == "…"


def test_cells_flow_into_the_next_line():
    assert columns.flowed("  length ", ["a 1", "bb 22", "c 3"], columns=18) == [
        "  length a 1",
        "         bb 22",
        "         c 3",
    ]
    assert columns.flowed("  ", ["much too long"], columns=4) == ["  much too long"]


def test_the_window_is_the_terminal_s_and_a_pipe_has_none(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert columns.of_window() == 60
