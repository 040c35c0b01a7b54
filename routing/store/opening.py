"""Opening the store that a URL names, with one clear sentence when that cannot be done."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from routing.errors import ConfigurationError, StoreUnavailable
from routing.store.sql import SqlStore
from routing.store.sql.database import Database
from routing.store.sql.statement import Statement

BUSY_TIMEOUT = 10.0
"""Seconds to wait for another writer, or for a free connection."""
POOL_SIZE = 8
"""Connections kept open by one process; as many again are opened for a moment when needed."""

_TABLE_THERE = Statement(
    "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
    postgresql="SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('alembic_version')",
)
_NOTHING = Statement("DELETE FROM workers WHERE seen_at < 0")  # a write that changes nothing


def open_store(url: str, *, busy_timeout: float = BUSY_TIMEOUT, pool_size: int = POOL_SIZE) -> SqlStore:
    """Return the store behind `url`, after a look that it can be used: reachable, writable, its schema up to date.

    No connection stays open: each process that uses the store, also one forked later, opens its own.

    Args:
        url: `sqlite:///PATH` (relative to the working directory, or with a fourth slash absolute) or
            `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        busy_timeout: Seconds that a call waits for another writer or for a free connection.
        pool_size: Connections that one process keeps open.

    Raises:
        ConfigurationError: The URL, the database or its schema cannot be used; the message says what to do.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise ConfigurationError(f"There is no database at {parsed.database}: run `facteur migrate` to make one.")
    database = Database(parsed, busy_timeout=busy_timeout, pool_size=pool_size)
    store = SqlStore(database)
    try:
        if not has_tables(database):
            raise ConfigurationError(f"The database at {shown(parsed)} has no tables yet: run `facteur migrate`.")
        store.check()
        database.write(lambda transaction: transaction.run(_NOTHING))
    except StoreUnavailable as error:
        if "locked" not in str(error) and "busy" not in str(error):
            raise ConfigurationError(f"The database at {shown(parsed)} cannot be used. {error}") from error
    finally:
        store.close()
    return store


def has_tables(database: Database) -> bool:
    """Say whether somebody ever migrated the database. Raises StoreUnavailable."""
    there = database.read(_TABLE_THERE)
    return bool(there[0][0])


def parse(url: str) -> URL:
    """Return the parsed URL, with the driver that this program uses. Raises ConfigurationError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The database URL cannot be read: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        ) from error
    backend = parsed.get_backend_name()
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigurationError(f"The database URL names {backend!r}: only sqlite and postgresql are known.")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigurationError("The SQLite URL names no file: write sqlite:///PATH.")
    return parsed.set(drivername="sqlite+pysqlite")


def shown(url: URL) -> str:
    """Return the URL as it may be printed: without its password."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)
