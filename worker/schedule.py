"""The clock: one process that asks for a sweep every few seconds, for tallies every minute, for a purge every hour."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import signals
from celery.beat import ScheduleEntry, Scheduler

from broker.connection import make_celery
from broker.names import PURGE, SWEEP, TALLY
from routing.settings import Settings
from worker.metrics import asked
from worker.node import answer_probes, keep_our_logging
from worker.vitals import Pulse, Vitals

log = logging.getLogger(__name__)

PURGE_SECONDS = 3600.0
TALLY_SECONDS = 60.0
"""How late the figures may learn that somebody corrected a mail of an hour that is over."""
EXPIRES_SECONDS = 60.0
"""A sweep that nobody has run by then is not run any more. The receiver's clock decides, so a few seconds of difference
between two machines must not matter."""
SILENT_SECONDS = 20.0
"""Beyond the pause between two ticks: far beyond what a tick takes, with a Redis that accepts and does not answer."""

RETRY_SECONDS = 5
"""Longest pause before Redis is tried again; well below the silence that is taken for a hang."""


class Clock(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler, which says that it goes round, also while it waits for Redis."""

    ticking: Pulse
    """Beats with each round, and with each attempt at connecting."""
    asking: Pulse
    """Beats with each errand that Redis took."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Go round once; return the seconds until the next time."""
        self.ticking.beat()
        return float(super().tick(*args, **kwargs))

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Ask for one errand."""
        result = super().apply_async(entry, *args, **kwargs)
        self.asking.beat()
        asked(entry.task)
        return result

    def _ensure_connected(self) -> Any:
        def failed(error: Exception, pause: float) -> None:
            self.ticking.beat()
            log.error("Redis does not answer (%s); it is tried again in %.0f seconds", error, pause)

        return self.connection.ensure_connection(
            failed,
            self.app.conf.broker_connection_max_retries,
            interval_start=1,
            interval_step=1,
            interval_max=RETRY_SECONDS,
        )


def run_beat(settings: Settings) -> None:
    """Keep asking until told to stop. What nobody does for a minute expires.

    Raises:
        ConfigurationError: the port for probes cannot be listened on.
    """
    pause = settings.sweep_seconds + SILENT_SECONDS
    ticking, asking = Pulse(silence=pause), Pulse(silence=pause)
    answer_probes(settings, Vitals(alive={"ticking": ticking.missed}, ready={"redis": asking.absent}))
    celery = make_celery(settings.redis_url)
    celery.conf.beat_schedule = {
        task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, EXPIRES_SECONDS)}}
        for task, seconds in ((SWEEP, settings.sweep_seconds), (PURGE, PURGE_SECONDS), (TALLY, TALLY_SECONDS))
    }
    signals.setup_logging.connect(keep_our_logging)
    # The first sweep at once: whatever was lost while no clock went need not wait for it.
    celery.conf.beat_schedule[SWEEP]["last_run_at"] = datetime.now(UTC) - timedelta(seconds=settings.sweep_seconds)
    clock = type("Clock", (Clock,), {"ticking": ticking, "asking": asking})
    celery.Beat(scheduler=clock, max_interval=settings.sweep_seconds, loglevel=settings.log_level).run()
