"""A node's sign of life, and its word on its own dead.

A thread of the node's main process says every few seconds that the node lives, and notices within half a second when
one of its child processes has died: the leases of a dead process are returned at once instead of expiring.
The node forks new children while this thread runs; a lock keeps any fork out of its transactions, and it keeps no
connection between them.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable

from routing.errors import FacteurError, ShutOut
from routing.store.port import Store, WorkerBeat
from worker.vitals import Pulse

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
LOOK_SECONDS = 0.5
SILENT_SECONDS = 30.0
"""Longer than a database that does not answer can keep a report; the API counts a node as gone after the same time."""


class Attendance:
    """Reports one node. `start` after the children exist, `stop` at shutdown."""

    def __init__(  # noqa: PLR0913 - what a node is known by, one word each
        self,
        *,
        node: str,
        model_version: str,
        model: str = "",
        max_attempts: int,
        open_store: Callable[[], Store],
        children: Callable[[], Iterable[int]],
        released: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        """Describe the node.

        Args:
            node: its name.
            model_version: what its decisions are stamped with.
            model: what its model can give, as `routing.policy.models` writes it.
            max_attempts: on one mail, before its job becomes failed.
            open_store: gives a store for one transaction; it is closed after it.
            children: gives the process ids that live now.
            released: called after leases were returned, to wake the others.
            leave: called, once, when the schema no longer serves this program: what it would do to mail is unknown.
        """
        self._node = node
        self._model_version = model_version
        self._model = model
        self._max_attempts = max_attempts
        self._open_store = open_store
        self._children = children
        self._released = released
        self._leave = leave
        self.attended = Pulse(silence=SILENT_SECONDS)
        """Beats with each look at the children."""
        self.recorded = Pulse(silence=SILENT_SECONDS)
        """Beats with each report that the database took."""
        self._started_at = time.time()
        self._known: set[int] = set()
        self._dead: set[int] = set()
        self._stop = threading.Event()
        self._no_fork = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="attendance", daemon=True)
        os.register_at_fork(
            before=self._no_fork.acquire, after_in_parent=self._no_fork.release, after_in_child=self._no_fork.release
        )

    def start(self) -> None:
        """Begin reporting."""
        self._thread.start()

    def stop(self) -> None:
        """End reporting."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        last_beat = float("-inf")
        while not self._stop.is_set():
            self.attended.beat()
            try:
                self._look()
                beat_due = time.monotonic() - last_beat >= BEAT_SECONDS
                if beat_due or self._dead:
                    last_beat = time.monotonic()
                    self._report()
            except Exception:
                # A node that falls silent for good is worse than any fault that this can be.
                log.exception("The node could not look after its processes")
            self._stop.wait(LOOK_SECONDS)

    def _look(self) -> None:
        living = set(self._children())
        self._dead |= self._known - living
        self._known = living

    def _report(self) -> None:
        """Beat, and return what the dead held. A database that does not answer is asked again next time."""
        try:
            with self._no_fork:
                now = time.time()
                store = self._open_store()
                try:
                    store.beat(
                        WorkerBeat(
                            name=self._node,
                            model_version=self._model_version,
                            started_at=self._started_at,
                            seen_at=now,
                            model=self._model,
                        )
                    )
                    returned = sum(
                        store.release(f"{self._node}/{pid}", max_attempts=self._max_attempts, now=now)
                        for pid in self._dead
                    )
                finally:
                    store.close()
        except ShutOut as error:
            log.error("The node ends: %s", error)  # noqa: TRY400 - a sentence, no traceback
            self._stop.set()
            self._leave()
            return
        except FacteurError as error:
            log.warning("The node could not report to the database: %s", error)
            return
        self.recorded.beat()
        if self._dead:
            log.warning("Processes %s died; %d mails they held are queued again", sorted(self._dead), returned)
            self._dead.clear()
            self._released()
