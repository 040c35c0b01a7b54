"""From a model's scores to a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.classifier import Prediction, Score


def softmax(logits: NDArray[Any], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return the probabilities of `logits` (…, labels) divided by `temperature`, in float64, summing to 1.

    Raises:
        ArithmeticError: A logit is not finite; a wrong queue must not look like a decision.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if not np.isfinite(scaled).all():
        raise ArithmeticError("the model gave a score that is not a finite number")
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def prediction_of(
    labels: Sequence[str], probabilities: NDArray[np.float64], stranger: float | None = None
) -> Prediction:
    """Return every label with its probability (`probabilities`: one a label), the most probable first."""
    order = np.argsort(-probabilities, kind="stable")
    return Prediction(
        scores=tuple(Score(label=labels[i], probability=float(probabilities[i])) for i in order), stranger=stranger
    )
