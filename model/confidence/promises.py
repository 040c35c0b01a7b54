"""Thresholds for a promised precision, with a guarantee for any model and any distribution of mails.

Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv:2110.01052) with fixed-sequence testing. The
risk is the share of wrong labels among the mails decided alone. "At this threshold the risk is above the promised one"
is tested threshold by threshold, the strictest first, each with the exact binomial tail at level delta; the first that
is not rejected ends it, so that no correction for their number is needed. The grid is fixed beforehand. A threshold
that too few mails reach could never be rejected; the sequence begins at the first that enough mails reach, which looks
at how many they are and never at whether they were right.

Labels with few checked mails cannot be promised anything one by one; they are pooled and share one threshold and one
promise. Groups (each label with enough mails, and the pool) are tested at delta divided by their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.confidence.binomial import least_size, tail
from routing.promise import Promise

PRECISIONS = (0.90, 0.95, 0.97, 0.98, 0.99)
DELTA = 0.1
"""One calibration in ten may break its promise: the level of the method's authors."""
_GRID = np.unique(np.concatenate([np.arange(0.0, 1.0, 0.001), 1 - np.geomspace(1e-5, 1e-3, 20)]))[::-1].round(6)
_TOLERATED = (2, 1, 0)
"""Errors that the first threshold of a sequence may show; more give power, but need more mails."""
_START_SHARE = 1 / 3
"""The first threshold takes at most this share of a group's mails, else there is little left to gain."""
_OWN_MAILS = 2.0
"""A label gets a promise of its own when it has this many times the mails that a promise needs at least..."""
_OWN_PRECISION = 0.97
"""... at this precision, so that the groups are the same for all."""

Floats = NDArray[np.float64]


def make_promises(
    labels: Sequence[str],
    probabilities: Floats,
    truths: NDArray[Any],
    *,
    precisions: Sequence[float] = PRECISIONS,
    delta: float = DELTA,
) -> tuple[Promise, ...]:
    """Return one promise for each of `precisions`, the least strict first, with thresholds that rise with it.

    Args:
        labels: In the order of the model's scores.
        probabilities: (mails, labels), of mails that the model has not learnt from, calibrated without them.
        truths: (mails,) numbers of labels.
        precisions: What to promise.
        delta: The greatest probability that a promise is not kept.
    """
    said, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = said != truths
    own = _own_labels(np.bincount(said, minlength=len(labels)), delta)
    rest = [number for number in range(len(labels)) if number not in own]
    groups = [[number] for number in own] + ([rest] if rest else [])
    least: list[float | None] = [0.0] * len(labels)
    made: list[Promise] = []
    for precision in sorted(precisions):
        for group in groups:
            members = np.isin(said, group)
            found = threshold_for(confidence[members], wrong[members], precision=precision, delta=delta / len(groups))
            for number in group:
                least[number] = _stricter(found, least[number])
        bars = np.array([np.inf if threshold is None else threshold for threshold in least])
        made.append(
            Promise(
                precision=precision,
                delta=delta,
                thresholds=dict(zip(labels, least, strict=True)),
                alone=tuple(labels[number] for number in own),
                mails=len(truths),
                routed=round(float((confidence >= bars[said]).mean()), 4),
            )
        )
    return tuple(made)


def threshold_for(confidence: Floats, wrong: NDArray[np.bool_], *, precision: float, delta: float) -> float | None:
    """Return the least threshold of the grid at which `precision` is certain but for `delta`; None when there is none.

    Args:
        confidence: (mails,) the probability of the label that was said.
        wrong: (mails,) whether that label was wrong.
        precision: The least share of right labels among the mails at or above the threshold.
        delta: The level of the tests.
    """
    rate = 1 - precision
    order = np.argsort(-confidence, kind="stable")
    errors = np.concatenate([[0], np.cumsum(wrong[order])])
    reached = np.searchsorted(-confidence[order], -_GRID, side="right")
    start = _start(len(confidence), rate, delta)
    found: float | None = None
    tested = -1
    for threshold, size in zip(_GRID, reached, strict=True):
        if size < start:
            continue
        if size != tested and tail(int(errors[size]), int(size), rate) > delta:
            break
        found, tested = float(threshold), int(size)
    return found


def _start(size: int, rate: float, delta: float) -> int:
    """Return how many mails the first threshold must take."""
    sizes = [least_size(errors, rate, delta) for errors in _TOLERATED]
    return next((needed for needed in sizes if needed <= size * _START_SHARE), sizes[-1])


def _own_labels(counts: NDArray[Any], delta: float) -> list[int]:
    """Return the labels with enough mails, counting that the level is shared among as many groups as they make."""
    own: list[int] = []
    for number in np.argsort(-counts, kind="stable"):
        groups = len(own) + 2  # with this one, and the pool
        if counts[number] < _OWN_MAILS * least_size(_TOLERATED[0], 1 - _OWN_PRECISION, delta / groups):
            break
        own.append(int(number))
    return sorted(own)


def _stricter(found: float | None, least: float | None) -> float | None:
    """Return a threshold no lower than that of a smaller promise, which chance alone can have put higher."""
    return None if found is None or least is None else max(found, least)
