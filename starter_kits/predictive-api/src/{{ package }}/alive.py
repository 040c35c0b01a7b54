"""How probes learn that a worker lives: its main loop touches a file. Imports little, since probes are many."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import UnusableError

ALIVE_SECONDS = 60.0
"""A worker whose loop did not beat for longer hangs."""


def alive_file() -> Path:
    """Return the file that the worker of this user touches while it lives."""
    return Path(tempfile.gettempdir()) / f"worker-alive-{os.getuid()}"


def check_alive(file: Path, now: float) -> None:
    """Say whether a worker beat lately. Raises UnusableError."""
    try:
        age = now - file.stat().st_mtime
    except FileNotFoundError:
        raise UnusableError("No worker has beaten here yet.") from None
    if age > ALIVE_SECONDS:
        raise UnusableError(f"The worker's last beat was {age:.0f} seconds ago.")
