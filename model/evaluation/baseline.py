"""The rival that every model is held against: TF-IDF of words and characters under a linear SVM.

It costs seconds, reads French as well as English, and is hard to beat where labels are few. A model that is no better
does not earn its megabytes.

Its confidence is made honest by one temperature (Guo et al. 2017), found on scores of mails that it had not seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

import numpy as np

from model.corpus import Example
from model.evaluation.judged import Judged, Step
from model.evaluation.outcome import Outcome, digest_of, outcome_of
from model.probabilities import prediction_of, softmax
from model.text import features_of

NAME = "TF-IDF + linear SVM"
HOW_TO_INSTALL = "sh requirements/install.sh train"
_FOLDS = 5
_CALIBRATION_FOLDS = 3
_SEED = 0
_COST = 3.0
"""The SVM's C."""
_TEMPERATURES = tuple(0.05 * 1.15**step for step in range(36))
"""From 0.05 to 6.7; the scores of a linear SVM lie within a few units of 0."""


class Scorer(Protocol):
    """What scores texts: one row of one score a label for each."""

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Score texts."""


def trained_baseline(
    train: Sequence[Example], examples: Sequence[Example], listen: Callable[[Step], None] = lambda _: None
) -> Judged:
    """Train the baseline on `train`, without the mails to judge it by, and judge it.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
        ValueError: The mails to train on do not have two labels.
    """
    judged = {digest_of(example) for example in examples}
    apart = [example for example in train if digest_of(example) not in judged]
    listen(Step(stage=NAME, done=0, total=1))
    baseline = _fit(apart)
    started = time.process_time()
    outcomes = baseline(examples)
    seconds = time.process_time() - started
    listen(Step(stage=NAME, done=1, total=1))
    return Judged(name=NAME, outcomes=tuple(outcomes), cpu_seconds=seconds, trained_on=len(apart))


def cross_validated_baseline(examples: Sequence[Example], listen: Callable[[Step], None] = lambda _: None) -> Judged:
    """Train the baseline on four fifths of the mails and judge it by the last, five times over.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
        ValueError: The mails are too few, or some four fifths of them have one label only.
    """
    folds = _folds([example.label for example in examples], _FOLDS)
    outcomes: dict[int, Outcome] = {}
    seconds = 0.0
    for fold in range(_FOLDS):
        listen(Step(stage=NAME, done=fold, total=_FOLDS))
        held_out = [place for place, own in enumerate(folds) if own == fold]
        if held_out:
            baseline = _fit([example for example, own in zip(examples, folds, strict=True) if own != fold])
            started = time.process_time()
            outcomes |= zip(held_out, baseline([examples[place] for place in held_out]), strict=True)
            seconds += time.process_time() - started
    listen(Step(stage=NAME, done=_FOLDS, total=_FOLDS))
    return Judged(
        name=NAME,
        outcomes=tuple(outcomes[place] for place in range(len(examples))),
        cpu_seconds=seconds,
        trained_on=len(examples),
        cross_validated=True,
    )


def _fit(train: Sequence[Example]) -> Callable[[Sequence[Example]], list[Outcome]]:
    labels = sorted({example.label for example in train})
    if len(labels) < 2:  # noqa: PLR2004 - it takes two to differ
        raise ValueError("it takes mails of two labels to train on")
    texts, truths = [features_of(example.mail) for example in train], [example.label for example in train]
    temperature = _temperature(texts, truths, labels)
    scorer = _scorer(texts, truths)

    def judge(examples: Sequence[Example]) -> list[Outcome]:
        scores = scorer([features_of(example.mail) for example in examples])
        rows = softmax(np.array(scores), temperature)
        return [outcome_of(example, prediction_of(labels, row)) for example, row in zip(examples, rows, strict=True)]

    return judge


def _scorer(texts: Sequence[str], truths: Sequence[str]) -> Scorer:
    """Train on texts; what is returned gives scores in the sorted order of the labels."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - of the extra `train`
    from sklearn.pipeline import make_union  # noqa: PLC0415 - the same
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - the same

    grams: dict[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode"}
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), **grams),
        TfidfVectorizer(ngram_range=(3, 5), analyzer="char_wb", **grams),
    )
    machine = LinearSVC(C=_COST, random_state=_SEED).fit(features.fit_transform(texts), truths)

    def score(texts: Sequence[str]) -> list[list[float]]:
        rows = machine.decision_function(features.transform(texts))
        # Of two labels there is one score, the second's.
        pairs: list[list[float]] = rows.tolist() if rows.ndim > 1 else [[-one, one] for one in rows.tolist()]
        return pairs

    return score


def _temperature(texts: Sequence[str], truths: Sequence[str], labels: Sequence[str]) -> float:
    """Return the temperature that makes the truths of unseen mails likeliest; 1 where too few can be held out."""
    folds = _folds(truths, _CALIBRATION_FOLDS)
    scores: list[list[float]] = []
    right: list[int] = []
    for fold in range(_CALIBRATION_FOLDS):
        seen = [place for place, own in enumerate(folds) if own != fold]
        unseen = [place for place, own in enumerate(folds) if own == fold]
        if unseen and {truths[place] for place in seen} == set(labels):
            scorer = _scorer([texts[place] for place in seen], [truths[place] for place in seen])
            scores += scorer([texts[place] for place in unseen])
            right += [labels.index(truths[place]) for place in unseen]
    if not scores:
        return 1.0
    table, mails = np.array(scores), np.arange(len(scores))

    def loss(temperature: float) -> float:
        return float(-np.log(np.maximum(softmax(table, temperature)[mails, right], 1e-12)).mean())

    return min(_TEMPERATURES, key=loss)


def _folds(truths: Sequence[str], folds: int) -> list[int]:
    """Deal mails out to folds, each label evenly, in an order drawn once for all."""
    order = list(range(len(truths)))
    Random(_SEED).shuffle(order)  # noqa: S311 - no secret
    places = [0] * len(truths)
    for first, place in enumerate(sorted(order, key=lambda place: truths[place])):
        # One count for all labels, or every rare label would lie in the first fold.
        places[place] = first % folds
    return places
