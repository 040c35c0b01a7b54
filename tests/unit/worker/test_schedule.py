"""The clock says that it goes round, and what it asked for."""

from types import SimpleNamespace

import pytest
from celery.beat import Scheduler

from worker import schedule
from worker.schedule import Clock
from worker.vitals import Pulse


@pytest.fixture
def now():
    return SimpleNamespace(seconds=0.0)


@pytest.fixture
def clock(now, monkeypatch):
    """A clock whose errands go nowhere, or fail with what `trouble` says."""
    app = SimpleNamespace(conf=SimpleNamespace(broker_connection_max_retries=None))
    pulses = {name: Pulse(silence=20, clock=lambda: now.seconds) for name in ("ticking", "asking")}
    made = type("Made", (Clock,), pulses)
    clock = made.__new__(made)
    clock.app = app
    clock.trouble = None
    clock.counted = []

    def send(_self, *_args, **_kwargs):
        if clock.trouble:
            raise clock.trouble

    monkeypatch.setattr(Scheduler, "apply_async", send)
    monkeypatch.setattr(Scheduler, "tick", lambda _self: 5)
    monkeypatch.setattr(schedule, "asked", clock.counted.append)
    return clock


def test_each_round_beats(clock, now):
    assert clock.tick() == 5.0
    now.seconds = 21
    assert clock.ticking.missed()
    clock.tick()
    assert clock.ticking.missed() == ""


def test_only_an_errand_that_redis_took_counts(clock):
    entry = SimpleNamespace(task="worker.sweep")
    clock.trouble = ConnectionError("away")
    with pytest.raises(ConnectionError):
        clock.apply_async(entry)
    assert clock.counted == []
    assert not clock.asking.beats
    clock.trouble = None
    clock.apply_async(entry)
    assert clock.counted == ["worker.sweep"]
    assert clock.asking.beats


def test_a_clock_that_waits_for_redis_is_not_taken_for_one_that_hangs(clock, now):
    """However long Redis is away: the pause between two attempts is shorter than the silence that is missed."""

    class Connection:
        def ensure_connection(self, failed, max_retries, *, interval_start, interval_step, interval_max):
            assert max_retries is None
            pause = interval_start
            for _ in range(20):
                failed(ConnectionError("away"), pause)
                now.seconds += pause
                assert clock.ticking.missed() == ""
                pause = min(pause + interval_step, interval_max)
            return self

    clock.connection = Connection()
    clock.tick()
    assert clock._ensure_connected() is clock.connection
    assert now.seconds > 60
