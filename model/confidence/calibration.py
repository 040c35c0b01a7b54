"""From scores to probabilities that are shares of being right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.probabilities import softmax


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Scores, divided by a temperature (Guo et al. 2017), then scaled and shifted label by label (vector scaling).

    Without `scales` and `offsets` the order of the labels is the scores' own.
    """

    temperature: float = 1.0
    scales: tuple[float, ...] = ()
    """What each label's score is multiplied by after the temperature; empty: 1."""
    offsets: tuple[float, ...] = ()
    """What is added then; empty: 0."""

    def probabilities(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Return the probabilities (…, labels) of `scores`, summing to 1.

        Raises:
            ArithmeticError: A score is not finite.
        """
        scaled = np.asarray(scores, dtype=np.float64) / self.temperature
        if self.scales:
            scaled = scaled * np.asarray(self.scales)
        if self.offsets:
            scaled = scaled + np.asarray(self.offsets)
        return softmax(scaled)
