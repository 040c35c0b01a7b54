"""`facteur migrate`: the schema brought up to date, looked at, or waited for."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from routing.errors import ConfigurationError
from routing.settings import Settings

WAIT_SECONDS = 600.0
"""How long `--wait` waits unless told otherwise; who waits longer should be started again by what started it."""
ASKED_TO_STOP = 128 + signal.SIGTERM
"""The exit code that says that SIGTERM ended it."""


@click.command()
@click.option("--check", is_flag=True, help="Change nothing: end with 0 if this version runs on the schema, else 1.")
@click.option("--wait", is_flag=True, help="Change nothing: wait until this version runs on the schema.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=WAIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits before it ends with 1.",
)
def migrate(check: bool, wait: bool, seconds: float) -> None:  # noqa: FBT001 - how click calls
    """Bring the database's schema up to date, or see whether it is."""
    if check and wait:
        raise click.UsageError("--check looks once and --wait until it fits: choose one.")
    url = Settings.from_environ().resolved_database_url
    with _ended_by_sigterm():
        if check:
            _check(url)
        elif wait:
            _wait(url, seconds)
        else:
            _migrate(url)


def _migrate(url: str) -> None:
    from routing.store.migrations import migrate as run  # noqa: PLC0415 - who only looks does not load Alembic

    version = run(url)
    click.echo(f"The schema is up to date ({version}).")


def _check(url: str) -> None:
    from routing.store.schema_watch import look  # noqa: PLC0415 - nor waits for SQLAlchemy to show the help

    seen = look(url)
    if seen.shortfall:
        raise ConfigurationError(seen.shortfall)
    click.echo(f"This version runs on the schema ({seen.version}).")


def _wait(url: str, seconds: float) -> None:
    from routing.store.schema_watch import await_schema  # noqa: PLC0415 - the same

    version = await_schema(url, seconds=seconds, tell=lambda why: click.echo(f"Waiting: {why}", err=True))
    click.echo(f"This version runs on the schema ({version}).")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Hear SIGTERM, which the first process of a container does not unless it says so; what was begun is undone."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(ASKED_TO_STOP)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
