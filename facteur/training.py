"""`facteur train` and `facteur evaluate`: making a model from labelled mail, and judging one."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from model.corpus import read_corpus
from model.evaluation import Evaluation, evaluate
from model.registry import load_classifier
from routing.errors import ConfigurationError

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
@click.option("--epochs", default=10, show_default=True, help="Passes over the corpus at most.")
@click.option("--seed", default=13, show_default=True, help="Of everything that is drawn.")
@click.option("--threads", default=2, show_default=True, help="Cores to use.")
def train(  # noqa: PLR0913, PLR0917 - one word for each option
    corpora: tuple[Path, ...],
    base: str,
    out: Path,
    name: str,
    test: Path | None,
    epochs: int,
    seed: int,
    threads: int,
) -> None:
    """Train a model on labelled mail: JSON Lines of id, label, language, subject and text.

    Without CORPORA the corpora that come with the product are used, and their test set.
    """
    try:
        from model.training.options import Progress, TrainOptions  # noqa: PLC0415 - needs the extra `train`
        from model.training.train import train as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"Training needs the package {error.name}; install it with `sh requirements/install.sh train` "
            "or `pip install facteur[train]`."
        ) from error
    console = Console(stderr=True)

    def listen(progress: Progress) -> None:
        console.print(f"{progress.stage} {progress.done}/{progress.total} {progress.note}", highlight=False)

    report = run(
        corpora or (CORPORA,),
        base,
        out,
        TrainOptions(name=name, test=test or (None if corpora else TEST), epochs=epochs, seed=seed, threads=threads),
        listen,
    )
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
