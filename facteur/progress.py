"""What the commands that train share: the need for the extra, and a display of how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from routing.errors import ConfigurationError

_LINES_EVERY = 30.0
"""Seconds between plain lines where there is no terminal to draw a bar on."""


@contextmanager
def needs_the_extra() -> Iterator[None]:
    """Turn a missing package of the extra `train` into one sentence.

    Raises:
        ConfigurationError: The block imports a package that is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"Training needs the package {error.name}; install it with `sh requirements/install.sh train` "
            "or `pip install facteur[train]`."
        ) from error


@contextmanager
def progress_of(console: Console | None = None) -> Iterator[Callable[[Any], None]]:
    """Give a listener that shows a bar for each stage with the time left, and a line for each thing measured.

    Without a terminal there are no bars, but a line at each stage's beginning, and now and then.
    """
    console = console or Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: Any) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(progress.stage, total=progress.total, note="")
            measured = bool(progress.figures)
            if measured:  # an epoch's figures stay on the screen, above the bars
                bars.console.print(f"{progress.stage}: {progress.note}", markup=False, highlight=False)
            note = {"note": progress.note} if progress.note and not measured else {}
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total, **note)

        yield show


def _lines(console: Console) -> Callable[[Any], None]:
    shown: dict[str, float] = {}

    def show(progress: Any) -> None:
        now = time.monotonic()
        is_due = now - shown.get(progress.stage, -_LINES_EVERY) >= _LINES_EVERY
        if is_due or progress.figures or (progress.note and progress.done == progress.total):
            shown[progress.stage] = now
            line = f"{progress.stage} {progress.done}/{progress.total} {progress.note}".rstrip()
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    return show
