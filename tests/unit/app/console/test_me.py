from __future__ import annotations

from dataclasses import replace

import pytest

from routing.passwords import check_password

PASSWORD = "a quiet harbour at dawn"
NEW = "seven lanterns under snow"


def me(console):
    return console.store.user(console.agent.user.id)


def settings(**changes):
    return {"full_name": "Ada Lovelace", "language": "fr", "time_zone": "Europe/London", "shortcuts": "on"} | changes


def test_a_user_says_how_the_console_speaks_and_it_does_so_at_once(console):
    answer = console.agent.post("/me", [*settings().items(), ("queues", "triage"), ("queues", "claims-home")])
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
    console.agent.post("/me", {"full_name": "Ada"})
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
    answer = console.agent.post("/me", settings(**changes, language=""))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert me(console) == console.agent.user


def test_languages_and_queues_that_there_are_not_are_left_out(console):
    console.agent.post("/me", settings(language="xx", queues="no-such-queue"))
    assert me(console).language is None
    assert me(console).queues == ()


def test_nobody_gives_themselves_a_role(console):
    console.agent.post("/me", settings(role="administrator", epoch="7"))
    assert (me(console).role, me(console).epoch) == ("agent", 0)


def test_settings_do_not_bring_back_what_an_administrator_took_away_meanwhile(console):
    console.agent.page("/me")
    console.store.save_user(replace(me(console), disabled_at=1.0, epoch=1))
    answer = console.agent.post("/me", settings())
    assert answer.status_code in {303, 409}
    assert me(console).disabled_at == 1.0


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
