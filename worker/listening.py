"""The loop of a Celery node that listens to Redis, as its probes see it."""

from __future__ import annotations

from typing import Any

from celery import Celery, bootsteps

from worker.vitals import Pulse

ROUND_SECONDS = 1.0
SILENT_SECONDS = 20.0
"""Far beyond what the loop waits for by itself: a Redis that accepts and does not answer is given up after seconds."""


def watch_listening(celery: Celery) -> Pulse:
    """Let a node's loop beat a pulse while it listens; it rests while the node has no connection to Redis."""
    pulse = Pulse(silence=SILENT_SECONDS)

    class Listening(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Begins with each connection, and ends with it."""

        requires = ("celery.worker.consumer.connection:Connection",)

        def start(self, consumer: Any) -> None:
            """Beat from now on. The timer's entries go with the connection."""
            pulse.beat()
            consumer.timer.call_repeatedly(ROUND_SECONDS, pulse.beat)

        def stop(self, consumer: Any) -> None:  # noqa: ARG002 - what Celery calls it with
            """Rest until there is a connection again."""
            pulse.rest()

    celery.steps["consumer"].add(Listening)
    return pulse
