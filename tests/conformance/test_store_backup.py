"""The scripts that a cluster backs up and restores with, run on a real store: what was there is there again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.schema import metadata

SCRIPTS = Path(__file__).parents[2] / "rancher" / "components" / "backup"
DAY = 86_400

pytestmark = pytest.mark.postgres


@contextmanager
def new_database(server):
    name = f"facteur_backup_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            connection.execute(f"CREATE DATABASE {name}")
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("The role of FACTEUR_TEST_POSTGRES_URL may make no database: ALTER ROLE facteur CREATEDB")
        try:
            connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
            # As settings write it, with the driver's name, which PostgreSQL's own programs do not know.
            yield (
                make_url(server)
                .set(drivername="postgresql+psycopg", database=name)
                .render_as_string(hide_password=False)
            )
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def spare_database(postgres_server):
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def database(spare_database):
    """The URL of a database without tables: the same one for every test, since making one waits for the disk."""
    with psycopg.connect(spare_database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return spare_database


@pytest.fixture(scope="module")
def filled(postgres_server, make):
    """The URL of a store with 40 mails, 25 of them decided; nobody changes it but to add mails."""
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is missing; on Debian: apt-get install postgresql-client")
    with new_database(postgres_server) as url:
        fill(url, make)
        yield url


def fill(url, make):
    migrate(url)
    with closing(open_store(url)) as store:
        make.accepted(store, *(f"mail {number} — déjà vu" for number in range(40)))
        decided = make.claim(store, now=2_000.0, limit=25)
        store.record([make.decided(claim) for claim in decided], worker="node/1", now=2_001.0)


def run(script, folder, **environ):
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        ["/bin/sh", str(SCRIPTS / script)],
        env={"PATH": os.environ["PATH"], "BACKUP_DIR": str(folder), "BACKUP_KEEP_DAYS": "14", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def back_up(url, folder, **environ):
    return run("backup.sh", folder, FACTEUR_DATABASE_URL=url, **environ)


def restore(url, folder, **environ):
    return run("restore.sh", folder, RESTORE_DATABASE_URL=url, **environ)


def dumps(folder):
    return sorted(path.name for path in folder.glob("*.dump"))


def rows(url):
    """Return every row of every table, as texts."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {
            table: sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {table} AS t"))  # noqa: S608 - our tables
            for table in [*metadata.tables, "alembic_version"]
        }


def test_what_was_backed_up_is_restored_row_for_row_and_serves(filled, database, tmp_path, make):
    done = back_up(filled, tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    assert "1 dumps are kept" in done.stdout
    done = restore(database, tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    assert "40 jobs" in done.stdout
    before = rows(filled)
    assert rows(database) == before
    assert len(before["jobs"]) == 40
    with closing(open_store(database)) as store:
        assert len(make.claim(store, now=5_000.0, limit=100)) == 15
        (fresh,) = make.accepted(store, "after the restore")
        assert [claim.job_id for claim in make.claim(store, now=5_001.0)] == [fresh]


def test_nothing_is_restored_over_mail(filled, tmp_path):
    back_up(filled, tmp_path / "backup")
    before = rows(filled)
    done = restore(filled, tmp_path / "backup")
    assert done.returncode == 1
    assert "create an empty one" in done.stderr
    assert rows(filled) == before


def test_without_a_dump_a_restore_says_so(database, tmp_path):
    assert "There is no dump at all" in restore(database, tmp_path / "backup").stderr
    done = restore(database, tmp_path / "backup", RESTORE_FILE="facteur-20260101T000000Z.dump")
    assert done.returncode == 1
    assert "no dump facteur-20260101T000000Z.dump" in done.stderr


def test_a_dump_that_breaks_off_restores_nothing(filled, database, tmp_path):
    back_up(filled, tmp_path / "backup")
    (path,) = (tmp_path / "backup").iterdir()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert restore(database, tmp_path / "backup").returncode != 0
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT to_regclass('jobs')").fetchone() == (None,)


def test_what_a_killed_backup_left_is_never_restored_and_is_cleared_away(filled, database, tmp_path):
    folder = tmp_path / "backup"
    folder.mkdir()
    killed = folder / "facteur-99990101T000000Z.dump.7.part"
    running = folder / "facteur-99990102T000000Z.dump.8.part"
    for part in (killed, running):
        part.write_bytes(b"half a dump")
    os.utime(killed, (time.time() - 2 * DAY,) * 2)
    assert "no dump at all" in restore(database, folder).stderr
    assert back_up(filled, folder).returncode == 0
    assert list(folder.glob("*.part")) == [running], "one that another backup writes right now is left alone"
    assert restore(database, folder).returncode == 0


def programs_of(version, folder):
    """Make a folder of programs that say they are of another major version of PostgreSQL, and return its PATH."""
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "{name} (PostgreSQL) {version}.2 (Debian)" && exit\n'
            f'exec {shutil.which(name)} "$@"\n'
        )
        program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("version", [9, 99])
def test_a_backup_that_no_restore_could_be_sure_of_fails_the_first_night(filled, tmp_path, version):
    done = back_up(filled, tmp_path / "backup", PATH=programs_of(version, tmp_path / "programs"))
    assert done.returncode == 1
    assert f"PostgreSQL {version}'s pg_dump and the server is PostgreSQL" in done.stderr
    assert "name the image postgres:" in done.stderr
    assert dumps(tmp_path / "backup") == []


def test_a_restore_by_programs_newer_than_the_server_is_refused_before_anything_is_done(filled, database, tmp_path):
    back_up(filled, tmp_path / "backup")
    done = restore(database, tmp_path / "backup", PATH=programs_of(99, tmp_path / "newer"))
    assert done.returncode == 1
    assert "PostgreSQL 99's pg_restore" in done.stderr
    assert "name the image postgres:" in done.stderr
    done = restore(database, tmp_path / "backup", PATH=programs_of(9, tmp_path / "older"))
    assert done.returncode == 0, done.stderr


def test_a_database_without_mail_tables_makes_no_dump(database, tmp_path):
    assert back_up(database, tmp_path / "backup").returncode != 0
    assert dumps(tmp_path / "backup") == []


@pytest.mark.usefixtures("filled")
def test_a_server_that_does_not_answer_makes_no_dump(tmp_path):
    done = back_up("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing", tmp_path / "backup")
    assert done.returncode != 0
    assert dumps(tmp_path / "backup") == []
    assert "secret" not in done.stderr


def test_old_dumps_go_only_once_a_new_one_is_there(filled, tmp_path):
    folder = tmp_path / "backup"
    folder.mkdir()
    for age in (1, 13, 14, 16, 40):
        path = folder / f"facteur-2020{age:04}T000000Z.dump"
        path.write_bytes(b"a dump")
        os.utime(path, (time.time() - age * DAY,) * 2)
    (folder / "somebody-else.dump").touch()
    os.utime(folder / "somebody-else.dump", (0, 0))
    assert back_up("postgresql://nobody@127.0.0.1:1/nothing", folder).returncode != 0
    assert len(dumps(folder)) == 6
    assert back_up(filled, folder).returncode == 0
    kept = dumps(folder)
    assert len(kept) == 4
    assert {"facteur-20200001T000000Z.dump", "facteur-20200013T000000Z.dump", "somebody-else.dump"} < set(kept)


def test_mail_goes_on_coming_in_while_it_is_backed_up(filled, database, tmp_path, make):
    folder = tmp_path / "backup"
    folder.mkdir()
    environ = {"PATH": os.environ["PATH"], "BACKUP_DIR": str(folder), "BACKUP_KEEP_DAYS": "14"}
    more = 0
    with (
        closing(open_store(filled)) as store,
        subprocess.Popen(
            ["/bin/sh", str(SCRIPTS / "backup.sh")],
            env={**environ, "FACTEUR_DATABASE_URL": filled},
            stdout=subprocess.DEVNULL,
        ) as backup,
    ):
        while backup.poll() is None and more < 2_000:
            make.accepted(store, f"meanwhile {more}")
            more += 1
    assert backup.returncode == 0
    assert more > 0
    assert restore(database, folder).returncode == 0
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        jobs, mails = connection.execute("SELECT count(*), (SELECT count(*) FROM mails) FROM jobs").fetchone()
    assert 40 <= jobs <= 40 + more
    assert jobs == mails, "a dump is of one moment: no job without its mail"
