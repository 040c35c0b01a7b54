"""The model card: what a model was made from, how good it is, and what it is not for."""

from __future__ import annotations

from dataclasses import dataclass

from model.evaluation import Evaluation
from model.training.options import TrainOptions

_WORST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What a run knows once the model is made."""

    base: str
    trained_on: int
    """Mails."""
    best_epoch: int
    temperature: float
    agreement: float
    """Share of held-out mails on which int8 and float32 agree."""
    validation: Evaluation
    test: Evaluation | None


def model_card(options: TrainOptions, facts: RunFacts) -> str:
    """Return the card as Markdown."""
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
        f"| encoder | {facts.base} |",
        f"| trained on | {facts.trained_on} mails |",
        f"| held out to choose the epoch and to calibrate | {facts.validation.examples} mails |",
        f"| seed, epochs, best epoch | {options.seed}, {options.epochs}, {facts.best_epoch} |",
        f"| learning rates: last layer, head | {options.learning_rate:g}, {options.head_rate:g} |",
        f"| rate of a layer, in the layer above's | {options.layer_decay:g} |",
        f"| batch, label smoothing, tokens | {options.batch}, {options.label_smoothing:g}, {options.max_length} |",
        f"| temperature | {facts.temperature:g} |",
        f"| int8 says the same as float32, on the held-out mails | {facts.agreement:.1%} |",
        "",
        "## Figures",
        "",
        "All figures are of the int8 model as served.",
        "",
        *_figures("Held-out mails (they chose the epoch and the temperature, so this flatters)", facts.validation),
    ]
    if facts.test is not None:
        lines += _figures("Test mails, never trained on nor chosen by", facts.test)
        lines += _details(facts.test)
    if options.notes:
        lines += [options.notes.strip(), ""]
    return "\n".join(lines)


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
