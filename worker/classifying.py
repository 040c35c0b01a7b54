"""Deciding what is queued: claim, route, record, until nothing is left. Between claims, saying why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from routing.job import Claim, Decided, Outcome
from routing.route import Router
from routing.store.port import Store
from worker.pace import Pace

log = logging.getLogger(__name__)

SHIFT_SECONDS = 1.0
"""A worker process that finds ever more work hands its task back after this, so that a shutdown need not wait."""

BREATH_SECONDS = 0.005
"""Least time of a claim that was not full, its mails included. A model faster than this would spend more on
transactions than on mails, and take the disk from those who accept; one that is slower never waits."""


class Bells(Protocol):
    """What the work needs of the bells; none of these raises."""

    def wake_another(self) -> None:
        """Wake one more worker: there is more queued than was claimed."""

    def answer(self) -> None:
        """Say that this worker is about to look for the last time."""

    def callbacks_due(self) -> None:
        """Say that callbacks are owed."""


class Observer(Protocol):
    """Who is told what was done, for the metrics."""

    def recorded(self, outcomes: list[Outcome], taken: frozenset[str]) -> None:
        """Outcomes were offered to the store, which took those of the jobs in `taken`."""


class Questions(Protocol):
    """What is asked of this process besides mails."""

    def reply_to_one(self) -> bool:
        """Say why a mail was decided as it was, if somebody asked; say whether somebody did. Never raises."""


class NoQuestions:
    """Nobody asks."""

    def reply_to_one(self) -> bool:
        """Find nothing asked."""
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """One worker process at work."""

    store: Store
    router: Router
    bells: Bells
    observer: Observer
    pace: Pace
    worker: str
    """`NODE/PID`: under which the leases are held."""
    lease_seconds: float
    questions: Questions = field(default_factory=NoQuestions)
    """Asked between two claims: a question waits for one claim at most, and a mail for one question."""
    clock: Callable[[], float] = time.time
    stopwatch: Callable[[], float] = time.perf_counter
    pause: Callable[[float], object] = time.sleep

    def work(self) -> None:
        """Decide until nothing is queued, or until the shift is over and another one is asked for."""
        ends_at = self.stopwatch() + SHIFT_SECONDS
        woke_another = False
        answered = False
        while True:
            begins_at = self.stopwatch()
            limit = self.pace.limit
            claims = self._claim(limit)
            if len(claims) == limit and not woke_another:
                self.bells.wake_another()
                woke_another = True
            if claims:
                self._decide(claims)
            replied = self.questions.reply_to_one()
            if not claims and not replied:
                if answered:
                    return
                # From here on whoever commits a mail or asks rings again, so one more look misses nothing.
                self.bells.answer()
                answered = True
                continue
            if claims and len(claims) < limit:
                self.pause(max(0.0, begins_at + BREATH_SECONDS - self.stopwatch()))
            if self.stopwatch() > ends_at:
                if not woke_another:  # one bell for each that was answered, or they would pile up
                    self.bells.wake_another()
                return

    def _claim(self, limit: int) -> list[Claim]:
        return self.store.claim(worker=self.worker, limit=limit, lease_seconds=self.lease_seconds, now=self.clock())

    def _decide(self, claims: list[Claim]) -> None:
        start = self.stopwatch()
        outcomes = self.router.route(claims)
        taken = self.store.record(outcomes, worker=self.worker, now=self.clock())
        self.pace.measured(len(claims), self.stopwatch() - start)
        self.observer.recorded(outcomes, taken)
        if len(taken) < len(outcomes):
            log.warning("%d results came after their lease had ended and were dropped", len(outcomes) - len(taken))
        callbacks = {claim.job_id for claim in claims if claim.callback_url}
        if any(outcome.job_id in callbacks and _is_final(outcome) for outcome in outcomes):
            self.bells.callbacks_due()


def _is_final(outcome: Outcome) -> bool:
    return isinstance(outcome, Decided) or outcome.retry_at is None
