"""gunicorn, set up for this application: threads in a few processes, started from code rather than a file.

`PROMETHEUS_MULTIPROC_DIR` must be in the environment before Python starts, for prometheus_client looks at it when it
is imported; each start empties that directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from routing.settings import Settings

GRACE_SECONDS = 4
"""How long requests may go on after SIGTERM. Only callers that wait for a decision take longer: they get an end of
connection, their mail is stored, and a repeat of it is harmless."""

STALL_SECONDS = 60
"""A process whose main loop is silent for this long is killed and replaced."""

IDLE_SECONDS = 20
"""How long an idle connection is kept: mail systems send in bursts."""


class Server(BaseApplication):
    """The HTTP server. `run()` returns when it was told to stop."""

    def __init__(self, settings: Settings, make_app: Callable[[], Flask], **options: Any) -> None:
        """Args: make_app: called once in each process, after the fork. options: further settings of gunicorn's."""
        self._settings = settings
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings."""
        settings = self._settings
        for name, value in {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.api_processes,
            "worker_class": "gthread",
            "threads": settings.api_threads,
            "graceful_timeout": GRACE_SECONDS,
            "timeout": STALL_SECONDS,
            "keepalive": IDLE_SECONDS,
            "loglevel": settings.log_level,
            "control_socket_disable": True,
            "proc_name": "facteur-api",
            "on_starting": _empty_metrics,
            "child_exit": _bury_metrics,
            **self._options,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application of this process."""
        return self._make_app()


def _empty_metrics(_server: Any) -> None:
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if directory:
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        for old in path.glob("*.db"):
            old.unlink()


def _bury_metrics(_server: Any, worker: Any) -> None:
    """Forget the gauges of a process that ended; its counts stay, for counters never go back."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess  # noqa: PLC0415 - only where it is used at all

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
