"""`facteur train`: making a model from labelled mail."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from facteur.corpora import layout_of, names_of, print_report
from facteur.progress import needs_the_extra, progress_of
from facteur.run_options import corpus_options, merged, options_from
from model.corpus import Layout
from model.evaluation import Evaluation
from model.training.config import options_of
from model.training.options import TrainOptions
from model.training.request import Request, absolute
from model.training.runs import Run
from routing.errors import ConfigurationError
from routing.policy.reading import read_policy

if TYPE_CHECKING:
    from model.training.train import TrainReport

_ROOT = Path(__file__).parents[1]
CORPORA = _ROOT / "model" / "corpora" / "insurance" / "train"
TEST = _ROOT / "model" / "corpora" / "insurance" / "test.jsonl"
_AGREEMENT = 0.99
"""Below this share of the held-out mails it is worth a warning; of few mails, one is a per cent."""
INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE_OR_FOLDER = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@corpus_options
@click.option("--runs", default="runs", show_default=True, type=_FOLDER, help="Where the run is recorded.")
@click.option("--resume", type=_FOLDER, metavar="RUN", help="Go on with an interrupted run: its folder or its id.")
@click.option("--from-scratch", is_flag=True, default=None, help="Pre-train tokenizer and encoder on the mail itself.")
@click.option("--mail", multiple=True, metavar="PATH", help="Unlabelled mail for --from-scratch, the more the better.")
@click.option("--pretrain-epochs", type=click.IntRange(min=1), help="Passes over it.  [default: 20]")
@options_from(TrainOptions)
def train(config: Path | None, runs: Path, resume: Path | None, **given: Any) -> None:
    """Train a model on labelled mail: tables, folders of messages, or `store:` for what your teams corrected.

    Without CORPORA the corpora that come with the product are used, and their test set.
    """
    with needs_the_extra():
        from model.training.session import perform  # noqa: PLC0415 - needs the extra `train`
        from model.training.session import resume as go_on  # noqa: PLC0415 - the same
    console = Console(stderr=True, highlight=False)
    telling: dict[str, Any] = {"tell": lambda report: print_report(console, report)}
    with interruptible(console, "facteur train") as begun, progress_of(console) as watch:
        if resume is not None:
            folder = resume if resume.exists() else runs / resume
            report = go_on(folder, watch=watch, begun=begun, **telling)
        else:
            request = request_of(given, config)
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
    notes = values.get("notes", "")
    policy = read_policy(Path(values["policy"])) if values.get("policy") else None
    options = options_of(values)
    options = replace(
        options,
        test=Path(test) if test else None,
        notes=_text(Path(notes)) if notes else "",
        labels=tuple(policy.labels) if policy else (),
    )
    return absolute(
        Request(
            corpora=corpora or (str(CORPORA),),
            base=values.get("base", "minilm"),
            out=values.get("out", "models"),
            options=options,
            layout=_layout(values),
            folds=values.get("folds", 0),
            from_scratch=values.get("from_scratch", False),
            mail=tuple(values.get("mail", ())),
            pretrain_epochs=values.get("pretrain_epochs", 20),
            policy=values.get("policy", ""),
            names=names_of(policy) if policy else {},
        ),
        Path.cwd(),
    )


def _layout(values: Mapping[str, Any]) -> Layout:
    given = {name: values[name] for name in ("columns", "encoding", "label_header", "labels_file") if name in values}
    return layout_of({"columns": (), "encoding": None, "label_header": None, "labels_file": None, **given})


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
    if report.agreement < _AGREEMENT:
        console.print(
            f"The served int8 model says another label than the trained one on {1 - report.agreement:.1%} of the "
            "held-out mails.",
            style="yellow",
        )
    for promise in report.confidence.promises:
        if not promise.is_empty:
            console.print(f"Promised precision {promise.precision:g}: {promise.routed:.0%} routed without a human")


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
