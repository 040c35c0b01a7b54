"""What a candidate is worth on the test: its scores, those of the baseline and the champion, and each slice's."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from . import scores
from .dataset import GROUP, SLICES, TARGET
from .estimators import Model, ModelError, answers, probabilities
from .recipe import Recipe
from .scores import Bin, ClassScore, Floats, Interval, Ints, Weights

FIRST_DRAWS: Final = 1  # added to the seed, so that draws are not those of the training


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """One model on the whole test."""

    accuracy: Interval
    macro_f1: Interval
    log_loss: float
    calibration_error: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceScore:
    """The candidate on the rows that have one value in one column."""

    column: str
    value: str
    rows: int
    accuracy: Interval
    baseline_accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """All that the gate judges and the card tells."""

    rows: int
    groups: int
    candidate: Scores
    baseline: Scores
    champion: Scores | None
    over_baseline: Interval  # gain in macro-F1
    over_champion: Interval | None  # the same; None where there is no champion to compare with
    champion_problem: str  # why a champion could not be compared; empty where it was, or where there is none
    classes: tuple[ClassScore, ...]
    bins: tuple[Bin, ...]
    slices: tuple[SliceScore, ...]

    def to_json(self) -> str:
        """As text, keys in order."""
        return json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True)


def evaluate(
    recipe: Recipe, test: pd.DataFrame, candidate: Model, baseline: Model, champion: Path | None
) -> Evaluation:
    """Judge a candidate on rows that it has not seen; the champion is a file, which other columns may have made."""
    truth = np.array([TARGET.values.index(label) for label in test[TARGET.name]], dtype=np.int64)
    codes, names = pd.factorize(test[GROUP])
    groups = np.asarray(codes, dtype=np.int64)
    weights = scores.draws(len(names), recipe.gate.resamples, recipe.model.seed + FIRST_DRAWS)
    judge = _Judge(truth=truth, groups=groups, weights=weights)

    of_candidate, of_baseline = probabilities(candidate, test), probabilities(baseline, test)
    of_champion, champion_problem = _of_champion(champion, test)
    _, bins = scores.calibration(truth, of_candidate)
    return Evaluation(
        rows=len(test),
        groups=len(names),
        candidate=judge.scores(of_candidate),
        baseline=judge.scores(of_baseline),
        champion=None if of_champion is None else judge.scores(of_champion),
        over_baseline=judge.gain(of_candidate, of_baseline),
        over_champion=None if of_champion is None else judge.gain(of_candidate, of_champion),
        champion_problem=champion_problem,
        classes=scores.class_scores(judge.pairs(of_candidate).sum(axis=0), TARGET.values),
        bins=bins,
        slices=tuple(
            judge.slice(of_candidate, of_baseline, column, value, (test[column] == value).to_numpy())
            for column in SLICES
            for value in sorted(test[column].unique())
        ),
    )


def _of_champion(file: Path | None, test: pd.DataFrame) -> tuple[Floats | None, str]:
    """What the champion says, or why it cannot."""
    if file is None:
        return None, ""
    try:
        return answers(file, test), ""
    except ModelError as error:
        return None, str(error)


def read(text: str) -> Evaluation:
    """The evaluation that `to_json` wrote."""
    told: dict[str, Any] = json.loads(text)

    def of_scores(part: dict[str, Any]) -> Scores:
        intervals = {name: Interval(**part[name]) for name in ("accuracy", "macro_f1")}
        return Scores(**{**part, **intervals})

    return Evaluation(
        rows=told["rows"],
        groups=told["groups"],
        candidate=of_scores(told["candidate"]),
        baseline=of_scores(told["baseline"]),
        champion=of_scores(told["champion"]) if told["champion"] else None,
        over_baseline=Interval(**told["over_baseline"]),
        over_champion=Interval(**told["over_champion"]) if told["over_champion"] else None,
        champion_problem=told["champion_problem"],
        classes=tuple(ClassScore(**part) for part in told["classes"]),
        bins=tuple(Bin(**part) for part in told["bins"]),
        slices=tuple(SliceScore(**{**part, "accuracy": Interval(**part["accuracy"])}) for part in told["slices"]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judge:
    """The truth of the test, the group of each row, and the draws that all scores share."""

    truth: Ints
    groups: Ints
    weights: Weights

    def pairs(self, of_model: Floats, where: Any = slice(None)) -> Floats:
        counted = scores.pairs(
            self.truth[where], of_model.argmax(axis=1)[where], self.groups[where], len(TARGET.values)
        )
        missing = self.weights.shape[1] - len(counted)  # groups that have no row here
        return np.concatenate([counted, np.zeros((missing, *counted.shape[1:]))])

    def scores(self, of_model: Floats) -> Scores:
        counted = self.pairs(of_model)
        whole, drawn = counted.sum(axis=0), scores.drawn(counted, self.weights)
        error, _ = scores.calibration(self.truth, of_model)
        return Scores(
            accuracy=scores.interval(scores.accuracy(whole), scores.accuracy(drawn)),
            macro_f1=scores.interval(scores.macro_f1(whole), scores.macro_f1(drawn)),
            log_loss=scores.log_loss(self.truth, of_model),
            calibration_error=error,
        )

    def gain(self, of_model: Floats, of_other: Floats) -> Interval:
        ours, theirs = self.pairs(of_model), self.pairs(of_other)
        return scores.interval(
            scores.macro_f1(ours.sum(axis=0)) - scores.macro_f1(theirs.sum(axis=0)),
            scores.macro_f1(scores.drawn(ours, self.weights)) - scores.macro_f1(scores.drawn(theirs, self.weights)),
        )

    def slice(self, of_model: Floats, of_other: Floats, column: str, value: str, where: Any) -> SliceScore:
        counted = self.pairs(of_model, where)
        drawn = scores.drawn(counted, self.weights)
        filled = drawn[drawn.sum(axis=(-2, -1)) > 0]  # a draw may hold no row of a small slice
        return SliceScore(
            column=column,
            value=value,
            rows=int(where.sum()),
            accuracy=scores.interval(scores.accuracy(counted.sum(axis=0)), scores.accuracy(filled)),
            baseline_accuracy=float(scores.accuracy(self.pairs(of_other, where).sum(axis=0))),
        )
