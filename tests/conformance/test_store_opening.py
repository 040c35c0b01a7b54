"""A database that cannot be used is one clear sentence at the start, and an error that may pass later."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from sqlalchemy import make_url

from routing.errors import ConfigurationError, StoreUnavailable
from routing.store.migrations import migrate, schema_version
from routing.store.opening import open_store
from routing.store.sql import SqlStore, database
from routing.store.sql.database import Database


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://root@localhost/facteur", "only sqlite and postgresql"),
        ("postgresql://u:secret@127.0.0.1:1/facteur", "cannot be used"),
        ("postgresql://u:secret@127.0.0.1:port/facteur", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_one_sentence(url, words):
    for use in (open_store, migrate, schema_version):
        with pytest.raises(ConfigurationError, match=words) as caught:
            use(url)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_not_made_by_opening_it(tmp_path):
    path = tmp_path / "none.db"
    with pytest.raises(ConfigurationError, match="run `facteur migrate`"):
        open_store(f"sqlite:///{path}")
    assert not path.exists()


def test_a_file_that_is_no_database_is_a_sentence(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 1_000)
    for use in (open_store, migrate):
        with pytest.raises(ConfigurationError, match="not a database"):
            use(f"sqlite:///{path}")


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        migrate(f"sqlite:///{tmp_path / 'file' / 'var' / 'store.db'}")


def test_a_file_that_cannot_be_written_is_a_sentence(sqlite_url, monkeypatch):
    # Permissions do not bind root, who runs tests in containers: SQLite itself is told to refuse.
    monkeypatch.setattr(database, "NO_WAITING", "query_only=ON")
    with pytest.raises(ConfigurationError, match="readonly"):
        open_store(sqlite_url)


def test_a_database_without_tables_is_a_sentence(empty_database_url, tmp_path):
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "new.db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(ConfigurationError, match="no tables yet: run `facteur migrate`"):
        open_store(empty_database_url)


def test_another_writer_is_waited_for_and_then_said_to_be_in_the_way(sqlite_url, make):
    store = open_store(sqlite_url, busy_timeout=0.05)
    with closing(sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            make.accepted(store, "1")
        assert store.backlog().queued == 0, "readers do not wait"
        other.execute("ROLLBACK")
    assert len(make.accepted(store, "1")) == 1
    store.close()


def test_a_store_is_opened_while_another_process_writes(sqlite_url):
    with closing(sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        open_store(sqlite_url, busy_timeout=0.05).close()


@pytest.mark.parametrize("name", ["nowhere.db", "missing/nowhere.db"])
def test_a_database_that_goes_away_is_an_error_that_may_pass(tmp_path, name):
    url = make_url(f"sqlite:///{tmp_path / 'gone' / name}")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        SqlStore(Database(url, busy_timeout=0.05, pool_size=1)).check()


def test_a_server_that_goes_away_is_an_error_that_may_pass():
    url = make_url("postgresql+psycopg://u:p@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        SqlStore(Database(url, busy_timeout=0.05, pool_size=1)).check()


def test_a_commit_is_on_the_disk_and_foreign_keys_hold(sqlite_url):
    store = open_store(sqlite_url)
    with closing(store._database._engine.raw_connection()) as connection:
        values = [connection.cursor().execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS]
    assert values == ["wal", 2, 1]
    store.close()


_PRAGMAS = ("journal_mode", "synchronous", "foreign_keys")


def test_a_sqlite_deployment_loads_neither_psycopg_nor_alembic(sqlite_url, make):
    script = (
        "import sys; from routing.store.opening import open_store; open_store(sys.argv[1]).check(); "
        "print([name for name in ('psycopg', 'alembic') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, sqlite_url], cwd=make.root, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
