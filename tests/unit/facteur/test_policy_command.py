"""`facteur policy`: showing, checking and saving the policy that is in force."""

import pytest
from click.testing import CliRunner

from facteur.cli import main
from routing.policy.reading import read_policy
from routing.policy.writing import write_policy
from routing.settings import Settings
from routing.store.opening import open_store

FILE = write_policy(read_policy())
SOON = FILE.splitlines().index("    priority: urgent") + 1


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("FACTEUR_MODEL", "keywords")
    monkeypatch.setenv("COLUMNS", "200")

    def running(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    assert running("migrate").exit_code == 0
    return running


@pytest.fixture
def changed(tmp_path):
    file = tmp_path / "changed.yaml"
    file.write_text(FILE.replace("queue: sales", "queue: shop"))
    return file


def done(result):
    assert result.exit_code == 0, result.output
    return result.stdout


def test_before_anything_is_saved_the_file_is_in_force(run):
    assert done(run("policy", "show")) == FILE
    assert "No version was saved" in done(run("policy", "versions"))


def test_a_check_says_what_is_different_and_saves_nothing(run, changed):
    said = done(run("policy", "check", changed))
    assert "1 differences" in said
    assert "label quote queue: sales → shop" in said
    assert done(run("policy", "show")) == FILE


def test_what_is_applied_is_in_force_and_in_the_audit(run, changed):
    assert "Version 2" in done(run("policy", "apply", changed, "--note", "a shop"))
    assert done(run("policy", "show")) == changed.read_text()
    assert done(run("policy", "show", 1)) == FILE
    listed = done(run("policy", "versions")).splitlines()
    assert listed[1].split()[0] == "2"
    assert "command line" in listed[1]
    assert "a shop" in listed[1]
    store = open_store(Settings.from_environ().resolved_database_url)
    entry = store.audit()[0][0]
    store.close()
    assert (entry.actor, entry.kind, entry.subject) == ("command line", "policy saved", "version 2")


def test_going_back_saves_the_older_version_anew(run, changed):
    done(run("policy", "apply", changed))
    assert "Version 3 says what version 1 said" in done(run("policy", "rollback", 1))
    assert done(run("policy", "show")) == FILE


def test_rules_of_a_file_of_their_own_become_part_of_the_version(run, changed, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - name: words\n    when: {subject: price}\n    queue: prices\n")
    assert "rule words: added" in done(run("policy", "check", changed, "--rules", rules))
    done(run("policy", "apply", changed, "--rules", rules))
    assert "name: words" in done(run("policy", "show"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (FILE.replace("priority: urgent", "priority: soon"), f"wrong.yaml, line {SOON}: priority must be one of"),
        (FILE.replace("threshold: 0.75", "precision: 0.97", 1), "asks for a precision of 0.97"),
        (FILE.replace("  quote:", "  price:"), "gives the labels quote, which the policy does not have"),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_sentence(run, tmp_path, content, complaint):
    file = tmp_path / "wrong.yaml"
    file.write_text(content)
    for command in ("check", "apply"):
        result = run("policy", command, file)
        assert result.exit_code == 1
        assert complaint in result.stderr
        assert "Traceback" not in result.output
    assert done(run("policy", "show")) == FILE


def test_the_same_policy_is_not_saved_twice(run, changed):
    done(run("policy", "apply", changed))
    again = run("policy", "apply", changed)
    assert again.exit_code == 1
    assert "already" in again.stderr


def test_a_version_that_there_is_not_cannot_be_gone_back_to(run):
    assert "no version 7" in run("policy", "rollback", 7).stderr
    assert "no version 7" in run("policy", "show", 7).stderr
