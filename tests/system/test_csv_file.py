import pytest

from minser.system import csv_file


def test_what_is_written_is_read_back_with_its_lines(tmp_path):
    rows = [["file", "n"], ['a "b",\nc', "1"], ["é", "2"]]
    path = tmp_path / "table.csv"
    path.write_text("\ufeff" + csv_file.to_text(rows), encoding="utf-8", newline="")
    assert csv_file.read_rows(path) == [(1, rows[0]), (3, rows[1]), (4, rows[2])]


@pytest.mark.parametrize("content", [b'a,"b', b"\xff\xfe\x00"])
def test_what_is_no_table_is_named(tmp_path, content):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"table\.csv: not a table of comma-separated text"):
        csv_file.read_rows(tmp_path / "table.csv")
