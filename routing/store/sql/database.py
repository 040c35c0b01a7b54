"""Connections and transactions, the same to the rest of the store whichever database is behind them.

SQLite runs in WAL mode with `synchronous=FULL`: a commit is on the disk when it returns. Writers take turns: threads
of one process as `turns` says, processes by `BEGIN IMMEDIATE`. PostgreSQL runs at READ COMMITTED;
a `BEGIN` doubles as the question whether a pooled connection is still alive, so a restarted server heals by itself
without a round trip spent on pings.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakMethod

from sqlalchemy import URL, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import Pool, PoolProxiedConnection

from routing.errors import StoreUnavailable
from routing.store.sql.statement import Statement
from routing.store.sql.turns import Turns

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]
T = TypeVar("T")

NOTHING: Parameters = {}
DEADLOCK = "40P01"
"""PostgreSQL's state of a transaction that was chosen to end a deadlock; it may simply be run again."""
ATTEMPTS = 3
"""How often work is tried on connections that turn out to be dead before anything was done."""
DEADLOCKS = 10
"""How often work may be chosen to end a deadlock. Each one lets another call through, so a crowd needs several."""
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""A transaction of PostgreSQL's in which all statements see the same state, as they do on SQLite anyhow."""
CONNECT_SECONDS = 5
LOST_AFTER = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}
"""When a connection whose other end is gone without a word is given up (libpq; seconds, the last milliseconds). The
system's own patience is two hours, in which a thread that waits for an answer does nothing else."""
OK = 0
ERASING = "secure_delete=FAST"
"""Overwrite what is deleted where that costs no extra page: erased mail should not lie on in the file."""
NO_WAITING = "busy_timeout=0"
PAUSES = (0.0005, 0.004)
"""Seconds, from the first to the longest, between two tries to begin while another process writes to SQLite."""


class Transaction:
    """A cursor inside a transaction."""

    __slots__ = ("_cursor", "postgresql")

    def __init__(self, cursor: Any, *, postgresql: bool) -> None:
        self._cursor = cursor
        self.postgresql = postgresql

    def run(self, statement: Statement, parameters: Parameters = NOTHING) -> int:
        """Run a statement; return how many rows it touched."""
        self._cursor.execute(statement.postgresql if self.postgresql else statement.sqlite, parameters)
        count: int = self._cursor.rowcount
        return count

    def many(self, statement: Statement, rows: Sequence[Parameters]) -> int:
        """Run a statement once a row, in order; return how many rows it touched in all."""
        if not rows:
            return 0
        if len(rows) == 1:
            return self.run(statement, rows[0])
        self._cursor.executemany(statement.postgresql if self.postgresql else statement.sqlite, rows)
        count: int = self._cursor.rowcount
        return count

    def rows(self, statement: Statement, parameters: Parameters = NOTHING) -> list[Row]:
        """Run a statement that returns rows; return all of them."""
        self._cursor.execute(statement.postgresql if self.postgresql else statement.sqlite, parameters)
        found: list[Row] = self._cursor.fetchall()
        return found

    def row(self, statement: Statement, parameters: Parameters = NOTHING) -> Row | None:
        """Run a statement that returns at most one row of interest; return it, or None."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def savepoint(self) -> None:
        """Begin a part of the transaction that can be undone by itself."""
        self._cursor.execute("SAVEPOINT part")

    def undo(self) -> None:
        """Undo the part; it stays open."""
        self._cursor.execute("ROLLBACK TO SAVEPOINT part")

    def keep(self) -> None:
        """End the part."""
        self._cursor.execute("RELEASE SAVEPOINT part")

    def array(self, ids: Sequence[str]) -> Any:
        """Return ids in the form in which `IN :ids` takes them."""
        return list(ids) if self.postgresql else json.dumps(list(ids))


class Database:
    """The pool, and the ways to use it: `read` one statement, `look` with several, `write` one transaction.

    No connection is made before the first use. Idle connections are closed before a fork, so that no child has them;
    each process opens its own.
    """

    def __init__(self, url: URL, *, busy_timeout: float, pool_size: int) -> None:
        self.postgresql = url.get_backend_name() == "postgresql"
        self._busy_timeout = busy_timeout
        self._begin = "BEGIN" if self.postgresql else "BEGIN IMMEDIATE"
        options: dict[str, Any] = (
            {
                "connect_args": {"connect_timeout": CONNECT_SECONDS, "application_name": "facteur"}
                | LOST_AFTER
                | dict(url.query)
            }
            if self.postgresql
            else {"connect_args": {"timeout": busy_timeout, "check_same_thread": False}}
        )
        self._engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=busy_timeout,
            pool_reset_on_return=None,  # nothing is ever given back inside a transaction
            **options,
        )
        self._error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        dbapi: Any = self._engine.dialect.loaded_dbapi
        self._passing: tuple[type[Exception], ...] = (dbapi.OperationalError, dbapi.InterfaceError, dbapi.InternalError)
        self._turns = self._new_turns()
        self._pid = os.getpid()
        self._inherited: list[Pool] = []
        close: WeakMethod[Callable[..., None]] = WeakMethod(self._engine.dispose)
        os.register_at_fork(before=lambda: _call(close))
        event.listen(self._engine, "connect", self._greet_postgresql if self.postgresql else self._greet_sqlite)

    def read(self, statement: Statement, parameters: Parameters = NOTHING) -> list[Row]:
        """Run one statement that changes nothing; return its rows. Raises StoreUnavailable."""

        def work(transaction: Transaction) -> list[Row]:
            return transaction.rows(statement, parameters)

        return self._use(work, begin=None)

    def look(self, work: Callable[[Transaction], T]) -> T:
        """Run `work`, several statements that change nothing and see the same state. Raises StoreUnavailable."""
        return self._use(work, begin=SNAPSHOT if self.postgresql else "BEGIN")

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction, committed when this returns and undone when it raises.

        `work` is run again from the start when the connection turns out to be dead before anything was done, or when
        PostgreSQL ended a deadlock with it. Raises StoreUnavailable, and what `work` raises.
        """
        if self.postgresql:
            return self._use(work, begin=self._begin)
        self._after_fork()
        return self._turns.take(work)

    def array(self, ids: Sequence[str]) -> Any:
        """Return ids in the form in which `IN :ids` takes them."""
        return list(ids) if self.postgresql else json.dumps(list(ids))

    def close(self) -> None:
        """Close every connection that is not in use; later calls open new ones."""
        self._after_fork()
        self._engine.dispose()

    def _new_turns(self) -> Turns:
        return Turns(lambda work: self._use(work, begin=self._begin), fatal=self._passing, timeout=self._busy_timeout)

    def _use(self, work: Callable[[Transaction], T], *, begin: str | None) -> T:
        patience = _Patience(self._busy_timeout)
        while True:
            connection = self._connection()
            started = False
            try:
                cursor = connection.cursor()
                if begin is not None:
                    cursor.execute(begin)
                    started = True
                result = work(Transaction(cursor, postgresql=self.postgresql))
                if started:
                    cursor.execute("COMMIT")
                    started = False
            except self._passing as error:
                dead = self._undo(connection, started=started)
                self._forget(connection, dead=dead)
                if not patience.tries_again(error, dead=dead, started=started):
                    raise StoreUnavailable(f"The database does not answer: {_sentence(error)}") from error
            except BaseException:
                if self._undo(connection, started=started):
                    self._forget(connection, dead=True)
                else:
                    connection.close()
                raise
            else:
                connection.close()
                return result

    def _connection(self) -> PoolProxiedConnection:
        self._after_fork()
        try:
            return self._engine.raw_connection()
        except (self._error, SQLAlchemyError) as error:
            raise StoreUnavailable(f"The database cannot be reached: {_sentence(error)}") from error

    def _undo(self, connection: PoolProxiedConnection, *, started: bool) -> bool:
        """Roll back what was begun; return whether the connection is dead."""
        driver: Any = connection.dbapi_connection
        if self.postgresql and driver.closed:
            return True
        if started:
            try:
                driver.rollback()
            except self._error:
                return True
        return False

    def _forget(self, connection: PoolProxiedConnection, *, dead: bool) -> None:
        """Put away a connection after an error of the database's; those of its age with it when it is dead."""
        if dead or self.postgresql:
            # An error that may pass can come from a server that became read-only: the next call connects anew.
            connection.invalidate()
        else:
            connection.close()
        if dead:
            self._engine.dispose()

    def _after_fork(self) -> None:
        if self._pid != os.getpid():
            # What a thread of the parent was using stays the parent's: kept here, because closing it would, too, end
            # SQLite's locks and PostgreSQL's session for the parent.
            self._inherited.append(self._engine.pool)
            self._engine.dispose(close=False)
            self._turns = self._new_turns()
            self._pid = os.getpid()

    def _greet_sqlite(self, connection: Any, _record: object) -> None:
        for pragma in (
            *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"),
            ERASING,
            NO_WAITING,
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _greet_postgresql(self, connection: Any, _record: object) -> None:
        from psycopg.types.string import TextLoader  # noqa: PLC0415  (a SQLite deployment never loads psycopg)

        connection.adapters.register_loader("uuid", TextLoader)  # ids are text in the domain
        connection.execute(f"SET lock_timeout = {int(self._busy_timeout * 1000)}")
        # Compiling a list's statement, whose cost is estimated too high, takes 400 ms; running it takes ten.
        connection.execute("SET jit = off")


class _Patience:
    """Whether to try again after an error, and the pause before it."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._pause = PAUSES[0]
        self._attempts = 1
        self._deadlocks = 0

    def tries_again(self, error: Exception, *, dead: bool, started: bool) -> bool:
        """Say whether the work can be run again from its start, now."""
        if getattr(error, "sqlite_errorcode", OK) & 0xFF == sqlite3.SQLITE_BUSY:
            # Another process writes. Short pauses of our own: SQLite's grow to 0.1 s, and the unlucky starve.
            time.sleep(self._pause)
            self._left -= self._pause
            self._pause = min(self._pause * 2, PAUSES[1])
            return not started and self._left > 0
        if getattr(error, "sqlstate", None) == DEADLOCK:
            self._deadlocks += 1
            return self._deadlocks <= DEADLOCKS
        self._attempts += 1
        return dead and not started and self._attempts <= ATTEMPTS


def _call(method: WeakMethod[Callable[..., None]]) -> None:
    """Call a method of an object that may be gone: the interpreter keeps what runs before a fork for ever."""
    alive = method()
    if alive is not None:
        alive()


def _sentence(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0].rstrip(".") + "."
