"""Looking at a database's schema without changing it, and waiting until it is one that this program runs on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routing.errors import ConfigurationError, ShutOut, StoreUnavailable
from routing.store.fit import check_fit
from routing.store.opening import has_tables, parse, shown
from routing.store.sql.database import Database
from routing.store.sql.statement import Statement

LOOK_SECONDS = 0.5
"""Pause between two looks."""
_BUSY_SECONDS = 5.0
_VERSION = Statement("SELECT version_num FROM alembic_version")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was seen: the schema's version (empty without tables or database), and why it does not do, if so."""

    version: str = ""
    shortfall: str = ""
    """One sentence; empty when this program runs on the schema."""
    passing: bool = True
    """Whether what falls short can come right by waiting."""


def look(url: str) -> Look:
    """Look once at the schema. Raises ConfigurationError when the URL cannot be read; nothing else."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        return Look(shortfall=f"There is no database at {parsed.database}: run `facteur migrate` to make one.")
    database = Database(parsed, busy_timeout=_BUSY_SECONDS, pool_size=1)
    try:
        if not has_tables(database):
            return Look(shortfall=f"The database at {shown(parsed)} has no tables yet: run `facteur migrate`.")
        version = ", ".join(row[0] for row in database.read(_VERSION))
        check_fit(version)
    except StoreUnavailable as error:
        return Look(shortfall=f"The database at {shown(parsed)} cannot be used. {error}")
    except ConfigurationError as error:
        return Look(version=version, shortfall=str(error), passing=not isinstance(error, ShutOut))
    finally:
        database.close()
    return Look(version=version)


def await_schema(url: str, *, seconds: float, tell: Callable[[str], None]) -> str:
    """Wait until this program runs on the schema; return the schema's version.

    Args:
        url: As for `routing.store.opening.open_store`.
        seconds: How long to wait at most.
        tell: Told what is waited for, once and again when that changes.

    Raises:
        ShutOut: The schema shuts this program out, which no waiting mends.
        ConfigurationError: The URL cannot be read, or the time is over; then it says what was missing.
    """
    deadline = time.monotonic() + seconds
    told = ""
    while True:
        seen = look(url)
        if not seen.shortfall:
            return seen.version
        if not seen.passing:
            raise ShutOut(seen.shortfall)
        if time.monotonic() + LOOK_SECONDS > deadline:
            raise ConfigurationError(f"Waited {seconds:g} s in vain. {seen.shortfall}")
        if seen.shortfall != told:
            told = seen.shortfall
            tell(told)
        time.sleep(LOOK_SECONDS)
