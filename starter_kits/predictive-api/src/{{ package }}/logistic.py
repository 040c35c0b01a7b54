"""The bundled model: logistic regression over six features, kept as readable JSON."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from .claim import Claim
from .model import Prediction, Reason

REASONS = 3
"""How many features a prediction names."""


def features_of(claim: Claim) -> dict[str, float]:
    """Return what the model looks at. Amounts and days count by their logarithm: 100 more matters less at 10,000."""
    return {
        "amount_eur": math.log1p(claim.amount_eur),
        "policy_age_days": math.log1p(claim.policy_age_days),
        "report_delay_days": math.log1p(claim.report_delay_days),
        "claims_last_year": float(claim.claims_last_year),
        "documents": math.log1p(claim.documents),
        "line_travel": float(claim.line == "travel"),
    }


class Weight(BaseModel):
    """One feature's weight, after it was made mean 0 and deviation 1."""

    model_config = ConfigDict(frozen=True)

    mean: float
    deviation: float
    weight: float


class Parameters(BaseModel):
    """What training writes."""

    model_config = ConfigDict(frozen=True)

    intercept: float
    threshold: float
    weights: dict[str, Weight]


class LogisticModel:
    """Scores claims with the parameters of a file."""

    def __init__(self, parameters: Parameters, version: str) -> None:
        """Args: version: what predictions call this model."""
        self.version = version
        self._parameters = parameters

    @classmethod
    def read(cls, path: Path) -> LogisticModel:
        """Read a model; its version is that of its content. Raises OSError or ValueError."""
        content = path.read_bytes()
        return cls(Parameters.model_validate_json(content), f"logistic-{hashlib.sha256(content).hexdigest()[:12]}")

    def predict(self, claim: Claim) -> Prediction:
        """Predict."""
        weights = self._parameters.weights
        effects = {
            name: weights[name].weight * (value - weights[name].mean) / weights[name].deviation
            for name, value in features_of(claim).items()
        }
        probability = sigmoid(self._parameters.intercept + sum(effects.values()))
        strongest = sorted(effects.items(), key=lambda item: (-abs(item[1]), item[0]))[:REASONS]
        return Prediction(
            label="review" if probability >= self._parameters.threshold else "pay",
            probability=round(probability, 6),
            reasons=tuple(Reason(feature=name, effect=round(effect, 4)) for name, effect in strongest),
            model_version=self.version,
        )


def sigmoid(score: float) -> float:
    """Return the probability of a score in log-odds, without overflow."""
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    return math.exp(score) / (1 + math.exp(score))
