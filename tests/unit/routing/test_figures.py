"""Figures say what they can, and how little few mails can say."""

import math
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.figures import (
    BUCKET_ENDS,
    BUCKETS,
    Grouping,
    RouteTime,
    Share,
    Verdict,
    Volume,
    accuracy,
    alone,
    bucket_of,
    by_column,
    column,
    columns,
    confusion,
    counts,
    percentile,
    total,
)
from routing.span import Span

MONDAY, TUESDAY, SUNDAY = date(2026, 3, 23), date(2026, 3, 24), date(2026, 3, 22)


def volume(day=MONDAY, queue="motor", label="claim_motor", decided_by="model", mails=1):
    return Volume(day=day, queue=queue, label=label, decided_by=decided_by, mails=mails)


def verdict(said, label, mails=1, version="v1", week=MONDAY):
    return Verdict(week=week, model_version=version, model_label=said, label=label, mails=mails)


def test_weeks_begin_on_monday_also_when_the_span_does_not():
    span = Span(first=SUNDAY, last=TUESDAY, zone=ZoneInfo("Europe/Paris"))
    assert columns(span, Grouping.DAY) == (SUNDAY, MONDAY, TUESDAY)
    assert columns(span, Grouping.WEEK) == (date(2026, 3, 16), MONDAY)
    assert column(SUNDAY, Grouping.WEEK) == date(2026, 3, 16)


def test_mails_are_counted_by_key_and_column_the_most_frequent_first():
    volumes = [volume(), volume(day=TUESDAY, mails=2), volume(queue="home", mails=9), volume(mails=4)]
    found = counts(volumes, lambda each: each.queue, Grouping.DAY)
    assert list(found) == ["home", "motor"]
    assert found["motor"] == {MONDAY: 5, TUESDAY: 2}


def test_mails_without_a_human_are_those_that_model_or_rule_decided_and_triage_did_not_get():
    volumes = [volume(mails=5), volume(decided_by="rule", mails=2), volume(queue="triage", mails=3)]
    assert alone(volumes, Grouping.DAY, triage="triage") == {MONDAY: Share(part=7, whole=10)}


def test_accuracy_is_the_share_of_verdicts_that_agree_with_the_model():
    verdicts = [verdict("a", "a", 8), verdict("a", "b", 2), verdict("b", None, 1), verdict("b", "b", 1, version="v2")]
    assert accuracy(verdicts, lambda each: each.model_label) == {
        "a": Share(part=8, whole=10),
        "b": Share(part=1, whole=2),
    }
    assert accuracy(verdicts, lambda each: each.model_version)["v2"] == Share(part=1, whole=1)


def test_a_confusion_matrix_names_all_labels_and_tells_the_worst_mistakes():
    found = confusion([verdict("b", "a", 3), verdict("b", "b", 9), verdict("a", None, 5), verdict("b", "a", 1)])
    assert found.labels == ("a", "b", None)
    assert found.cells == {("b", "a"): 4, ("b", "b"): 9, ("a", None): 5}
    assert found.mistakes(1) == [("a", None, 5)]
    assert found.mistakes(9) == [("a", None, 5), ("b", "a", 4)]


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (960, 1_000, 0.9460, 0.9705)],
)
def test_an_interval_is_wilsons(part, whole, low, high):
    assert Share(part=part, whole=whole).interval == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_nothing_says_nothing():
    assert Share().rate is None
    assert Share(part=1, whole=4).rate == 0.25
    assert Share().interval == (0.0, 1.0)
    assert total([]) == Share()


@given(whole=st.integers(1, 5_000), data=st.data())
def test_an_interval_holds_its_share_and_lies_between_0_and_1(whole, data):
    share = Share(part=data.draw(st.integers(0, whole)), whole=whole)
    low, high = share.interval
    assert 0 <= low <= share.rate + 1e-12
    assert share.rate - 1e-12 <= high <= 1


@given(st.lists(st.floats(1, 1e7), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_from_buckets_is_less_than_19_per_cent_off(times, share):
    exact = sorted(times)[math.ceil(share * len(times)) - 1]
    found = percentile(Counter(map(bucket_of, times)), share)
    assert exact / 1.19 < found < exact * 1.19


def test_a_percentile_of_nothing_is_nothing():
    assert percentile({}, 0.5) is None


def test_every_time_has_a_bucket():
    assert [bucket_of(each) for each in (-1.0, 0.0, 1.0)] == [0, 0, 0]
    assert bucket_of(2.0) == 4
    assert bucket_of(math.inf) == BUCKETS
    assert percentile({BUCKETS: 1}, 0.5) > BUCKET_ENDS[-1]


def test_times_are_added_up_by_column():
    times = [RouteTime(day=day, bucket=bucket, mails=2) for day in (MONDAY, TUESDAY) for bucket in (1, 2)]
    assert by_column(times, Grouping.WEEK) == {MONDAY: {1: 4, 2: 4}}
