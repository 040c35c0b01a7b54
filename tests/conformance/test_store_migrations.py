"""Migrations come to exactly the tables that the code describes, whoever runs them and how often."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, create_engine, event, text

from routing.desk import ListFilter, Order
from routing.errors import ConfigurationError
from routing.store import migrations
from routing.store.migrations import migrate, newest_version, schema_version
from routing.store.opening import open_store, parse
from routing.store.schema import REVISION, metadata
from routing.store.sql.statement import Statement

MIGRATOR = """
import sys
from routing.store import migrations
from routing.store.migrations import migrate

print("ready", flush=True)
sys.stdin.readline()
print(migrate(sys.argv[1]), flush=True)
"""
DEFINITIONS = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'",
    "postgresql": """
        SELECT 'index', indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
        UNION ALL
        SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace AND conrelid <> to_regclass('alembic_version')
        UNION ALL
        SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
    """,
}


@pytest.fixture
def engine(empty_database_url):
    migrate(empty_database_url)
    made = create_engine(parse(empty_database_url))
    yield made
    made.dispose()


def definitions(engine):
    """What the database says of its tables, indexes and constraints, without white space and quotes."""
    with engine.connect() as connection:
        rows = connection.execute(text(DEFINITIONS[engine.dialect.name])).all()
    return {(kind, name): sorted(re.sub(r'["\s]', "", sql).strip("()").split(",")) for kind, name, sql in rows}


def test_the_code_needs_the_newest_migration():
    assert newest_version() == REVISION


def test_every_migration_says_which_programs_run_on_it():
    numbers = [re.fullmatch(r"(\d{4})_since_(\d{4})", name).groups() for name in all_versions()]
    assert [number for number, _ in numbers] == [f"{place:04d}" for place in range(1, len(numbers) + 1)]
    assert all(since <= number for number, since in numbers)
    assert sorted(since for _, since in numbers) == [since for _, since in numbers], "what was taken away stays away"


@pytest.mark.parametrize("version", ["0005_since_0001", "0417_since_0002"])
def test_a_program_runs_on_a_newer_schema_that_says_it_may(database_url, make, version):
    set_version(database_url, version)
    try:
        store = open_store(database_url)
        store.check()
        make.accepted(store, "1")
        store.close()
    finally:
        set_version(database_url, REVISION)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0005_since_0005", "run the newer version"),
        ("0417_since_0005", "run the newer version"),
        ("0001_since_0001", "run `facteur migrate`"),
        ("somebody_elses", "run `facteur migrate`"),
    ],
)
def test_a_program_refuses_a_schema_that_it_does_not_fit_with_a_sentence(database_url, version, words):
    running = open_store(database_url)
    set_version(database_url, version)
    try:
        for ask in (running.check, lambda: open_store(database_url)):
            with pytest.raises(ConfigurationError, match=f"{version}.*{words}"):
                ask()
    finally:
        set_version(database_url, REVISION)
        running.close()


def set_version(url, version):
    engine = create_engine(parse(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def all_versions():
    directory = ScriptDirectory(str(Path(migrations.__file__).parent))
    return [script.revision for script in directory.walk_revisions()][::-1]


def test_migrations_make_the_tables_that_the_code_describes(engine):
    def ours(_object, name, kind, _reflected, _other):
        """Leave out what SQLite's index of words keeps: `definitions` compares that."""
        return not (kind in {"table", "index"} and name.startswith(("texts_index", "texts_words")))

    opts = {"compare_type": True, "target_metadata": metadata, "include_object": ours}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_migrations_make_the_indexes_and_checks_that_the_code_describes(engine):
    migrated = definitions(engine)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    assert migrated == definitions(engine)


def test_migrating_again_changes_nothing(empty_database_url):
    assert schema_version(empty_database_url) is None
    assert migrate(empty_database_url) == REVISION
    assert migrate(empty_database_url) == REVISION
    assert schema_version(empty_database_url) == REVISION
    open_store(empty_database_url).close()


def test_processes_that_migrate_at_once_take_turns(empty_database_url, make):
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", MIGRATOR, empty_database_url],
            cwd=make.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0].strip() for process in processes] == [REVISION] * 3
    open_store(empty_database_url).close()


def test_a_database_of_a_newer_program_is_refused_with_a_sentence(empty_database_url, engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_since_9999'"))
    for use in (migrate, open_store):
        with pytest.raises(ConfigurationError, match="9999_since_9999, which this program no longer fits"):
            use(empty_database_url)


def test_a_database_of_another_program_is_refused_with_a_sentence(empty_database_url, engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'somebody_elses'"))
    with pytest.raises(ConfigurationError, match="was not made by this program"):
        migrate(empty_database_url)


@pytest.fixture
def backup(empty_postgres_url, monkeypatch):
    """A session that holds the jobs of an old schema as `pg_dump` does, and migrations that try quickly."""
    monkeypatch.setattr(migrations, "TABLE_SECONDS", 0.2)
    monkeypatch.setattr(migrations, "PAUSE_SECONDS", 0.2)
    migrate_to("0001_since_0001", empty_postgres_url)
    with psycopg.connect(empty_postgres_url) as holding:
        holding.execute("LOCK TABLE jobs IN ACCESS SHARE MODE")
        yield holding


@pytest.mark.postgres
def test_nobody_waits_for_long_behind_a_migration_that_waits_for_a_backup(backup, empty_postgres_url):
    with ThreadPoolExecutor() as threads, psycopg.connect(empty_postgres_url, autocommit=True) as mail:
        migrating = threads.submit(migrate, empty_postgres_url)
        while not somebody_waits_for_jobs(mail):
            assert not migrating.done()
        mail.execute("SET lock_timeout = '20s'")
        mail.execute("UPDATE jobs SET due_at = 0")  # gets through although the backup has not ended
        assert not migrating.done()
        backup.rollback()
        assert migrating.result(timeout=30) == REVISION


def somebody_waits_for_jobs(connection):
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'jobs'::regclass AND NOT granted"
    return connection.execute(waiting).fetchone()[0]


@pytest.mark.postgres
def test_a_migration_that_is_asked_to_end_ends_and_leaves_the_schema_as_it_was(backup, empty_postgres_url, make):
    command = [sys.executable, "-m", "facteur", "migrate"]
    environ = {**os.environ, "FACTEUR_DATABASE_URL": empty_postgres_url}
    with subprocess.Popen(command, cwd=make.root, env=environ) as migrating:
        while not somebody_waits_for_jobs(backup):
            assert migrating.poll() is None
        migrating.terminate()
        assert migrating.wait(timeout=30) == 143, (
            "heard, as the first process of a container hears only what it asks for"
        )
    assert schema_version(empty_postgres_url) == "0001_since_0001"


@pytest.mark.postgres
@pytest.mark.usefixtures("backup")
def test_a_migration_that_never_gets_a_table_says_who_may_hold_it(empty_postgres_url, monkeypatch):
    monkeypatch.setattr(migrations, "WAIT_SECONDS", 0.3)
    with pytest.raises(ConfigurationError, match="such as a backup: run `facteur migrate` again"):
        migrate(empty_postgres_url)
    assert schema_version(empty_postgres_url) == "0001_since_0001", "all or nothing"


OLD_IDS = {name: f"00000000-0000-7000-8000-00000000000{place}" for place, name in enumerate("abc")}
OLD_JOB = {
    "status": "done",
    "source": "gate",
    "created_at": 1_000,
    "updated_at": 1_200,
    "ended_at": 1_100,
    "digest": "d",
    "message_id": "",
    "subject": "s",
    "sender": "a@b.fr",
    "size": 1,
    "metadata": "{}",
    "due_at": 0,
    "alone": False,
    "grouped": False,
    "attempts": 1,
    "confidence": 0.75,
    "reason": "why",
    "decided_at": 1_100,
    "rule": None,
}
OLD_DECISIONS = (
    {"label": "quote", "queue": "sales", "priority": "urgent", "decided_by": "model", "model_version": "m"},
    {"label": "quote", "queue": "sales", "priority": "low", "decided_by": "human", "model_version": "m"},
    {
        "label": None,
        "queue": "automatic",
        "priority": "low",
        "decided_by": "rule",
        "rule": "list",
        "model_version": None,
    },
)
OLD_REVIEW = {"job_id": OLD_IDS["b"], "reviewer": "anne", "confirmed": False, "note": ""}
OLD_WORDS = (
    {"at": 1_150, "label_before": "claim", "queue_before": "motor", "label": "billing", "queue": "billing"},
    {"at": 1_200, "label_before": "billing", "queue_before": "billing", "label": "quote", "queue": "sales"},
)


def test_mails_routed_before_the_console_are_listed_and_counted(empty_database_url):
    ids = OLD_IDS
    migrate_to("0001_since_0001", empty_database_url)
    jobs = zip(ids.values(), (False, True, False), OLD_DECISIONS, strict=True)
    fill(
        empty_database_url,
        jobs=[OLD_JOB | {"id": job_id, "reviewed": reviewed} | decision for job_id, reviewed, decision in jobs],
        reviews=[OLD_REVIEW | {"id": key} | word for key, word in zip(ids.values(), OLD_WORDS, strict=False)],
    )
    migrate(empty_database_url)
    store = open_store(empty_database_url)
    by_model, by_human, by_rule = (store.job(job_id) for job_id in ids.values())
    assert (by_model.model_label, by_model.model_confidence, by_model.handling.handled_at) == ("quote", 0.75, None)
    assert (by_human.model_label, by_human.model_confidence, by_human.handling.handled_at) == ("claim", None, 1_200.0)
    assert (by_rule.model_label, by_rule.handling.arrived_at) == (None, 1_100.0)
    assert [(state.queue, state.open, state.unreviewed) for state in store.queue_states()] == [
        ("automatic", 1, 1),
        ("sales", 1, 1),
    ]
    assert [job.id for job in store.listing(ListFilter(), order=Order.PRESSING).jobs] == [ids["a"], ids["c"]]
    [[queue, label, who]] = store._database.read(
        Statement("SELECT routed_queue, routed_label, routed_by FROM jobs WHERE id = :id"), {"id": ids["b"]}
    )
    assert (queue, label, who) == ("motor", "claim", "model")
    store.recount()
    store.close()


def fill(url, **tables):
    """Put rows into tables as they are in this database, whatever the program thinks of them today."""
    made = create_engine(parse(url))
    with made.begin() as connection:
        for name, rows in tables.items():
            table = Table(name, MetaData(), autoload_with=connection)
            ids = [
                column.name
                for column in table.columns
                if made.dialect.name == "postgresql" and column.name in {"id", "job_id"}
            ]
            connection.execute(table.insert(), [row | {key: UUID(row[key]) for key in ids} for row in rows])
    made.dispose()


def migrate_to(version, url):
    """Bring an empty database to an old version."""
    if parse(url).get_backend_name() == "sqlite":
        migrations._prepare_file(parse(url))
    config = migrations._config()
    made = create_engine(parse(url), connect_args=migrations._arguments(parse(url)))
    event.listen(made, "begin", migrations._take_turn)
    with made.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    made.dispose()
