"""Delivering: what callers asked to be told is posted to them, again and again for a day if need be."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from routing.errors import NotFound, Retryable
from routing.job import Job
from routing.store.port import Delivery, DeliveryOutcome, Store
from worker.webhook import Poster, TryAgain, Undeliverable, Unreachable, sign

log = logging.getLogger(__name__)

PAUSES_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""After each failed attempt: the schedule that the Standard Webhooks specification recommends, 27 hours in all."""
JITTER = 0.2
"""Share of a pause that is random, so that a receiver that comes back is not met by all callbacks at once."""
CLAIM = 4
"""Callbacks that one thread takes at a time: few, since each may take its whole time-out."""
SHIFT_SECONDS = 10.0
"""After this a thread hands its task back, so that a shutdown need not wait."""
SILENT_SECONDS = 60.0
"""How long a receiver that could not be reached is left alone. Its callbacks are put off meanwhile without being tried,
so that one receiver that swallows connections does not hold up everybody else's callbacks."""


class Stopped(Exception):
    """This node is told to stop, and the callback has not been begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Courier:
    """Posts the callbacks that are due."""

    store: Store
    poster: Poster
    secret: bytes
    document: Callable[[Job], bytes]
    """Gives the JSON of a job, the same that the API answers."""
    wake_another: Callable[[], None]
    answer: Callable[[], None]
    """Says that from now on whoever owes a callback must ring again."""
    clock: Callable[[], float]
    observe: Callable[[str], None]
    """Told of each attempt: delivered, retried, given up, or put off because this node stops."""
    places: threading.Semaphore
    """How many threads may post at a time: fewer than there are, for sweeps must not wait for receivers."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when this node is told to stop: what it has not begun to post goes to another then."""
    draw: Callable[[], float] = random.random
    stopwatch: Callable[[], float] = time.monotonic
    silent: dict[str, float] = field(default_factory=dict)
    """Receivers (host and port) that could not be reached, and until when they are left alone."""

    def work(self) -> None:
        """Post until nothing is due, or until the shift is over and another is asked for."""
        if not self.places.acquire(blocking=False):
            return  # enough are at it, and they look until nothing is left
        try:
            self._work()
        finally:
            self.places.release()

    def _work(self) -> None:
        ends_at = self.stopwatch() + SHIFT_SECONDS
        answered = False
        woke_another = False
        while self.stopwatch() < ends_at and not self.stopping.is_set():
            due = self.store.claim_deliveries(
                limit=CLAIM, lease_seconds=2 * CLAIM * self.poster.timeout_seconds, now=self.clock()
            )
            if len(due) == CLAIM and not woke_another:
                self.wake_another()
                woke_another = True
            for delivery in due:
                self.store.record_deliveries([self._attempt(delivery)], now=self.clock())
            if not due:
                if answered:
                    return
                self.answer()
                answered = True
        self.wake_another()

    def _attempt(self, delivery: Delivery) -> DeliveryOutcome:
        try:
            self._post(delivery)
        except Stopped:
            return self._outcome(delivery, "put off", retry_at=self.clock())
        except Undeliverable as error:
            return self._outcome(delivery, "given up", error=str(error))
        except NotFound:
            return self._outcome(delivery, "given up", error="the job was erased")
        except TryAgain as error:
            return self._again(delivery, str(error))
        except Retryable:
            raise
        except Exception as error:
            # Its neighbours must not wait for a callback that meets a defect of ours.
            log.exception("Callback of job %s", delivery.job_id)
            return self._again(delivery, type(error).__name__)
        return self._outcome(delivery, "delivered")

    def _again(self, delivery: Delivery, error: str) -> DeliveryOutcome:
        if delivery.attempts > len(PAUSES_SECONDS):
            return self._outcome(delivery, "given up", error=f"{error}; no attempt is left")
        pause = PAUSES_SECONDS[delivery.attempts - 1] * (1 + JITTER * self.draw())
        return self._outcome(delivery, "retried", error=error, retry_at=self.clock() + pause)

    def _post(self, delivery: Delivery) -> None:
        if self.stopping.is_set():
            raise Stopped
        receiver = urlsplit(delivery.url).netloc
        if self.stopwatch() < self.silent.get(receiver, float("-inf")):
            raise TryAgain("the receiver could not be reached a moment ago")
        body = self.document(self.store.job(delivery.job_id))
        headers = sign(body, message_id=delivery.id, timestamp=int(self.clock()), secret=self.secret)
        try:
            self.poster.post(delivery.url, body, headers)
        except Unreachable:
            self.silent[receiver] = self.stopwatch() + SILENT_SECONDS
            raise
        self.silent.pop(receiver, None)

    def _outcome(
        self, delivery: Delivery, what: str, *, error: str | None = None, retry_at: float | None = None
    ) -> DeliveryOutcome:
        self.observe(what)
        if error:
            log.warning("Callback of job %s %s: %s", delivery.job_id, what, error)
        return DeliveryOutcome(
            delivery_id=delivery.id,
            lease=delivery.lease,
            delivered=what == "delivered",
            retry_at=retry_at,
            error=error,
        )
