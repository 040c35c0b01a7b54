"""What follows on paper from what was measured and simulated: the tables of docs/deploy.md, line by line.

python benchmarks/sizing_paper.py
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
HALF = 0.5
"""How busy the API's and the database's cores may be in the busiest second."""
LEAST = 2
"""Pods, or cores of the database: one may fail, and the console and what cleans up want theirs."""
A_POD = 2
"""Processes of a pod, a core each."""
ACCEPT_MS = 1.6
"""What a core of the API spends on a mail, one a request: `make bench` with BENCH_DATABASE_URL, PostgreSQL."""
DEFAULT_DAYS = (90, 7, 730)
"""For how long the mail, what undoing needs, and the decision are kept."""
SHORT_DAYS = (30, 7, 90)
ATTACHED = 0.2
"""Of the mails in the last column, those with an attachment."""
ROOMS = ("bytes_of_the_mail", "bytes_of_a_week", "bytes_of_the_decision")
ROOM_NAMES = (
    ("content, and the words that are searched", "`FACTEUR_MAIL_RETENTION_DAYS`, 90"),
    ("how to undo an agent's act", "a week"),
    ("the decision, its history and figures", "`FACTEUR_JOB_RETENTION_DAYS`, 730"),
)
Growth = dict[str, dict[str, Any]]


def read(name: str) -> dict[str, Any]:
    """Return one file of results."""
    return dict(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")))


def replicas(sizing: dict[str, Any], growth: Growth) -> Iterator[str]:
    """Give a line for each size: workers as simulated, the others by what a mail costs them."""
    server = growth["postgresql"]
    for row in sizing["rows"]:
        busiest = row["busiest_a_second"]
        cores = max(LEAST, math.ceil(busiest * server["server_cpu_ms"] / 1000 / HALF))
        log = round(busiest * server["log_bytes"] / 1e6)
        yield line(
            f"{row['mails_a_day']:,}",
            f"{busiest:,.0f}",
            f"{row['processes']}",
            f"{pods(row['processes'])}",
            f"{pods(busiest * ACCEPT_MS / 1000 / HALF)}",
            f"{cores}, {log} MB of log a second" if log > 1 else f"{cores}",
        )


def pods(cores: float) -> int:
    """One more than needed, since one may be missing."""
    return max(LEAST, math.ceil(cores / A_POD) + 1)


def rooms(growth: Growth) -> Iterator[str]:
    """Give a line for each room of the database: bytes a mail on either."""
    for room, (name, kept) in zip(ROOMS, ROOM_NAMES, strict=True):
        yield line(name, *(f"{round(growth[kind][room], -1):,.0f} B" for kind in ("postgresql", "sqlite")), kept)


def storage(sizing: dict[str, Any], growth: Growth) -> Iterator[str]:
    """Give a line for each size: bytes times days."""
    plain = [growth["postgresql"][room] for room in ROOMS]
    attached = [growth["postgresql, with an attachment"][room] for room in ROOMS]
    mixed = [(1 - ATTACHED) * one + ATTACHED * other for one, other in zip(plain, attached, strict=True)]
    for row in sizing["rows"]:
        kept = ((plain, DEFAULT_DAYS), (plain, SHORT_DAYS), (mixed, SHORT_DAYS))
        sums = (sum(size * days for size, days in zip(sizes, each, strict=True)) for sizes, each in kept)
        yield line(f"{row['mails_a_day']:,}", *(of_a_disk(row["mails_a_day"] * total) for total in sums))


def of_a_disk(size: float) -> str:
    """Return a size to two digits."""
    return f"{size / 1e9:.0f} GB" if size < 100e9 else f"{size / 1e12:.2g} TB"


def line(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    sizing, growth = read("sizing"), read("growth")["results"]
    for table in (replicas(sizing, growth), rooms(growth), storage(sizing, growth)):
        print(*table, "", sep="\n")


if __name__ == "__main__":
    main()
