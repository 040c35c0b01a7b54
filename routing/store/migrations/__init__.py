"""Bringing a database to the schema of this program. Only `facteur migrate` and `facteur up` load this.

A migration is written out in full and never changes again; `routing.store.schema` is where the tables are today, and
a test compares the two. A migration's name says how old a program may be to run on what it leaves; see
`routing.store.schema.REVISION`.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from routing.errors import ConfigurationError
from routing.store.fit import Fit, check_fit, fit_of
from routing.store.opening import parse, shown

WAIT_SECONDS = 60.0
"""How long to wait for another process that is migrating the same database, or that holds one of its tables."""
TABLE_SECONDS = 2.0
"""How long one try waits for a table that others read or write. Whoever comes after waits behind it for that long, mail
too, and behind whatever it waits for, such as a backup; so it gives up and tries again."""
PAUSE_SECONDS = 1.0
"""Between two tries, so that what waited gets through."""
LOCK = 0x66616374657572
"""The key of PostgreSQL's advisory lock on migrating: "facteur" in ASCII."""
NOT_LOCKED = "55P03"
"""PostgreSQL's state of a statement that waited for a lock as long as it may."""


def migrate(url: str) -> str:
    """Bring the database to the newest schema, making the SQLite file if there is none; return the schema's version.

    All or nothing, and safe when several processes do it at once: the others wait, and find nothing left to do.
    A newer schema that this program runs on is left as it is, so that going back to the version before is no error.

    Raises:
        ConfigurationError: The URL cannot be used, the directory or the server is not there or not writable, the
            database is newer than this program, or somebody would not let go of a table.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        _prepare_file(parsed)
    try:
        engine = create_engine(parsed, poolclass=NullPool, connect_args=_arguments(parsed))
        event.listen(engine, "begin", _take_turn)
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return _upgraded(engine)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != NOT_LOCKED:
                    raise
                if time.monotonic() > deadline:
                    raise ConfigurationError(
                        f"The database at {shown(parsed)} was in use for {WAIT_SECONDS:.0f} s by a session that lets "
                        "nobody change its tables, such as a backup: run `facteur migrate` again when that has ended."
                    ) from error
            time.sleep(PAUSE_SECONDS)
    except CommandError as error:
        raise ConfigurationError(
            f"The database at {shown(parsed)} was not made by this program, or by a branch of it ({error})."
        ) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unusable(parsed, error) from error


def schema_version(url: str) -> str | None:
    """Return the version of the database's schema; None when it has no tables. Raises ConfigurationError."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        return None
    try:
        engine = create_engine(parsed, poolclass=NullPool, connect_args=_arguments(parsed))
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise _unusable(parsed, error) from error


def newest_version() -> str:
    """Return the version that the migrations of this program come to."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _upgraded(engine: Engine) -> str:
    """Try once; return the schema's version. Raises OperationalError when a lock is not to be had."""
    with engine.begin() as connection:
        version = _current(connection)
        fit = fit_of(version)
        if fit is Fit.AHEAD:
            check_fit(version)
        if fit is Fit.BEHIND:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            version = _current(connection)
    return version


def _current(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _arguments(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        # The driver must not begin or commit by itself: it would end the transaction that holds the lock.
        return {"timeout": WAIT_SECONDS, "isolation_level": None}
    return {"connect_timeout": 5} | dict(url.query)


def _take_turn(connection: Connection) -> None:
    """Let one process at a time migrate; the lock ends with the transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS * 1000:.0f}ms'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{TABLE_SECONDS * 1000:.0f}ms'"))


def _prepare_file(url: URL) -> None:
    """Make the SQLite file in WAL mode. Changing the mode needs the file for itself, and does not wait by itself."""
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The directory {path.parent} cannot be made: {error.strerror}.") from error
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection = sqlite3.connect(path, timeout=1)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise _unusable(url, error) from error
            time.sleep(0.02)
        else:
            return


def _unusable(url: URL, error: Exception) -> ConfigurationError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    sentence = str(cause).strip().split("\n", 1)[0].rstrip(".")
    return ConfigurationError(f"The database at {shown(url)} cannot be used: {sentence}.")
