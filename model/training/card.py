"""The model card: what a model was made from, how good it is, and what it is not for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.confidence.confidence import Confidence
from model.evaluation import Evaluation
from model.training.bases import Base, card_of, licence_of
from model.training.config import option_types
from model.training.crossval import CrossValidation
from model.training.options import TrainOptions
from model.training.preparation import Material
from model.training.runs import code_version

_WORST = 8
_FENCE = "```"
_NOT_SAID = ("name", "device", "threads")
"""Options that a model does not depend on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What a run knows once the model is made."""

    base: Base
    run: str
    """Its id, empty if it was not recorded."""
    material: Material
    trained_on: int
    """Mails."""
    best_epoch: int
    confidence: Confidence
    crossed: CrossValidation | None
    agreement: float
    """Share of held-out mails on which int8 and float32 agree."""
    validation: Evaluation
    test: Evaluation | None


def model_card(options: TrainOptions, facts: RunFacts) -> str:
    """Return the card as Markdown; the base's own card stands in it, so that attributions travel with the weights."""
    licence = licence_of(facts.base.directory)
    languages = facts.material.report.languages
    lines = [
        f"# {options.name}",
        "",
        "A transformer that reads a mail and names what it asks for.",
        "An encoder, the mean of its vectors, one linear layer; int8 ONNX.",
        "",
        "## How it was made",
        "",
        "| | |",
        "| --- | --- |",
        f"| encoder | {facts.base.name}{f' (licence: {licence})' if licence else ''} |",
        f"| corpus | {len(facts.material.examples)} mails ({_counted(languages)}), digest {facts.material.digest} |",
        f"| labels | {_counted(facts.material.report.labels)} |",
        f"| trained on | {facts.trained_on} mails |",
        f"| held out to choose the epoch | {facts.validation.examples} mails |",
        f"| code | {code_version()} |",
        *([f"| run | {facts.run} |"] if facts.run else []),
        f"| best epoch | {facts.best_epoch} |",
        *(
            f"| {name.replace('_', ' ')} | {_shown(getattr(options, name))} |"
            for name in option_types()
            if name not in _NOT_SAID
        ),
        f"| int8 says the same as float32, on the held-out mails | {facts.agreement:.1%} |",
        "",
        "## Figures",
        "",
        "All figures are of the int8 model as served, but for cross-validation.",
        "",
        *_figures("Held-out mails (they chose the epoch, so this flatters)", facts.validation),
    ]
    if facts.test is not None:
        lines += _figures("Test mails, never trained on nor chosen by", facts.test)
        lines += _details(facts.test)
    if facts.crossed is not None:
        lines += _folds(facts.crossed)
    lines += _confidence(facts.confidence, crossed=facts.crossed is not None)
    if options.notes:
        lines += [options.notes.strip(), ""]
    own = card_of(facts.base.directory)
    if own:
        lines += ["## The encoder", "", _lowered(own), ""]
    return "\n".join(lines)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name or 'not said'} {count}" for name, count in counts.items())


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _figures(title: str, evaluation: Evaluation) -> list[str]:
    lines = [
        f"### {title}",
        "",
        "| | mails | accuracy | macro-F1 |",
        "| --- | --- | --- | --- |",
        f"| all | {evaluation.examples} | {evaluation.accuracy:.3f} | {evaluation.macro_f1:.3f} |",
    ]
    lines += [
        f"| {part.name or 'no language given'} | {part.examples} | {part.accuracy:.3f} | {part.macro_f1:.3f} |"
        for part in evaluation.languages
    ]
    lines += ["", f"Expected calibration error (15 bins): {evaluation.ece:.3f}.", ""]
    return lines


def _details(evaluation: Evaluation) -> list[str]:
    lines = ["| label | precision | recall | F1 | mails |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {score.label} | {score.precision:.2f} | {score.recall:.2f} | {score.f1:.2f} | {score.examples} |"
        for score in evaluation.labels
    ]
    lines += ["", "| confidence at least | share of mails | accuracy among them |", "| --- | --- | --- |"]
    lines += [f"| {row.threshold:g} | {row.routed:.1%} | {row.accuracy:.3f} |" for row in evaluation.thresholds]
    lines += ["", "Most frequent confusions:", ""]
    lines += [
        f"- {confusion.truth} taken for {confusion.said}: {confusion.count}"
        for confusion in evaluation.confusions[:_WORST]
    ]
    return [*lines, ""]


def _folds(crossed: CrossValidation) -> list[str]:
    rows = [f"| {fold.number} | {fold.mails} | {fold.accuracy:.3f} | {fold.macro_f1:.3f} |" for fold in crossed.folds]
    means = " | ".join(
        f"{crossed.mean(figure):.3f} ± {crossed.deviation(figure):.3f}" for figure in ("accuracy", "macro_f1")
    )
    return [
        "### Cross-validation: each mail judged by a model that had not learnt it",
        "",
        "| fold | mails | accuracy | macro-F1 |",
        "| --- | --- | --- | --- |",
        *rows,
        f"| mean ± deviation | {len(crossed.examples)} | {means} |",
        "",
    ]


def _confidence(confidence: Confidence, *, crossed: bool) -> list[str]:
    honest = confidence.honesty
    lines = [
        "### Confidence",
        "",
        f"Calibrated on {'the folds' if crossed else 'the held-out mails'} by the method `{confidence.method}`.",
        f"Calibration error {honest.error:.3f}.",
        f"A perfectly calibrated model would show {honest.floor:.3f} on so few mails.",
        f"Once in twenty it would show more than {honest.ceiling:.3f}.",
        "",
        "| promised precision | routed without a human | wrong at most once in |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {promise.precision:g} | {'nothing' if promise.is_empty else f'{promise.routed:.1%}'} | "
        f"{round(1 / promise.delta)} |"
        for promise in confidence.promises
    ]
    return [*lines, ""]


def _lowered(card: str) -> str:
    """Return Markdown with its headings one level down; what looks like one in a code block stays."""
    parts = card.split(_FENCE)
    parts[::2] = [re.sub(r"^(#{1,5}) ", r"#\1 ", part, flags=re.MULTILINE) for part in parts[::2]]
    return _FENCE.join(parts)
