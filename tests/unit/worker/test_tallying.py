"""Hours that are over are counted, after downtime too, and no errand goes on for ever."""

import pytest

from routing.decision import DecidedBy, Decision, Timings
from routing.job import Decided
from routing.store.memory import MemoryStore
from worker.sweeping import DAY_SECONDS
from worker.tallying import SECONDS, Tallier

HOUR = 3_600.0


class Clock:
    """Goes on by so much whenever it is looked at."""

    def __init__(self, now, step=0.0):
        self.now = now
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now - self.step


class SlowStore:
    """Always has another hour to count."""

    def __init__(self):
        self.asked = []

    def tally(self, **asked):
        self.asked.append(asked)
        return True


def decided(claim):
    decision = Decision(label="quote", confidence=0.9, queue="sales", decided_by=DecidedBy.MODEL, reason="It is sure.")
    timings = Timings(queued=1.0, parse=1.0, classify=1.0, total=3.0)
    fields = {"subject": "s", "sender": "a@example.org", "message_id": ""}
    return Decided(job_id=claim.job_id, lease=claim.lease, decision=decision, timings=timings, **fields)


def test_everything_that_is_over_is_counted(mail):
    store = MemoryStore()
    for hour in (1, 2, 40):
        store.submit([mail(str(hour))], now=hour * HOUR)
        (claim,) = store.claim(worker="w", limit=1, lease_seconds=60, now=hour * HOUR)
        store.record([decided(claim)], worker="w", now=hour * HOUR)
    Tallier(store=store, job_retention_days=730, clock=Clock(50 * HOUR)).tally()
    assert store.counted_until() == 49 * HOUR


def test_an_errand_stops_after_a_while_and_the_next_one_goes_on():
    store = SlowStore()
    Tallier(store=store, job_retention_days=730, clock=Clock(0.0, step=SECONDS / 4)).tally()
    assert len(store.asked) == 4


@pytest.mark.parametrize(("days", "since"), [(1.0, 9 * DAY_SECONDS + HOUR), (0.0, float("-inf"))])
def test_what_retention_may_have_begun_to_delete_is_not_counted_anew(days, since):
    store = SlowStore()
    Tallier(store=store, job_retention_days=days, clock=Clock(10 * DAY_SECONDS, step=SECONDS)).tally()
    assert store.asked == [{"now": 10 * DAY_SECONDS, "kept_since": since}]
