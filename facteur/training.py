"""`facteur train`: making a model from labelled mail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from facteur.progress import needs_the_extra, progress_of
from facteur.run_options import merged, training_options
from model.corpus import Layout, Severity, read_corpus
from model.corpus.checking import CorpusReport
from model.evaluation import Evaluation, evaluate
from model.registry import load_classifier
from model.training.config import options_of
from model.training.request import Request, absolute
from model.training.runs import Run
from routing.errors import ConfigurationError
from routing.policy.reading import read_policy

if TYPE_CHECKING:
    from model.training.train import TrainReport

_ROOT = Path(__file__).parents[1]
CORPORA = _ROOT / "model" / "corpora" / "insurance" / "train"
TEST = _ROOT / "model" / "corpora" / "insurance" / "test.jsonl"
INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE_OR_FOLDER = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


@click.command()
@click.argument("corpora", nargs=-1)
@click.option(
    "--base",
    help="Encoder to start from: `minilm`, a folder, or a name on the Hugging Face hub.  [default: minilm]",
)
@click.option("--out", help="Where the model's folder is made.  [default: models]")
@click.option("--test", help="Held-out mails that the model card reports on.")
@click.option("--policy", help="A policy whose labels are the taxonomy; others are refused.")
@click.option("--notes", help="Markdown for the model card: origins, licences, attributions.")
@click.option("--config", type=_FILE, help="TOML file of options, such as a run's config.toml or a best.toml.")
@click.option("--folds", type=int, help="Cross-validate with so many models first.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="What the corpus calls a column.")
@click.option("--encoding", help="Text encoding of the corpus, if it is not UTF-8.")
@click.option("--runs", default="runs", show_default=True, type=_FOLDER, help="Where the run is recorded.")
@click.option("--resume", type=_FOLDER, metavar="RUN", help="Go on with an interrupted run: its folder or its id.")
@training_options
def train(corpora: tuple[str, ...], config: Path | None, runs: Path, resume: Path | None, **given: Any) -> None:
    """Train a model on labelled mail: tables, folders of messages, or `store:` for what your teams corrected.

    Without CORPORA the corpora that come with the product are used, and their test set.
    """
    with needs_the_extra():
        from model.training.session import perform  # noqa: PLC0415 - needs the extra `train`
        from model.training.session import resume as go_on  # noqa: PLC0415 - the same
    console = Console(stderr=True, highlight=False)
    telling: dict[str, Any] = {"tell": lambda report: show_check(console, report)}
    with interruptible(console, "facteur train") as begun, progress_of(console) as watch:
        if resume is not None:
            folder = resume if resume.exists() else runs / resume
            report = go_on(folder, watch=watch, begun=begun, **telling)
        else:
            request = request_of({"corpora": corpora, **given}, config)
            report = perform(request, runs, watch=watch, begun=begun, **telling)
    show_report(console, report)
    click.echo(report.model)


def request_of(given: dict[str, Any], config: Path | None) -> Request:
    """Return what is asked for by the command line and a `--config` file.

    Raises:
        ConfigurationError: A value cannot be used.
    """
    values = merged(config, given)
    corpora = tuple(values.get("corpora") or ())
    test = values.get("test") or (None if corpora else str(TEST))
    notes, policy = values.get("notes", ""), values.get("policy", "")
    options = options_of(values)
    options = replace(
        options,
        test=Path(test) if test else None,
        notes=_text(Path(notes)) if notes else "",
        labels=tuple(read_policy(Path(policy)).labels) if policy else (),
    )
    return absolute(
        Request(
            corpora=corpora or (str(CORPORA),),
            base=values.get("base", "minilm"),
            out=values.get("out", "models"),
            options=options,
            layout=Layout(encoding=values.get("encoding", "")).with_columns(values.get("columns", ())),
            folds=values.get("folds", 0),
            policy=policy,
        ),
        Path.cwd(),
    )


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


@contextmanager
def interruptible(console: Console, command: str) -> Iterator[Any]:
    """Give a hook that hears of a run's folder; on Ctrl-C say how to go on with it."""
    folders: list[Path] = []

    def begun(run: Run) -> None:
        folders.append(run.folder)
        console.print(f"Recorded in {os.path.relpath(run.folder)}", markup=False)

    try:
        yield begun
    except KeyboardInterrupt:
        if folders:
            console.print(f"Interrupted. To go on: {command} --resume {os.path.relpath(folders[-1])}", markup=False)
        raise SystemExit(INTERRUPTED) from None


def show_check(console: Console, report: CorpusReport) -> None:
    """Print what the check of a corpus found."""
    languages = ", ".join(f"{name or 'not said'} {count}" for name, count in report.languages.items())
    console.print(
        f"{report.examples} mails, {len(report.labels)} labels ({languages}); the least: {_least(report)}", markup=False
    )
    for finding in report.findings:
        console.print(f"{finding.severity}: {finding}", style=_STYLES[finding.severity], markup=False)


def show_report(console: Console, report: TrainReport) -> None:
    """Print the figures of a training."""
    if report.crossed is not None:
        table = Table("Fold", "Mails", "Accuracy", "Macro-F1", box=None)
        for fold in report.crossed.folds:
            table.add_row(str(fold.number), str(fold.mails), f"{fold.accuracy:.3f}", f"{fold.macro_f1:.3f}")
        means = (
            f"{report.crossed.mean(name):.3f} ± {report.crossed.deviation(name):.3f}"
            for name in ("accuracy", "macro_f1")
        )
        table.add_row("mean", str(len(report.crossed.examples)), *means)
        console.print(table)
    for title, evaluation in (("Held out of training", report.validation), ("Test set", report.test)):
        if evaluation is not None:
            console.print(_summary(title, evaluation), markup=False)
    for promise in report.confidence.promises:
        if not promise.is_empty:
            console.print(f"Promised precision {promise.precision:g}: {promise.routed:.0%} routed without a human")


def _least(report: CorpusReport) -> str:
    label, count = min(report.labels.items(), key=lambda item: item[1], default=("", 0))
    return f"{label} {count}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error


def _summary(title: str, evaluation: Evaluation) -> str:
    languages = ", ".join(f"{part.name} {part.accuracy:.3f}" for part in evaluation.languages)
    return (
        f"{title}: accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}, "
        f"calibration error {evaluation.ece:.3f} on {evaluation.examples} mails ({languages})"
    )
