"""The keys' page, and the audit of what was done there."""

from __future__ import annotations

import re

import pytest

from routing.keys import hash_secret
from routing.people import AuditEntry


def create(browser, name="mail-gateway", scopes=("submit",)):
    return browser.post("/keys", [("name", name), *(("scopes", scope) for scope in scopes)])


def test_a_new_key_works_and_its_secret_is_shown_once(console):
    answer = create(console.administrator, scopes=("submit", "read"))
    secret = re.search(r'<code id="secret">([^<]+)</code>', answer.text)[1]
    assert answer.headers["Cache-Control"] == "no-store"
    key = console.store.key_by_hash(hash_secret(secret))
    assert (key.name, key.scopes) == ("mail-gateway", {"submit", "read"})
    page = console.administrator.page("/keys")
    assert "mail-gateway" in page
    assert secret not in page
    [entry], _ = console.store.audit()
    assert (entry.actor, entry.kind, entry.subject, entry.detail) == (
        *("user ana", "key created", "key mail-gateway"),
        "read, submit",
    )


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "no blanks"}, "letters without accents"),
        ({"name": ""}, "letters without accents"),
        ({"scopes": ()}, "Choose what the key may do"),
        ({"scopes": ("everything",)}, "Choose what the key may do"),
    ],
)
def test_a_form_that_is_not_right_makes_no_key(console, form, says):
    before = console.store.keys()
    answer = create(console.administrator, **form)
    assert answer.status_code == 422
    assert says in answer.text
    assert console.store.keys() == before


def test_a_name_is_used_by_one_key_at_a_time(console):
    create(console.administrator)
    assert "A key of this name is in use" in create(console.administrator).text


def test_a_revoked_key_is_listed_apart_and_its_name_free(console):
    create(console.administrator)
    answer = console.administrator.post("/keys/revoke", {"name": "mail-gateway"})
    page = console.administrator.page(answer.headers["Location"])
    assert "The key mail-gateway is revoked" in page
    assert "1 revoked key" in page
    assert create(console.administrator).status_code == 200
    kinds = [entry.kind for entry in console.store.audit()[0]]
    assert kinds == ["key created", "key revoked", "key created"]


@pytest.mark.parametrize("name", ["unheard", "a\0b", ""])
def test_a_key_that_there_is_not_cannot_be_revoked(console, name):
    assert console.administrator.post("/keys/revoke", {"name": name}).status_code in {400, 404}
    assert console.store.audit() == ((), None)


@pytest.mark.parametrize("path", ["/keys", "/keys/revoke"])
def test_only_administrators_change_keys(console, path):
    before = console.store.keys()
    answer = console.supervisor.post(path, {"name": before[0].name if before else "a", "scopes": "admin"})
    assert answer.status_code == 403
    assert console.store.keys() == before


def test_the_audit_names_who_did_what_in_the_readers_language(console):
    create(console.administrator)
    console.store.add_audit(
        AuditEntry(at=1.0, actor="command line", kind="role changed", subject="user ada", detail="agent → supervisor")
    )
    english, french = console.administrator.page("/audit"), console.administrator.page("/audit", Accept_Language="fr")
    for text in ("Key created", "key mail-gateway", "user ana", "command line", "Agent → Supervisor"):
        assert text in english
    for text in ("Clé créée", "clé mail-gateway", "utilisateur ana", "ligne de commande", "Gestionnaire → Superviseur"):
        assert text in french


def test_the_audit_is_read_by_kind_in_pages(console):
    for number in range(120):
        kind = "user created" if number % 2 else "key created"
        console.store.add_audit(AuditEntry(at=float(number), actor="user ana", kind=kind, subject=f"user n{number}."))
    seen = []
    path = "/audit?kind=user+created"
    while path:
        page = console.administrator.page(path)
        seen += [int(number) for number in re.findall(r"user n(\d+)\.", page)]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found and found[1].replace("&amp;", "&")
    assert seen == list(range(119, 0, -2))


@pytest.mark.parametrize("query", ["kind=nothing", "cursor=x", "cursor=-1", "cursor=99999999999999999999", "kind=%00"])
def test_an_address_that_makes_no_sense_shows_what_there_is(console, query):
    assert "Audit" in console.administrator.page(f"/audit?{query}")
