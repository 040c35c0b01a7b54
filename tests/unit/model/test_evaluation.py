import pytest

from model.corpus import Example
from model.evaluation import Confusion, Outcome, evaluate, expected_calibration_error, summarise
from model.keywords import KeywordClassifier


def outcome(truth, said, confidence=0.9, language="fr"):
    return Outcome(truth=truth, said=said, confidence=confidence, language=language)


def test_accuracy_and_f1_are_as_counted_by_hand():
    result = summarise([outcome("a", "a"), outcome("a", "b"), outcome("b", "b"), outcome("b", "b", language="en")])
    assert result.accuracy == 0.75
    by_label = {score.label: score for score in result.labels}
    assert (by_label["a"].precision, by_label["a"].recall, by_label["a"].examples) == (1.0, 0.5, 2)
    assert (by_label["b"].precision, by_label["b"].recall) == (pytest.approx(2 / 3), 1.0)
    assert result.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert {part.name: part.accuracy for part in result.languages} == {"en": 1.0, "fr": pytest.approx(2 / 3)}
    assert result.confusions == (Confusion(truth="a", said="b", count=1),)


def test_a_label_that_is_only_ever_said_does_not_count_in_macro_f1():
    result = summarise([outcome("a", "a"), outcome("a", "x")])
    assert result.macro_f1 == pytest.approx(2 / 3)
    assert [score.precision for score in result.labels if score.label == "x"] == [0.0]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    sure_and_half_right = [outcome("a", "a", 0.9), outcome("a", "b", 0.9)]
    assert expected_calibration_error(sure_and_half_right) == pytest.approx(0.4)
    assert expected_calibration_error([outcome("a", "a", 1.0)]) == 0.0
    two_bins = [outcome("a", "a", 0.5), outcome("a", "b", 1.0)]
    assert expected_calibration_error(two_bins) == pytest.approx((0.5 + 1.0) / 2)


def test_thresholds_say_how_many_are_routed_and_how_well():
    result = summarise([outcome("a", "a", 0.95), outcome("a", "b", 0.55)])
    rows = {row.threshold: (row.routed, row.accuracy) for row in result.thresholds}
    assert rows[0.5] == (1.0, 0.5)
    assert rows[0.9] == (0.5, 1.0)


def test_nothing_to_evaluate_is_said():
    with pytest.raises(ValueError, match="nothing to evaluate"):
        summarise([])


def test_a_classifier_is_asked_about_every_example():
    examples = [
        Example(id="1", label="quote", language="fr", subject="Devis", text="un devis auto"),
        Example(id="2", label="other", language="en", subject="", text="cancel my contract"),
    ]
    assert evaluate(KeywordClassifier(), examples).accuracy == 0.5
