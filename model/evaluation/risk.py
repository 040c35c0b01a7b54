"""What is gained by leaving the least sure mails to humans (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from model.evaluation.outcome import Outcome

_MOST_POINTS = 200
"""As many as a plot can show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoveragePoint:
    """What happens when mails below one confidence go to a human."""

    confidence: float
    coverage: float
    """Share of mails that the model decides alone."""
    risk: float
    """Share of wrong ones among them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskCoverage:
    """Risk over coverage, from the surest mails alone to all."""

    points: tuple[CoveragePoint, ...]
    area: float
    """Mean risk over all coverages: 0 is best, and the error rate is what a useless confidence gives."""


def risk_coverage(outcomes: Sequence[Outcome]) -> RiskCoverage:
    """Return the curve; mails of one confidence are kept or left together, since no threshold parts them."""
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    points: list[CoveragePoint] = []
    kept = wrong = 0
    area = 0.0
    for confidence, members in groupby(ranked, key=lambda outcome: outcome.confidence):
        tied = list(members)
        kept += len(tied)
        wrong += sum(not outcome.right for outcome in tied)
        area += len(tied) * wrong / kept
        points.append(CoveragePoint(confidence=confidence, coverage=kept / len(ranked), risk=wrong / kept))
    return RiskCoverage(points=tuple(_thinned(points)), area=area / len(ranked))


def _thinned(points: Sequence[CoveragePoint]) -> list[CoveragePoint]:
    """Keep the first and the last point and evenly many between."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    step = (len(points) - 1) / (_MOST_POINTS - 1)
    return [points[round(place * step)] for place in range(_MOST_POINTS)]
