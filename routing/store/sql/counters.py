"""The counters of the queues, kept in the very transaction that changes what they count."""

from __future__ import annotations

from routing.store.changes import Standing
from routing.store.sql.database import Transaction
from routing.store.sql.statement import Statement

_COUNT = Statement("""
    INSERT INTO queue_state (queue, revision, open, taken, unreviewed)
    VALUES (:queue, 1, :open, :taken, :unreviewed)
    ON CONFLICT (queue) DO UPDATE SET revision = queue_state.revision + 1, open = queue_state.open + excluded.open,
        taken = queue_state.taken + excluded.taken, unreviewed = queue_state.unreviewed + excluded.unreviewed
""")


class Counters:
    """What one transaction changes in the queues.

    Written last, after every row of a job is locked, and in the order of names: two transactions that wait for one
    another's queues cannot be, and the rows that all of them write are held for a moment only.
    """

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        self._changes: dict[str, list[int]] = {}

    def enters(self, standing: Standing | None) -> None:
        """Count a mail in a queue."""
        self._add(standing, 1)

    def leaves(self, standing: Standing | None) -> None:
        """Count a mail out of a queue."""
        self._add(standing, -1)

    def touches(self, queue: str) -> None:
        """Say that something in a queue changed that is not counted."""
        self._changes.setdefault(queue, [0, 0, 0])

    def write(self, transaction: Transaction) -> None:
        """Write all of it."""
        transaction.many(
            _COUNT,
            [
                {"queue": queue, "open": opened, "taken": taken, "unreviewed": unreviewed}
                for queue, (opened, taken, unreviewed) in sorted(self._changes.items())
            ],
        )

    def _add(self, standing: Standing | None, sign: int) -> None:
        if standing is None:
            return
        change = self._changes.setdefault(standing.queue, [0, 0, 0])
        change[0] += sign * standing.open
        change[1] += sign * standing.taken
        change[2] += sign * standing.unreviewed
