"""How far confidence is from the share of being right, and how far it would be by chance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal width, as in Guo et al. 2017."""
_DRAWS = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Honesty:
    """The expected calibration error of a set of mails, beside what a perfectly calibrated model would show on it."""

    error: float
    """The mean gap between confidence and the share of being right, over 15 equal bins, weighted by their mails."""
    floor: float
    """The mean of the same if every mail were right with exactly its probability: mails are few, so it is not 0."""
    ceiling: float
    """What such a model exceeds once in twenty sets."""


def honesty(confidence: Floats, right: NDArray[Any], *, seed: int = 13) -> Honesty:
    """Return the calibration error of mails given their confidence (mails,) and whether the label was right (mails,).

    Raises:
        ValueError: There is no mail.
    """
    if not len(confidence):
        raise ValueError("there is no mail to judge confidence by")
    draw = np.random.default_rng(seed)
    chance = [_error(confidence, draw.random(len(confidence)) < confidence) for _ in range(_DRAWS)]
    return Honesty(
        error=_error(confidence, right),
        floor=float(np.mean(chance)),
        ceiling=float(np.quantile(chance, 0.95)),
    )


def _error(confidence: Floats, right: NDArray[Any]) -> float:
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return float(np.abs(np.bincount(bins, np.asarray(right, np.float64) - confidence, BINS)).sum() / len(confidence))
