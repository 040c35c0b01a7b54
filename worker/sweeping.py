"""Sweeping: what was lost on the way is found in the store and set going again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from routing.store.port import Store

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweeper:
    """Returns expired leases, rings for forgotten work, and deletes what may no longer be kept."""

    store: Store
    max_attempts: int
    mail_retention_days: float
    """0: mails are kept for ever."""
    job_retention_days: float
    """0: jobs are kept for ever."""
    ring_classify: Callable[[], None]
    ring_deliver: Callable[[], None]
    clock: Callable[[], float]

    def sweep(self) -> None:
        """Return expired leases; ring if anything is queued. Callbacks that are due are asked after as well."""
        expired = self.store.expire_leases(max_attempts=self.max_attempts, now=self.clock())
        if expired:
            log.warning("%d leases had expired; their mails are queued again", expired)
        if self.store.backlog().queued:
            self.ring_classify()
        self.ring_deliver()

    def purge(self) -> None:
        """Delete mails and jobs that are older than their retention, and see that the queues' counters are right."""
        now = self.clock()
        counts = self.store.purge(
            mails_before=cutoff(now, self.mail_retention_days),
            jobs_before=cutoff(now, self.job_retention_days),
            now=now,
        )
        if any(counts.values()):
            log.info("Retention deleted %s", dict(counts))
        self.store.recount()


def cutoff(now: float, days: float) -> float:
    """Return before when what has ended is too old to be kept; 0 days mean never."""
    return now - days * DAY_SECONDS if days else float("-inf")
