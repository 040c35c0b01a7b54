"""Exact binomial tails."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.confidence.binomial import least_size, tail


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_the_tail_is_the_sum_of_its_chances(size, errors, percent):
    rate = Fraction(percent, 100)
    exact = sum(
        comb(size, count) * rate**count * (1 - rate) ** (size - count) for count in range(min(errors, size) + 1)
    )
    assert tail(errors, size, float(rate)) == pytest.approx(float(exact), abs=1e-12)


@pytest.mark.parametrize(("errors", "rate", "expected"), [(0, 0.5, 0.0), (99_999, 0.03, 1.0), (2_900, 0.03, 0.0325)])
def test_the_tail_of_a_hundred_thousand_mails_neither_overflows_nor_takes_long(errors, rate, expected):
    assert tail(errors, 100_000, rate) == pytest.approx(expected, abs=2e-3)


def test_rates_at_the_ends_are_certain():
    assert tail(3, 10, 0.0) == 1.0
    assert tail(3, 10, 1.0) == 0.0
    assert tail(10, 10, 1.0) == 1.0


@pytest.mark.parametrize(("rate", "size"), [(0.1, 22), (0.05, 45), (0.03, 76), (0.01, 230)])
def test_without_an_error_a_promise_needs_so_many_mails(rate, size):
    assert least_size(0, rate, 0.1) == size
    assert tail(0, size, rate) <= 0.1 < tail(0, size - 1, rate)
