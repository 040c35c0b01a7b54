"""Whether a model's promises were kept on the mails at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.evaluation.intervals import Interval, wilson
from model.evaluation.outcome import Outcome
from routing.promise import Promise


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One promise, and what became of it."""

    precision: float
    """The share of right labels that is promised among the mails decided alone."""
    routed: float
    """Share of mails decided without a human at the promise's thresholds."""
    mails: int
    """How many those are."""
    accuracy: float
    """Share of right ones among them; 0 when there is none."""
    interval: Interval
    promised_on: int
    """Mails that the promise was checked on when it was made."""

    @property
    def broken(self) -> bool:
        """Whether even chance cannot excuse what was measured: the whole 95 % interval lies below the promise."""
        return self.mails > 0 and self.interval.high < self.precision


def kept(promise: Promise, outcomes: Sequence[Outcome]) -> Kept:
    """Hold a promise against `outcomes`, of which there must be one."""
    alone = [outcome for outcome in outcomes if _is_alone(promise, outcome)]
    right = sum(outcome.right for outcome in alone)
    return Kept(
        precision=promise.precision,
        routed=len(alone) / len(outcomes),
        mails=len(alone),
        accuracy=right / len(alone) if alone else 0.0,
        interval=wilson(right, len(alone)),
        promised_on=promise.mails,
    )


def _is_alone(promise: Promise, outcome: Outcome) -> bool:
    threshold = promise.thresholds.get(outcome.said)
    return threshold is not None and outcome.confidence >= threshold and not outcome.is_stranger
