"""Pages in the states that people bring them into: dialogs, menus, errors, selections, after an act, with news."""

from __future__ import annotations

import re

import pytest
from accessible import axe, overflow, small_targets
from letters import hostile
from playwright.sync_api import expect

LEAK = "Bonjour, une fuite a inondé ma cuisine hier soir, contrat H-300400."


def test_the_dialog_of_keys_takes_the_focus_and_gives_it_back(agent, service):
    service.post("État, touches Numbat", LEAK)
    agent.goto("/mails?q=numbat")
    agent.get_by_role("button", name=re.compile("^Keys")).click()
    dialog = agent.get_by_role("dialog")
    expect(dialog).to_be_visible()
    axe(agent)
    assert agent.evaluate("() => document.activeElement.closest('dialog') !== null")
    agent.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(agent.get_by_role("button", name=re.compile("^Keys"))).to_be_focused()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light"), (320, "dark")])
def test_a_list_with_a_selection_and_after_an_act(browse, service, width, scheme):
    for number in range(2):
        service.post(f"État {number} Quokka{width}", LEAK)
    page = browse("camille", width=width, scheme=scheme, language="fr")
    page.goto(f"/mails?q=quokka{width}")
    boxes = page.locator("ol.rows input[name=mail]")
    expect(boxes).to_have_count(2)
    boxes.first.check()
    axe(page)
    assert overflow(page) == 0
    assert small_targets(page) == []
    page.locator("ol.rows > li [data-more]").last.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    page.locator(".bulk button[value=handle]").click()
    expect(page.locator("#toast")).to_be_visible()
    axe(page)
    assert overflow(page) == 0
    expect(page.locator("main :focus")).to_have_count(1)


def test_filters_unfolded_on_a_telephone(browse):
    page = browse("camille", width=390)
    page.goto("/queues/claims-home")
    page.locator("summary", has_text="More filters").click()
    axe(page)
    assert overflow(page) == 0
    page.locator("summary", has_text="Menu").click()
    axe(page)
    assert overflow(page) == 0


def test_a_mail_as_its_sender_formatted_it(browse, service):
    (job_id,) = service.receive([bytes(hostile())])
    for width, scheme in ((1280, "light"), (390, "dark")):
        page = browse("camille", width=width, scheme=scheme)
        page.goto(f"/mails/{job_id}")
        page.get_by_role("link", name="Formatted", exact=True).click()
        expect(page.get_by_role("region", name="Formatted message")).to_be_visible()
        axe(page)
        assert overflow(page) == 0


def test_the_words_behind_a_decision(agent, service):
    job_id = service.post("État, expliqué", LEAK)
    agent.goto(f"/mails/{job_id}")
    expect(agent.locator("#explanation mark").first).to_be_visible()
    axe(agent)


def test_the_next_act_on_an_older_revision_is_told_and_changes_nothing(browse, service):
    job_id = service.post("État, à deux", LEAK)
    first, second = browse("camille"), browse("yanis")
    for page in (first, second):
        page.goto(f"/mails/{job_id}")
    first.get_by_role("button", name=re.compile("^Take")).click()
    expect(first.locator("#toast")).to_be_visible()
    second.get_by_role("button", name=re.compile("^Done")).click()
    expect(second.locator("#toast")).to_contain_text(re.compile("camille", re.IGNORECASE))
    axe(second)
    with service.store() as store:
        assert store.job(job_id).handling.handled_at is None


def test_a_form_with_faults_says_where(administrator, watch):
    watch.expect(400, 409, 422)
    administrator.goto("/users")
    administrator.get_by_label("Name to sign in with").fill("not a name!")
    administrator.get_by_label(re.compile("^Name that colleagues read")).fill("Somebody")
    administrator.get_by_role("button", name="Create the user").click()
    expect(administrator.locator("[aria-invalid=true]").first).to_be_visible()
    axe(administrator)


def test_preferences_refuse_a_wrong_password_in_words(browse, service, watch):
    watch.expect(400, 401, 403, 422)
    service.hire("changer")
    page = browse("changer")
    page.goto("/me")
    fields = page.locator("input[type=password]")
    for number in range(fields.count()):
        fields.nth(number).fill("not the right one")
    page.locator("form", has=page.locator("input[type=password]")).get_by_role("button").last.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    axe(page)
