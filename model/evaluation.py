"""How good a classifier is on labelled mail: plain figures, the same for every runtime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.corpus import Example
from routing.classifier import Classifier

_BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelScore:
    """One label's figures, 0 to 1."""

    label: str
    precision: float
    recall: float
    f1: float
    examples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceScore:
    """The figures of a part of the mails, such as one language."""

    name: str
    accuracy: float
    macro_f1: float
    examples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdScore:
    """What is gained by asking a human below a threshold."""

    threshold: float
    routed: float
    """Share of mails with at least that confidence."""
    accuracy: float
    """Accuracy among them; 0 when there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """How often one label was taken for another."""

    truth: str
    said: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """All figures of one classifier on one set of mails."""

    examples: int
    accuracy: float
    macro_f1: float
    """The mean F1 of the labels that occur among the truths."""
    ece: float
    """Expected calibration error of the top label's confidence: 15 equal bins."""
    labels: tuple[LabelScore, ...]
    languages: tuple[SliceScore, ...]
    thresholds: tuple[ThresholdScore, ...]
    confusions: tuple[Confusion, ...]
    """The most frequent first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One mail judged: what is true, what was said, and how surely (0 to 1)."""

    truth: str
    said: str
    confidence: float
    language: str = ""


def evaluate(classifier: Classifier, examples: Sequence[Example]) -> Evaluation:
    """Ask `classifier` about every example and return the figures.

    Raises:
        ValueError: There is no example.
    """
    predictions = classifier.classify([example.mail for example in examples])
    return summarise(
        [
            Outcome(
                truth=example.label,
                said=prediction.label,
                confidence=prediction.confidence,
                language=example.language,
            )
            for example, prediction in zip(examples, predictions, strict=True)
        ]
    )


def summarise(outcomes: Sequence[Outcome]) -> Evaluation:
    """Return the figures of `outcomes`.

    Raises:
        ValueError: There is none.
    """
    if not outcomes:
        raise ValueError("there is nothing to evaluate")
    labels = _label_scores(outcomes)
    wrong = Counter((outcome.truth, outcome.said) for outcome in outcomes if outcome.truth != outcome.said)
    return Evaluation(
        examples=len(outcomes),
        accuracy=_accuracy(outcomes),
        macro_f1=_macro_f1(labels),
        ece=expected_calibration_error(outcomes),
        labels=labels,
        languages=tuple(
            _slice(language, [outcome for outcome in outcomes if outcome.language == language])
            for language in sorted({outcome.language for outcome in outcomes})
        ),
        thresholds=tuple(_threshold(threshold, outcomes) for threshold in THRESHOLDS),
        confusions=tuple(
            Confusion(truth=truth, said=said, count=count) for (truth, said), count in sorted(wrong.items(), key=_often)
        ),
    )


def expected_calibration_error(outcomes: Sequence[Outcome]) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins, weighted by their size."""
    bins: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        bins.setdefault(min(int(outcome.confidence * _BINS), _BINS - 1), []).append(outcome)
    gaps = (
        len(members) * abs(_accuracy(members) - sum(outcome.confidence for outcome in members) / len(members))
        for members in bins.values()
    )
    return sum(gaps) / len(outcomes)


def _often(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]


def _accuracy(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.truth == outcome.said for outcome in outcomes) / len(outcomes) if outcomes else 0.0


def _label_scores(outcomes: Sequence[Outcome]) -> tuple[LabelScore, ...]:
    truths = Counter(outcome.truth for outcome in outcomes)
    said = Counter(outcome.said for outcome in outcomes)
    right = Counter(outcome.truth for outcome in outcomes if outcome.truth == outcome.said)
    return tuple(
        LabelScore(
            label=label,
            precision=right[label] / said[label] if said[label] else 0.0,
            recall=right[label] / truths[label] if truths[label] else 0.0,
            f1=2 * right[label] / (said[label] + truths[label]),
            examples=truths[label],
        )
        for label in sorted(truths | said)
    )


def _macro_f1(labels: Sequence[LabelScore]) -> float:
    present = [score.f1 for score in labels if score.examples]
    return sum(present) / len(present)


def _slice(name: str, outcomes: Sequence[Outcome]) -> SliceScore:
    return SliceScore(
        name=name,
        accuracy=_accuracy(outcomes),
        macro_f1=_macro_f1(_label_scores(outcomes)),
        examples=len(outcomes),
    )


def _threshold(threshold: float, outcomes: Sequence[Outcome]) -> ThresholdScore:
    sure = [outcome for outcome in outcomes if outcome.confidence >= threshold]
    return ThresholdScore(threshold=threshold, routed=len(sure) / len(outcomes), accuracy=_accuracy(sure))
