"""What a task does with an error: the total map from `routing.errors` to retry, drop or fail.

A mail's own errors never come here: `routing.route` turns them into outcomes. What comes here befell the work itself,
and the work is never lost by it, since leases expire and sweeps ring again.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from enum import Enum

from routing.errors import Conflict, FacteurError, Rejected, Retryable

log = logging.getLogger(__name__)


class Consequence(Enum):
    """What becomes of the task."""

    RETRY = "retry"
    """Nothing is done: the next sweep rings for the same work."""
    DROP = "drop"
    """The state has moved on; there is nothing left to do."""
    FAIL = "fail"
    """Somebody must mend something: the task fails, with its traceback in the log."""


CONSEQUENCES: dict[type[FacteurError], Consequence] = {
    Retryable: Consequence.RETRY,
    Conflict: Consequence.DROP,
    Rejected: Consequence.FAIL,
}


def consequence_of(error: FacteurError) -> Consequence:
    """Return what a task does when this error reaches it."""
    return next((what for kind, what in CONSEQUENCES.items() if isinstance(error, kind)), Consequence.FAIL)


def forgiving(task: Callable[[], None]) -> Callable[[], None]:
    """Wrap a task's body: errors that pass by themselves become one line in the log."""

    @functools.wraps(task)
    def wrapped() -> None:
        try:
            task()
        except FacteurError as error:
            consequence = consequence_of(error)
            if consequence is Consequence.FAIL:
                raise
            log.warning("%s (%s)", error, consequence.value)

    return wrapped
