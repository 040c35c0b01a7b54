"""How long each kit takes from `copier copy` to green tests, as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

GOALS = {"python": 60, "predictive-api": 120, "pyspark": 180, "training": None}
"""Seconds, with the packages in pip's cache."""


def table(seconds: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of a table: kit, seconds, goal."""
    yield f"{'kit':<16}{'copier copy to green tests':>28}{'goal':>10}"
    for kit, goal in GOALS.items():
        if kit in seconds:
            verdict = "" if goal is None or seconds[kit] < goal else "  MISSED"
            yield f"{kit:<16}{seconds[kit]:>26.0f} s{f'{goal} s' if goal else '':>10}{verdict}"


def write(path: Path, seconds: Mapping[str, float]) -> None:
    """Write the times down, with those of kits that were not tried now left as they are."""
    known = json.loads(path.read_text(encoding="utf-8"))["seconds"] if path.exists() else {}
    measured = {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "at_a_time": 2,
        "goals": GOALS,
        "seconds": {**known, **{kit: round(took, 1) for kit, took in seconds.items()}},
    }
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
