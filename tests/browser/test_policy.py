"""Supervisors try the policy out, administrators change it while mail is decided, agents label what is unsure."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from accessible import violations
from deployment import wait_for
from playwright.sync_api import expect

UNSURE = "Bonjour, pouvez-vous me dire ce qu'il en est ? Je ne sais pas à qui m'adresser pour tout cela."
RULE = """
rules:
  - name: kumquats
    when:
      subject: kumquats
    queue: {queue}
"""


def queue_of(service, job_id):
    with service.store() as store:
        return store.job(job_id).decision.queue


@pytest.fixture
def _given_back(service):
    """Leave the policy as the tests found it."""
    with service.store() as store:
        before = store.policy_head()
    yield
    with service.store() as store:
        now = store.policy_head()
        if now != before:
            old = store.policy_version(before or 1)
            store.save_policy(replace(old, number=now + 1))


def test_a_supervisor_sees_what_a_threshold_would_have_done(supervisor):
    supervisor.goto("/policy")
    row = supervisor.get_by_role("row", name=re.compile("Motor claim"))
    row.get_by_role("link", name=re.compile("Preview")).click()
    expect(supervisor.get_by_role("heading", level=1)).to_contain_text("Motor claim")
    supervisor.get_by_label("Threshold").fill("0.82")
    supervisor.get_by_role("button", name="Preview").click()
    said = supervisor.get_by_text(re.compile(r"At 0\.82: \d+% routed without a human"))
    expect(said).to_contain_text(re.compile(r"\d+% right \(of \d+ that a human looked at"))
    assert violations(supervisor) == []


def test_a_supervisor_tries_a_change_out_and_sees_which_mails_would_go_elsewhere(supervisor):
    supervisor.goto("/policy/edit?label=claim_motor")
    label = supervisor.locator("details[open]")
    label.get_by_label("Queue", exact=True).fill("motors")
    supervisor.get_by_role("button", name="Compare …").click()
    expect(supervisor.get_by_role("row", name=re.compile("Label Motor claim.*claims-motor.*motors"))).to_be_visible()
    expect(supervisor.get_by_text(re.compile(r"claims-motor → motors: \d+"))).to_be_visible()
    expect(supervisor.get_by_role("button", name="Save as a new version")).to_have_count(0)
    assert violations(supervisor) == []
    mails = supervisor.locator("details").last
    mails.evaluate("(each) => { each.open = true; }")
    mails.get_by_role("link").first.click()
    expect(supervisor).to_have_url(re.compile(r"/mails/[0-9a-f-]{36}"))


def test_a_mistake_in_the_document_is_shown_at_its_line(administrator, watch):
    watch.expect(422)
    administrator.goto("/policy/document")
    document = administrator.get_by_label(re.compile("Labels, rules"))
    document.fill(document.input_value().replace("priority: urgent", "priority: soon"))
    administrator.get_by_role("button", name="Check and compare …").click()
    expect(administrator.get_by_role("alert")).to_contain_text(re.compile(r"Line \d+: priority must be one of"))
    expect(administrator.locator(".around .wrong")).to_contain_text("priority: soon")
    expect(document).to_have_value(re.compile("priority: soon"))
    assert violations(administrator) == []


@pytest.mark.usefixtures("_given_back")
def test_an_administrator_adds_a_rule_that_decides_new_mail_at_once_and_takes_it_back(administrator, service):
    administrator.goto("/policy/document")
    document = administrator.get_by_label(re.compile("Labels, rules"))
    document.fill(document.input_value() + RULE.format(queue="fruit"))
    administrator.get_by_role("button", name="Check and compare …").click()
    expect(administrator.get_by_role("row", name=re.compile("Rule kumquats added"))).to_be_visible()
    administrator.get_by_label(re.compile("Why")).fill("Kumquats are for the fruit team")
    assert violations(administrator) == []
    administrator.get_by_role("button", name="Save as a new version").click()
    expect(administrator.get_by_role("status")).to_contain_text(re.compile(r"Version \d+ is saved"))
    expect(administrator.get_by_text("the subject says “kumquats”")).to_be_visible()
    wait_for(
        lambda: queue_of(service, service.post("Des kumquats", UNSURE)) == "fruit", seconds=60, what="the new rule"
    )
    administrator.goto("/audit")
    expect(administrator.get_by_role("main")).to_contain_text("Kumquats are for the fruit team")
    administrator.goto("/policy/versions")
    rows = administrator.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Kumquats are for the fruit team")
    expect(rows.nth(1)).to_contain_text("in force")
    rows.nth(2).get_by_role("link").first.click()
    administrator.get_by_role("button", name="Go back to this version …").click()
    expect(administrator.get_by_role("row", name=re.compile("Rule kumquats removed"))).to_be_visible()
    administrator.get_by_role("button", name="Save as a new version").click()
    expect(administrator.get_by_text("the subject says “kumquats”")).to_have_count(0)


@pytest.mark.usefixtures("_given_back")
def test_the_policy_is_changed_without_a_script(browse):
    page = browse("nadia", javascript=False)
    page.goto("/policy/edit?label=other")
    page.locator("details[open]").get_by_label("Examples in English, one a line").fill("You have won a prize")
    page.get_by_role("button", name="Compare …").click()
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("status")).to_contain_text("is saved")
    row = page.get_by_role("row", name=re.compile("Out of scope"))
    row.get_by_text("1 example").click()
    expect(row.get_by_text("You have won a prize")).to_be_visible()


@pytest.fixture
def _unsure(service):
    """Let at least two mails wait in triage."""
    for number in range(2):
        service.post(f"Question {number}", UNSURE)


@pytest.mark.usefixtures("_unsure")
def test_an_agent_labels_by_keys_alone_and_takes_it_back(agent, service):
    agent.goto("/triage")
    subject, left = agent.locator("#subject"), agent.locator(".tally strong")
    mail = agent.locator("input[name=mail]").input_value()
    before = left.inner_text()
    agent.keyboard.press("1")
    expect(agent.get_by_role("status")).to_contain_text("Labelled")
    expect(left).not_to_have_text(before)
    expect(subject).to_be_focused()
    with service.store() as store:
        assert store.job(mail.split(":")[0]).reviewed
    agent.keyboard.press("Escape")
    expect(agent.locator("#toast")).to_be_hidden()
    agent.keyboard.press("z")  # the message is gone, what it said can still be undone
    expect(agent.get_by_role("status")).to_contain_text("Undone")
    expect(left).to_have_text(before)
    with service.store() as store:
        assert not store.job(mail.split(":")[0]).reviewed
    agent.keyboard.press("s")
    expect(agent).to_have_url(re.compile("after="))
    assert agent.locator("input[name=mail]").input_value().split(":")[0] != mail.split(":")[0]
    assert violations(agent) == []


@pytest.mark.usefixtures("_unsure")
def test_an_agent_labels_without_a_script(browse, service):
    page = browse("camille", javascript=False)
    page.goto("/triage")
    job_id = page.locator("input[name=mail]").input_value().split(":")[0]
    page.get_by_role("button", name="Complaint", exact=False).first.click()
    expect(page.get_by_role("status")).to_contain_text("Labelled “Complaint”.")
    with service.store() as store:
        assert store.job(job_id).decision.queue == "complaints"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone")


@pytest.mark.usefixtures("_unsure")
def test_keys_do_nothing_for_who_switched_them_off(browse, service):
    service.hire("maxime")
    page = browse("maxime")
    page.goto("/me")
    page.locator("input[name=shortcuts]").uncheck()
    page.get_by_role("button", name="Save").click()
    page.goto("/triage")
    mail = page.locator("input[name=mail]").input_value()
    page.keyboard.press("1")
    page.goto("/triage")
    assert page.locator("input[name=mail]").input_value() == mail
