"""What keeps others out: the content policy, tokens of forms, cookies, and asking no other host."""

from __future__ import annotations

import pytest
from console_service import PASSWORD
from letters import hostile
from playwright.sync_api import expect

FORM = {"content-type": "application/x-www-form-urlencoded"}


def policy_of(answer):
    directives = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in directives if name}


@pytest.mark.parametrize("path", ["/", "/queues/claims-home", "/mails", "/me", "/users", "/dashboard", "/sign-in"])
def test_a_page_runs_nothing_that_stands_in_it_and_loads_nothing_from_elsewhere(browse, path):
    page = browse("nadia" if path != "/sign-in" else None)
    answer = page.goto(path)
    policy = policy_of(answer)
    assert "unsafe" not in str(policy)
    assert policy["default-src"] in {"'none'", "'self'"}
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert page.locator("[style], [onclick], script:not([src]), style").count() == 0


def test_a_hostile_mail_runs_nothing_and_calls_nobody(agent, service, watch):
    (job_id,) = service.receive([bytes(hostile())])
    agent.goto(f"/mails/{job_id}")
    expect(agent.locator("h1")).to_contain_text("Dégât des eaux <script>")
    assert agent.title() != "lu"
    assert agent.evaluate("() => document.querySelectorAll('iframe[src^=http], form[action^=http]').length") == 0
    assert watch.elsewhere == []


@pytest.mark.parametrize("path", ["/acts", "/views", "/sign-out", "/me"])
def test_a_form_without_its_token_changes_nothing(agent, service, path):
    agent.goto("/")
    answer = agent.request.post(
        path, data="act=handle&name=x&query=", headers={**FORM, "origin": service.address}, max_redirects=0
    )
    assert answer.status == 403


def test_a_form_that_another_site_sends_changes_nothing(agent, service):
    agent.goto("/")
    token = agent.locator("input[name=csrf]").first.get_attribute("value")
    answer = agent.request.post(
        "/sign-out", form={"csrf": token}, headers={"origin": "https://evil.example.net"}, max_redirects=0
    )
    assert answer.status == 403
    agent.reload()
    assert agent.url == f"{service.address}/"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(agent):
    agent.goto("/")
    (cookie,) = [each for each in agent.context.cookies() if each["name"] == "facteur_session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert agent.evaluate("() => document.cookie") == ""


def test_a_session_that_was_ended_opens_nothing(browse, service):
    service.hire("leaver")
    page = browse("leaver")
    page.goto("/")
    cookies = page.context.cookies()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page).to_have_url(f"{service.address}/sign-in")
    page.context.add_cookies(cookies)
    page.goto("/mails")
    assert "/sign-in" in page.url
    assert PASSWORD not in str(cookies)


def test_a_page_that_was_asked_for_is_shown_after_signing_in(browse, service):
    page = browse(None)
    page.goto("/queues/claims-home?sort=newest")
    assert "/sign-in" in page.url
    page.locator("input[name=name]").fill("camille")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service.address}/queues/claims-home?sort=newest")


def test_signing_in_leads_to_no_other_host(browse, service):
    page = browse(None)
    page.goto("/sign-in?next=//evil.example.net/")
    page.locator("input[name=name]").fill("camille")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service.address}/")
