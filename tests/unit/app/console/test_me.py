from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from routing.passwords import check_password

PASSWORD = "a quiet harbour at dawn"
NEW = "seven lanterns under snow"


def me(console):
    return console.store.user(console.agent.user.id)


def seen_in(page):
    return re.search(r'name="seen" value="(\w+)"', page)[1]


def send(console, fields):
    """Send the form of the settings, as they are at this moment."""
    pairs = list(fields.items() if isinstance(fields, dict) else fields)
    return console.agent.post("/me", [*pairs, ("seen", seen_in(console.agent.page("/me")))])


def settings(**changes):
    return {"full_name": "Ada Lovelace", "language": "fr", "time_zone": "Europe/London", "shortcuts": "on"} | changes


def test_a_user_says_how_the_console_speaks_and_it_does_so_at_once(console):
    answer = send(console, [*settings().items(), ("queues", "triage"), ("queues", "claims-home")])
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/me"
    saved = me(console)
    assert (saved.full_name, saved.language, saved.time_zone) == ("Ada Lovelace", "fr", "Europe/London")
    assert (saved.shortcuts, saved.queues) == (True, ("claims-home", "triage"))
    shown = console.agent.page("/me")
    assert '<html lang="fr"' in shown
    assert "Vos réglages sont enregistrés." in shown
    assert "Ada Lovelace" in shown


def test_keys_can_be_switched_off(console):
    assert "data-shortcuts" in console.agent.page("/me")
    send(console, {"full_name": "Ada"})
    assert not me(console).shortcuts
    assert "data-shortcuts" not in console.agent.page("/me")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"full_name": "  "}, "Enter the name that colleagues read."),
        ({"full_name": "x" * 201}, "That name is too long."),
        ({"time_zone": "Mars/Olympus"}, "That time zone is not known"),
    ],
)
def test_what_cannot_be_saved_is_told_beside_its_field_and_nothing_is_lost(console, changes, said):
    answer = send(console, settings(**changes, language=""))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert me(console) == console.agent.user


def test_languages_and_queues_that_there_are_not_are_left_out(console):
    send(console, settings(language="xx", queues="no-such-queue"))
    assert me(console).language is None
    assert me(console).queues == ()


def test_nobody_gives_themselves_a_role(console):
    send(console, settings(role="administrator", epoch="7"))
    assert (me(console).role, me(console).epoch) == ("agent", 0)


def test_settings_do_not_bring_back_what_an_administrator_took_away_meanwhile(console):
    seen = seen_in(console.agent.page("/me"))
    console.store.save_user(replace(me(console), disabled_at=1.0, epoch=1))
    assert console.agent.post("/me", settings(seen=seen)).headers["Location"] == "/me"
    assert console.agent.get("/me").headers["Location"].startswith("/sign-in")
    assert me(console).disabled_at == 1.0


def test_a_form_from_before_an_administrators_change_says_so_and_changes_nothing(console):
    seen = seen_in(console.agent.page("/me"))
    changed = replace(me(console), full_name="Ada Durand", queues=("triage",))
    console.store.save_user(changed)
    answer = console.agent.post("/me", settings(seen=seen))
    assert answer.headers["Location"] == "/me"
    assert "Your settings were changed meanwhile" in html.unescape(console.agent.page("/me"))
    assert me(console) == changed


def test_a_new_password_brings_nothing_back_either(console):
    console.agent.page("/me")
    console.store.save_user(replace(me(console), queues=("triage",)))
    console.agent.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert me(console).queues == ("triage",)


@pytest.mark.parametrize("taken", ["Sam Martin", "sam  martin", "SAM"])
def test_nobody_takes_a_colleagues_name(console, taken):
    answer = send(console, settings(full_name=taken, language=""))
    assert answer.status_code == 422
    assert "A colleague is called this already" in answer.text
    assert me(console).full_name == "Ada Martin"


def test_namesakes_that_an_administrator_made_change_the_rest(console):
    console.store.save_user(replace(me(console), full_name="Sam Martin"))
    assert send(console, settings(full_name="Sam Martin")).status_code == 303
    assert me(console).time_zone == "Europe/London"


def test_another_name_is_in_the_audit_and_other_settings_are_not(console):
    send(console, settings(full_name="Ada Martin"))
    assert console.store.audit()[0] == ()
    send(console, settings())
    [entry], _ = console.store.audit()
    assert (entry.actor, entry.kind, entry.subject) == ("user ada", "user changed", "user ada")
    assert entry.detail == "Ada Martin → Ada Lovelace"


def test_a_new_password_ends_all_other_sessions_and_is_in_the_audit(console):
    elsewhere = console.browser("bob")
    here = console.agent
    other = type(here)(console.house, me(console))
    answer = here.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 303
    assert check_password(NEW, me(console).password)
    console.house.stopwatch.now += 3
    assert here.get("/me").status_code == 200
    assert other.get("/me").status_code == 303
    assert elsewhere.get("/me").status_code == 200
    entries, _ = console.store.audit()
    assert (entries[0].actor, entries[0].kind) == ("user ada", "password changed")


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "This is not your password."),
        (PASSWORD, "short", "short", "at least 12 characters"),
        (PASSWORD, "x" * 300, "x" * 300, "It is too long."),
        (PASSWORD, "abababababab", "abababababab", "a row or a repetition"),
        (PASSWORD, "motdepasse123!", "motdepasse123!", "among those that are guessed first"),
        (PASSWORD, NEW, NEW + "x", "The two are not the same."),
    ],
)
def test_a_password_that_cannot_be_taken_is_told_beside_its_field(console, old, new, again, said):
    answer = console.agent.post("/me/password", {"old": old, "new": new, "again": again})
    assert answer.status_code == 422
    assert said in answer.text
    assert me(console).password == console.agent.user.password


def test_an_open_session_is_no_way_to_guess_the_password(console):
    for _ in range(5):
        console.agent.post("/me/password", {"old": "wrong", "new": NEW, "again": NEW})
    answer = console.agent.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 429
