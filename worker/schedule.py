"""The clock: one process that asks for a sweep every few seconds and for a purge every hour."""

from __future__ import annotations

from celery import signals
from celery.beat import Scheduler

from broker.connection import make_celery
from broker.names import PURGE, SWEEP
from routing.settings import Settings

PURGE_SECONDS = 3600.0


def run_beat(settings: Settings) -> None:
    """Keep asking until told to stop. What is asked for expires before it is asked for again."""
    celery = make_celery(settings.redis_url)
    celery.conf.beat_schedule = {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
        for task, seconds in ((SWEEP, settings.sweep_seconds), (PURGE, PURGE_SECONDS))
    }
    signals.setup_logging.connect(_keep_our_logging)
    celery.Beat(scheduler=Scheduler, max_interval=settings.sweep_seconds, loglevel=settings.log_level).run()


def _keep_our_logging(**_: object) -> None:
    """Having a receiver for this signal is what keeps Celery from setting up logging itself."""
