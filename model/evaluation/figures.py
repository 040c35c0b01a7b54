"""Plain figures of one classifier on one set of mails, the same for every runtime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.corpus import Example
from model.evaluation.intervals import Interval, wilson
from model.evaluation.outcome import Outcome, outcome_of
from model.evaluation.reliability import expected_calibration_error
from routing.classifier import Classifier

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
LENGTHS = (20, 60, 150)
"""Last number of words of each slice by length, but for the longest mails."""
LENGTH_NAMES = ("0-20", "21-60", "61-150", "151+")
_FEW = 3
"""How many labels an agent who corrects a mail is offered at a glance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelScore:
    """One label's figures, 0 to 1, each with its 95 % interval."""

    label: str
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    f1: float
    examples: int
    """Mails that have this label."""
    said: int
    """Mails that were given it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceScore:
    """The figures of a part of the mails, such as one language."""

    name: str
    accuracy: float
    accuracy_interval: Interval
    macro_f1: float
    ece: float
    examples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdScore:
    """What is gained by asking a human below a threshold."""

    threshold: float
    routed: float
    """Share of mails with at least that confidence, strangers apart."""
    accuracy: float
    """Accuracy among them; 0 when there is none."""
    accuracy_interval: Interval
    mails: int
    """How many those are."""


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
    accuracy_interval: Interval
    top3: float
    """Share of mails whose label is among the three most probable; 0 where ranks are not known."""
    macro_f1: float
    """The mean F1 of the labels that occur among the truths."""
    ece: float
    """Expected calibration error of the top label's confidence: 15 equal bins."""
    labels: tuple[LabelScore, ...]
    languages: tuple[SliceScore, ...]
    lengths: tuple[SliceScore, ...]
    """By number of words, the shortest first; slices without a mail are left out."""
    thresholds: tuple[ThresholdScore, ...]
    confusions: tuple[Confusion, ...]
    """The most frequent first."""


def evaluate(classifier: Classifier, examples: Sequence[Example]) -> Evaluation:
    """Ask `classifier` about every example and return the figures.

    Raises:
        ValueError: There is no example.
    """
    predictions = classifier.classify([example.mail for example in examples])
    return summarise([outcome_of(*pair) for pair in zip(examples, predictions, strict=True)])


def summarise(outcomes: Sequence[Outcome]) -> Evaluation:
    """Return the figures of `outcomes`.

    Raises:
        ValueError: There is none.
    """
    if not outcomes:
        raise ValueError("there is nothing to evaluate")
    labels = _label_scores(outcomes)
    wrong = Counter((outcome.truth, outcome.said) for outcome in outcomes if not outcome.right)
    return Evaluation(
        examples=len(outcomes),
        accuracy=_accuracy(outcomes),
        accuracy_interval=_interval(outcomes),
        top3=sum(0 < outcome.rank <= _FEW for outcome in outcomes) / len(outcomes),
        macro_f1=_macro_f1(labels),
        ece=expected_calibration_error(outcomes),
        labels=labels,
        languages=tuple(
            _slice(language, [outcome for outcome in outcomes if outcome.language == language])
            for language in sorted({outcome.language for outcome in outcomes})
        ),
        lengths=_lengths(outcomes),
        thresholds=tuple(threshold_score(threshold, outcomes) for threshold in THRESHOLDS),
        confusions=tuple(
            Confusion(truth=truth, said=said, count=count) for (truth, said), count in sorted(wrong.items(), key=_often)
        ),
    )


def threshold_score(threshold: float, outcomes: Sequence[Outcome]) -> ThresholdScore:
    """Return what the mails with at least a confidence of `threshold` give; `outcomes` must not be empty."""
    sure = [outcome for outcome in outcomes if outcome.confidence >= threshold and not outcome.is_stranger]
    return ThresholdScore(
        threshold=threshold,
        routed=len(sure) / len(outcomes),
        accuracy=_accuracy(sure),
        accuracy_interval=_interval(sure),
        mails=len(sure),
    )


def _often(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]


def _accuracy(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.right for outcome in outcomes) / len(outcomes) if outcomes else 0.0


def _interval(outcomes: Sequence[Outcome]) -> Interval:
    return wilson(sum(outcome.right for outcome in outcomes), len(outcomes))


def _label_scores(outcomes: Sequence[Outcome]) -> tuple[LabelScore, ...]:
    truths = Counter(outcome.truth for outcome in outcomes)
    said = Counter(outcome.said for outcome in outcomes)
    right = Counter(outcome.truth for outcome in outcomes if outcome.right)
    return tuple(
        LabelScore(
            label=label,
            precision=right[label] / said[label] if said[label] else 0.0,
            precision_interval=wilson(right[label], said[label]),
            recall=right[label] / truths[label] if truths[label] else 0.0,
            recall_interval=wilson(right[label], truths[label]),
            f1=2 * right[label] / (said[label] + truths[label]),
            examples=truths[label],
            said=said[label],
        )
        for label in sorted(truths | said)
    )


def _macro_f1(labels: Sequence[LabelScore]) -> float:
    present = [score.f1 for score in labels if score.examples]
    return sum(present) / len(present)


def length_of(outcome: Outcome) -> str:
    """Return the slice by length that a mail belongs to, such as `21-60` words."""
    return LENGTH_NAMES[sum(outcome.words > most for most in LENGTHS)]


def _lengths(outcomes: Sequence[Outcome]) -> tuple[SliceScore, ...]:
    slices: dict[str, list[Outcome]] = {name: [] for name in LENGTH_NAMES}
    for outcome in outcomes:
        slices[length_of(outcome)].append(outcome)
    return tuple(_slice(name, members) for name, members in slices.items() if members)


def _slice(name: str, outcomes: Sequence[Outcome]) -> SliceScore:
    return SliceScore(
        name=name,
        accuracy=_accuracy(outcomes),
        accuracy_interval=_interval(outcomes),
        macro_f1=_macro_f1(_label_scores(outcomes)),
        ece=expected_calibration_error(outcomes),
        examples=len(outcomes),
    )
