"""How the API and workers speak: Redis, and the Celery application over it. A message holds an id and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import redis
from celery import Celery

from .settings import Settings

QUEUE = "predictions"
PREDICT = "predict"
REDIS_SECONDS = 5.0
"""Longest wait for Redis, to connect and to answer."""


def connect(settings: Settings) -> redis.Redis:
    """Return a client, which connects at its first use. redis.RedisError says that Redis does not answer."""
    return redis.Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        protocol=2,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )


def redis_answers(settings: Settings) -> bool:
    """Return whether Redis answers now."""
    try:
        with connect(settings) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def make_celery(settings: Settings) -> Celery:
    """Make the Celery application, which connects at its first use."""
    celery = Celery(QUEUE, broker=_broker_url(settings.redis_url), set_as_current=False)
    celery.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,  # answers are kept by predictions.py, where each is written once
        task_store_errors_even_if_ignored=False,
        # A message is acknowledged when its answer is kept, so a process that dies leaves it to another.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_timeout=False,
        task_time_limit=settings.prediction_seconds,
        worker_lost_wait=0.5,  # seconds before the work of a dead process is given to another
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_publish_retry=False,  # the caller hears 503 at once, and tries again
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            # What a dead worker held is found by `forgotten`, long before this; it must only be longer than an attempt.
            "visibility_timeout": max(3600, 2 * settings.attempt_seconds),
            "socket_timeout": REDIS_SECONDS,
            "socket_connect_timeout": REDIS_SECONDS,
            "socket_keepalive": True,
        },
    )
    return celery


def make_sender(celery: Celery) -> Callable[[str], None]:
    """Return what hands the id of a prediction to workers. kombu's OperationalError says that Redis does not answer."""

    def send(id_: str) -> None:
        celery.send_task(PREDICT, args=[id_], queue=QUEUE)

    return send


def _broker_url(url: str) -> str:
    """Return the URL as kombu writes it: a Unix socket is `redis+socket://PATH`."""
    return url.replace("unix://", "redis+socket://", 1)
