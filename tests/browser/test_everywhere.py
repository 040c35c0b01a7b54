"""Every page of the console: for everybody's eyes and hands, in both languages, light and dark, wide and narrow."""

from __future__ import annotations

import re
import time

import pytest
from accessible import axe, overflow, small_targets, tab_through
from letters import hostile, with_attachments, with_history

from app.console import BLUEPRINTS
from app.factory import create_app
from broker.bell import SilentBell
from routing.ids import uuid7
from routing.policy.reading import read_policy
from routing.policy.saving import save_policy
from routing.policy.writing import write_policy
from routing.settings import Settings
from routing.store.memory import MemoryStore

PAGES = {
    "my queues": "/",
    "a queue": "/queues/claims-home",
    "an empty queue": "/queues/claims-home?q=xylophone",
    "a queue with filters": "/queues/claims-home?q=d%C3%A9g%C3%A2t&language=fr&state=any&sort=newest",
    "all mails": "/mails?label=assistance",
    "handled mails": "/mails?state=handled&label=assistance",
    "a mail with HTML": "/mails/{hostile}",
    "a mail with attachments": "/mails/{attached}",
    "a mail with a history": "/mails/{history}",
    "triage": "/triage",
    "dashboard": "/dashboard",
    "confusion": "/dashboard/confusion",
    "policy": "/policy",
    "editing the policy": "/policy/edit",
    "the policy as a document": "/policy/document",
    "trying thresholds": "/policy/preview",
    "versions of the policy": "/policy/versions",
    "a version of the policy": "/policy/versions/{version}",
    "failed": "/failed",
    "a failed mail": "/failed/{failed}",
    "users": "/users",
    "a user": "/users/{user}",
    "keys": "/keys",
    "system": "/system",
    "audit": "/audit",
    "preferences": "/me",
}
"""All of them as an administrator opens them."""
WIDTHS = (1280, 390, 320)
"""A desk, a telephone, and 1280 px at 400 %."""


@pytest.fixture(scope="session")
def addresses(service):
    hostile_id, attached, history = service.receive(map(bytes, (hostile(), with_attachments(), with_history())))
    ids = {"hostile": hostile_id, "attached": attached, "history": history, "version": save_version(service)}
    ids |= {"failed": service.failed, "user": service.users["yanis"].id}
    return {name: path.format(**ids) for name, path in PAGES.items()}


def save_version(service):
    """Save the bundled policy with a word changed, so that there is a version to look at; return its number."""
    before = read_policy()
    content = write_policy(before).replace("Attestation et documents", "Attestations et documents")
    with service.store() as store:
        head = store.policy_head()
        saved = save_policy(
            store, content, author="user nadia", note="Plural", expected=head, fallback=before, now=time.time()
        )
    return saved.number


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(browse, addresses, name):
    page = browse("nadia")
    page.goto(addresses[name])
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    axe(page)
    assert small_targets(page) == []
    assert tab_through(page) == []
    open_all(page)
    page.emulate_media(color_scheme="dark")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) == 0, f"{name} at {width} px"
    assert small_targets(page) == []
    axe(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_in_french(browse, addresses, name):
    page = browse("nadia", language="fr", width=390)
    page.goto(addresses[name])
    assert page.locator("html").get_attribute("lang") == "fr"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) == 0, f"{name} at {width} px"
    open_all(page)
    axe(page)


def open_all(page):
    page.evaluate("() => document.querySelectorAll('details:not([open])').forEach((each) => { each.open = true; })")


def test_every_page_is_looked_at(tmp_path):
    """Routes of the console that answer a browser with a page, beside those that fragments and files come from."""
    app = create_app(
        Settings(var=tmp_path), store=MemoryStore(), policy=read_policy(), bell=SilentBell(), session_secret=b"s" * 32
    )
    names = {blueprint.name for blueprint in BLUEPRINTS}
    shown = [
        re.sub(r"\{\w+\}", uuid7(), re.sub("{version}", "1", path.partition("?")[0])) for path in PAGES.values()
    ] + ["/sign-in"]
    matched = {app.url_map.bind("").match(path, return_rule=True)[0].rule for path in shown}
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in names and "GET" in rule.methods
    }
    assert rules - matched == PARTS


PARTS = {
    "/news",
    "/rows",
    "/dashboard/<name>.csv",
    "/mails/<job_id>/attachments/<int:number>",
    "/mails/<job_id>/explanation",
    "/mails/<job_id>/presence",
    "/mails/<job_id>/raw",
}
"""What pages ask for by themselves, and what one downloads."""


def test_signing_in_is_for_everybody(browse, watch):
    for language in ("en", "fr"):
        page = browse(None, language=language, scheme="dark" if language == "fr" else "light")
        page.goto("/sign-in")
        axe(page)
        assert tab_through(page) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert overflow(page) == 0
        watch.expect(401)
        page.locator("input[name=name]").fill("nobody")
        page.locator("input[name=password]").fill("this is not right")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        axe(page)


@pytest.mark.parametrize("path", ["/nowhere", "/mails/01a1f9c0-0000-7000-8000-000000000000", "/queues/none"])
def test_what_is_not_there_is_told_on_a_page(browse, watch, path):
    watch.expect(404)
    page = browse("camille")
    page.goto(path)
    assert page.locator("h1").count() == 1
    axe(page)


@pytest.mark.parametrize("path", ["/users", "/keys", "/dashboard", "/policy"])
def test_what_is_not_for_agents_is_told_on_a_page(browse, watch, path):
    watch.expect(403)
    page = browse("camille", language="fr")
    page.goto(path)
    assert page.locator("h1").count() == 1
    axe(page)
