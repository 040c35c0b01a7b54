"""The doorbell: an empty Celery message that says that something is queued.

Rings are coalesced: a flag in Redis says that a bell has been rung which no worker has answered yet. Whoever commits
a mail sets the flag and publishes only if it was not set; a worker deletes the flag *before* it claims. So a mail that
is committed after a worker's last look always causes a new ring. All of it may fail: `worker.sweep` rings again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
"""How long ringing rests after Redis did not answer: the sweep looks after what is queued meanwhile."""


class Bell(Protocol):
    """What wakes the workers. Ringing never fails and never waits."""

    def ring(self) -> None:
        """Say that something is queued; returns at once, whatever the broker does."""


class SilentBell:
    """A bell for tests and tools that route by themselves; counts its rings."""

    def __init__(self) -> None:
        self.rings = 0

    def ring(self) -> None:
        """Count."""
        self.rings += 1


class BackgroundBell:
    """Rings from a thread of its own, so that no request waits for Redis and many rings become one.

    The thread starts at the first ring, hence after any fork.
    """

    def __init__(self, ring_now: Callable[[], None]) -> None:
        """Args: ring_now: sets the flag and publishes; may raise or take as long as its own time-outs allow."""
        self._ring_now = ring_now
        self._wanted = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Ask the thread to ring."""
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()
        self._wanted.set()

    def _run(self) -> None:
        failing = False
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._ring_now()
            except Exception as error:  # noqa: BLE001 - the bell is best effort by design; the sweep rings again
                if not failing:
                    log.warning("Redis does not answer (%s); mails are accepted and wait for it.", error)
                failing = True
                time.sleep(PAUSE_SECONDS)
            else:
                if failing:
                    log.warning("Redis answers again.")
                failing = False
