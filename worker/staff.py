"""The processes of a node that decides: how many there should be, which of them live, which are prepared."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

SHORT_SECONDS = 20.0
"""How long there may be fewer processes than there should be: one that died is replaced at once, but one that cannot
start pauses before it ends."""

STILL = frozenset("TtZX")
"""States of a process that does nothing any more: stopped, held by a debugger, dead (proc(5))."""

_LINE_BYTES = 4096


def state_of(pid: int, proc: Path = Path("/proc")) -> str:
    """Return the letter of a process's state as Linux has it; empty where there is none to be read."""
    with contextlib.suppress(OSError, IndexError):
        # The name in brackets may hold anything, brackets and spaces included.
        return (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    return ""


class Staff:
    """The main process keeps it; a child says with `report` that it is prepared.

    A pipe made before the fork carries that: a line, the process id, is written at once or not at all (pipe(7)).
    """

    def __init__(
        self,
        wanted: int,
        *,
        state: Callable[[int], str] = state_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: wanted: how many processes there should be."""
        self.wanted = wanted
        self._state = state
        self._clock = clock
        self._living: frozenset[int] = frozenset()
        self._prepared: frozenset[int] = frozenset()
        self._full_at: float | None = None
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def report(self) -> None:
        """Say, in a child, that it is prepared to work."""
        with contextlib.suppress(BlockingIOError):  # a main process that stands still has worse troubles
            os.write(self._writing, b"%d\n" % os.getpid())

    def look(self, pids: Callable[[], Iterable[int]]) -> frozenset[int]:
        """Take note of the processes that live now, and return them. Called by one thread."""
        said = b""
        with contextlib.suppress(BlockingIOError):
            said = os.read(self._reading, _LINE_BYTES)
        living = frozenset(pids())  # after what was said, so that whoever said it is among them
        self._prepared = (self._prepared | {int(line) for line in said.split()}) & living
        if self._full_at is None or len(living) >= self.wanted:
            self._full_at = self._clock()
        self._living = living
        return living

    def living(self) -> frozenset[int]:
        """Return the processes that lived when it was last looked."""
        return self._living

    def lacking(self) -> str:
        """Say which processes do nothing any more, or that there have long been too few."""
        living = self._living
        still = sorted(pid for pid in living if self._state(pid) in STILL)
        if still:
            return f"stopped: {', '.join(map(str, still))}"
        if self._full_at is not None and self._clock() - self._full_at > SHORT_SECONDS:
            return f"{len(living)} of {self.wanted} live"
        return ""

    def unprepared(self) -> str:
        """Say that none is prepared to decide."""
        return "" if self._prepared & self._living else "none is prepared to decide"
