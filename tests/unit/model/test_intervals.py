"""How far chance moves a figure: held against published values and against brute force."""

import itertools
import math

import pytest

from model.evaluation import Outcome, wilson
from model.evaluation.intervals import difference_interval, macro_f1_interval, mcnemar


def outcomes(right, wrong):
    return [Outcome(truth="a", said="a", confidence=0.9)] * right + [
        Outcome(truth="b", said="a", confidence=0.9)
    ] * wrong


@pytest.mark.parametrize(
    ("right", "among", "low", "high"),
    # Newcombe 1998, table I: Wilson's score method without continuity correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_as_published(right, among, low, high):
    interval = wilson(right, among)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_of_no_mail_nothing_is_known():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_what_is_always_right_reaches_one():
    assert wilson(30, 30).high == 1.0
    assert wilson(30, 30).low < 0.9


@pytest.mark.parametrize(("first", "second"), [(0, 0), (3, 3), (1, 5), (0, 6), (2, 9)])
def test_mcnemar_is_a_fair_coin_counted_out(first, second):
    flips = list(itertools.product((0, 1), repeat=first + second))
    as_far = sum(abs(2 * sum(flip) - len(flip)) >= abs(first - second) for flip in flips)
    assert mcnemar(first, second) == pytest.approx(as_far / len(flips))


def test_mcnemar_counts_thousands():
    assert mcnemar(2_000, 2_000) == 1.0
    assert mcnemar(2_000, 2_100) == pytest.approx(math.erfc(99 / math.sqrt(4_100) / math.sqrt(2)), rel=0.01)
    assert mcnemar(0, 5_000) == 0.0


def test_the_interval_of_a_difference_holds_the_difference():
    interval = difference_interval(10, 30, 200)
    assert interval.low < 0.1 < interval.high
    spread = 1.96 * math.sqrt((10 + 30 - (30 - 10) ** 2 / 200) / 200**2)
    assert interval.high - interval.low == pytest.approx(2 * spread, rel=0.1)


def test_models_that_never_disagree_differ_by_nothing():
    assert difference_interval(0, 0, 50).low == difference_interval(0, 0, 50).high == 0.0
    assert mcnemar(0, 0) == 1.0


def test_the_macro_f1_of_few_mails_is_known_less_well():
    few, many = macro_f1_interval(outcomes(9, 3)), macro_f1_interval(outcomes(900, 300))
    assert few.high - few.low > many.high - many.low
    assert macro_f1_interval(outcomes(9, 3)) == few


def test_there_must_be_something_to_resample():
    with pytest.raises(ValueError, match="nothing to resample"):
        macro_f1_interval([])
