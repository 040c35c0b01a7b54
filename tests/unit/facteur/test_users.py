"""`facteur users`, and the first administrator that `facteur up` makes."""

from __future__ import annotations

import shutil
import stat

import pytest
from click.testing import CliRunner

from facteur.cli import main
from facteur.first_administrator import first_administrator
from routing import passwords
from routing.passwords import check_password
from routing.people import Role, disabled, with_password
from routing.settings import Settings
from routing.store.migrations import migrate
from routing.store.opening import open_store

SENTENCE = "tulipe marteau canal sept"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """What a hash costs in earnest is tested where it is made."""
    monkeypatch.setattr(passwords, "COST", 2**10)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    var = tmp_path_factory.mktemp("migrated") / "var"
    migrate(Settings(var=var).resolved_database_url)
    return var


@pytest.fixture
def settings(migrated, tmp_path):
    return Settings(var=shutil.copytree(migrated, tmp_path / "var"))


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("FACTEUR_VAR", str(settings.var))
    monkeypatch.setenv("COLUMNS", "200")

    def running(*arguments, **how):
        return CliRunner().invoke(main, ["users", *arguments], **how)

    return running


@pytest.fixture
def store(settings):
    opened = open_store(settings.resolved_database_url)
    yield opened
    opened.close()


def test_a_user_is_made_with_a_password_that_is_shown_alone_and_once(run, store):
    result = run("create", "anne", "--full-name", "Anne Martin", "--role", "supervisor")
    assert result.exit_code == 0, result.output
    assert "not shown again" in result.stderr
    user = store.user_by_name("anne")
    assert check_password(result.stdout.strip(), user.password)
    assert (user.full_name, user.role) == ("Anne Martin", Role.SUPERVISOR)
    [entry], _ = store.audit()
    assert (entry.actor, entry.kind, entry.subject) == ("command line", "user created", "user anne")
    assert entry.detail == "supervisor"


def test_a_password_can_be_given_but_not_as_an_argument(run, store):
    result = run("create", "anne", "--ask", input=f"{SENTENCE}\n")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert check_password(SENTENCE, store.user_by_name("anne").password)
    assert run("create", "paul", "--password", SENTENCE).exit_code == 2


def test_an_easy_password_is_refused_in_one_sentence(run, store):
    result = run("create", "anne", "--ask", input="motdepasse2026\n")
    assert result.exit_code == 1
    assert "guessed first" in result.stderr
    assert store.users() == ()


def test_a_new_password_ends_sessions(run, store):
    run("create", "anne")
    result = run("password", "ANNE")
    user = store.user_by_name("anne")
    assert check_password(result.stdout.strip(), user.password)
    assert user.epoch == 1


def test_users_are_listed_without_their_passwords(run, store):
    password = run("create", "anne", "--full-name", "Anne [b]Martin").stdout.strip()
    run("create", "chief", "--role", "administrator")
    run("disable", "anne")
    listed = run("list").stdout
    assert "Anne [b]Martin" in listed
    assert "administrator" in listed
    assert listed.count("UTC") == 3
    assert password not in listed
    assert store.user_by_name("anne").password not in listed


def test_who_was_disabled_can_be_enabled_with_another_role(run, store):
    run("create", "anne")
    for arguments in (("disable", "anne"), ("enable", "anne"), ("role", "anne", "supervisor")):
        assert run(*arguments).exit_code == 0
    user = store.user_by_name("anne")
    assert (user.disabled_at, user.role, user.epoch) == (None, Role.SUPERVISOR, 3)
    entries, _ = store.audit()
    assert [entry.kind for entry in entries] == ["role changed", "user enabled", "user disabled", "user created"]
    assert entries[0].detail == "agent → supervisor"


def test_what_changes_nothing_is_no_line_of_the_audit(run, store):
    run("create", "anne")
    assert run("enable", "anne").exit_code == 0
    assert len(store.audit()[0]) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "Anne"), "there already"),
        (("create", "no spaces"), "cannot name a user"),
        (("disable", "nobody"), "There is no user 'nobody'"),
        (("disable", "chief"), "last administrator"),
        (("role", "chief", "agent"), "last administrator"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, arguments, says):
    run("create", "anne")
    run("create", "chief", "--role", "administrator")
    result = run(*arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_first_start_makes_an_administrator_whose_password_only_the_user_of_the_machine_reads(settings, store):
    first = first_administrator(settings)
    user = store.user_by_name(first.name)
    assert user.role is Role.ADMINISTRATOR
    assert check_password(first.password, user.password)
    file = settings.var / "admin.password"
    assert file.read_text().strip() == first.password
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_later_starts_show_the_same_while_it_is_right(settings, store):
    first = first_administrator(settings)
    assert first_administrator(settings) == first
    assert len(store.users()) == 1
    store.save_user(with_password(store.user_by_name("admin"), SENTENCE))
    assert first_administrator(settings) is None


def test_a_start_that_was_broken_off_before_the_user_was_made_goes_on(settings, store):
    (settings.var / "admin.password").write_text(SENTENCE)
    assert first_administrator(settings).password == SENTENCE
    assert check_password(SENTENCE, store.user_by_name("admin").password)


def test_where_there_are_users_none_is_made(settings, run, store):
    run("create", "anne")
    assert first_administrator(settings) is None
    assert [user.name for user in store.users()] == ["anne"]


def test_who_was_disabled_is_not_shown(settings, run, store):
    first = first_administrator(settings)
    run("create", "chief", "--role", "administrator")
    store.save_user(disabled(store.user_by_name(first.name), now=1.0))
    assert first_administrator(settings) is None
