"""Signing in, one's own settings, the way around: by keyboard, and with nothing lost."""

from __future__ import annotations

import re

from console_service import PASSWORD
from playwright.sync_api import expect

SECOND_VISIT = """() => performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .reduce((sum, each) => sum + each.transferSize, 0)"""


def test_one_signs_in_with_the_keyboard_alone_and_is_told_what_is_wrong(browse, service, watch):
    watch.expect(401)
    page = browse(None)
    page.goto("/sign-in")
    page.keyboard.type("camille")
    page.keyboard.press("Tab")
    page.keyboard.type("not the right one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Name")).to_have_value("camille")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service.address}/")


def test_the_first_key_leads_past_the_navigation(agent):
    agent.goto("/")
    agent.keyboard.press("Tab")
    expect(agent.get_by_role("link", name="Skip to content")).to_be_focused()
    agent.keyboard.press("Enter")
    assert agent.evaluate("() => document.activeElement.id") == "content"


def test_a_user_s_language_is_spoken_from_the_next_page_on(browse, service):
    service.hire("louise")
    page = browse("louise")
    page.goto("/me")
    page.get_by_label("Language").select_option("fr")
    page.get_by_label("claims-home").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos réglages")
    expect(page.get_by_role("status")).to_contain_text("enregistrés")
    expect(page.get_by_label("claims-home")).to_be_checked()
    page.goto("/")
    assert page.evaluate("() => document.documentElement.lang") == "fr"


def test_a_message_goes_away_by_key_and_gives_the_focus_back(browse, service):
    service.hire("lucas")
    page = browse("lucas")
    page.goto("/me")
    page.get_by_role("button", name="Save").click()
    message = page.get_by_role("status")
    expect(message).to_be_visible()
    page.keyboard.press("Escape")
    expect(message).to_be_hidden()


def test_who_changes_the_password_stays_signed_in_here_only(browse, service, watch):
    watch.expect(401)
    service.hire("marie")
    here, there = browse("marie"), browse("marie")
    there.goto("/")
    here.goto("/me")
    here.get_by_label("Present password").fill(PASSWORD)
    here.get_by_label(re.compile("^New password$")).fill("sept lanternes dans la neige")
    here.get_by_label("New password once more").fill("sept lanternes dans la neige")
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_role("status")).to_contain_text("Your password is changed")
    expect(here).to_have_url(f"{service.address}/me")
    there.wait_for_function("() => fetch('/me').then((answer) => answer.status === 401)")
    there.goto("/mails?mine=me")
    expect(there).to_have_url(f"{service.address}/sign-in?next=%2Fmails%3Fmine%3Dme")


def test_a_second_visit_costs_little(browse):
    page = browse("camille")
    page.goto("/queues/claims-home")
    first = page.evaluate(SECOND_VISIT)
    page.goto("/queues/claims-home?sort=newest")
    second = page.evaluate(SECOND_VISIT)
    assert first < 100_000
    assert second < 15_000


def test_a_link_in_a_chat_opens_the_page_without_signing_in_again(browse, service, watch):
    page = browse("camille")
    page.set_content(f'<a href="{service.address}/queues/claims-home">look at these</a>')
    page.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("claims-home")
    assert watch.requests.count(("GET", "/queues/claims-home")) == 2, "the browser sent the cookie along at once"
    stranger = browse(None)
    stranger.set_content(f'<a href="{service.address}/queues/claims-home">look at these</a>')
    stranger.get_by_role("link").click()
    expect(stranger).to_have_url(f"{service.address}/sign-in?next=%2Fqueues%2Fclaims-home")
