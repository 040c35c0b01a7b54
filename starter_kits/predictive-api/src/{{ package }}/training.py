"""Training of the bundled model: logistic regression by gradient descent, from a CSV of claims that experts judged."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from .claim import Claim
from .errors import UnusableError
from .logistic import LogisticModel, Parameters, Weight, features_of, sigmoid

STEPS = 400
RATE = 1.0
RIDGE = 0.01
"""Pulls weights towards 0, so that a feature that separates the sample does not grow without end."""
HELD_OUT = 5
"""Every fifth claim is judged on, not trained on."""
THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A claim, and whether an expert found something."""

    claim: Claim
    found: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """How good a model is on claims that it was not trained on."""

    claims: int
    accuracy: float
    auc: float
    """Probability that a claim with a finding scores above one without."""


def read_judged(path: Path) -> list[Judged]:
    """Read claims from a CSV whose last column is `found` (0 or 1).

    Raises:
        UnusableError: the file cannot be read, or a row is wrong; one sentence says which.
    """
    judged = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                found = row.pop("found", None)
                if found not in {"0", "1"}:
                    raise UnusableError(f"{path}, line {number}: found must be 0 or 1.")
                judged.append(Judged(claim=Claim.model_validate_strings(row), found=found == "1"))
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UnusableError(f"{path}, line {number}: {first['loc'][0]}: {first['msg']}.") from None
    return judged


def fit(judged: Sequence[Judged]) -> Parameters:
    """Fit the parameters: the same claims give the same parameters.

    Raises:
        UnusableError: there is only one kind of claim to learn from.
    """
    targets = [float(each.found) for each in judged]
    if len(set(targets)) < len((0, 1)):
        raise UnusableError("A model needs claims with a finding and claims without one.")
    named = [features_of(each.claim) for each in judged]
    names = list(named[0])
    means = {name: _mean([row[name] for row in named]) for name in names}
    deviations = {name: math.sqrt(_mean([(row[name] - means[name]) ** 2 for row in named])) or 1.0 for name in names}
    rows = [[(row[name] - means[name]) / deviations[name] for name in names] for row in named]
    intercept, weights = 0.0, [0.0] * len(names)
    for _ in range(STEPS):
        wrong = [
            sigmoid(intercept + sum(w * x for w, x in zip(weights, row, strict=True))) - target
            for row, target in zip(rows, targets, strict=True)
        ]
        intercept -= RATE * _mean(wrong)
        weights = [
            weight - RATE * (_mean([e * row[at] for e, row in zip(wrong, rows, strict=True)]) + RIDGE * weight)
            for at, weight in enumerate(weights)
        ]
    return Parameters(
        intercept=round(intercept, 6),
        threshold=THRESHOLD,
        weights={
            name: Weight(mean=round(means[name], 6), deviation=round(deviations[name], 6), weight=round(weight, 6))
            for name, weight in zip(names, weights, strict=True)
        },
    )


def judge(parameters: Parameters, judged: Sequence[Judged]) -> Quality:
    """Compare a model with what experts found."""
    model = LogisticModel(parameters, "judged")
    scored = [(model.predict(each.claim).probability, each.found) for each in judged]
    right = sum((score >= parameters.threshold) == found for score, found in scored)
    with_finding = [score for score, found in scored if found]
    without = [score for score, found in scored if not found]
    pairs = [(a > b) + 0.5 * (a == b) for a in with_finding for b in without]
    return Quality(claims=len(scored), accuracy=right / len(scored), auc=_mean(pairs))


def train(data: Path, to: Path) -> Quality:
    """Train a model, write it, and say how good it is.

    Raises:
        UnusableError: the data cannot be used, or the file cannot be written.
    """
    judged = read_judged(data)
    parameters = fit([each for at, each in enumerate(judged) if at % HELD_OUT])
    quality = judge(parameters, judged[::HELD_OUT])
    try:
        to.write_text(parameters.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"{to} cannot be written: {error.strerror}.") from error
    return quality


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
