"""How probes learn that a worker lives: its main loop touches a file. Imports little, since probes are many."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from .errors import UnusableError

ALIVE_SECONDS = 60.0
"""A worker whose loop did not beat for longer hangs."""


def alive_file(var: Path) -> Path:
    """Return the file that the worker touches while it lives: one for each user and each folder VAR."""
    which = hashlib.sha256(str(var.absolute()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"worker-alive-{os.getuid()}-{which}"


def check_alive(file: Path, now: float) -> None:
    """Say whether a worker beat lately. Raises UnusableError."""
    try:
        age = now - file.stat().st_mtime
    except FileNotFoundError:
        raise UnusableError("No worker has beaten here yet.") from None
    if age > ALIVE_SECONDS:
        raise UnusableError(f"The worker's last beat was {age:.0f} seconds ago.")
