"""What the versions in the history say to the database, the newest schema still understands.

Each version's statements are taken from its own code and planned, not run, on the newest schema: a table, a column or
a unique index that one of them misses is found, whatever the migrations are called. Statements that the store puts
together while it runs are not among them; those are heard in the tests of rolling upgrades.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from release import ROOT, HistoryMissing, old_tree
from sqlalchemy import NullPool, create_engine, text

from routing.store import migrations
from routing.store.opening import parse
from routing.store.schema import REVISION

SAYINGS = Path(__file__).with_name("sayings.py")
HERE = Path(migrations.__file__).parent
FILES = sorted(path.name for path in (HERE / "versions").glob("[0-9]*.py"))
SINCE = REVISION.partition("_since_")[2]
NOBODY = {"sqlite": [], "postgresql": []}


class Nothing(dict):
    """A value for every parameter there could be."""

    def __missing__(self, name):
        return None


@cache
def sayings(tree):
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    run = subprocess.run([sys.executable, str(SAYINGS)], env=environ, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def said_by(tmp_path_factory):
    """Statements by the number of the schema that a version was written for: those that may still run, and today's."""
    found = {FILES[-1][:4]: sayings(ROOT)}
    for file, after in pairwise(FILES):
        if file[:4] >= SINCE:
            try:
                found[file[:4]] = sayings(old_tree(tmp_path_factory.mktemp("tree"), before=after, rooms=("routing",)))
            except HistoryMissing as missing:
                pytest.skip(f"The history of the repository is not here, so NO old version was tested ({missing}).")
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def connection(request, tmp_path):
    """A connection to a database without tables; what is done to it is undone."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'new.db'}" if on_sqlite else request.getfixturevalue("empty_postgres_url")
    engine = create_engine(parse(url), poolclass=NullPool)
    with engine.connect() as opened:
        yield opened


def migrated(connection):
    """Migrate step by step; give the number of each schema when the database has it."""
    for script in list(ScriptDirectory(str(HERE)).walk_revisions())[::-1]:
        with Operations.context(MigrationContext.configure(connection)):
            script.module.upgrade()
        yield script.revision[:4]


def not_understood(connection, said):
    """Plan each statement; return those that the database refuses, with why."""
    found = {}
    for statement in said[connection.dialect.name]:
        part = connection.begin_nested()
        try:
            connection.connection.cursor().execute(f"EXPLAIN {statement}", Nothing())
        except connection.dialect.loaded_dbapi.Error as error:
            found[statement] = str(error)
        part.rollback()
    return found


@pytest.mark.history
def test_every_version_that_may_run_on_the_newest_schema_is_understood_by_it(said_by, connection):
    # What is said to the other database only is not understood by this one, at any time.
    at_home = {number: not_understood(connection, said_by.get(number, NOBODY)) for number in migrated(connection)}
    assert sorted(said_by) == [number for number in at_home if number >= SINCE]
    for number, said in said_by.items():
        understood = set(said[connection.dialect.name]) - set(at_home[number])
        assert len(understood) >= 40
        lost = {
            statement: why for statement, why in not_understood(connection, said).items() if statement in understood
        }
        assert lost == {}, f"the version written for schema {number}"


TAKEN_AWAY = {
    "ALTER TABLE jobs RENAME COLUMN due_at TO ripe_at": "due_at",
    "DROP TABLE viewers": "viewers",
    "DROP INDEX texts_of_a_job": "ON CONFLICT",
}


def test_a_schema_that_took_something_away_is_found_out(connection):
    said = sayings(ROOT)
    list(migrated(connection))
    before = not_understood(connection, said)
    for change, missing in TAKEN_AWAY.items():
        part = connection.begin_nested()
        connection.execute(text(change))
        lost = {
            statement: why for statement, why in not_understood(connection, said).items() if statement not in before
        }
        part.rollback()
        assert lost, change
        assert all(missing in why for why in lost.values())
