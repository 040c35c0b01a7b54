"""What a model was found to keep: a precision, and the thresholds above which it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A precision that a model keeps among the mails it decides alone, checked on mails it had not learnt from.

    For each label in `alone`, of the mails decided alone as that label at least `precision` are right; for all other
    labels, of the mails decided alone as any of them together. All of these hold at once, and so does the promise for
    all mails together, unless the checked mails flattered, which happens with probability `delta` at most.
    """

    precision: float
    """The least share of mails, 0 to 1, that are right among those decided alone."""
    delta: float
    """The greatest probability, over the draw of the checked mails, that the promise is not kept."""
    thresholds: Mapping[str, float | None]
    """Label to the least probability at which it is decided alone; None: never, since nothing could be promised."""
    alone: tuple[str, ...]
    """The labels that had enough checked mails for a promise of their own."""
    mails: int
    """Mails it was checked on."""
    routed: float
    """Share of them, 0 to 1, that were decided without a human at these thresholds."""

    @property
    def is_empty(self) -> bool:
        """Whether no label could be promised anything."""
        return all(threshold is None for threshold in self.thresholds.values())


def promise_for(promises: tuple[Promise, ...], precision: float) -> Promise | None:
    """Return the least strict promise that is as strict as `precision`, or None when there is none."""
    enough = [promise for promise in promises if promise.precision >= precision - 1e-9]
    return min(enough, key=lambda promise: promise.precision, default=None)
