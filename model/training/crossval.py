"""Cross-validation: how good a model is on mail that it has not learnt from, on every mail of the corpus once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.corpus import Example
from model.corpus.split import Parts, folds, split
from model.text import features_of
from model.training.bases import Base
from model.training.fit import fit
from model.training.memory import FORGETFUL, Memory
from model.training.options import Listener, Progress, TrainOptions
from model.training.preparation import Material, start
from model.training.reading import read
from routing.errors import ConfigurationError

LEAST_FOLDS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """One model, judged on the mails that were kept from it."""

    number: int
    """From 1."""
    mails: int
    best_epoch: int
    accuracy: float
    macro_f1: float
    loss: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossValidation:
    """All folds, and each mail's scores by the model that had not learnt it."""

    folds: tuple[Fold, ...]
    examples: tuple[Example, ...]
    scores: NDArray[np.float32]
    """(examples, labels)"""

    def mean(self, figure: str) -> float:
        """Return the mean of a figure over the folds."""
        return fmean([getattr(fold, figure) for fold in self.folds])

    def deviation(self, figure: str) -> float:
        """Return the sample standard deviation of a figure over the folds."""
        return float(stdev([getattr(fold, figure) for fold in self.folds]))

    def figures(self) -> dict[str, float]:
        """Return mean and deviation of every figure, by name."""
        return {
            f"folds_{figure}{suffix}": round(of(figure), 6)
            for figure in ("accuracy", "macro_f1", "loss")
            for suffix, of in (("", self.mean), ("_deviation", self.deviation))
        }


class Kept:
    """Finished folds in a file, so that an interrupted cross-validation does none of them again."""

    def __init__(self, file: Path | None) -> None:
        """Name the file; None keeps nothing."""
        self._file = file

    def folds(self) -> dict[int, dict[str, Any]]:
        """Return what was kept, by the number of the fold."""
        if self._file is None or not self._file.is_file():
            return {}
        found = {}
        for line in self._file.read_text(encoding="utf-8").splitlines():
            try:
                value = json.loads(line)
            except ValueError:  # the last line, cut off: that fold is done again
                continue
            found[value["fold"]["number"]] = value
        return found

    def keep(self, fold: Fold, mails: Sequence[Example], scores: NDArray[np.float32]) -> None:
        """Append a fold: its figures, and id, label and scores of each mail."""
        if self._file is None:
            return
        value = {
            "fold": {name: getattr(fold, name) for name in Fold.__slots__},
            "mails": [
                {"id": mail.id, "label": mail.label, "scores": [round(float(score), 5) for score in row]}
                for mail, row in zip(mails, scores, strict=True)
            ],
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(value, ensure_ascii=False) + "\n")


def cross_validate(  # noqa: PLR0913 - what to learn from, how, and where to keep and tell
    material: Material,
    base: Base,
    options: TrainOptions,
    *,
    count: int,
    listen: Listener,
    memory: Callable[[int], Memory] = lambda _: FORGETFUL,
    kept: Path | None = None,
) -> CrossValidation:
    """Train `count` models, each on all mails but its fold, and judge each on its fold.

    Near-copies, authors and groups stay together (see `model.corpus.split`). Which epoch is best is chosen within the
    mails that a fold trains on, so the fold itself stays unseen.

    Raises:
        ConfigurationError: There are fewer mails than folds need.
    """
    parts = folds(material.examples, count, options.seed, copies=material.report.copies)
    if count < LEAST_FOLDS or not all(part.held_out for part in parts):
        raise ConfigurationError(
            f"{len(material.examples)} mails cannot be parted into {count} folds: give fewer folds or more mails."
        )
    keeper = Kept(kept)
    done = keeper.folds()
    results: list[Fold] = []
    examples: list[Example] = []
    rows: list[NDArray[np.float32]] = []
    for number, part in enumerate(parts, 1):
        mails = list(part.held_out)
        before = done.get(number)
        if before and [mail["id"] for mail in before["mails"]] == [mail.id for mail in mails]:
            fold, scores = Fold(**before["fold"]), np.array([mail["scores"] for mail in before["mails"]], np.float32)
        else:
            fold, scores = _fold(
                number, part, material, base, options, _numbered(listen, number, count), memory(number)
            )
            keeper.keep(fold, mails, scores)
        results.append(fold)
        examples += mails
        rows.append(scores)
        note = f"accuracy {fold.accuracy:.3f}, macro-F1 {fold.macro_f1:.3f} on {fold.mails} mails"
        listen(Progress(stage="folds", done=number, total=count, note=note))
    return CrossValidation(folds=tuple(results), examples=tuple(examples), scores=np.concatenate(rows))


def judged(number: int, best_epoch: int, scores: NDArray[np.float32], truths: Sequence[int]) -> Fold:
    """Return the figures of scores (mails, labels)."""
    answers, wanted = scores.argmax(1), np.asarray(truths)
    losses = torch.nn.functional.cross_entropy(torch.from_numpy(scores), torch.tensor(truths))
    return Fold(
        number=number,
        mails=len(truths),
        best_epoch=best_epoch,
        accuracy=float((answers == wanted).mean()),
        macro_f1=macro_f1(answers, wanted),
        loss=losses.item(),
    )


def macro_f1(answers: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Return the mean F1 of the labels that are said or wanted."""
    scores = []
    for label in np.union1d(answers, wanted):
        right = int(((answers == label) & (wanted == label)).sum())
        scores.append(2 * right / (int((answers == label).sum()) + int((wanted == label).sum())))
    return fmean(scores)


def _fold(  # noqa: PLR0913, PLR0917 - see cross_validate
    number: int,
    part: Parts,
    material: Material,
    base: Base,
    options: TrainOptions,
    listen: Listener,
    memory: Memory,
) -> tuple[Fold, NDArray[np.float32]]:
    network, tokenizer = start(base, material.labels, options)
    inner = split(part.training, options.held_out, options.seed)
    fitted = fit(network, tokenizer, material.labels, inner, options=options, listen=listen, memory=memory)
    scores = read(fitted.network, tokenizer, [features_of(mail.mail) for mail in part.held_out], prefix=options.prefix)
    truths = [material.labels.index(mail.label) for mail in part.held_out]
    return judged(number, fitted.epoch, scores, truths), scores


def _numbered(listen: Listener, number: int, count: int) -> Listener:
    """Tell which fold it is, and of its epochs as of that fold's."""

    def told(progress: Progress) -> None:
        figures = {"fold": number, **progress.figures} if progress.figures else {}
        listen(replace(progress, stage=f"fold {number} of {count}", figures=figures))

    return told
