"""How good predictions are, and between which limits that is known.

Intervals come from resampling whole groups (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8):
claims of one policy resemble each other, and resampling single rows would make every interval too narrow. All scores
of a comparison are computed on the same draws, so that the difference of two models has an interval of its own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Weights = npt.NDArray[np.uint8]

BINS: Final = 10
AT_ONCE: Final = 64  # draws of which the weights are numbers of eight bytes at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A score, and the limits between which 95 of 100 draws lie."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Predictions of about the same confidence: how sure they were on average, and how often right."""

    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """How well one class is found."""

    label: str
    rows: int
    precision: float
    recall: float
    f1: float


def pairs(truth: Ints, predicted: Ints, groups: Ints, classes: int) -> Floats:
    """Count, for each group, the pairs of true and predicted class: shape (groups, classes, classes)."""
    counted = np.zeros((int(groups.max(initial=-1)) + 1, classes, classes))
    np.add.at(counted, (groups, truth, predicted), 1.0)
    return counted


def accuracy(confusion: Floats) -> Floats:
    """Share of right predictions of confusions of shape (..., classes, classes)."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return np.asarray(right / np.maximum(confusion.sum(axis=(-2, -1)), 1.0))


def f1(confusion: Floats) -> Floats:
    """F1 of each class, of shape (..., classes); 0 where a class is neither there nor predicted."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return np.asarray(2 * right / np.maximum(confusion.sum(axis=-1) + confusion.sum(axis=-2), 1.0))


def macro_f1(confusion: Floats) -> Floats:
    """The mean F1 of the classes, each as heavy as another."""
    return np.asarray(f1(confusion).mean(axis=-1))


def draws(groups: int, resamples: int, seed: int) -> Weights:
    """How often each group is drawn, of shape (resamples, groups): a byte each, for there may be many groups."""
    generator = np.random.default_rng(seed)
    weights = np.empty((resamples, groups), dtype=np.uint8)
    for row in weights:
        row[:] = np.bincount(generator.integers(0, groups, groups), minlength=groups)
    return weights


def drawn(counted: Floats, weights: Weights) -> Floats:
    """The confusion of each draw, of shape (resamples, classes, classes)."""
    flat = counted.reshape(len(counted), -1)
    parts = [weights[start : start + AT_ONCE] @ flat for start in range(0, len(weights), AT_ONCE)]
    return np.concatenate(parts).reshape(len(weights), *counted.shape[1:])


def interval(value: Floats | float, of_draws: Floats) -> Interval:
    """A score with the limits that its draws give."""
    low, high = np.quantile(of_draws, (0.025, 0.975))
    return Interval(value=float(value), low=float(low), high=float(high))


def class_scores(confusion: Floats, labels: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each class."""
    right, true, said = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    harmonic = f1(confusion)
    return tuple(
        ClassScore(
            label=label,
            rows=int(true[index]),
            precision=float(right[index] / max(said[index], 1.0)),
            recall=float(right[index] / max(true[index], 1.0)),
            f1=float(harmonic[index]),
        )
        for index, label in enumerate(labels)
    )


def log_loss(truth: Ints, probabilities: Floats) -> float:
    """The mean of -log(probability of the truth), which is never taken for less than 1e-15."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(of_truth, 1e-15)).mean())


def calibration(truth: Ints, probabilities: Floats) -> tuple[float, tuple[Bin, ...]]:
    """The expected calibration error of the predicted class, and the bins that it is the mean of.

    Guo et al., On Calibration of Modern Neural Networks, 2017; with bins of about equal size, which small tests need.
    Rows of one confidence stay in one bin, so that their order makes no difference.
    """
    values, of_row, rows = np.unique(probabilities.max(axis=1), return_inverse=True, return_counts=True)
    right = np.bincount(of_row, weights=probabilities.argmax(axis=1) == truth, minlength=len(values))
    # A value belongs where the middle of its rows is, all of them in line.
    of_value = (BINS * (np.cumsum(rows) - rows / 2) / max(len(truth), 1)).astype(int)
    bins = tuple(
        Bin(
            rows=int(rows[part].sum()),
            confidence=float(np.average(values[part], weights=rows[part])),
            accuracy=float(right[part].sum() / rows[part].sum()),
        )
        for part in (of_value == number for number in range(BINS))
        if part.any()
    )
    error = sum(bin_.rows * abs(bin_.confidence - bin_.accuracy) for bin_ in bins) / max(len(truth), 1)
    return error, bins
