"""The commands that need no server: `facteur route`, `facteur keys`, `facteur migrate`."""

import json

import pytest
from click.testing import CliRunner

from facteur.cli import main
from routing.keys import hash_secret, is_secret
from routing.store.opening import open_store

QUOTE = b"From: anne@example.org\r\nSubject: Devis [/auto] \x1b[31m\r\n\r\nUn devis, quel tarif ?\r\n"
AWAY = b"From: bob@example.org\r\nSubject: Absence\r\nAuto-Submitted: auto-replied\r\n\r\nJe suis absent.\r\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("FACTEUR_MODEL", "keywords")
    monkeypatch.setenv("COLUMNS", "200")

    def running(*arguments, **how):
        return CliRunner().invoke(main, [str(argument) for argument in arguments], **how)

    return running


@pytest.fixture
def mails(tmp_path):
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "1.eml").write_bytes(QUOTE)
    (folder / "2.eml").write_bytes(AWAY)
    return folder


def assert_refused(result, says):
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


# -- route


def test_mails_are_routed_and_shown_as_a_table(run, mails):
    result = run("route", mails)
    assert result.exit_code == 0, result.output
    quote, away = (line for line in result.stdout.splitlines() if "Devis" in line or "Absence" in line)
    assert "Devis [/auto]" in quote
    assert "\x1b" not in quote
    assert "sales" in quote
    assert "automatic" in away


def test_json_lines_say_everything_of_each_mail(run, mails):
    result = run("route", "--json", mails / "1.eml", mails / "2.eml")
    assert result.exit_code == 0
    quote, away = map(json.loads, result.stdout.splitlines())
    assert (quote["name"], quote["sender"]) == ("1.eml", "anne@example.org")
    assert quote["decision"]["label"] == "quote"
    assert quote["decision"]["queue"] == "sales"
    assert "stand-in" in quote["decision"]["reason"]
    assert quote["error"] is None
    assert quote["milliseconds"] >= 0
    assert away["decision"]["rule"] == "automatic/auto-reply"
    assert away["decision"]["decided_by"] == "rule"


def test_standard_input_is_routed(run):
    result = run("route", "--json", "-", input=QUOTE)
    assert json.loads(result.stdout)["name"] == "standard input"


def test_the_model_can_be_named(run, mails, monkeypatch):
    monkeypatch.setenv("FACTEUR_MODEL", "/nowhere")
    assert run("route", "--model", "keywords", mails).exit_code == 0
    assert_refused(run("route", mails), "/nowhere")


def test_administrators_rules_hold_here_too(run, mails, tmp_path, monkeypatch):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{name: anne, when: {sender: anne@example.org}, queue: vip}]")
    monkeypatch.setenv("FACTEUR_RULES", str(rules))
    decision = json.loads(run("route", "--json", mails / "1.eml").stdout)["decision"]
    assert (decision["queue"], decision["rule"]) == ("vip", "anne")


def test_a_mail_that_cannot_be_decided_is_shown_and_the_command_fails(run, mails, monkeypatch):
    class Broken:
        version, labels, stand_in = "broken", ("quote",), False

        def classify(self, mails):
            raise ValueError(f"[/no] with {len(mails)}")

    monkeypatch.setattr("facteur.route_files.load_classifier", lambda _: Broken())
    result = run("route", mails)
    assert result.exit_code == 1
    assert "failed: ValueError: [/no] with 1" in result.stdout
    assert "automatic" in result.stdout
    lines = [json.loads(line) for line in run("route", "--json", mails).stdout.splitlines()]
    assert [line["error"] for line in lines] == ["ValueError: [/no] with 1", None]
    assert lines[0]["decision"] is None


@pytest.mark.parametrize("arguments", [("absent.eml",), ()])
def test_what_cannot_be_read_is_refused(run, arguments, mails):
    (mails / "1.eml").unlink()
    (mails / "2.eml").unlink()
    result = run("route", *(arguments or (mails,)))
    assert_refused(result, "absent.eml cannot be read" if arguments else "neither a maildir nor a folder")


def test_a_command_without_a_place_says_how_it_is_used(run):
    result = run("route")
    assert result.exit_code == 2
    assert "FILE..." in result.output


# -- keys and migrate


@pytest.fixture
def migrated(run):
    assert run("migrate").exit_code == 0
    return run


def store_of(tmp_path):
    return open_store(f"sqlite:///{tmp_path}/var/facteur.sqlite")


def test_a_key_is_made_its_secret_shown_alone_and_only_its_hash_kept(migrated, tmp_path):
    result = migrated("keys", "create", "mail-system", "--scope", "submit")
    assert result.exit_code == 0
    secret = result.stdout.strip()
    assert is_secret(secret)
    assert "not shown again" in result.stderr
    store = store_of(tmp_path)
    key = store.key_by_hash(hash_secret(secret))
    assert (key.name, key.scopes) == ("mail-system", frozenset({"submit"}))
    store.close()
    assert secret.encode() not in (tmp_path / "var" / "facteur.sqlite").read_bytes()


def test_a_key_may_submit_and_read_unless_told_otherwise(migrated):
    migrated("keys", "create", "a")
    assert "read submit" in migrated("keys", "list").stdout


def test_keys_are_listed_with_revoked_ones_and_without_secrets(migrated):
    secret = migrated("keys", "create", "a", "--scope", "admin").stdout.strip()
    assert migrated("keys", "revoke", "a").exit_code == 0
    result = migrated("keys", "list")
    assert "admin" in result.stdout
    assert result.stdout.count("UTC") == 2
    assert secret not in result.stdout


def test_a_revoked_key_is_no_key(migrated, tmp_path):
    secret = migrated("keys", "create", "a").stdout.strip()
    migrated("keys", "revoke", "a")
    store = store_of(tmp_path)
    assert store.key_by_hash(hash_secret(secret)) is None
    store.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "a"), "in use"),
        (("create", "no spaces"), "cannot name a key"),
        (("revoke", "unheard"), "unheard"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(migrated, arguments, says):
    migrated("keys", "create", "a")
    assert_refused(migrated("keys", *arguments), says)


def test_an_unknown_scope_is_refused_with_the_known_ones(migrated):
    result = migrated("keys", "create", "b", "--scope", "everything")
    assert result.exit_code == 2
    assert "submit" in result.output


def test_keys_without_a_database_say_how_to_make_one(run):
    for arguments in (("list",), ("create", "a"), ("revoke", "a")):
        assert_refused(run("keys", *arguments), "facteur migrate")


def test_migrating_twice_is_harmless(migrated):
    assert migrated("migrate").exit_code == 0


def test_a_misspelt_setting_is_refused_by_every_command(run, mails, monkeypatch):
    monkeypatch.setenv("FACTEUR_PROT", "1")
    for arguments in (("route", mails), ("keys", "list"), ("migrate",), ("up",), ("api",), ("worker",), ("beat",)):
        assert_refused(run(*arguments), "did you mean FACTEUR_PORT?")


@pytest.mark.parametrize("role", ["worker", "errands", "beat"])
def test_parts_that_need_redis_say_so(run, role):
    assert_refused(run(role), "FACTEUR_REDIS_URL is empty")


def test_a_var_that_is_a_file_is_one_sentence(run, tmp_path):
    (tmp_path / "var").write_text("in the way")
    assert_refused(run("api"), "cannot be written")
    assert_refused(run("migrate"), "cannot be")


def test_help_names_every_command(run):
    result = run("--help")
    for command in ("up", "api", "worker", "errands", "beat", "route", "keys", "migrate"):
        assert f"  {command} " in result.output
