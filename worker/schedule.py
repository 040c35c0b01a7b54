"""The clock: one process that asks for a sweep every few seconds, for tallies every minute, for a purge every hour."""

from __future__ import annotations

from celery import signals
from celery.beat import Scheduler

from broker.connection import make_celery
from broker.names import PURGE, SWEEP, TALLY
from routing.settings import Settings
from worker.node import keep_our_logging

PURGE_SECONDS = 3600.0
TALLY_SECONDS = 60.0
"""How late the figures may learn that somebody corrected a mail of an hour that is over."""
EXPIRES_SECONDS = 60.0
"""A sweep that nobody has run by then is not run any more. The receiver's clock decides, so a few seconds of difference
between two machines must not matter."""


def run_beat(settings: Settings) -> None:
    """Keep asking until told to stop. What nobody does for a minute expires."""
    celery = make_celery(settings.redis_url)
    celery.conf.beat_schedule = {
        task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, EXPIRES_SECONDS)}}
        for task, seconds in ((SWEEP, settings.sweep_seconds), (PURGE, PURGE_SECONDS), (TALLY, TALLY_SECONDS))
    }
    signals.setup_logging.connect(keep_our_logging)
    celery.Beat(scheduler=Scheduler, max_interval=settings.sweep_seconds, loglevel=settings.log_level).run()
