"""Whether a confidence of 80 % means that 80 mails of 100 are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.evaluation.intervals import Interval, wilson
from model.evaluation.outcome import Outcome

_BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""
SHOWN_BINS = 10
"""Bins of the diagram: fewer, so that each holds mails enough to say something."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """The mails whose confidence lies in one bin."""

    low: float
    high: float
    mails: int
    confidence: float
    """Their mean confidence."""
    accuracy: float
    interval: Interval


def reliability_bins(outcomes: Sequence[Outcome], bins: int = SHOWN_BINS) -> tuple[Bin, ...]:
    """Return the bins that hold a mail, of `bins` equally wide ones from 0 to 1, the least sure first."""
    held: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        held.setdefault(min(int(outcome.confidence * bins), bins - 1), []).append(outcome)
    return tuple(_bin(place / bins, (place + 1) / bins, held[place]) for place in sorted(held))


def expected_calibration_error(outcomes: Sequence[Outcome]) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins, weighted by their size."""
    gaps = (one.mails * abs(one.accuracy - one.confidence) for one in reliability_bins(outcomes, _BINS))
    return sum(gaps) / len(outcomes)


def _bin(low: float, high: float, members: Sequence[Outcome]) -> Bin:
    right = sum(outcome.right for outcome in members)
    return Bin(
        low=low,
        high=high,
        mails=len(members),
        confidence=sum(outcome.confidence for outcome in members) / len(members),
        accuracy=right / len(members),
        interval=wilson(right, len(members)),
    )
