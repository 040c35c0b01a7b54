"""`facteur train` and `facteur evaluate`: making a model from labelled mail, and judging one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from facteur.progress import needs_the_extra, progress_of
from model.corpus import read_corpus
from model.evaluation import Evaluation, evaluate
from model.registry import load_classifier

CORPORA = Path("model/corpora/insurance/train")
TEST = Path("model/corpora/insurance/test.jsonl")

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE_OR_FOLDER = click.Path(path_type=Path, exists=True)


@click.command()
@click.argument("corpora", nargs=-1, type=_FILE_OR_FOLDER)
@click.option("--base", default="minilm", show_default=True, help="Encoder to start from: a folder, or `minilm`.")
@click.option("--out", default="models", show_default=True, type=_FOLDER, help="Where the model's folder is made.")
@click.option("--name", default="insurance", show_default=True, help="What the model is called.")
@click.option("--test", type=_FILE_OR_FOLDER, help="Held-out mails that the model card reports on.")
@click.option("--notes", type=_FILE_OR_FOLDER, help="Markdown for the model card: origins, licences, attributions.")
@click.option("--epochs", type=int, help="Passes over the corpus at most.")
@click.option("--seed", type=int, help="Of everything that is drawn.")
@click.option("--threads", type=int, help="Cores to use.")
def train(  # noqa: PLR0913, PLR0917 - one word for each option
    corpora: tuple[Path, ...],
    base: str,
    out: Path,
    name: str,
    test: Path | None,
    notes: Path | None,
    epochs: int | None,
    seed: int | None,
    threads: int | None,
) -> None:
    """Train a model on labelled mail: JSON Lines of id, label, language, subject and text.

    Without CORPORA the corpora that come with the product are used, and their test set.
    """
    with needs_the_extra():
        from model.training.options import TrainOptions  # noqa: PLC0415 - needs the extra `train`
        from model.training.train import train as run  # noqa: PLC0415 - the same
    given: dict[str, Any] = {
        "epochs": epochs,
        "seed": seed,
        "threads": threads,
    }
    if notes is not None:
        given["notes"] = notes.read_text(encoding="utf-8")
    options = TrainOptions(
        name=name,
        test=test or (None if corpora else TEST),
        **{option: value for option, value in given.items() if value is not None},
    )
    with progress_of() as listen:
        report = run(corpora or (CORPORA,), base, out, options, listen)
    console = Console(stderr=True)
    for title, evaluation in (("Held out of training", report.validation), ("Test set", report.test)):
        if evaluation is not None:
            console.print(_summary(title, evaluation))
    click.echo(report.model)


@click.command("evaluate")
@click.argument("corpora", nargs=-1, type=_FILE_OR_FOLDER)
@click.option("--model", default="bundled", show_default=True, help="`bundled`, `keywords` or a model's folder.")
def evaluate_(corpora: tuple[Path, ...], model: str) -> None:
    """Judge a model on labelled mail; without CORPORA on the test set that comes with the product."""
    evaluation = evaluate(load_classifier(model), read_corpus(corpora or (TEST,)))
    console = Console()
    console.print(_summary(model, evaluation))
    table = Table("Label", "Precision", "Recall", "F1", "Mails", box=None)
    for score in evaluation.labels:
        table.add_row(
            score.label, f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}", str(score.examples)
        )
    console.print(table)


def _summary(title: str, evaluation: Evaluation) -> str:
    languages = ", ".join(f"{part.name} {part.accuracy:.3f}" for part in evaluation.languages)
    return (
        f"{title}: accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}, "
        f"calibration error {evaluation.ece:.3f} on {evaluation.examples} mails ({languages})"
    )
