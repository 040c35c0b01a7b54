"""How many cores this process may use.

A container that is limited to one core of a machine of 64 still sees all 64, and would start 64 processes that wait for
each other's share. The limit stands in the control group's files (Linux: Documentation/admin-guide/cgroup-v2.rst, and
sched-bwc.rst for version 1).
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

CPU_CONTROLLER = "cpu"


def usable_cores(root: Path = Path("/")) -> int:
    """Return the least of the cores that the scheduler grants and the limit of the control group, rounded up.

    Never less than one. What cannot be read limits nothing.

    Args:
        root: under which `proc` and `sys` are.
    """
    granted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min([float(granted), *_limits(root)])))


def _limits(root: Path) -> Iterator[float]:
    """Yield the limits in cores: those of our control group and of every one above, for each of them binds."""
    groups = ""
    with contextlib.suppress(OSError):
        groups = (root / "proc/self/cgroup").read_text()
    for line in groups.splitlines():
        _, controllers, path = ([*line.split(":", 2), "", ""])[:3]
        if not controllers:
            for folder in (root / "sys/fs/cgroup", root / "sys/fs/cgroup/unified"):
                yield from _each(folder, path, _unified)
        elif CPU_CONTROLLER in controllers.split(","):
            for name in (controllers, CPU_CONTROLLER):
                yield from _each(root / "sys/fs/cgroup" / name, path, _first_version)


def _each(mount: Path, path: str, limit_in: Callable[[Path], float]) -> Iterator[float]:
    """Yield the limits from a group's folder up to where they are mounted.

    In a container the path may be the one outside, which is not there inside: then the mount is the group itself.
    """
    inside = [part for part in PurePosixPath(path).parts if part not in {"/", ".."}]
    for depth in range(len(inside), -1, -1):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            yield limit_in(mount.joinpath(*inside[:depth]))


def _unified(folder: Path) -> float:
    """Read `cpu.max`: quota and period in microseconds, or the word max."""
    quota, period = (folder / "cpu.max").read_text().split()
    return float(quota) / float(period)


def _first_version(folder: Path) -> float:
    """Read version 1's two files; a quota of -1 is none."""
    quota = float((folder / "cpu.cfs_quota_us").read_text())
    period = float((folder / "cpu.cfs_period_us").read_text())
    if quota <= 0:
        raise ValueError(quota)
    return quota / period
