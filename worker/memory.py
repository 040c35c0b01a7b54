"""Keeping the processes of a node that decides small: what they share stays shared, what loading left goes back."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""What numpy is told before it is imported. By itself it starts a thread, with its own memory, for each core that it
sees, and a container sees all of its machine's; a node has a process a core already."""


def take_one_thread() -> None:
    """Let numpy compute in one thread, unless the environment says otherwise; call it before numpy is imported."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def share() -> None:
    """Set what is loaded now apart from the garbage collector, whose marks would copy every page after a fork."""
    gc.collect()
    gc.freeze()


def trim() -> None:
    """Give back what loading a model left over (8 to 16 MB with the bundled one), where the C library can (glibc)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
