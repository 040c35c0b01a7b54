"""How many workers a day's mail needs: a simulation, fed with what a mail was measured to cost.

python benchmarks/sizing.py [--mails 20000,1000000] [--seed S] [--service-ms X] [--write]

Measured: the processor's time that reading, deciding and recording a mail takes on this machine, over the test mails of
the tree. Simulated: mails that arrive as a day of business brings them, one queue, and N processes, a core each, that
claim and record as Facteur's do. Assumed: the day's shape (`HOURS`), its busiest day (`BUSIEST_DAY`) and a storm.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import statistics
import sys
import time
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "integration")]

from bench import machine  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "sizing.json"
HOURS = (
    0.5,
    0.4,
    0.3,
    0.3,
    0.5,
    1.0,
    2.5,
    5.0,
    9.5,
    11.5,
    11.0,
    8.5,
    6.0,
    7.5,
    9.0,
    8.5,
    7.0,
    4.5,
    2.5,
    1.5,
    1.0,
    0.7,
    0.5,
    0.3,
)
SHARES = tuple(share / sum(HOURS) for share in HOURS)
"""Of a day's mails, those of each hour: an assumption, shaped as letters to an office are, fullest after nine."""
BUSIEST_DAY = 1.5
"""The busiest day beside the average one: an assumption; a Monday after a holiday."""
STORM = 5.0
"""A hail storm: so many times the busiest day's mails, for two hours from the busiest one on; an assumption."""
WINDOW = (7, 13)
"""The hours that are simulated: before them little waits."""
CLAIM_SECONDS = 0.25
"""What one claim takes at most; `worker.pace` sees to it."""
CLAIM_LIMIT = 32
TRANSACTIONS_SECONDS = 0.004
"""What the two transactions of a claim keep a process waiting: an assumption, on a database in the same place."""
GOAL_SECONDS = 5.0
"""By when 99 of 100 mails of the window must be decided."""
UTILISATION = 0.7
"""How busy the processes may be in the busiest hour of the busiest day, by `enough`'s estimate of them."""
MOST_SIMULATED = 2_500_000
"""Mails a day that are simulated mail by mail; see `row`."""
STORED_MS = 0.6
"""What a worker spends on a mail beside the model: `make bench`, `overhead`, one mail a request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """As the autoscaler under rancher/ does: twice the processes while the oldest mail is too old, up to a most."""

    most: int
    age_seconds: float = 20.0
    poll_seconds: float = 30.0
    start_seconds: float = 30.0
    """From the decision to a worker that claims: the machine is there, the image too."""
    factor: float = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Fleet:
    """The processes that decide."""

    processes: int
    transactions: float = TRANSACTIONS_SECONDS
    most_claimed: int = CLAIM_LIMIT
    scaling: Scaling | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of a simulation, in seconds from acceptance to decision."""

    mails: int
    p50: float
    p99: float
    longest: float
    busy: float
    """Of the processes' time, the share that they worked, in the busiest hour of the window."""
    processes: int
    """At the end."""
    calm_after: float
    """Seconds into the window after which no mail waited longer than the goal."""


def arrivals(rates: Sequence[tuple[float, float]], seed: int) -> array[float]:
    """Draw times of arrival, in order: Poisson, each stretch of (seconds, mails a second) after the one before."""
    draw = np.random.default_rng(seed)
    found, begin = [], 0.0
    for seconds, rate in rates:
        found.append(np.sort(draw.uniform(begin, begin + seconds, draw.poisson(rate * seconds))))
        begin += seconds
    return array("d", np.concatenate(found).tobytes())


def simulate(
    times: array[float], service: Sequence[float], fleet: Fleet, *, seed: int, in_order: bool = False
) -> Outcome:
    """Let processes decide mails, the oldest first.

    Each process that is free claims what waits, at most `most_claimed` and as much as fits `CLAIM_SECONDS`, and records
    all of it at the end. `service` are seconds a mail, drawn from at random; or `in_order`, one for each mail.
    """
    given = np.asarray(service, dtype=float)
    drawn = given if in_order else np.random.default_rng(seed + 1).choice(given, len(times))
    costs = array("d", drawn.tobytes())
    spent = array("d", accumulate(costs, initial=0.0))
    scaling = fleet.scaling
    limit = max(1, min(fleet.most_claimed, int(CLAIM_SECONDS / statistics.fmean(service))))
    free = [0.0] * fleet.processes
    waits = np.empty(len(times))
    busiest: dict[int, float] = {}
    first, poll, count, late = 0, 0.0, fleet.processes, 0.0
    while first < len(times):
        begin = max(heapq.heappop(free), times[first])
        if scaling and begin >= poll:
            poll = begin + scaling.poll_seconds
            if begin - times[first] > scaling.age_seconds and count < scaling.most:
                more = min(scaling.most, math.ceil(count * scaling.factor)) - count
                count += more
                for _ in range(more):
                    heapq.heappush(free, begin + scaling.start_seconds)
        last = min(first + limit, bisect_right(times, begin, first, min(first + limit, len(times))))
        last = max(last, first + 1)
        end = begin + fleet.transactions + spent[last] - spent[first]
        for place in range(first, last):
            waits[place] = end - times[place]
        if end - times[first] > GOAL_SECONDS:
            late = end
        hour = int(begin // 3600)
        busiest[hour] = busiest.get(hour, 0.0) + (end - begin) / count
        heapq.heappush(free, end)
        first = last
    p50, p99 = np.quantile(waits, [0.5, 0.99])
    return Outcome(
        mails=len(times),
        p50=float(p50),
        p99=float(p99),
        longest=float(waits.max()),
        busy=max(busiest.values()) / min(3600.0, times[-1]),
        processes=count,
        calm_after=late,
    )


def day(mails: float, *, storm: bool = False) -> list[tuple[float, float]]:
    """The window of the busiest day of a service with so many mails on an average one."""
    peak = SHARES.index(max(SHARES))
    return [
        (3600.0, mails * BUSIEST_DAY * SHARES[hour] / 3600 * (STORM if storm and peak <= hour < peak + 2 else 1.0))
        for hour in range(*WINDOW)
    ]


def enough(mails: float, service: Sequence[float]) -> int:
    """Processes that are busy for `UTILISATION` of the busiest hour of the busiest day."""
    busiest = max(rate for _, rate in day(mails))
    return max(1, math.ceil(busiest * (statistics.fmean(service) + TRANSACTIONS_SECONDS / 4) / UTILISATION))


def least(times: array[float], mails: float, service: Sequence[float], seed: int) -> tuple[int, Outcome]:
    """The fewest processes that hold the goal, by trying."""
    busiest = max(rate for _, rate in day(mails))
    processes = max(1, math.ceil(busiest * statistics.fmean(service) * 0.97))
    while (outcome := simulate(times, service, Fleet(processes=processes), seed=seed)).p99 > GOAL_SECONDS:
        processes += max(1, processes // 20)
    return processes, outcome


def measured_service(seed: int, mails: int = 400) -> list[float]:
    """Seconds of the processor for each of some test mails: reading, deciding, and what storing adds."""
    from model.registry import load_classifier  # noqa: PLC0415 - a simulation with given costs needs no model
    from routing.mail import Mail  # noqa: PLC0415 - the same
    from routing.policy.reading import read_policy  # noqa: PLC0415 - the same
    from routing.route import Router  # noqa: PLC0415 - the same

    corpora = sorted((ROOT / "model" / "corpora" / "insurance").rglob("*test*.jsonl"))
    lines = [json.loads(line) for path in corpora for line in path.read_text(encoding="utf-8").splitlines()]
    found = [Mail(subject=each.get("subject", ""), text=each["text"]) for each in lines]
    random.Random(seed).shuffle(found)
    router = Router(
        classifier=load_classifier("bundled"),
        policy=read_policy(),
        max_attempts=1,
        clock=time.time,
        stopwatch=time.perf_counter,
    )
    for mail in found[:20]:
        router.decide(mail)
    costs = []
    for mail in found[:mails]:
        begin = time.process_time()
        router.decide(mail)
        costs.append(time.process_time() - begin + STORED_MS / 1000)
    return costs


def row(mails: int, service: Sequence[float], seed: int) -> dict[str, float]:
    """All about one size of service.

    A large one is simulated as several that share nothing, each with its part of the mails and of the processes: many
    processes before one queue do better, so this errs on the safe side.
    """
    groups = math.ceil(mails / MOST_SIMULATED)
    part = mails / groups
    times = arrivals(day(part), seed)
    fewest, tight = least(times, part, service, seed)
    processes = max(fewest, enough(part, service))
    usual = simulate(times, service, Fleet(processes=processes), seed=seed)
    storm = arrivals(day(part, storm=True), seed)
    fixed = simulate(storm, service, Fleet(processes=processes), seed=seed)
    more = Scaling(most=math.ceil(STORM * processes))
    scaled = simulate(storm, service, Fleet(processes=processes, scaling=more), seed=seed)
    return {
        "mails_a_day": mails,
        "busiest_a_second": groups * max(rate for _, rate in day(part)),
        "groups": groups,
        "simulated_mails": usual.mails,
        "fewest": groups * fewest,
        "fewest_p99": tight.p99,
        "processes": groups * processes,
        "busy": usual.busy,
        "p50": usual.p50,
        "p99": usual.p99,
        "longest": usual.longest,
        "storm_longest": fixed.longest,
        "storm_calm_hours": fixed.calm_after / 3600 + WINDOW[0],
        "storm_scaled_longest": scaled.longest,
        "storm_scaled_processes": groups * scaled.processes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", default="20000,100000,1000000,10000000,50000000")
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--service-ms", type=float, help="milliseconds a mail, instead of measuring them here")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    described = machine()
    service = [options.service_ms / 1000] if options.service_ms else measured_service(options.seed)
    quantiles = {share: float(np.quantile(service, share)) * 1000 for share in (0.5, 0.9, 0.99, 1.0)}
    quantiles[-1] = statistics.fmean(service) * 1000
    console = Console(width=160, highlight=False)
    console.print(
        f"{len(service)} mails cost {quantiles[-1]:.1f} ms of a core on average, {quantiles[0.99]:.1f} at p99"
    )
    table = Table("Mails a day", "Busiest, a second", "Fewest", "Processes", "Busy", "p99, s", "Storm, s", "scaled, s")
    rows = []
    for mails in map(int, options.mails.split(",")):
        rows.append(found := row(mails, service, options.seed))
        table.add_row(
            *(f"{mails:,}", f"{found['busiest_a_second']:,.1f}", f"{found['fewest']}", f"{found['processes']}"),
            *(f"{found['busy']:.2f}", f"{found['p99']:.2f}", f"{found['storm_longest']:,.0f}"),
            f"{found['storm_scaled_longest']:,.0f} ({found['storm_scaled_processes']})",
        )
    console.print(table)
    if options.write:
        assumed = {
            "shares": SHARES,
            "busiest_day": BUSIEST_DAY,
            "storm": STORM,
            "goal_seconds": GOAL_SECONDS,
            "utilisation": UTILISATION,
            "transactions_seconds": TRANSACTIONS_SECONDS,
        }
        told = {"mean_ms" if share < 0 else f"p{share * 100:.0f}_ms": value for share, value in quantiles.items()}
        document = {"machine": described, "seed": options.seed, "service": told, "assumed": assumed, "rows": rows}
        OUT.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
