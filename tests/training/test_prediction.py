import numpy as np

from minser import nn
from minser.training.prediction import pool, predict_logits


class Echo:
    """A network whose logits are what it sees."""

    def predict(self, x):
        return x[:, 0, 0]


def softmax(logits):
    return np.exp(nn.log_softmax(logits))


def test_one_piece_has_its_own_logits(rng):
    logits = rng.standard_normal((1, 5)).astype(np.float32)
    np.testing.assert_array_equal(pool(logits), logits)


def test_several_have_the_mean_of_their_probabilities(rng):
    logits = 5 * rng.standard_normal((7, 5))
    np.testing.assert_allclose(softmax(pool(logits)), softmax(logits).mean(axis=0, keepdims=True), rtol=1e-12)
    sure = np.array([[1000.0, 0, 0], [0, 900, 0]])  # a class that no piece allows is unlikely, and finite
    np.testing.assert_allclose(softmax(pool(sure)), [[0.5, 0.5, 0]], atol=1e-12)
    assert np.isfinite(pool(sure)).all()


def test_pieces_are_pooled_across_batches_and_divided_by_the_temperature(rng):
    x = rng.standard_normal((6, 1, 1, 3))
    places = np.array([0, 1, 1, 1, 2, 2])
    labels = np.array([2, 0, 0, 0, 1, 1])
    batches = [(x[i : i + 2], labels[i : i + 2], places[i : i + 2]) for i in (0, 2, 4)]
    logits, y = predict_logits(Echo(), batches, temperature=2.0)
    np.testing.assert_array_equal(y, [2, 0, 1])
    each = softmax(x[:, 0, 0] / 2)
    expected = [each[0], each[1:4].mean(axis=0), each[4:].mean(axis=0)]
    np.testing.assert_allclose(softmax(logits), expected, rtol=1e-12)
    (alone, _) = predict_logits(Echo(), batches[:1])
    np.testing.assert_array_equal(alone, x[:2, 0, 0])
