"""`facteur tune`: searching for better options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from facteur.corpora import print_report
from facteur.progress import needs_the_extra, progress_of
from facteur.run_options import corpus_options, options_from
from facteur.training import interruptible, request_of
from model.training.options import TrainOptions
from model.training.space import DEFAULT_SPACE
from routing.errors import ConfigurationError

if TYPE_CHECKING:
    from model.training.tuning import Found

TRIALS = 20
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SHOWN_TRIALS = 10


@click.command()
@corpus_options
@click.option("--space", type=_FILE, help="TOML file: option to choices, or to low and high; --print-space shows one.")
@click.option("--print-space", is_flag=True, help="Print the space that is searched without --space, and end.")
@click.option("--trials", type=click.IntRange(min=1), help=f"Trainings at most.  [default: {TRIALS}]")
@click.option("--minutes", type=click.FloatRange(min=0), help="Begin no training after so many minutes.")
@click.option(
    "--measure",
    type=click.Choice(["macro_f1", "accuracy", "loss"]),
    default="macro_f1",
    show_default=True,
    help="What is best, on the held-out mails or the folds.",
)
@click.option("--runs", default="runs", show_default=True, type=_FOLDER, help="Where search and trials are recorded.")
@click.option("--resume", type=_FOLDER, metavar="RUN", help="Go on with a search: its folder or its id.")
@options_from(TrainOptions)
def tune(  # noqa: PLR0913 - one word for each option
    config: Path | None,
    *,
    space: Path | None,
    print_space: bool,
    trials: int | None,
    minutes: float | None,
    measure: str,
    runs: Path,
    resume: Path | None,
    **given: Any,
) -> None:
    """Search at random for better options; every trial is a recorded run, the best options become a file.

    Options that the space does not name are as given here. With --folds each trial is cross-validated: slower by that
    factor, and surer.
    """
    if print_space:
        click.echo(DEFAULT_SPACE, nl=False)
        return
    with needs_the_extra():
        from model.training.tuning import Search, resume_tuning  # noqa: PLC0415 - needs the extra `train`
        from model.training.tuning import tune as search  # noqa: PLC0415 - the same
    console = Console(stderr=True, highlight=False)
    telling: dict[str, Any] = {"tell": lambda report: print_report(console, report)}
    with interruptible(console, "facteur tune") as begun, progress_of(console) as watch:
        if resume is not None:
            folder = resume if resume.exists() else runs / resume
            found = resume_tuning(folder, trials=trials, minutes=minutes, watch=watch, begun=begun, **telling)
        else:
            wanted = Search(
                space=_text(space) if space else DEFAULT_SPACE,
                trials=trials or TRIALS,
                minutes=minutes or 0.0,
                measure=measure,
            )
            found = search(request_of(given, config), wanted, runs, watch=watch, begun=begun, **telling)
    _show(console, found)
    click.echo(found.config)


def _show(console: Console, found: Found) -> None:
    options = list(found.best.options)
    table = Table("Trial", "Macro-F1", "Accuracy", "Loss", *(name.replace("_", " ") for name in options), box=None)
    for trial in found.ranked[:_SHOWN_TRIALS]:
        figures = (f"{trial.figures[name]:.4f}" for name in ("macro_f1", "accuracy", "loss"))
        table.add_row(str(trial.number), *figures, *(str(trial.options[name]) for name in options))
    console.print(table)
    console.print(f"The best of {len(found.trials)} trials is the first above; train with it:", markup=False)
    console.print(f"  facteur train --config {found.config}", markup=False, soft_wrap=True)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
