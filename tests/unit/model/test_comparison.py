"""Two models on the same mails."""

from dataclasses import replace

import pytest

from model.evaluation import Outcome
from model.evaluation.comparison import compare
from model.evaluation.judged import Judged
from routing.errors import ConfigurationError


def outcome(number, *, right, language="fr", words=30, truth="quote"):
    said = truth if right else "other"
    return Outcome(
        truth=truth, said=said, confidence=0.8, language=language, id=f"m{number}", digest=f"d{number}", words=words
    )


def judged(name, *outcomes):
    return Judged(name=name, outcomes=outcomes)


def test_wins_are_counted_mail_by_mail():
    rights = [(True, True), (True, False), (False, True), (False, True), (False, False)]
    first = judged("one", *(outcome(number, right=right) for number, (right, _) in enumerate(rights)))
    # In another order: mails are matched, not places.
    second = judged("two", *(outcome(number, right=right) for number, (_, right) in reversed([*enumerate(rights)])))
    whole = compare(first, second).whole
    assert (whole.both, whole.only_first, whole.only_second, whole.neither) == (1, 1, 2, 1)
    assert whole.difference == pytest.approx(0.2)
    assert (whole.first, whole.second) == (0.4, 0.6)
    assert whole.p == 1.0
    assert all(ours.id == theirs.id for ours, theirs in compare(first, second).pairs)


def test_parts_are_the_languages_the_lengths_in_order_and_the_true_labels():
    outcomes = [
        outcome(1, right=True, language="fr", words=200),
        outcome(2, right=True, language="en", words=5, truth="billing"),
        outcome(3, right=False, language="en", words=70),
    ]
    comparison = compare(judged("one", *outcomes), judged("two", *outcomes))
    assert [(part.name, part.mails) for part in comparison.languages] == [("en", 2), ("fr", 1)]
    assert [part.name for part in comparison.lengths] == ["0-20", "61-150", "151+"]
    assert [part.name for part in comparison.labels] == ["billing", "quote"]


def test_other_mails_are_refused_with_an_example():
    one, other = outcome(1, right=True), outcome(2, right=True)
    with pytest.raises(ConfigurationError, match=r"1 of the first's .* for instance m1, and 1 the other way round"):
        compare(judged("one", one), judged("two", other))
    with pytest.raises(ConfigurationError, match="did not judge the same mails"):
        compare(judged("one", one), judged("two", one, other))
    with pytest.raises(ConfigurationError, match="did not judge the same mails"):
        compare(judged("one", one), judged("two", replace(one, digest="changed")))


def test_other_labels_are_refused():
    one = outcome(1, right=True)
    with pytest.raises(ConfigurationError, match="m1 is labelled quote for one and billing for two"):
        compare(judged("one", one), judged("two", replace(one, truth="billing")))


def test_no_mail_is_nothing_to_compare():
    with pytest.raises(ConfigurationError, match="judged no mail"):
        compare(judged("one"), judged("two"))
