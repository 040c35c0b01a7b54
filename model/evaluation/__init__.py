"""How good a classifier is on labelled mail: the figures, a rival to measure it by, and two models side by side."""

from __future__ import annotations

from model.evaluation.figures import (
    THRESHOLDS,
    Confusion,
    Evaluation,
    LabelScore,
    SliceScore,
    ThresholdScore,
    evaluate,
    summarise,
)
from model.evaluation.intervals import Interval, wilson
from model.evaluation.outcome import Outcome
from model.evaluation.reliability import Bin, expected_calibration_error, reliability_bins
from model.evaluation.risk import RiskCoverage, risk_coverage

__all__ = [
    "THRESHOLDS",
    "Bin",
    "Confusion",
    "Evaluation",
    "Interval",
    "LabelScore",
    "Outcome",
    "RiskCoverage",
    "SliceScore",
    "ThresholdScore",
    "evaluate",
    "expected_calibration_error",
    "reliability_bins",
    "risk_coverage",
    "summarise",
    "wilson",
]
