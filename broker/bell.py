"""The doorbell: an empty Celery message that says that something is queued.

Rings are coalesced: a flag in Redis says that a bell has been rung and that some worker is at it. Whoever commits a
mail sets the flag and publishes only if it was not set; a worker deletes the flag *before* its last look into the
store. So a mail that is committed after that look always causes a new ring, and while workers are busy nobody rings.
All of it may fail: the flag expires, and `worker.sweep` rings again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import redis
from celery import Celery

from broker.names import FLAG, TASK_QUEUES

log = logging.getLogger(__name__)

FLAG_SECONDS = 10
"""After this the flag is gone by itself, should whoever set it have died before publishing. A worker that is busy for
longer costs one ring too many, which is harmless."""

REST_SECONDS = 0.01
"""How long a background bell is silent after it rang. Whoever it woke looks until nothing is left, so most of what
is committed in this time needs no ring; the rest waits ten milliseconds. A thousand mails a second cost a hundred
rings."""

PAUSE_SECONDS = 1.0
"""How long ringing rests after Redis did not answer: the sweep looks after what is queued meanwhile."""


class Bell(Protocol):
    """What wakes the workers. Ringing never fails and never waits."""

    def ring(self) -> None:
        """Say that something is queued; returns at once, whatever the broker does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisBell:
    """The bell itself: what rings it (`ring`, `insist`) and what answers it (`answer`).

    Each may raise RedisError, or kombu's OperationalError, when Redis does not answer.
    """

    task: str
    """The task that it wakes, one of `broker.names`."""
    client: redis.Redis
    celery: Celery

    def ring(self) -> None:
        """Wake a worker unless one was woken already."""
        if self.client.set(FLAG + self.task, b"1", nx=True, ex=FLAG_SECONDS):
            try:
                self.insist()
            except BaseException:
                # Nobody was woken after all: the flag must not keep the next from trying.
                with contextlib.suppress(redis.RedisError):
                    self.answer()
                raise

    def insist(self) -> None:
        """Wake one more worker, whatever the flag says: there is more to do than one can."""
        self.celery.send_task(self.task, queue=TASK_QUEUES[self.task], ignore_result=True)

    def answer(self) -> None:
        """Say that a worker is about to look; whatever is committed from now on rings again."""
        self.client.delete(FLAG + self.task)


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
                self._wanted.set()
                time.sleep(PAUSE_SECONDS)
            else:
                if failing:
                    log.warning("Redis answers again.")
                failing = False
                time.sleep(REST_SECONDS)
