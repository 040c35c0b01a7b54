"""`make bench`: what accepting, deciding and starting cost on this machine. Ratios first, since machines differ.

python benchmarks/bench.py [--mails N] [--seed S] [--only accept,overhead,end-to-end,memory]

BENCH_DATABASE_URL names a PostgreSQL to measure with instead of SQLite; each measurement has a schema of its own there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "integration"), str(Path(__file__).parent)]

from deployment import Deployment, wait_for  # noqa: E402

RUNS = 3


@contextmanager
def a_schema(server: str) -> Iterator[str]:
    """A PostgreSQL URL with a schema that lasts as long as the block."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    plain = make_url(server).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        options = plain.update_query_dict({"options": f"-csearch_path={name}"})
        yield options.render_as_string(hide_password=False)
        connection.execute(f"DROP SCHEMA {name} CASCADE")


class Measured:
    """One service started for one measurement, and the CPU time of all its processes."""

    def __init__(self, **extra: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="facteur-bench-")
        var = Path(self._folder.name)
        self._exit, server = ExitStack(), os.environ.get("BENCH_DATABASE_URL")
        self.service = Deployment(
            var=var,
            database_url=self._exit.enter_context(a_schema(server))
            if server
            else f"sqlite:///{var / 'facteur.sqlite'}",
            extra={
                "FACTEUR_API_PROCESSES": "0",
                "FACTEUR_WORKER_PROCESSES": "0",
                "FACTEUR_LEASE_SECONDS": "60",
                "FACTEUR_HANG_SECONDS": "30",
                "FACTEUR_SWEEP_SECONDS": "5",
                "FACTEUR_LOG_LEVEL": "warning",
                **extra,
            },
            obedient=False,
        )

    def __enter__(self) -> Self:
        begin = time.perf_counter()
        self.service.start_ready()
        self.ready_seconds = time.perf_counter() - begin
        time.sleep(1.0)
        return self

    def __exit__(self, *_: object) -> None:
        self.service.stop()
        self._exit.close()
        self._folder.cleanup()

    def processes(self) -> dict[str, list[psutil.Process]]:
        return {role: [psutil.Process(pid) for pid in self.service.group(role)] for role in self.service.parts}

    def cpu_seconds(self) -> dict[str, float]:
        return {
            role: sum(sum(process.cpu_times()[:2]) for process in processes)
            for role, processes in self.processes().items()
        }

    def load(self, *, clients: int, mails: int, per_request: int, seed: int, rate: float = 0.0) -> dict[str, Any]:
        arguments = [self.service.settings.host, self.service.settings.port, self.service.secret]
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "benchmarks" / "load.py"),
                *(str(each) for each in [*arguments, clients, mails, per_request, seed, rate]),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        assert set(answer["statuses"]) <= {"202", "200"}, answer["statuses"]
        return answer

    def wait_idle(self) -> float:
        """Return when the last mail was decided."""
        with self.service.store() as store:

            def idle() -> bool:
                backlog = store.backlog()
                return backlog.queued == 0 and backlog.running == 0

            wait_for(idle, seconds=600, what="the end of the backlog")
        return time.time()


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def accept(mails: int, seed: int) -> list[dict[str, Any]]:
    rows = []
    for run in range(RUNS):
        with Measured(FACTEUR_MODEL="bundled") as measured:
            answer = measured.load(clients=16, mails=mails, per_request=1, seed=seed + run)
            wall = answer["ended"] - answer["started"]
            rows.append(
                {
                    "requests_per_second": mails / wall,
                    "p50_ms": percentile(answer["seconds"], 0.5) * 1000,
                    "p99_ms": percentile(answer["seconds"], 0.99) * 1000,
                }
            )
    return rows


def overhead(mails: int, seed: int, *, per_request: int) -> list[dict[str, Any]]:
    rows = []
    for run in range(RUNS):
        with Measured(FACTEUR_MODEL="keywords") as measured:
            measured.load(clients=16, mails=max(200, per_request * 4), per_request=per_request, seed=seed + 100 + run)
            measured.wait_idle()
            before = measured.cpu_seconds()
            answer = measured.load(
                clients=16 if per_request == 1 else 4, mails=mails, per_request=per_request, seed=seed + run
            )
            ended = measured.wait_idle()
            after = measured.cpu_seconds()
            spent = {role: (after[role] - before[role]) / mails * 1000 for role in before}
            rows.append(
                {
                    "cpu_ms_per_mail": sum(spent.values()),
                    "mails_per_second": mails / (ended - answer["started"]),
                    "by_role_ms": {role: round(value, 3) for role, value in spent.items()},
                }
            )
    return rows


BARE_LOOP = """
import random, sys, time
sys.path[:0] = [{root!r}, {here!r}]
from mails import rfc822
from model.registry import load_classifier
from routing.mail.parse import parse_mail
draw = random.Random({seed})
mails = [parse_mail(rfc822(draw, number)) for number in range({count})]
classifier = load_classifier({model!r})
classifier.classify(mails[:5])
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
wall, cpu = time.perf_counter(), time.process_time()
for mail in mails:
    classifier.classify([mail])
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def bare_loop(mails: int, seed: int, model: str) -> dict[str, float]:
    """What as many processes as there are cores reach with nothing but the model."""
    cores = len(os.sched_getaffinity(0))
    each = mails // cores
    loops = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                BARE_LOOP.format(
                    root=str(ROOT), here=str(ROOT / "benchmarks"), seed=seed + core, count=each, model=model
                ),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for core in range(cores)
    ]
    for loop in loops:
        loop.stdout.readline()
    for loop in loops:
        loop.stdin.write("go\n")
        loop.stdin.flush()
    times = [tuple(float(part) for part in loop.communicate()[0].split()) for loop in loops]
    return {
        "mails_per_second": sum(each / wall for wall, _ in times),
        "cpu_ms_per_mail": sum(cpu for _, cpu in times) / (each * cores) * 1000,
    }


def end_to_end(mails: int, seed: int, model: str, *, per_request: int) -> list[dict[str, Any]]:
    rows = []
    for run in range(RUNS):
        bare = bare_loop(mails, seed + run, model)
        with Measured(FACTEUR_MODEL=model) as measured:
            before = measured.cpu_seconds()
            answer = measured.load(clients=4, mails=mails, per_request=per_request, seed=seed + run)
            ended = measured.wait_idle()
            after = measured.cpu_seconds()
            rate = mails / (ended - answer["started"])
            cpu = (sum(after.values()) - sum(before.values())) / mails * 1000
            rows.append(
                {
                    "mails_per_second": rate,
                    "bare_mails_per_second": bare["mails_per_second"],
                    "share_of_bare": rate / bare["mails_per_second"],
                    "cpu_ms_per_mail": cpu,
                    "bare_cpu_ms_per_mail": bare["cpu_ms_per_mail"],
                    "cpu_ratio": cpu / bare["cpu_ms_per_mail"],
                }
            )
    return rows


def memory(seed: int) -> list[dict[str, Any]]:
    rows = []
    for run in range(RUNS):
        with Measured(FACTEUR_MODEL="bundled") as measured:
            measured.load(clients=4, mails=100, per_request=1, seed=seed + run)
            measured.wait_idle()
            largest = {
                role: max(process.memory_info().rss for process in processes) / 1e6
                for role, processes in measured.processes().items()
            }
            total = sum(
                getattr(process.memory_full_info(), "pss", process.memory_info().rss)
                for processes in measured.processes().values()
                for process in processes
            )
            rows.append(
                {
                    "ready_seconds": measured.ready_seconds,
                    **{f"{role}_mb": value for role, value in largest.items()},
                    "all_pss_mb": total / 1e6,
                }
            )
    return rows


def machine() -> dict[str, Any]:
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


GOALS = {
    ("end-to-end", "share_of_bare"): ("≥ 0.90", lambda value: value >= 0.9),
    ("end-to-end-batch", "share_of_bare"): ("≥ 0.90", lambda value: value >= 0.9),
    ("end-to-end-batch", "cpu_ratio"): ("≤ 1.05", lambda value: value <= 1.05),
    ("accept", "p99_ms"): ("< 50", lambda value: value < 50),
    ("overhead", "cpu_ms_per_mail"): ("≤ 0.8", lambda value: value <= 0.8),
    ("overhead-batch", "cpu_ms_per_mail"): ("≤ 0.2", lambda value: value <= 0.2),
    ("memory", "worker_mb"): ("≤ 250", lambda value: value <= 250),
    ("memory", "ready_seconds"): ("≤ 3", lambda value: value <= 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--only", default="end-to-end,end-to-end-batch,accept,overhead,overhead-batch,memory")
    options = parser.parse_args()
    seed, mails = options.seed, options.mails
    parts = {
        "end-to-end": lambda: end_to_end(mails, seed, "bundled", per_request=1),
        "end-to-end-batch": lambda: end_to_end(mails, seed, "bundled", per_request=100),
        "accept": lambda: accept(mails, seed),
        "overhead": lambda: overhead(2 * mails, seed, per_request=1),
        "overhead-batch": lambda: overhead(10 * mails, seed, per_request=100),
        "memory": lambda: memory(seed),
    }
    console = Console(highlight=False)
    described = machine()
    results: dict[str, Any] = {}
    for name in options.only.split(","):
        console.print(f"{name} …")
        results[name] = parts[name]()
    table = Table("What", "Figure", "Median", "Least", "Most", "Goal", box=None)
    for name, rows in results.items():
        for figure in rows[0]:
            values = [row[figure] for row in rows]
            if not isinstance(values[0], float):
                table.add_row(name, figure, str(values[-1]), "", "", "")
                continue
            median = statistics.median(values)
            goal, reached = GOALS.get((name, figure), ("", None))
            mark = "" if reached is None else (" reached" if reached(median) else " MISSED")
            table.add_row(name, figure, f"{median:.3g}", f"{min(values):.3g}", f"{max(values):.3g}", f"{goal}{mark}")
    console.print(f"\n{described}\n")
    Console(width=150, highlight=False).print(table)
    out = ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"machine": described, "seed": seed, "mails": mails, "results": results}, indent=2))
    console.print(f"\nWritten to {out.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
