"""Everything that a report says of a model: its figures, its rival's, and what the reader must be warned of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.confidence.honesty import Honesty, honesty
from model.corpus import Example
from model.evaluation.baseline import HOW_TO_INSTALL, cross_validated_baseline, trained_baseline
from model.evaluation.comparison import Comparison, compare
from model.evaluation.figures import Evaluation, summarise
from model.evaluation.foreign import Foreign, foreign
from model.evaluation.intervals import Interval, macro_f1_interval
from model.evaluation.judged import Judged, Step, judge
from model.evaluation.keeping import Kept, kept
from model.evaluation.outcome import corpus_digest
from model.evaluation.reliability import Bin, reliability_bins
from model.evaluation.risk import RiskCoverage, risk_coverage
from routing.classifier import Classifier
from routing.errors import ConfigurationError
from routing.promise import Promise

_FEW_MAILS = 100
_SHOWN_NAMES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """Something to warn the reader of: a key of the report's words, and what to fill in."""

    key: str
    values: dict[str, str | int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """A model, or the baseline, with its figures."""

    judged: Judged
    evaluation: Evaluation
    macro_f1_interval: Interval
    bins: tuple[Bin, ...]
    risk: RiskCoverage
    honesty: Honesty
    """The calibration error, beside what chance alone makes of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """What a report is written from; no mail's text is in it."""

    corpus: str
    """Digest of the mails with their labels."""
    model: Contestant
    baseline: Contestant | None
    versus: Comparison | None
    """The model against the baseline, which is the first."""
    promises: tuple[Kept, ...]
    """What the model promises and how it was kept on these mails; empty when it promises nothing."""
    foreign: Foreign | None
    """How it knows strangers; None when it has no sense for them."""
    notices: tuple[Notice, ...]


def assess(
    classifier: Classifier,
    examples: Sequence[Example],
    train: Sequence[Example] = (),
    promises: Sequence[Promise] = (),
    listen: Callable[[Step], None] = lambda _: None,
) -> Assessment:
    """Judge a classifier and the baseline on the same mails.

    Args:
        classifier: The model.
        examples: The mails to judge it by.
        train: What the baseline learns from; when empty, it is cross-validated on `examples`.
        promises: What the model promises.
        listen: Told how far it is.

    Raises:
        ConfigurationError: There is no example, the model knows none of their labels, or it fails on one.
    """
    unknown = _unknown_labels(classifier, examples)
    model = contestant(judge(classifier, examples, listen))
    rival, notices = _baseline(examples, train, listen)
    baseline = contestant(rival) if rival else None
    return Assessment(
        corpus=corpus_digest(model.judged.outcomes),
        model=model,
        baseline=baseline,
        versus=compare(baseline.judged, model.judged) if baseline else None,
        promises=tuple(kept(promise, model.judged.outcomes) for promise in promises),
        foreign=foreign(model.judged.outcomes, classifier.labels),
        notices=(*_corpus_notices(classifier, model), *unknown, *notices),
    )


def contestant(judged: Judged) -> Contestant:
    """Return a model's figures; it must have judged a mail."""
    return Contestant(
        judged=judged,
        evaluation=summarise(judged.outcomes),
        macro_f1_interval=macro_f1_interval(judged.outcomes),
        bins=reliability_bins(judged.outcomes),
        risk=risk_coverage(judged.outcomes),
        honesty=honesty(
            np.array([outcome.confidence for outcome in judged.outcomes]),
            np.array([outcome.right for outcome in judged.outcomes]),
        ),
    )


def _unknown_labels(classifier: Classifier, examples: Sequence[Example]) -> list[Notice]:
    counts = Counter(example.label for example in examples if example.label not in classifier.labels)
    if counts and sum(counts.values()) == len(examples):
        raise ConfigurationError(
            f"the model {classifier.version} knows none of the labels of these mails ({_names(sorted(counts))}); it "
            f"knows {_names(classifier.labels)}: give a model and a corpus of the same labels"
        )
    if not counts:
        return []
    return [Notice(key="unknown_labels", values={"mails": sum(counts.values()), "labels": _names(sorted(counts))})]


def _names(labels: Sequence[str]) -> str:
    more = f" (+{len(labels) - _SHOWN_NAMES})" if len(labels) > _SHOWN_NAMES else ""
    shown = ", ".join(labels[:_SHOWN_NAMES]) + more
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in shown)


def _corpus_notices(classifier: Classifier, model: Contestant) -> list[Notice]:
    outcomes = model.judged.outcomes
    notices: list[Notice] = []
    if classifier.stand_in:
        notices.append(Notice(key="stand_in", values={}))
    if len(outcomes) < _FEW_MAILS:
        notices.append(Notice(key="few_mails", values={"mails": len(outcomes)}))
    if len({outcome.truth for outcome in outcomes}) == 1:
        notices.append(Notice(key="one_label", values={"label": outcomes[0].truth}))
    silent = sum(not outcome.language for outcome in outcomes)
    if silent:
        notices.append(Notice(key="no_language", values={"mails": silent}))
    repeated = len(outcomes) - len({outcome.digest for outcome in outcomes})
    if repeated:
        notices.append(Notice(key="repeated", values={"mails": repeated}))
    return notices


def _baseline(
    examples: Sequence[Example], train: Sequence[Example], listen: Callable[[Step], None]
) -> tuple[Judged | None, list[Notice]]:
    try:
        judged = trained_baseline(train, examples, listen) if train else cross_validated_baseline(examples, listen)
    except ModuleNotFoundError:
        return None, [
            Notice(key="baseline_missing", values={"command": HOW_TO_INSTALL}),
        ]
    except ValueError:  # scikit-learn says so too when no word is left
        return None, [Notice(key="baseline_impossible", values={})]
    left_out = len(train) - (judged.trained_on or 0) if train else 0
    notices = [Notice(key="baseline_left_out", values={"mails": left_out})] if left_out else []
    return judged, notices
