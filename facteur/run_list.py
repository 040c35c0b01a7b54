"""`facteur runs`: what was trained, with what, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from model.training.runs import Record, Run, Status, curves_of, open_run, runs_in

_SHOWN = (
    ("accuracy", ("test_accuracy", "folds_accuracy", "held_out_accuracy")),
    ("macro-F1", ("test_macro_f1", "folds_macro_f1", "held_out_macro_f1")),
)
_STYLES = {Status.DONE: "green", Status.FAILED: "red", Status.INTERRUPTED: "yellow", Status.RUNNING: "cyan"}
_MINUTE, _HOUR = 60, 3600


@click.command("runs")
@click.argument("names", nargs=-1, metavar="[RUN]...")
@click.option("--runs", "folder", default="runs", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print whole records as JSON lines.")
def runs_(names: tuple[str, ...], folder: Path, *, as_json: bool) -> None:
    """List the recorded runs, oldest first; of each RUN (an id or a folder) show everything.

    Figures are of the test set where there was one, else of cross-validation, else of the held-out mails.
    """
    console = Console(highlight=False)
    found = [open_run(Path(name) if Path(name).is_dir() else folder / name) for name in names] or list(runs_in(folder))
    if as_json:
        for run in found:
            click.echo(json.dumps(asdict(run.record), ensure_ascii=False))
    elif names:
        for run in found:
            _show(console, run)
    elif found:
        console.print(_table(found))
    else:
        console.print(f"There is no run in {folder} yet.", markup=False)


def _table(found: list[Run]) -> Table:
    table = Table("Run", "Kind", "Status", "Base", "Corpus", "Accuracy", "Macro-F1", "Of", "Took", box=None)
    for run in found:
        record = run.record
        accuracy, of = _figure(record, _SHOWN[0][1])
        table.add_row(
            Text(record.id),
            record.kind,
            Text(record.status, style=_STYLES[record.status]),
            Text(Path(str(record.parameters.get("base", ""))).name),
            record.data,
            accuracy,
            _figure(record, _SHOWN[1][1])[0],
            of,
            duration(record.seconds),
        )
    return table


def _figure(record: Record, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the first figure that there is, and what mails it is of."""
    kinds = ("test", "folds", "held out")
    return next(
        (
            (f"{record.figures[name]:.3f}", kind)
            for name, kind in zip(names, kinds, strict=True)
            if name in record.figures
        ),
        ("", ""),
    )


def _show(console: Console, run: Run) -> None:
    record = run.record
    table = Table("", "", box=None, show_header=False)
    for name, value in (
        ("run", record.id),
        ("folder", run.folder),
        ("status", f"{record.status} {record.error}".strip()),
        ("began, took", f"{record.started}, {duration(record.seconds)}"),
        ("code", record.code),
        ("corpus", record.data),
        *((name, value) for name, value in record.parameters.items() if name not in {"options", "layout"}),
        *(record.parameters.get("options") or {}).items(),
        *record.machine.items(),
        *record.figures.items(),
        *record.results.items(),
    ):
        if value not in (None, "", [], {}):
            table.add_row(Text(str(name).replace("_", " ")), Text(str(value)))
    console.print(table)
    curves = curves_of(run.folder)
    columns = list(dict.fromkeys(name for row in curves for name in row))
    if curves:
        figures = Table(*(name.replace("_", " ") for name in columns), box=None)
        for row in curves:
            figures.add_row(*(f"{row[name]:g}" if name in row else "" for name in columns))
        console.print(figures)


def duration(seconds: float) -> str:
    """Return a time as people say it: 48 s, 12 min, 3.5 h."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"
