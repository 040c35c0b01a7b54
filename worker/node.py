"""Starting a Celery node: what the classifying node and the errands node have in common."""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings

from celery import Celery, signals
from celery.platforms import SecurityWarning

from broker.bell import RedisBell
from broker.connection import connect_redis
from broker.names import CLASSIFY, DELIVER
from routing.settings import Settings
from worker.bells import WorkerBells
from worker.probes import METRICS_DIRECTORY, show
from worker.vitals import Vitals


def node_name(given: str | None, kind: str) -> str:
    """Return a node's name: the given one, or its kind and the machine's name.

    A node that starts takes back what a former life of the same name held, so two nodes that live at the same time
    should have different names; where they do not, work is done twice but recorded once.
    """
    return given or f"{kind}@{socket.gethostname()}"


def make_bells(settings: Settings, celery: Celery) -> WorkerBells:
    """Build the bells; they connect at their first use, hence after any fork."""
    client = connect_redis(settings.redis_url)
    return WorkerBells(
        classify=RedisBell(task=CLASSIFY, client=client, celery=celery),
        deliver=RedisBell(task=DELIVER, client=client, celery=celery),
    )


def run_node(  # noqa: PLR0913 - what a node is, one word each
    celery: Celery, settings: Settings, *, name: str, task_queue: str, pool: list[str], vitals: Vitals
) -> None:
    """Run a Celery node until it is told to stop; SIGTERM lets it end what it has begun.

    Raises:
        ConfigurationError: the port for probes cannot be listened on.
    """
    signals.setup_logging.connect(keep_our_logging)
    signals.worker_process_shutdown.connect(_forget_process)
    answer_probes(settings, vitals)
    celery.worker_main(
        [
            "--quiet",
            "worker",
            f"--hostname={name}",
            f"--queues={task_queue}",
            "--without-gossip",
            "--without-mingle",
            f"--loglevel={settings.log_level}",
            *pool,
        ]
    )


def set_up_logging(level: str) -> None:
    """Log to standard error, one line an event."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    # Celery's advice against root is for task queues that carry code; ours carry nothing.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    for chatty in ("celery.worker.strategy", "celery.app.trace", "celery.beat", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def keep_our_logging(**_: object) -> None:
    """Having a receiver for this signal is what keeps Celery from setting up logging itself."""


def answer_probes(settings: Settings, vitals: Vitals) -> None:
    """Answer probes and scrapes, if the settings say on which port.

    Raises:
        ConfigurationError: it cannot be listened on.
    """
    if settings.metrics_port:
        show(vitals, host=settings.host, port=settings.metrics_port)


def _forget_process(pid: int, **_: object) -> None:
    """Give up the live gauges of a child that ended (prometheus_client's multiprocess mode)."""
    if os.environ.get(METRICS_DIRECTORY):
        from prometheus_client import multiprocess  # noqa: PLC0415 - only where metrics are kept

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
