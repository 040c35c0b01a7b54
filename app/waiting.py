"""`Prefer: wait=N` (RFC 7240, section 4.3): a caller that would rather wait for the decision than ask again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from routing.job import Job, Status
from routing.store.port import Store

LONGEST_SECONDS: Final = 30
FIRST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 0.25
GROWTH: Final = 1.5

T = TypeVar("T")

UNDECIDED = frozenset({Status.QUEUED, Status.RUNNING})


class Waiting:
    """Lets some requests wait for what they ask for; never so many that no thread is left to accept mail."""

    def __init__(
        self,
        store: Store,
        *,
        places: int,
        stopwatch: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """Set up places to wait.

        Args:
            store: where jobs are looked up.
            places: how many may wait at a time; who comes later is answered at once.
            stopwatch: seconds that only go forward.
            pause: sleeps for some seconds; unless given, until `stop` at most.
        """
        self._store = store
        self._places = threading.Semaphore(places)
        self._stopwatch = stopwatch
        self._stopped = False
        self._stopping = threading.Event()
        self._pause = pause or self._stopping.wait

    def stop(self) -> None:
        """End all waits at once, and let nobody wait from now on: the process is about to end.

        Waiting requests are answered with their jobs as they are. May be called from any thread, more than once, and by
        a signal's handler: a second signal must not wait for the event's lock, which the first one holds.
        """
        if not self._stopped:
            self._stopped = True
            self._stopping.set()

    def wait(self, job: Job, seconds: int) -> tuple[Job, bool]:
        """Return the job once it is decided, or as it is when the time is over, and whether the wish was followed.

        Raises:
            NotFound: the job was erased meanwhile.
            StoreUnavailable: the database does not answer any more.
        """
        return self.until(job, lambda: self._store.job(job.id), lambda job: job.status not in UNDECIDED, seconds)

    def until(self, known: T, look: Callable[[], T], enough: Callable[[T], bool], seconds: float) -> tuple[T, bool]:
        """Look again and again until that is enough, or the time is over; whatever `look` raises passes through.

        Returns:
            What was seen last, `known` if nothing else, and whether the wish to wait was followed.
        """
        if enough(known):
            return known, True
        if self._stopping.is_set() or not self._places.acquire(blocking=False):
            return known, False
        try:
            return self._poll(known, look, enough, self._stopwatch() + seconds)
        finally:
            self._places.release()

    def _poll(self, seen: T, look: Callable[[], T], enough: Callable[[T], bool], deadline: float) -> tuple[T, bool]:
        pause = FIRST_PAUSE_SECONDS
        while not enough(seen):
            left = deadline - self._stopwatch()
            if left <= 0:
                break
            self._pause(min(pause, left))
            if self._stopping.is_set():
                return seen, False
            pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)
            seen = look()
        return seen, True


def preferred_seconds(header: str) -> int | None:
    """Return the N of `wait=N` in a Prefer header, 30 at most; None when there is no such preference.

    A preference that cannot be read is ignored, as RFC 7240 asks.
    """
    for preference in header.split(","):
        name, _, value = preference.split(";", 1)[0].partition("=")
        digits = value.strip().strip('"')
        if name.strip().lower() == "wait" and digits.isascii() and digits.isdigit():
            return min(int(digits[:9]), LONGEST_SECONDS)
    return None
