"""Change every operator, constant, axis and index of every solution, one at a time: the grader notices."""

import pytest

from minser.grade import catalogue

from . import in_process
from .mutation import mutants

# Each survivor was looked at. (function, start of the change): why it is no mistake.
EQUIVALENT = {
    ("hz_to_mel", "1000 -> 999 in above"): "that branch is not used below 1000 Hz",
    ("hz_to_mel", "hertz < 1000 -> hertz <= 1000"): "both branches give 15 mel at 1000 Hz",
    ("mel_to_hz", "15 -> 14 in above"): "that branch is not used below 15 mel",
    ("mel_to_hz", "mel < 15 -> mel <= 15"): "both branches give 1000 Hz at 15 mel",
    ("im2col", "1 -> 2 in return patches.reshape"): "NumPy takes any negative length for the unknown one",
    ("conv_forward", "1 -> 2 in return cols @ weight.reshape(-2"): "the same",
    ("conv_grad_weight", "1 -> 2 in grad_rows = grad_output.reshape(-2"): "the same",
    ("conv_grad_weight", "1 -> 2 in grad_weight = cols.reshape(-2"): "the same",
    ("conv_grad_weight", "1 -> 2 in return (grad_weight.reshape(*kernel_size, -2"): "the same",
    ("conv_grad_input", "2 -> 3 in grad_padded"): "more rows than needed, cut off at the end",
    ("max_pool_forward", "(-2, -1) -> (-1, -2)"): "the order of reduced axes does not matter",
    ("max_pool_backward", "(1, 2) -> (2, 1)"): "the same",
    ("dropout", "rng.random(x.shape) >= p -> rng.random(x.shape) > p"): "no drawn number equals p",
    ("warmup_cosine", "step < warmup_steps -> step <= warmup_steps"): "both branches give lr there",
    ("scores_per_class", "1 -> 2 in return"): "a class of one clip or prediction has no hits",
    ("grad_cam", "(0, 1) -> (1, 0)"): "the order of reduced axes does not matter",
    ("grad_cam", "1 -> 2 in return rough"): "zeros stay zeros, whatever divides them",
    ("rank_correlation", "(a.ravel(), b.ravel()) -> "): "the correlation of b and a is that of a and b",
    ("rank_correlation", "values[:, None] > values -> values[:, None] < values"): "both maps are ranked from above",
    ("rank_correlation", "1 -> 0 in for values"): "the same, and a symmetric matrix has equal sums along both axes",
    ("sanity_check", "('bias1', 'bias2') -> "): "both are zeros, in whatever order",
    ("sanity_check", "(params, fresh) -> "): "the correlation of two maps does not depend on their order",
    ("train_network", ""): "any network that reaches the goal is right: other sizes, orders and step sizes do",
}


@pytest.mark.slow
def test_mechanical_mutants_are_caught():
    total, survivors, named, wrong = 0, [], 0, []
    for assignment, questions in catalogue.ASSIGNMENTS.items():
        for question in questions:
            for change, text in mutants(catalogue.source(assignment), question.name):
                total += 1
                mark = in_process.mark(assignment, question.name, text)
                if mark.points == mark.of:
                    survivors.append((question.name, change))
                number = in_process.known(question, mark.hint)
                if number is not None:
                    named += 1
                    if not in_process.explains(assignment, question, number, text, range(100, 105)):
                        wrong.append((question.name, change, mark.hint))
    print(f"{total - len(survivors)} of {total} mutants are caught; {named - len(wrong)} of {named} hints are right")
    assert len(wrong) <= 0.05 * named, wrong
    assert total > 500
    assert len(survivors) <= 0.05 * total
    unexplained = [s for s in survivors if not any(s[0] == f and s[1].startswith(c) for f, c in EQUIVALENT)]
    assert unexplained == []


def test_a_mutant_differs_in_one_place():
    source = "def f(x):\n    '''Doc.'''\n    return x[1:] + 2\n"
    found = [text.splitlines()[-1].strip() for _, text in mutants(source, "f")]
    slices = ["return x[1:] - 2", "return x[:] + 2", "return x[2:] + 2", "return x[0:] + 2"]
    assert found == [*slices, "return x[1:] + 3", "return x[1:] + 1"]
