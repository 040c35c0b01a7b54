"""Choosing and fitting a calibration on mails that the model has not learnt from.

A temperature (Guo et al. 2017) has one parameter and cannot overfit; shifting or scaling each label (vector scaling,
with a penalty that pulls towards the temperature, as in Kull et al. 2019's Dirichlet calibration) has one or two a
label and pays where mails are many. The rule: the temperature, unless another's negative log-likelihood,
cross-validated on the same mails, is less by two standard errors of the difference, mail by mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.confidence.calibration import Calibration
from model.probabilities import softmax

_TEMPERATURES = np.geomspace(0.2, 5.0, 161)
_FOLDS = 5
_STEPS = 150
_RATE = 0.05
_PENALTIES = (10.0, 100.0)
"""Of the squared shifts and log-scales, against the sum of the mails' losses."""
_STANDARD_ERRORS = 2.0
_LEAST_MAILS = 10
"""A label with fewer mails than this on average has nothing of its own to be calibrated by."""

Floats = NDArray[np.float64]
Fit = Callable[[Floats, NDArray[Any]], Calibration]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One way to calibrate, judged on mails it was not fitted to."""

    method: str
    loss: float
    """Mean negative log-likelihood, cross-validated."""
    gain: float
    """How much less that is than the temperature's."""
    error: float
    """The standard error of the gain."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibrated:
    """The calibration chosen, and what it makes of the mails it was fitted to when it is fitted without them."""

    calibration: Calibration
    method: str
    probabilities: Floats
    """(mails, labels), each by a calibration fitted to the other folds."""
    trials: tuple[Trial, ...]


def calibrate(scores: NDArray[Any], truths: NDArray[Any], *, seed: int = 13) -> Calibrated:
    """Choose and fit a calibration.

    Args:
        scores: (mails, labels).
        truths: (mails,) numbers of labels.
        seed: Of the folds.
    """
    scores = np.asarray(scores, dtype=np.float64)
    mails, labels = scores.shape
    folds = np.random.default_rng(seed).permutation(mails) % _FOLDS
    methods: dict[str, Fit] = {"temperature": fit_temperature}
    if mails >= _LEAST_MAILS * labels:
        for penalty in _PENALTIES:
            methods[f"offsets, penalty {penalty:g}"] = _vector(penalty, scaled=False)
            methods[f"vector, penalty {penalty:g}"] = _vector(penalty, scaled=True)
    probabilities = {method: _crossed(scores, truths, folds, fit) for method, fit in methods.items()}
    losses = {method: _losses(found, truths) for method, found in probabilities.items()}
    trials = tuple(_trial(method, loss, losses["temperature"]) for method, loss in losses.items())
    better = [trial for trial in trials if trial.gain > _STANDARD_ERRORS * trial.error]
    chosen = min(better, key=lambda trial: trial.loss).method if better else "temperature"
    return Calibrated(
        calibration=methods[chosen](scores, truths),
        method=chosen,
        probabilities=probabilities[chosen],
        trials=trials,
    )


def fit_temperature(scores: Floats, truths: NDArray[Any]) -> Calibration:
    """Return the temperature with the least negative log-likelihood of `truths` under `scores` (mails, labels)."""
    losses = [_losses(softmax(scores, float(each)), truths).mean() for each in _TEMPERATURES]
    return Calibration(temperature=round(float(_TEMPERATURES[int(np.argmin(losses))]), 4))


def _vector(penalty: float, *, scaled: bool) -> Fit:
    """Return a fit of offsets, and of scales if `scaled`, after the best temperature."""

    def fit(scores: Floats, truths: NDArray[Any]) -> Calibration:
        temperature = fit_temperature(scores, truths).temperature
        cooled = scores / temperature
        mails, labels = scores.shape
        wanted = np.zeros(scores.shape)
        wanted[np.arange(mails), truths] = 1
        logs, offsets = np.zeros(labels), np.zeros(labels)
        first, second = np.zeros((2, labels)), np.zeros((2, labels))
        for step in range(1, _STEPS + 1):  # Adam (Kingma and Ba 2015), the rate falling along a cosine
            scales = np.exp(logs)
            gap = softmax(cooled * scales + offsets) - wanted
            slope = np.stack([(gap * cooled).sum(0) * scales + 2 * penalty * logs, gap.sum(0) + 2 * penalty * offsets])
            slope /= mails
            first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / _STEPS))
            move = rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
            logs, offsets = (logs - move[0] if scaled else logs), offsets - move[1]
        return Calibration(
            temperature=temperature,
            scales=tuple(np.exp(logs).round(5).tolist()) if scaled else (),
            offsets=tuple(offsets.round(5).tolist()),
        )

    return fit


def _crossed(scores: Floats, truths: NDArray[Any], folds: NDArray[Any], fit: Fit) -> Floats:
    """Return the probabilities of each fold by a calibration fitted to the others."""
    probabilities = np.empty_like(scores)
    for fold in np.unique(folds):
        left_out = folds == fold
        probabilities[left_out] = fit(scores[~left_out], truths[~left_out]).probabilities(scores[left_out])
    return probabilities


def _losses(probabilities: Floats, truths: NDArray[Any]) -> Floats:
    losses: Floats = -np.log(probabilities[np.arange(len(truths)), truths] + 1e-12)
    return losses


def _trial(method: str, losses: Floats, reference: Floats) -> Trial:
    gains = reference - losses
    return Trial(
        method=method,
        loss=float(losses.mean()),
        gain=float(gains.mean()),
        error=float(gains.std() / np.sqrt(len(gains))),
    )
