"""Connections to Redis, and the Celery application that speaks over them."""

from __future__ import annotations

import redis
from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from broker.names import CLASSIFY_QUEUE, TASK_QUEUES
from routing.errors import ConfigurationError

REDIS_SECONDS = 0.25
"""Longest wait for Redis, to connect and to answer: it is a local service, and nobody's mail depends on it."""

STALL_SECONDS = 2.0
"""When Celery gives up on a Redis that accepts but does not answer, as after a network has parted: a worker that rings
holds mails meanwhile."""

HEALTH_SECONDS = 5
"""How often a listening worker makes sure that its silent connection still leads somewhere."""

VISIBILITY_SECONDS = 3600
"""When Redis gives an unacknowledged message out again. Messages are empty and acknowledged when received, so this
only bounds how long a stray one is kept."""


def connect_redis(url: str, *, seconds: float = REDIS_SECONDS) -> redis.Redis:
    """Return a client (`redis://`, `rediss://` or `unix://`); it connects at its first use.

    Args:
        url: of Redis, as in the settings.
        seconds: longest wait, to connect and to answer.

    Raises:
        ConfigurationError: the URL is not one of Redis.
    """
    try:
        return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, protocol=2, retry=None)
    except ValueError as error:
        raise ConfigurationError(
            f"FACTEUR_REDIS_URL is no URL of Redis ({error}); write redis://HOST:PORT/0."
        ) from error


def check_redis(url: str) -> None:
    """Ask Redis for a sign of life. Raises ConfigurationError with one sentence when there is none."""
    try:
        with connect_redis(url) as client:
            client.ping()
    except redis.RedisError as error:
        raise ConfigurationError(
            f"Redis does not answer at FACTEUR_REDIS_URL ({without_secrets(url)}): {error}; "
            "start it or correct the URL."
        ) from error


def without_secrets(url: str) -> str:
    """Return a URL without credentials and query, either of which may hold a password, for messages."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.partition("?")[0].rpartition("@")[2]


def make_celery(url: str) -> Celery:
    """Build the Celery application: no result back end, task queues by name, messages that may be lost.

    Args:
        url: of Redis, as in the settings.
    """
    # By name, since kombu takes the transport of `redis+socket://` from the URL and from nowhere else.
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "broker.transport:Transport"
    celery = Celery("facteur", broker=_broker_url(url), set_as_current=False)
    celery.conf.update(
        task_default_queue=CLASSIFY_QUEUE,
        task_routes={task: {"queue": queue} for task, queue in TASK_QUEUES.items()},
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        task_publish_retry=False,
        task_send_sent_event=False,
        worker_send_task_events=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=60.0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=2,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_connect_timeout": STALL_SECONDS,
            "socket_timeout": STALL_SECONDS,
            "health_check_interval": HEALTH_SECONDS,
            "socket_keepalive": True,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.1,
        },
    )
    return celery


def _broker_url(url: str) -> str:
    """Return the URL as kombu writes it: a Unix socket is `redis+socket://PATH`."""
    scheme, separator, rest = url.partition("://")
    return f"redis+socket://{rest}" if separator and scheme == "unix" else url
