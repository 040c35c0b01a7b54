"""The simulation behind the sizing table agrees with what queueing theory knows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sizing
from sizing import Fleet, Scaling, arrivals, simulate

ONE_BY_ONE = {"transactions": 0.0, "most_claimed": 1}


def test_the_hours_of_a_day_hold_all_of_its_mails_and_the_window_its_busiest_hour():
    assert sum(sizing.SHARES) == pytest.approx(1.0)
    assert len(sizing.SHARES) == 24
    assert sizing.SHARES.index(max(sizing.SHARES)) in range(*sizing.WINDOW)
    mails = sum(seconds * rate for seconds, rate in sizing.day(1000.0))
    assert mails == pytest.approx(1000 * sizing.BUSIEST_DAY * sum(sizing.SHARES[slice(*sizing.WINDOW)]))


def test_one_process_before_random_mails_keeps_them_as_long_as_theory_says():
    """Time in an M/M/1 queue is exponential with the rate of service less the rate of arrival."""
    rate, served = 5.0, 10.0
    service = np.random.default_rng(3).exponential(1 / served, 20_000)
    outcome = simulate(arrivals([(20_000.0, rate)], 1), service, Fleet(processes=1, **ONE_BY_ONE), seed=1)
    assert outcome.p50 == pytest.approx(math.log(2) / (served - rate), rel=0.1)
    assert outcome.p99 == pytest.approx(math.log(100) / (served - rate), rel=0.15)


def test_many_processes_before_one_queue_do_better_than_each_before_its_own():
    service = [0.1]
    shared = simulate(arrivals([(2000.0, 32.0)], 1), service, Fleet(processes=4, **ONE_BY_ONE), seed=1)
    alone = simulate(arrivals([(2000.0, 8.0)], 1), service, Fleet(processes=1, **ONE_BY_ONE), seed=1)
    assert shared.busy == pytest.approx(0.8, abs=0.03)
    assert alone.busy == pytest.approx(0.8, abs=0.03)
    assert shared.p99 < alone.p99 / 2


def test_twice_what_can_be_decided_waits_as_long_as_it_came():
    outcome = simulate(arrivals([(100.0, 20.0)], 1), [0.1], Fleet(processes=1, **ONE_BY_ONE), seed=1)
    assert outcome.longest == pytest.approx(100.0, rel=0.1)
    assert outcome.busy > 1.0
    assert outcome.calm_after == pytest.approx(200.0, rel=0.1)


def test_what_a_claim_costs_is_shared_by_its_mails():
    times = arrivals([(100.0, 50.0)], 1)
    single = simulate(times, [0.005], Fleet(processes=1, transactions=0.05, most_claimed=1), seed=1)
    claims = simulate(times, [0.005], Fleet(processes=1, transactions=0.05, most_claimed=32), seed=1)
    assert single.longest > 100.0
    assert claims.p99 < 1.0


def test_more_processes_come_when_the_oldest_mail_is_old_and_no_more_than_allowed():
    times = arrivals([(600.0, 40.0)], 1)
    fixed = simulate(times, [0.1], Fleet(processes=1), seed=1)
    scaled = simulate(times, [0.1], Fleet(processes=1, scaling=Scaling(most=6)), seed=1)
    assert (fixed.processes, scaled.processes) == (1, 6)
    assert scaled.longest < fixed.longest / 5


def test_a_large_service_is_sized_as_several_smaller_ones(monkeypatch):
    monkeypatch.setattr(sizing, "MOST_SIMULATED", 20_000)
    small, large = (sizing.row(mails, [0.5], 1) for mails in (2_000, 60_000))
    assert (small["groups"], large["groups"]) == (1, 3)
    assert large["processes"] % 3 == 0
    assert large["busiest_a_second"] == pytest.approx(30 * small["busiest_a_second"])
    assert large["p99"] <= sizing.GOAL_SECONDS
