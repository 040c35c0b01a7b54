"""`facteur migrate`, and its two ways to look without touching: `--check` and `--wait`."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from facteur.cli import main
from routing.store.schema import REVISION

NUMBER = int(REVISION[:4])


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    return tmp_path / "var" / "facteur.sqlite"


def migrate(*options):
    return CliRunner().invoke(main, ["migrate", *options])


def set_version(file, version):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])


def version_of(file):
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def assert_refused(result, *words):
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


def test_migrating_says_to_which_version(file):
    result = migrate()
    assert (result.exit_code, result.stdout) == (0, f"The schema is up to date ({REVISION}).\n")
    assert version_of(file) == REVISION


def test_a_newer_schema_that_still_serves_this_version_is_left_as_it_is(file):
    migrate()
    newer = f"{NUMBER + 1:04d}_since_0001"
    set_version(file, newer)
    for options in ((), ("--check",), ("--wait",)):
        result = migrate(*options)
        assert (result.exit_code, newer in result.stdout) == (0, True), result.output
    assert version_of(file) == newer


def test_checking_makes_no_database(file):
    assert_refused(migrate("--check"), "There is no database", "facteur migrate")
    assert not file.exists()


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0001_since_0001", "run `facteur migrate`"),
        ("somebody_elses", "run `facteur migrate`"),
        (f"{NUMBER + 1:04d}_since_{NUMBER + 1:04d}", "run the newer version"),
    ],
)
def test_checking_says_what_a_schema_lacks_and_leaves_it_so(file, version, words):
    migrate()
    set_version(file, version)
    assert_refused(migrate("--check"), version, words)
    assert version_of(file) == version


def test_waiting_ends_when_another_migrates_and_says_meanwhile_for_what_it_waits(file):
    migrate()
    set_version(file, "0001_since_0001")
    other = threading.Timer(0.7, set_version, (file, REVISION))
    other.start()
    result = migrate("--wait", "--seconds", "30")
    other.join()
    assert result.exit_code == 0, result.output
    assert result.stdout == f"This version runs on the schema ({REVISION}).\n"
    assert result.stderr.count("Waiting: ") == 1
    assert "0001_since_0001" in result.stderr


def test_waiting_has_an_end(file):
    assert_refused(migrate("--wait", "--seconds", "0.6"), "Waited 0.6 s in vain. There is no database")
    assert not file.exists()


def test_waiting_for_a_server_that_does_not_answer_says_so_without_its_password(monkeypatch):
    monkeypatch.setenv("FACTEUR_DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/facteur")
    result = migrate("--wait", "--seconds", "0.6")
    assert_refused(result, "Waiting: ", "cannot be reached")
    assert "secret" not in result.output


def test_nobody_waits_for_what_waiting_does_not_mend(file, monkeypatch):
    migrate()
    set_version(file, "9999_since_9999")
    assert_refused(migrate("--wait"), "9999_since_9999", "run the newer version")
    monkeypatch.setenv("FACTEUR_DATABASE_URL", "mysql://root@localhost/facteur")
    assert_refused(migrate("--wait"), "only sqlite and postgresql")


def test_looking_once_and_waiting_exclude_each_other():
    result = migrate("--check", "--wait")
    assert result.exit_code == 2
    assert "choose one" in result.output


def test_waiting_is_ended_by_sigterm_also_as_the_first_process_of_a_container(tmp_path):
    waiting = subprocess.Popen(
        [sys.executable, "-m", "facteur", "migrate", "--wait"],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "FACTEUR_VAR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr.readline().startswith("Waiting: There is no database")
    waiting.send_signal(signal.SIGTERM)
    assert waiting.communicate(timeout=10)[1] == ""
    assert waiting.returncode == 143, "its own exit, not the signal's default that a first process has not"
