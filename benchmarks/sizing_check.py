"""The simulation of `sizing.py` held against the real service: the same mails at the same times, the same costs.

python benchmarks/sizing_check.py [--mails N] [--busy SHARE] [--write]

One worker process decides with the bundled model while mails come in at a rate that keeps it busy for a share of the
time. The store then tells when each came, what reading and deciding it took, and when it was decided. The simulation is
given the first two and must come to the third.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "integration")]

from bench import Measured, machine  # noqa: E402
from sizing import STORED_MS, Fleet, simulate  # noqa: E402

from routing.job import Job  # noqa: E402
from routing.store.port import NO_FILTER, Store  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "sizing_check.json"
FIRST = 200
"""Mails that are sent at once before, to see what one costs."""


def all_jobs(store: Store) -> list[Job]:
    """Every job, the oldest first."""
    jobs: list[Job] = []
    before: str | None = None
    while True:
        page = store.jobs(NO_FILTER, before=before, limit=500)
        jobs.extend(page.jobs)
        if (before := page.next_cursor) is None:
            return jobs[::-1]


def cost(job: Job) -> float:
    """Seconds of a worker that a mail took."""
    assert job.timings is not None
    return (job.timings.parse + job.timings.classify + STORED_MS) / 1000


def run(mails: int, busy: float, seed: int) -> dict[str, Any]:
    with Measured(FACTEUR_MODEL="bundled", FACTEUR_WORKER_PROCESSES="1") as measured:
        begin = time.time()
        measured.load(clients=4, mails=FIRST, per_request=1, seed=seed + 1)
        each = (measured.wait_idle() - begin) / FIRST
        time.sleep(1.0)
        measured.load(clients=16, mails=mails, per_request=1, seed=seed, rate=busy / each)
        measured.wait_idle()
        with measured.service.store() as store:
            jobs = all_jobs(store)[FIRST:]
    assert len(jobs) == mails
    begin = jobs[0].created_at
    times = array("d", [job.created_at - begin for job in jobs])
    service = [cost(job) for job in jobs]
    seen = np.array([job.timings.total for job in jobs if job.timings]) / 1000
    told = simulate(times, service, Fleet(processes=1), seed=seed, in_order=True)
    return {
        "mails_a_second": mails / times[-1],
        "mean_cost_ms": float(np.mean(service)) * 1000,
        "busy": float(np.sum(service)) / times[-1],
        "seen": {
            "p50": float(np.quantile(seen, 0.5)),
            "p99": float(np.quantile(seen, 0.99)),
            "longest": float(seen.max()),
        },
        "simulated": {"p50": told.p50, "p99": told.p99, "longest": told.longest},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=3000)
    parser.add_argument("--busy", default="0.5,0.7,1.3")
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    described, rows, console = machine(), [], Console(highlight=False)
    for busy in map(float, options.busy.split(",")):
        rows.append(row := run(options.mails, busy, options.seed))
        for who in ("seen", "simulated"):
            told = ", ".join(f"{name} {value:.3f} s" for name, value in row[who].items())
            console.print(f"busy {row['busy']:.2f}, {who}: {told}")
    if options.write:
        OUT.write_text(json.dumps({"machine": described, "seed": options.seed, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
