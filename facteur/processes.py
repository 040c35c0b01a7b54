"""The processes of `facteur up`: started together, restarted when they die, stopped together, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent dies (prctl(2))."""

STOP_SECONDS = 3.5
"""How long processes may take to end what they began, before they are killed: Ctrl-C ends within five seconds."""
RESTART_SECONDS = 1.0
"""Pause before a process that died is started again."""
STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})
"""The signals that ask us to stop."""
LOG_BYTES = 10 * 1024 * 1024
"""A log that is larger at the start is put aside, one generation deep."""


@dataclass(kw_only=True, slots=True)
class Part:
    """One process and how to start it."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    died_at: float | None = None
    """When it was found dead; None while it lives."""

    def start(self) -> None:
        """Start the process in a group of its own, so that a Ctrl-C in the terminal reaches only us."""
        with self.log.open("ab") as log:
            # Whoever is told to stop between the start of a process and its being known would leave it behind.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
            try:
                self.process = _spawn(self.command, self.environ, log, mask)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self.died_at = None

    @property
    def living(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def end_group(self) -> None:
        """End by force the process and whatever it started, since a part that is killed may leave children."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


@dataclass(slots=True)
class Processes:
    """All parts, in the order in which they were started."""

    parts: list[Part] = field(default_factory=list)

    def start(self, part: Part) -> None:
        """Start one more part."""
        part.log.parent.mkdir(parents=True, exist_ok=True)
        if part.log.exists() and part.log.stat().st_size > LOG_BYTES:
            part.log.replace(part.log.with_suffix(".log.1"))
        self.parts.append(part)
        part.start()

    def dead(self) -> list[Part]:
        """Return the parts that do not run."""
        return [part for part in self.parts if not part.living]

    def revive(self) -> list[Part]:
        """Start again what died a while ago; return what was found dead just now."""
        news = []
        for part in self.dead():
            if part.died_at is None:
                part.end_group()  # children that outlived it would work on beside those of the next
                part.died_at = time.monotonic()
                news.append(part)
            elif time.monotonic() - part.died_at >= RESTART_SECONDS:
                try:
                    part.start()
                except OSError:  # a full disk, say: it is tried again, and the other parts go on meanwhile
                    part.died_at = time.monotonic()
        return news

    def stop(self) -> None:
        """Ask all but the first to end, then the first (the broker), then end by force whatever is left."""
        deadline = time.monotonic() + STOP_SECONDS
        self._ask(self.parts[1:], deadline)
        self._ask(self.parts[:1], deadline + 0.5)
        for part in self.parts:
            part.end_group()

    @staticmethod
    def _ask(parts: Sequence[Part], deadline: float) -> None:
        running = [part.process for part in parts if part.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.05, deadline - time.monotonic()))


def _spawn(
    command: Sequence[str], environ: Mapping[str, str], log: IO[bytes], mask: Collection[int]
) -> subprocess.Popen[bytes]:
    """Start a process that ends when we do, even if we are killed, and that hears the signals outside `mask`."""
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def end_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if os.getppid() != parent:  # it died before it was asked to tell
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - nothing but a system call, before any thread exists
    )
