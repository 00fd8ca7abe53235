"""Classes have a column each in the tables that minser writes: none may have another column's name."""

import numpy as np

from minser import predict
from minser.corpus.dataset import TABLE_COLUMNS
from minser.evaluation import predictions
from minser.recognizer import Answer


def test_the_names_that_no_class_may_have_are_those_of_the_tables(tmp_path):
    answer = Answer(("calm",), np.ones(1), (), np.array([[0.0, 1.0]]), np.ones((1, 1)), np.ones(1, np.bool_))
    predict.write_course(tmp_path, "voice", answer)
    headers = [predict.header("csv", ("calm",), []), (tmp_path / "voice.csv").read_text().splitlines()[0]]
    columns = {column for header in headers for column in header.split(",")} - {"calm"}
    assert {*columns, *predictions._LEADING} == TABLE_COLUMNS
