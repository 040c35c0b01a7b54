"""Tallying: hours that are over are counted for the supervisors' figures, so that reading them is cheap."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from routing.figures import HOUR
from routing.store.port import Store
from worker.sweeping import cutoff

log = logging.getLogger(__name__)

SECONDS = 20.0
"""How long one errand goes on: after days of downtime, or on a database that was never counted, the next ones go on
where it stopped, and other errands get their thread in between."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tallier:
    """Counts what is over, hour by hour, each in its own transaction."""

    store: Store
    job_retention_days: float
    """0: jobs are kept for ever."""
    clock: Callable[[], float]

    def tally(self) -> None:
        """Count until nothing is left to count, or for `SECONDS`."""
        begun = self.clock()
        # An hour more than retention's own bound, for machines whose clocks differ.
        kept_since = cutoff(begun, self.job_retention_days) + HOUR
        steps = 0
        while self.store.tally(now=begun, kept_since=kept_since):
            steps += 1
            if self.clock() - begun >= SECONDS:
                log.info("%d hours were counted; the rest is left to the next errand", steps)
                return
