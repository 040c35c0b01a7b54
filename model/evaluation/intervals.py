"""How far chance alone may have moved a figure: 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.evaluation.outcome import Outcome

_Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile: both sides of a 95 % interval."""
RESAMPLES = 1_000
_SEED = 20_261_120
"""Fixed, so that the same mails give the same report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """Where the true figure lies with 95 % confidence."""

    low: float
    high: float


def wilson(right: int, among: int) -> Interval:
    """Return the interval of a share (Wilson 1927), which stays honest for small numbers and near 0 and 1.

    Of no mail nothing is known: 0 to 1.
    """
    if not among:
        return Interval(low=0.0, high=1.0)
    share, weight = right / among, _Z * _Z / among
    centre = (share + weight / 2) / (1 + weight)
    half = _Z * math.sqrt(share * (1 - share) / among + weight / (4 * among)) / (1 + weight)
    return Interval(
        low=0.0 if right == 0 else max(0.0, centre - half), high=1.0 if right == among else min(1.0, centre + half)
    )


def macro_f1_interval(outcomes: Sequence[Outcome], resamples: int = RESAMPLES) -> Interval:
    """Return the interval of the macro-F1 by the percentile bootstrap over mails (Efron 1979).

    Raises:
        ValueError: There is no outcome.
    """
    if not outcomes:
        raise ValueError("there is nothing to resample")
    labels = sorted({outcome.truth for outcome in outcomes} | {outcome.said for outcome in outcomes})
    places = {label: place for place, label in enumerate(labels)}
    truths = np.array([places[outcome.truth] for outcome in outcomes])
    said = np.array([places[outcome.said] for outcome in outcomes])
    hits = np.where(truths == said, truths, len(labels))
    draw = np.random.default_rng(_SEED)
    scores = np.empty(resamples)
    for turn in range(resamples):
        chosen = draw.integers(0, len(outcomes), len(outcomes))
        true = np.bincount(truths[chosen], minlength=len(labels))
        both = true + np.bincount(said[chosen], minlength=len(labels))
        right = np.bincount(hits[chosen], minlength=len(labels) + 1)[:-1]
        present = true > 0
        scores[turn] = (2 * right[present] / both[present]).mean()
    low, high = np.quantile(scores, [0.025, 0.975])
    return Interval(low=float(low), high=float(high))


def difference_interval(only_first: int, only_second: int, among: int, resamples: int = 10 * RESAMPLES) -> Interval:
    """Return the interval of a paired difference in accuracy, second less first, by the percentile bootstrap.

    Args:
        only_first: Mails that only the first got right.
        only_second: Mails that only the second got right.
        among: All mails; at least one.
        resamples: How often the mails are drawn again. Only the counts matter, so each draw is one multinomial.
    """
    shares = (only_first / among, only_second / among, (among - only_first - only_second) / among)
    drawn = np.random.default_rng(_SEED).multinomial(among, shares, size=resamples)
    low, high = np.quantile((drawn[:, 1] - drawn[:, 0]) / among, [0.025, 0.975])
    return Interval(low=float(low), high=float(high))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's test (1947), exact: how often a fair coin parts them as far or farther.

    Args:
        only_first: Mails that only the first got right.
        only_second: Mails that only the second got right.
    """
    disagreed, fewer = only_first + only_second, min(only_first, only_second)
    term = tail = 1
    for place in range(fewer):
        term = term * (disagreed - place) // (place + 1)
        tail += term
    # Python divides whole numbers of any size exactly.
    return min(1.0, 2 * tail / (1 << disagreed))
