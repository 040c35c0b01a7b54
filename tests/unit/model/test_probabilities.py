import numpy as np
import pytest

from model.probabilities import prediction_of, softmax


def test_probabilities_sum_to_one_however_large_the_scores():
    assert softmax(np.array([1e30, 0.0, -1e30])).tolist() == [1.0, 0.0, 0.0]
    assert softmax(np.array([[1.0, 2.0], [3.0, 3.0]])).sum(axis=-1).tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_raises(bad):
    with pytest.raises(ArithmeticError):
        softmax(np.array([1.0, bad], dtype=np.float32))


def test_a_higher_temperature_is_less_sure():
    scores = np.array([2.0, 0.0])
    assert softmax(scores, 2.0)[0] < softmax(scores, 1.0)[0]


def test_the_most_probable_label_comes_first_and_ties_keep_their_order():
    prediction = prediction_of(("a", "b", "c"), np.array([0.25, 0.5, 0.25]))
    assert [score.label for score in prediction.scores] == ["b", "a", "c"]
