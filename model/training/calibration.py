"""Make a model's confidence honest: one temperature for all labels (Guo et al. 2017, "On calibration…")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.probabilities import softmax

_TEMPERATURES = np.geomspace(0.2, 5.0, 161)


def best_temperature(scores: NDArray[Any], truths: Sequence[int]) -> float:
    """Return the temperature with the least negative log-likelihood of `truths` under `scores` (mails, labels)."""
    rows = np.arange(len(truths))
    losses = [-np.log(softmax(scores, float(t))[rows, list(truths)] + 1e-12).mean() for t in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)
