"""The API's process: gunicorn with threads around the Flask application."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from prometheus_client.multiprocess import mark_process_dead

from app.factory import create_app
from broker.bell import BackgroundBell, Bell, RedisBell, SilentBell
from broker.connection import connect_redis, make_celery
from broker.limiter import Limiter, NoLimiter, RedisLimiter
from broker.names import CLASSIFY
from broker.questions import RedisQuestions
from facteur.lingering import LingeringWorker
from routing.cores import usable_cores
from routing.explanation import NobodyReplies
from routing.policy.reading import policy_of
from routing.settings import Settings
from routing.store.opening import open_store

GRACE_SECONDS = 3
"""How long a stopping process may take for the requests it has; they are short, and one that waits is told 202."""
KEEP_ALIVE_SECONDS = 15
"""Mail systems keep their connection while they have more to send."""

LONGEST_LINE = 8_190
"""Bytes of a request's line, the most gunicorn takes: an open list asks after its fifty mails and says its address, in
which each sign of a search may take twenty bytes. What is left of gunicorn's usual 4,094 would be too short."""
STALL_SECONDS = 60
"""A process whose main loop is silent for this long is killed and replaced."""


def run_api(settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        ConfigurationError: the database, the policy or Redis's URL cannot be used.
    """
    app = build_app(settings)
    _Server(app, settings).run()


def build_app(settings: Settings) -> Flask:
    """Put the application together; nothing in it is connected before its first request."""
    session_secret = settings.session_secret or secrets.token_hex(32)
    return create_app(
        settings,
        store=open_store(settings.resolved_database_url, pool_size=settings.database_pool),
        policy=policy_of(settings),
        bell=_bell(settings),
        limiter=_limiter(settings),
        questions=RedisQuestions.at(settings.redis_url) if settings.redis_url else NobodyReplies(),
        session_secret=session_secret.encode(),
    )


def _bell(settings: Settings) -> Bell:
    """Return the bell; without a Redis mails wait for the next sweep of whoever has one."""
    if not settings.redis_url:
        return SilentBell()
    bell = RedisBell(task=CLASSIFY, client=connect_redis(settings.redis_url), celery=make_celery(settings.redis_url))
    return BackgroundBell(bell.ring)


def _limiter(settings: Settings) -> Limiter:
    if not settings.rate_limit or not settings.redis_url:
        return NoLimiter()
    return RedisLimiter.at(settings.redis_url)


class _Server(BaseApplication):
    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Say how gunicorn runs."""
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "limit_request_line": LONGEST_LINE,
            "bind": f"{host}:{settings.port}",
            "worker_class": LingeringWorker,
            "workers": settings.api_processes or _processes(settings),
            "threads": settings.api_threads,
            "preload_app": True,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "loglevel": settings.log_level,
            "timeout": STALL_SECONDS,
            "control_socket_disable": True,  # it would write into the user's home
            "proc_name": "facteur-api",
            "child_exit": _forget_process,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Return the WSGI application."""
        return self._app


def _processes(settings: Settings) -> int:
    """Return how many processes suit the database: SQLite lets one process write at a time, and its threads share."""
    on_sqlite = settings.resolved_database_url.startswith("sqlite")
    return 1 if on_sqlite else usable_cores()


def _forget_process(_server: Any, worker: Any) -> None:
    """Give up the live gauges of a process that ended (prometheus_client's multiprocess mode)."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
