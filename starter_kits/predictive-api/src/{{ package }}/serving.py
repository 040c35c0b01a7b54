"""The API's processes: gunicorn around the Flask application."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from prometheus_client.multiprocess import mark_process_dead

from .api import create_app
from .broker import connect, make_celery, make_sender
from .predictions import Predictions
from .settings import Settings, version

THREADS = 8
GRACE_SECONDS = 10


def run_api(settings: Settings) -> None:
    """Serve until told to stop; gunicorn exits by itself."""
    _Server(settings).run()


class _Server(BaseApplication):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Say how gunicorn runs."""
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{settings.port}",
            "workers": settings.api_processes,
            "worker_class": "gthread",
            "threads": THREADS,
            "graceful_timeout": GRACE_SECONDS,
            "loglevel": settings.log_level.lower(),
            "control_socket_disable": True,  # it would write into the user's home
            "child_exit": _forget_process,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Make the application, in each process."""
        settings = self._settings
        predictions = Predictions(connect(settings), keep_hours=settings.keep_hours)
        return create_app(settings, predictions, make_sender(make_celery(settings)), version(os.environ))


def _forget_process(_server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
