"""Ending in time: whoever asks a container to stop kills it after half a minute, with whatever it holds.

Celery lets what has begun end by itself, however long that takes: a mail that hangs, a receiver that answers slowly, a
retention of years. This puts an end to the wait while there is still time to give back what is held.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from celery import signals

log = logging.getLogger(__name__)

LAST_SECONDS = 4.0
"""For giving back. Where the database went at the same time, the look-up of its name alone may take half a minute."""


def nobody() -> Iterable[int]:
    """Name no process: for a node that has threads only."""
    return ()


def end_in_time(
    seconds: float,
    *,
    children: Callable[[], Iterable[int]] = nobody,
    give_back: Callable[[], None] = lambda: None,
    leave: Callable[[int], object] = os._exit,
    last_seconds: float = LAST_SECONDS,
) -> None:
    """Bound what passes between the request to stop and the end of this process.

    Args:
        seconds: that may pass; then the rest is ended by force.
        children: gives the process ids to end.
        give_back: returns what they held; an error of it changes nothing, since leases expire by themselves.
        leave: ends this process.
        last_seconds: that `give_back` may take.
    """

    def give_all_back() -> None:
        try:
            give_back()
        except Exception:
            log.exception("What this node held is returned when its leases expire")

    def end() -> None:
        log.warning("Something did not end within %.0f seconds of the request to stop; it is ended now", seconds)
        for pid in children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        giving = threading.Thread(target=give_all_back, daemon=True)
        giving.start()
        giving.join(last_seconds)
        if giving.is_alive():
            log.warning("The database does not answer; what this node held is returned when its leases expire")
        leave(0)

    def asked(**_: object) -> None:
        timer = threading.Timer(seconds, end)
        timer.daemon = True  # whoever ends by itself need not wait for it
        timer.start()

    signals.worker_shutting_down.connect(asked, weak=False)
