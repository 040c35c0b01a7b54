"""How many mails are claimed at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pace import FIRST, TARGET_SECONDS, Pace


def test_the_first_claim_is_small():
    assert Pace(most=32).limit == FIRST
    assert Pace(most=2).limit == 2


@pytest.mark.parametrize(("each", "limit"), [(0.01, 25), (0.0001, 32), (1.0, 1), (0.0, 32), (TARGET_SECONDS, 1)])
def test_a_claim_takes_about_its_target(each, limit):
    pace = Pace(most=32)
    pace.measured(10, 10 * each)
    assert pace.limit == limit


def test_a_slow_claim_shrinks_the_next_and_fast_ones_let_it_grow_again():
    pace = Pace(most=32)
    pace.measured(10, 0.1)
    before = pace.limit
    pace.measured(10, 10.0)
    assert pace.limit < before
    for _ in range(20):
        pace.measured(1, 0.01)
    assert pace.limit >= before - 1


@given(
    st.integers(min_value=1, max_value=1000),
    st.lists(st.tuples(st.integers(min_value=1, max_value=1000), st.floats(min_value=0, max_value=1e6))),
)
def test_whatever_was_measured_at_least_one_and_at_most_the_limit_are_claimed(most, measurements):
    pace = Pace(most=most)
    for mails, seconds in measurements:
        pace.measured(mails, seconds)
        assert 1 <= pace.limit <= most
