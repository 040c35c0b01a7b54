"""Counting routed mail: the same figures before and after an hour is counted, in every store."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from routing.decision import DecidedBy, Timings
from routing.figures import GRACE, HOUR, LIVE, Grouping, bucket_of, percentile
from routing.span import DAY, Span, beginning, latest, local_day

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 3, 23)
MIDNIGHT = beginning(MONDAY, PARIS)
FOR_EVER = float("-inf")


@pytest.fixture
def route(store, make):
    """Route a mail at a time; return its job's id."""
    numbers = iter(range(1_000))

    def routed(at, *, total=10.0, model_label="claim_motor", **decision):
        (job_id,) = make.accepted(store, f"mail {next(numbers)}", now=at)
        (claim,) = make.claim(store, now=at)
        outcome = make.decided(claim, decision=make.decision(**decision), model_label=model_label)
        timings = Timings(queued=1.0, parse=1.0, classify=1.0, total=total)
        store.record([replace(outcome, timings=timings)], worker="w", now=at)
        return job_id

    return routed


@pytest.fixture
def correct(store, make):
    """Give a mail that is labelled as a motor claim another label, or confirm it."""

    def corrected(job_id, label, *, at=MIDNIGHT + 9_000):
        job = store.job(job_id)
        before = job.decision
        fields = {"at": at, "label_before": before.label, "queue_before": before.queue, "label": label}
        review = make.review(job_id, **fields, queue=before.queue, confirmed=label == before.label)
        decision = replace(before, label=label, decided_by=DecidedBy.HUMAN)
        store.review(review, decision=decision, actor="user anne")

    return corrected


def count(store, now, *, kept_since=FOR_EVER):
    steps = 0
    while store.tally(now=now, kept_since=kept_since):
        steps += 1
        assert steps < 100
    return steps


def week(now=MIDNIGHT + 20 * HOUR):
    return latest(7, now=now, zone=PARIS)


def volumes(store, now, span=None):
    found = Counter()
    for each in store.volumes(span or week(now), by=Grouping.DAY, now=now):
        found[each.day, each.queue, each.label, each.decided_by] += each.mails
    return found


def verdicts(store, now):
    return {
        (each.model_version, each.model_label, each.label): each.mails for each in store.verdicts(week(now), now=now)
    }


def test_mail_is_counted_by_queue_label_and_who_decided_as_it_was_routed(store, route):
    route(MIDNIGHT + 10)
    route(MIDNIGHT + 20)
    route(MIDNIGHT + 30, queue="fraud", label=None, decided_by=DecidedBy.RULE, rule="r", model_version=None)
    route(MIDNIGHT + 40, queue="triage")
    now = MIDNIGHT + 60
    expected = {
        (MONDAY, "motor", "claim_motor", "model"): 2,
        (MONDAY, "fraud", None, "rule"): 1,
        (MONDAY, "triage", "claim_motor", "model"): 1,
    }
    assert volumes(store, now) == expected
    assert store.counted_until() is None
    later = MIDNIGHT + HOUR + GRACE
    assert count(store, later) == 1
    assert store.counted_until() == MIDNIGHT + HOUR
    assert volumes(store, later) == expected


def test_an_hour_is_counted_only_when_everybody_has_had_time_to_write(store, route):
    route(MIDNIGHT + 10)
    assert count(store, MIDNIGHT + HOUR + GRACE - 1) == 0
    assert count(store, MIDNIGHT + HOUR + GRACE) == 1


def test_what_was_counted_is_not_counted_again_and_what_came_since_is_added(store, route):
    route(MIDNIGHT + 10)
    later = MIDNIGHT + HOUR + GRACE
    count(store, later)
    assert count(store, later) == 0
    route(MIDNIGHT + HOUR + 10)
    assert volumes(store, later) == {(MONDAY, "motor", "claim_motor", "model"): 2}


def test_after_errands_were_down_hours_are_caught_up_one_a_step_and_empty_ones_passed_over(store, route):
    for hour in (0, 1, 15):
        route(MIDNIGHT + hour * HOUR + 10)
    now = MIDNIGHT + 20 * HOUR
    assert store.tally(now=now, kept_since=FOR_EVER)
    assert store.counted_until() == MIDNIGHT + HOUR
    assert count(store, now) == 2
    assert store.counted_until() == MIDNIGHT + 19 * HOUR
    assert volumes(store, now) == {(MONDAY, "motor", "claim_motor", "model"): 3}


def test_a_long_time_that_is_not_counted_is_not_looked_up_mail_by_mail(store, route):
    route(MIDNIGHT + 10)
    route(MIDNIGHT + 10 * HOUR)
    assert volumes(store, MIDNIGHT + 9 + LIVE) == {(MONDAY, "motor", "claim_motor", "model"): 2}
    assert volumes(store, MIDNIGHT + 11 + LIVE) == {(MONDAY, "motor", "claim_motor", "model"): 1}
    count(store, MIDNIGHT + 20 * HOUR)
    assert volumes(store, MIDNIGHT + 20 * HOUR) == {(MONDAY, "motor", "claim_motor", "model"): 2}


def test_days_are_local_days_also_when_the_clocks_change(store, route):
    sunday = date(2026, 3, 29)  # 23 hours long in Paris
    for at in (beginning(sunday, PARIS) - 1, beginning(sunday, PARIS), beginning(sunday, PARIS) + 23 * HOUR):
        route(at)
    span = Span(first=date(2026, 3, 28), last=date(2026, 3, 30), zone=PARIS)
    for counting in (False, True):
        now = beginning(sunday, PARIS) + 24 * HOUR
        if counting:
            now += 9 * HOUR
            assert count(store, now) == 3
            assert sum(volumes(store, now, Span(first=sunday, last=sunday, zone=PARIS)).values()) == 1
            assert {day.day: mails for (day, *_), mails in volumes(store, now, span).items()} == {28: 1, 29: 1, 30: 1}
        else:
            assert {day.day: mails for (day, *_), mails in volumes(store, now, span).items()} == {30: 1}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/Martinique", "Pacific/Auckland", "Pacific/Honolulu"])
def test_every_counted_mail_is_of_the_day_that_it_was_where_the_reader_lives(store, route, zone):
    zone = ZoneInfo(zone)
    times = [MIDNIGHT + 5 * HOUR * step + 60 for step in range(50)]  # ten days, at every hour of the day
    for at in times:
        route(at)
    now = times[-1] + 3 * HOUR
    count(store, now)
    assert store.counted_until() > times[-1]
    for first, last in ((-1, 12), (2, 8), (3, 3)):
        span = Span(first=MONDAY + DAY * first, last=MONDAY + DAY * last, zone=zone)
        expected = Counter(day for at in times if span.first <= (day := local_day(at, zone)) <= span.last)
        assert Counter({day: mails for (day, *_), mails in volumes(store, now, span).items()}) == expected
        assert sum(each.mails for each in store.route_times(span, by=Grouping.DAY, now=now)) == expected.total()


def test_a_span_counts_its_own_days_only(store, route):
    route(MIDNIGHT - 1)
    route(MIDNIGHT)
    route(beginning(date(2026, 3, 24), PARIS))
    now = MIDNIGHT + 30 * HOUR
    count(store, now)
    span = Span(first=MONDAY, last=MONDAY, zone=PARIS)
    assert volumes(store, now, span) == {(MONDAY, "motor", "claim_motor", "model"): 1}


def test_by_the_week_mails_are_counted_under_its_monday(store, route):
    for day in (-1, 0, 3, 6, 7):
        route(MIDNIGHT + day * 24 * HOUR)
    now = MIDNIGHT + 8 * 24 * HOUR
    count(store, now)
    span = Span(first=MONDAY - DAY, last=MONDAY + DAY * 8, zone=PARIS)
    for found in (store.volumes(span, by=Grouping.WEEK, now=now), store.route_times(span, by=Grouping.WEEK, now=now)):
        weeks = Counter()
        for each in found:
            weeks[each.day] += each.mails
        assert weeks == {MONDAY - DAY * 7: 1, MONDAY: 3, MONDAY + DAY * 7: 1}


def test_a_correction_changes_the_verdicts_and_not_the_volumes(store, route, correct):
    first, second, _ = route(MIDNIGHT + 10), route(MIDNIGHT + 20), route(MIDNIGHT + 30)
    correct(first, "quote")
    correct(second, "claim_motor")
    now = MIDNIGHT + 60
    version = "insurance-0123456789ab"
    expected = {(version, "claim_motor", "quote"): 1, (version, "claim_motor", "claim_motor"): 1}
    assert verdicts(store, now) == expected
    assert volumes(store, now) == {(MONDAY, "motor", "claim_motor", "model"): 3}
    later = MIDNIGHT + HOUR + GRACE
    count(store, later)
    assert verdicts(store, later) == expected
    assert volumes(store, later) == {(MONDAY, "motor", "claim_motor", "model"): 3}


def test_a_verdict_on_mail_of_a_counted_hour_is_counted_by_the_next_errand(store, route, correct):
    job_id = route(MIDNIGHT + 10)
    later = MIDNIGHT + HOUR + GRACE
    count(store, later)
    assert verdicts(store, later) == {}
    correct(job_id, "quote")
    assert count(store, later) == 1
    assert verdicts(store, later) == {("insurance-0123456789ab", "claim_motor", "quote"): 1}
    correct(job_id, "claim_home")
    assert count(store, later) == 1
    assert verdicts(store, later) == {("insurance-0123456789ab", "claim_motor", "claim_home"): 1}


def test_verdicts_on_mail_that_no_model_read_are_none(store, route, correct):
    correct(route(MIDNIGHT + 10, model_label=None), "quote")
    assert verdicts(store, MIDNIGHT + 60) == {}
    count(store, MIDNIGHT + HOUR + GRACE)
    assert verdicts(store, MIDNIGHT + HOUR + GRACE) == {}


def test_figures_outlive_the_jobs_that_retention_deletes(store, route, correct):
    first, second = route(MIDNIGHT + 10), route(MIDNIGHT + 20)
    correct(first, "quote")
    now = MIDNIGHT + HOUR + GRACE
    count(store, now)
    correct(second, "quote")
    store.purge(mails_before=FOR_EVER, jobs_before=MIDNIGHT + 15, now=now)
    # Counting the hour anew now would lose what is deleted.
    count(store, now, kept_since=MIDNIGHT + 15)
    assert verdicts(store, now) == {("insurance-0123456789ab", "claim_motor", "quote"): 1}
    assert volumes(store, now) == {(MONDAY, "motor", "claim_motor", "model"): 2}


def test_percentiles_are_of_what_was_measured(store, route):
    for step in range(100):
        route(MIDNIGHT + step, total=100.0 if step < 96 else 5_000.0)
    for now in (MIDNIGHT + 200, MIDNIGHT + HOUR + GRACE):
        count(store, now)
        times = store.route_times(week(now), by=Grouping.DAY, now=now)
        assert {(each.day, each.bucket): each.mails for each in times} == {
            (MONDAY, bucket_of(100.0)): 96,
            (MONDAY, bucket_of(5_000.0)): 4,
        }
        buckets = {each.bucket: each.mails for each in times}
        assert percentile(buckets, 0.5) == pytest.approx(100, rel=0.19)
        assert percentile(buckets, 0.99) == pytest.approx(5_000, rel=0.19)


def test_every_bucket_has_the_same_bounds_in_every_store(store, route):
    ends = [0.0, 1.0, 1.19, 2.0, 2.0001, 4.0, 1e4, 65_536.0, 1e12]
    for step, total in enumerate(ends):
        route(MIDNIGHT + step, total=total)
    found = {each.bucket for each in store.route_times(week(), by=Grouping.DAY, now=MIDNIGHT + 60)}
    assert found == {bucket_of(total) for total in ends}


def test_errands_that_count_at_the_same_time_count_nothing_twice(store, route):
    for hour in range(8):
        route(MIDNIGHT + hour * HOUR)
    now = MIDNIGHT + 20 * HOUR
    errors = []

    def errand():
        try:
            count(store, now)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            errors.append(error)

    errands = [threading.Thread(target=errand) for _ in range(4)]
    for each in errands:
        each.start()
    for each in errands:
        each.join()
    assert errors == []
    assert volumes(store, now) == {(MONDAY, "motor", "claim_motor", "model"): 8}


def test_nothing_is_counted_where_nothing_was_routed(store):
    assert count(store, MIDNIGHT) == 0
    assert store.volumes(week(), by=Grouping.DAY, now=MIDNIGHT) == ()
    assert store.counted_until() is None
