"""The node that runs errands on threads: sweeps, callbacks, retention, tallies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from celery import signals

from broker.connection import make_celery
from broker.names import DELIVER, ERRANDS_QUEUE, PURGE, SWEEP, TALLY
from routing.job import Job
from routing.settings import Settings
from routing.store.opening import open_store
from worker.delivering import Courier
from worker.faults import forgiving
from worker.listening import watch_listening
from worker.metrics import delivery
from worker.node import make_bells, node_name, run_node
from worker.stopping import end_in_time
from worker.sweeping import Sweeper
from worker.tallying import Tallier
from worker.vitals import Pulse, Vitals
from worker.webhook import Poster, decode_secret

THREADS = 8
COURIERS = THREADS - 2
"""Threads that may post callbacks at a time; the others are there for sweeps, whatever receivers do."""

SWEEP_SECONDS = 60.0
"""After this a sweep hangs: it is two statements and two messages. While one hangs others begin, until there is no
thread left, and then the node is of no use."""


def run_errands(settings: Settings, *, document: Callable[[Job], bytes], name: str | None = None) -> None:
    """Run errands until told to stop.

    Args:
        settings: the service's.
        document: gives the JSON of a job, as callbacks carry it.
        name: the node's; its kind and the machine's name when None.

    Raises:
        ConfigurationError: the database or the webhook secret cannot be used.
    """
    celery = make_celery(settings.redis_url)
    store = open_store(settings.resolved_database_url)
    bells = make_bells(settings, celery)
    stopping = threading.Event()
    signals.worker_shutting_down.connect(lambda **_: stopping.set(), weak=False)
    end_in_time(settings.stop_seconds)
    sweeper = Sweeper(
        store=store,
        max_attempts=settings.max_attempts,
        mail_retention_days=settings.mail_retention_days,
        job_retention_days=settings.job_retention_days,
        ring_classify=bells.wake_another,
        ring_deliver=bells.deliver_now,
        clock=time.time,
    )
    sweeping = Pulse(silence=SWEEP_SECONDS)
    celery.task(name=SWEEP, shared=False)(sweeping.during(forgiving(sweeper.sweep)))
    celery.task(name=PURGE, shared=False)(forgiving(sweeper.purge))
    tallier = Tallier(store=store, job_retention_days=settings.job_retention_days, clock=time.time)
    celery.task(name=TALLY, shared=False)(forgiving(tallier.tally))
    if settings.webhook_secret:
        courier = Courier(
            store=store,
            poster=Poster(
                timeout_seconds=settings.webhook_timeout_seconds, allow_private=settings.webhook_allow_private
            ),
            secret=decode_secret(settings.webhook_secret),
            document=document,
            wake_another=bells.deliver_now,
            answer=bells.answer_deliver,
            clock=time.time,
            observe=delivery,
            places=threading.Semaphore(COURIERS),
            stopping=stopping,
        )
        celery.task(name=DELIVER, shared=False)(forgiving(courier.work))
    else:
        celery.task(name=DELIVER, shared=False)(_no_callbacks)
    # Retention must not depend on a clock that lives for an hour; and after an upgrade the figures should not wait.
    signals.worker_ready.connect(lambda **_: [celery.send_task(task) for task in (PURGE, TALLY)], weak=False)
    listening = watch_listening(celery)
    run_node(
        celery,
        settings,
        name=node_name(name, "errands"),
        task_queue=ERRANDS_QUEUE,
        pool=["--pool=threads", f"--concurrency={THREADS}"],
        vitals=Vitals(
            alive={"listening": listening.missed, "sweeping": sweeping.missed}, ready={"redis": listening.absent}
        ),
    )


def _no_callbacks() -> None:
    """Post nothing: without a webhook secret the API refuses callback URLs, so none are owed."""
