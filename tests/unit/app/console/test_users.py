"""The users' pages: administrators make people, change what they may do, and let them in no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from routing.passwords import check_password
from routing.people import Role, disabled


def create(browser, **fields):
    return browser.post("/users", {"name": "zoe", "full_name": "Zoé Petit", "role": "agent"} | fields)


def password_of(answer):
    return re.search(r'<code id="password">([^<]+)</code>', answer.text)[1]


def audited(store):
    return [(entry.actor, entry.kind, entry.subject, entry.detail) for entry in store.audit()[0]]


def saved(browser, user, **fields):
    """Send the form of a user as the browser has it, with these fields."""
    path = f"/users/{user.id}"
    seen = re.search(r'name="seen" value="(\w+)"', browser.page(path))[1]
    return browser.post(path, {"seen": seen} | fields)


def said(browser, answer):
    """Return the page that the answer leads to, with what was done told on it."""
    assert answer.status_code == 303, answer.text
    return browser.page(answer.headers["Location"])


@pytest.mark.parametrize("path", ["/users", "/keys", "/audit"])
def test_only_administrators_see_these_pages(console, path):
    assert console.administrator.get(path).status_code == 200
    for browser in (console.agent, console.supervisor):
        assert browser.get(path).status_code == 403
        assert f'href="{path}"' not in browser.page("/me")
    assert console.stranger.get(path).status_code == 303


@pytest.mark.parametrize("path", ["/users", "/users/{}", "/users/{}/password", "/users/{}/disable", "/users/{}/enable"])
def test_only_administrators_change_users(console, path):
    before = console.store.users()
    for browser in (console.agent, console.supervisor):
        answer = browser.post(path.format(console.agent.user.id), {"name": "eve", "role": "administrator"})
        assert answer.status_code == 403
    assert console.store.users() == before


def test_a_new_user_gets_a_password_that_is_shown_once(console):
    answer = create(console.administrator, role="supervisor", queues="triage")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    made = console.store.user_by_name("zoe")
    assert (made.full_name, made.role, made.queues) == ("Zoé Petit", Role.SUPERVISOR, ("triage",))
    password = password_of(answer)
    assert check_password(password, made.password)
    assert password not in console.administrator.page("/users")
    assert audited(console.store) == [("user ana", "user created", "user zoe", "supervisor")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "ADA"}, "Names are never given twice"),
        ({"name": "zoé"}, "letters without accents"),
        ({"name": ""}, "letters without accents"),
        ({"full_name": "x" * 201}, "too long"),
    ],
)
def test_a_form_that_is_not_right_says_what_is_wrong_and_keeps_what_was_typed(console, fields, says):
    answer = create(console.administrator, **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert "Zoé Petit" in answer.text or "full_name" in fields
    assert len(console.store.users()) == 3
    assert audited(console.store) == []


def test_a_role_that_there_is_not_is_refused(console):
    assert create(console.administrator, role="emperor").status_code == 422
    assert console.administrator.post("/users/nobody", {"role": "agent"}).status_code == 404


def test_another_role_signs_the_user_out_and_stands_in_the_audit(console):
    ada = console.agent.user
    form = {"full_name": "Ada Martin", "role": "supervisor", "queues": "triage"}
    text = said(console.administrator, saved(console.administrator, ada, **form))
    assert "must sign in again" in text
    assert console.agent.get("/me").status_code == 303
    changed = console.store.user(ada.id)
    assert (changed.role, changed.queues) == (Role.SUPERVISOR, ("triage",))
    assert ("user ana", "role changed", "user ada", "agent → supervisor") in audited(console.store)
    assert ("user ana", "user changed", "user ada", "\N{EN DASH} → triage") in audited(console.store)


def test_a_full_name_changes_without_signing_anybody_out(console):
    ada = console.agent.user
    answer = saved(console.administrator, ada, full_name="Ada Petit", role="agent")
    assert "Ada Petit is saved." in said(console.administrator, answer)
    assert "Ada Petit" in console.agent.page("/me")
    assert audited(console.store) == [("user ana", "user changed", "user ada", "Ada Martin → Ada Petit")]


def test_a_new_password_replaces_the_old_and_ends_sessions(console):
    ada = console.agent.user
    answer = console.administrator.post(f"/users/{ada.id}/password")
    assert check_password(password_of(answer), console.store.user(ada.id).password)
    assert console.agent.get("/me").status_code == 303
    assert audited(console.store) == [("user ana", "password changed", "user ada", "")]


def test_who_is_disabled_is_out_at_once_and_in_again_when_enabled(console):
    ada = console.agent.user
    text = said(console.administrator, console.administrator.post(f"/users/{ada.id}/disable"))
    assert "signed out everywhere" in text
    assert "1 disabled user" in text
    assert console.agent.get("/me").status_code == 303
    assert "Enable the user" in console.administrator.page(f"/users/{ada.id}")
    text = said(console.administrator, console.administrator.post(f"/users/{ada.id}/enable"))
    assert "can sign in again" in text
    assert console.store.user(ada.id).disabled_at is None
    assert [kind for _, kind, _, _ in audited(console.store)] == ["user enabled", "user disabled"]


def test_what_was_so_already_is_not_in_the_audit(console):
    said(console.administrator, console.administrator.post(f"/users/{console.agent.user.id}/enable"))
    assert audited(console.store) == []


def test_the_last_administrator_stays_one(console):
    ana = console.administrator.user
    answer = saved(console.administrator, ana, full_name="Ana", role="agent")
    assert answer.status_code == 422
    assert "This is the last administrator" in answer.text
    assert "You cannot disable yourself" in said(
        console.administrator, console.administrator.post(f"/users/{ana.id}/disable")
    )
    assert console.store.user(ana.id).role is Role.ADMINISTRATOR
    assert audited(console.store) == []


def test_an_administrator_who_steps_down_must_sign_in_again(console):
    console.browser("another", Role.ADMINISTRATOR)
    ana = console.administrator.user
    answer = saved(console.administrator, ana, full_name="Ana", role="agent")
    assert answer.status_code == 303
    assert console.administrator.get("/users").status_code == 303


def test_the_pages_speak_french(console):
    pages = [
        console.administrator.page("/users", Accept_Language="fr"),
        console.administrator.page(f"/users/{console.agent.user.id}", Accept_Language="fr"),
        create(console.administrator).text,
    ]
    assert "Créer l\u2019utilisateur" in pages[0]
    assert "Désactiver l\u2019utilisateur" in pages[1]
    assert 'lang="en"' in pages[2]


def test_names_cannot_carry_markup_into_the_page(console):
    answer = create(console.administrator, full_name="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "<script>alert" not in console.administrator.page("/users")


def test_of_two_administrators_the_second_is_told(console):
    ada = console.agent.user
    seen = re.search(r'name="seen" value="(\w+)"', console.administrator.page(f"/users/{ada.id}"))[1]
    console.store.save_user(replace(ada, full_name="Ada Durand"))
    form = {"full_name": "Ada", "role": "supervisor", "seen": seen}
    answer = console.administrator.post(f"/users/{ada.id}", form)
    assert answer.headers["Location"] == f"/users/{ada.id}"
    assert "Somebody else changed this user meanwhile" in said(console.administrator, answer)
    found = console.store.user(ada.id)
    assert (found.role, found.full_name) == (Role.AGENT, "Ada Durand")


def test_who_is_overtaken_between_look_and_save_is_told_too(console):
    ada, find = console.agent.user, console.store.user

    def find_and_be_overtaken(user_id):
        found = find(user_id)
        if user_id == ada.id and found.epoch == 0:
            console.store.save_user(disabled(found, now=1.0))
        return found

    console.store.user = find_and_be_overtaken
    answer = console.administrator.post(f"/users/{ada.id}/password")
    assert answer.headers["Location"] == f"/users/{ada.id}"
    assert "Somebody else changed this user meanwhile" in said(console.administrator, answer)
    assert (find(ada.id).role, find(ada.id).full_name) == (Role.AGENT, "Ada Martin")
