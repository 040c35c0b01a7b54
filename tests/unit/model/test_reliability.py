"""Confidence: bins, the cost of asking a human, promises, strangers."""

import pytest

from model.evaluation import Outcome, reliability_bins, risk_coverage
from model.evaluation.foreign import foreign
from model.evaluation.keeping import kept
from routing.promise import Promise


def right(confidence, stranger=None, truth="a"):
    return Outcome(truth=truth, said=truth, confidence=confidence, stranger=stranger)


def wrong(confidence, stranger=None, truth="a"):
    return Outcome(truth=truth, said="b", confidence=confidence, stranger=stranger)


def test_bins_hold_the_mails_of_their_confidence():
    bins = reliability_bins([right(0.05), right(0.95), wrong(0.97), right(1.0)])
    assert [(one.low, one.mails) for one in bins] == [(0.0, 1), (0.9, 3)]
    assert bins[1].accuracy == pytest.approx(2 / 3)
    assert bins[1].confidence == pytest.approx((0.95 + 0.97 + 1) / 3)


def test_risk_rises_with_coverage_when_confidence_is_worth_something():
    curve = risk_coverage([right(0.9), right(0.8), wrong(0.3), wrong(0.2)])
    assert [(point.coverage, point.risk) for point in curve.points] == [
        (0.25, 0),
        (0.5, 0),
        (0.75, pytest.approx(1 / 3)),
        (1.0, 0.5),
    ]
    assert curve.area == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_mails_of_one_confidence_are_not_parted():
    curve = risk_coverage([wrong(0.5), right(0.5)])
    assert [(point.coverage, point.risk) for point in curve.points] == [(1.0, 0.5)]
    assert curve.area == 0.5


def test_a_curve_of_many_mails_has_few_points_and_both_ends():
    curve = risk_coverage([(right if number % 7 else wrong)(number / 5_000) for number in range(5_000)])
    assert len(curve.points) == 200
    assert (curve.points[0].coverage, curve.points[-1].coverage) == (1 / 5_000, 1.0)


def promise(**thresholds):
    return Promise(precision=0.9, delta=0.1, thresholds=thresholds, alone=(), mails=300, routed=0.5)


def test_a_promise_counts_the_mails_it_would_decide_alone():
    outcomes = [right(0.9), wrong(0.9), right(0.4), right(0.95, stranger=1.2)]
    found = kept(promise(a=0.5, b=None), outcomes)
    # Below the threshold, said to be a label of which nothing is promised, and a stranger: all three to a human.
    assert (found.mails, found.routed, found.accuracy) == (1, 0.25, 1.0)
    assert not found.broken


def test_a_promise_is_broken_only_where_chance_cannot_excuse_it():
    assert not kept(promise(a=0.5, b=0.5), [right(0.9)] * 4 + [wrong(0.9)]).broken
    assert kept(promise(a=0.5, b=0.5), [right(0.9)] * 400 + [wrong(0.9)] * 100).broken


def test_nothing_decided_alone_breaks_no_promise():
    assert not kept(promise(a=None, b=None), [wrong(0.9)]).broken


def test_strangers_are_counted_among_known_and_unknown_labels():
    known = [right(0.9, 0.1), wrong(0.9, 1.1), right(0.9, 0.2)]
    found = foreign([*known, wrong(0.9, 1.5, truth="new"), wrong(0.9, 0.2, truth="new")], ("a", "b"))
    assert (found.known.mails, found.known.called, found.known.wrong) == (3, 1, 1)
    assert (found.unknown.mails, found.unknown.called, found.unknown.wrong) == (2, 1, 1)
    # Of six pairs the unknown mail is stranger in four, and one is a tie.
    assert found.auroc == pytest.approx(4.5 / 6)


def test_without_a_sense_for_strangers_nothing_is_said_of_them():
    assert foreign([right(0.9)], ("a",)) is None
    assert foreign([right(0.9, 0.1)], ("a",)).auroc is None
