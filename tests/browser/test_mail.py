"""The mail's page as agents use it: reading, deciding, by mouse and by keyboard, alone and together."""

from __future__ import annotations

import re

from accessible import axe, overflow, small_targets
from letters import ELSEWHERE, hostile, letter, with_attachments, with_history
from playwright.sync_api import expect

LEAK = "Bonjour,\n\nUne fuite d'eau chez le voisin a inondé ma cuisine hier soir.\n\nCordialement,\nClaire Fontaine\n"
PRESENCE_MS = 60_000
"""More than a page lets pass before it asks again who else is there."""


def test_what_the_sender_wrote_now_is_read_first_and_the_rest_unfolds(agent, service):
    (job_id,) = service.receive([bytes(with_history())])
    agent.goto(f"/mails/{job_id}")
    article = agent.get_by_role("article")
    expect(article.get_by_text("je souhaite résilier mon contrat auto")).to_be_visible()
    for folded, inside in (("Signature", "12 rue des Lilas"), ("Earlier messages", "Ligne 7 de l'ancien échange")):
        expect(article.get_by_text(inside)).to_be_hidden()
        article.locator("summary", has_text=folded).click()
        expect(article.get_by_text(inside)).to_be_visible()


def test_hostile_html_runs_nothing_and_asks_nobody(agent, service, watch):
    (job_id,) = service.receive([bytes(hostile())])
    agent.goto(f"/mails/{job_id}")
    agent.get_by_role("link", name="Formatted").click()
    shown = agent.get_by_role("region", name="Formatted message")
    expect(shown).to_contain_text("contrat H-204417")
    expect(shown).to_contain_text("Photo de la cuisine")
    assert agent.title() != "lu"
    assert shown.locator("script, form, input, iframe, svg, style, [style], [onerror], h1").count() == 0
    expect(agent.get_by_text("1 image of another site is not shown")).to_be_visible()
    assert watch.elsewhere == []


def test_images_of_other_sites_are_asked_for_only_after_a_click(browse, service, watch):
    page = browse("camille")
    asked = []
    page.context.route(f"https://{ELSEWHERE}/**", lambda route: (asked.append(route.request), route.abort()))
    (job_id,) = service.receive([bytes(hostile())])
    page.goto(f"/mails/{job_id}?view=formatted")
    assert asked == []
    with page.expect_request(f"https://{ELSEWHERE}/**"):
        page.get_by_role("link", name="Show them").click()
    expect(page.get_by_text("1 image of another site is shown")).to_be_visible()
    assert {request.url for request in asked} == {f"https://{ELSEWHERE}/pixel.gif"}
    assert "referer" not in asked[0].headers
    assert watch.elsewhere == [f"https://{ELSEWHERE}/pixel.gif"]
    watch.elsewhere.clear()  # this one was clicked for
    watch.errors = [error for error in watch.errors if ELSEWHERE not in error]


def test_attachments_are_saved_and_pictures_are_shown(agent, service):
    (job_id,) = service.receive([bytes(with_attachments())])
    agent.goto(f"/mails/{job_id}")
    expect(agent.get_by_role("heading", name="3 attachments")).to_be_visible()
    with agent.expect_download() as download:
        agent.get_by_role("link", name="constat.pdf").click()
    assert download.value.suggested_filename == "constat.pdf"
    with agent.expect_download() as download:
        agent.get_by_role("link", name="devis").click()
    assert "/" not in download.value.suggested_filename
    agent.locator("summary", has_text="Show the picture").click()
    picture = agent.get_by_role("img", name="aile avant droite")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1)
    with agent.expect_download() as download:
        agent.get_by_role("link", name="Download the message").click()
    assert download.value.suggested_filename == f"{job_id}.eml"


def test_the_words_behind_the_decision_are_marked_and_another_label_can_be_asked_for(agent, service):
    job_id = service.post("Dégât des eaux dans ma cuisine", LEAK)
    agent.goto(f"/mails/{job_id}")
    panel = agent.locator("#explanation")
    expect(panel.get_by_role("heading", name="For it")).to_be_visible()
    assert panel.locator("mark.for").count() >= 2
    expect(agent.locator(".letter mark.for").first).to_be_visible()
    panel.get_by_label("Another label").select_option(label="Complaint")
    panel.get_by_role("button", name="Explain").click()
    expect(panel.get_by_text(re.compile(r"^Complaint: "))).to_be_visible()
    expect(panel.get_by_text("The model finds Home claim more probable.")).to_be_visible()
    axe(agent)


def test_a_correction_counts_is_told_and_can_be_undone(agent, service):
    job_id = service.post("Question sur mon sinistre", LEAK)
    agent.goto(f"/mails/{job_id}")
    before = agent.locator(".decided strong").inner_text()
    agent.get_by_label("Another label").first.select_option(label="Complaint")
    agent.get_by_label("Note").fill("Il se plaint du délai.")
    agent.get_by_role("button", name="Correct", exact=True).click()
    expect(agent.locator("#toast")).to_contain_text("next training")
    expect(agent.locator(".decided strong")).to_have_text("Complaint")
    expect(agent.locator(".history")).to_contain_text("Il se plaint du délai.")
    with service.store() as store:
        assert [review.label for review in store.reviews(job_id)] == ["complaint"]
    agent.locator("#toast").get_by_role("button", name="Undo").click()
    expect(agent.locator(".decided strong")).to_have_text(before)
    with service.store() as store:
        assert store.reviews(job_id) == ()


def test_a_mail_is_dealt_with_by_the_keyboard_alone(agent, service):
    job_id = service.post("Fuite au clavier", LEAK)
    agent.goto(f"/mails/{job_id}")
    agent.keyboard.press("t")
    expect(agent.get_by_text("taken by you")).to_be_visible()
    agent.keyboard.press("u")
    expect(agent.get_by_role("button", name="Not urgent")).to_be_visible()
    agent.keyboard.press("1")
    expect(agent.locator(".badges").get_by_text("reviewed")).to_be_visible()
    agent.keyboard.press("e")
    expect(agent.get_by_text("done by Camille Laurent")).to_be_visible()
    agent.keyboard.press("Escape")
    expect(agent.locator("#toast")).to_be_hidden()
    agent.keyboard.press("z")  # the message is gone, what it said can still be undone
    expect(agent.get_by_role("button", name="Done")).to_be_visible()
    agent.keyboard.press("?")
    expect(agent.get_by_role("dialog", name="Keys")).to_be_visible()
    axe(agent)
    agent.keyboard.press("Escape")
    agent.get_by_label("Note").focus()
    agent.keyboard.press("e")  # a letter of a note does nothing else
    expect(agent.get_by_label("Note")).to_have_value("e")
    expect(agent.get_by_role("button", name="Done")).to_be_visible()


def test_keys_go_through_the_list_that_one_came_from(agent, service):
    for number in range(3):
        service.post(f"Relevé d'information {number}", "Bonjour, merci de m'envoyer mon relevé d'information auto.")
    agent.goto("/mails?q=releve&sort=oldest")
    agent.get_by_role("link", name="Relevé d'information 0").first.click()
    expect(agent.get_by_role("heading", level=1)).to_have_text("Relevé d'information 0")
    agent.keyboard.press("j")
    expect(agent.get_by_role("heading", level=1)).to_have_text("Relevé d'information 1")
    agent.keyboard.press("e")  # done with it, and on to the next
    expect(agent.get_by_role("heading", level=1)).to_have_text("Relevé d'information 2")
    expect(agent.locator("#toast")).to_contain_text("done")
    agent.keyboard.press("k")
    expect(agent.get_by_role("heading", level=1)).to_have_text("Relevé d'information 0")
    agent.locator("#to-list").click()
    expect(agent).to_have_url(re.compile(r"/mails\?q=releve&sort=oldest$"))


def test_two_agents_on_one_mail_see_each_other_and_the_second_is_told(browse, service):
    job_id = service.post("À deux sur un e-mail", LEAK)
    first, second = browse("camille"), browse("yanis")
    first.clock.install()
    first.goto(f"/mails/{job_id}")
    second.goto(f"/mails/{job_id}")
    first.clock.fast_forward(PRESENCE_MS)
    expect(second.get_by_text("Camille Laurent is looking at this mail too.")).to_be_visible()
    expect(first.get_by_text("Yanis Benali is looking at this mail too.")).to_be_visible()
    first.get_by_label("Queue").select_option("complaints")
    first.get_by_role("button", name="Move", exact=True).click()
    expect(first.locator(".badges")).to_contain_text("complaints")

    second.get_by_role("button", name="Take").click()
    toast = second.locator("#toast")
    expect(toast).to_contain_text("moved this mail")
    expect(toast).to_contain_text("not carried out")
    expect(second.locator(".badges")).to_contain_text("complaints")
    expect(second.get_by_text("taken by you")).to_have_count(0)
    with service.store() as store:
        job = store.job(job_id)
    assert (job.decision.queue, job.handling.assignee) == ("complaints", None)

    second.get_by_role("button", name="Take").click()  # decided anew, on the new state
    expect(second.get_by_text("taken by you")).to_be_visible()
    first.clock.fast_forward(PRESENCE_MS)
    expect(first.get_by_text(re.compile("Yanis Benali took this mail"))).to_be_visible()


def test_every_state_of_the_page_is_accessible(browse, service):
    ids = service.receive([bytes(hostile()), bytes(with_attachments()), bytes(with_history())])
    empty = service.receive([bytes(letter("Sans texte", " "))])[0]
    page = browse("camille", language="fr", width=320, scheme="dark")
    paths = [f"/mails/{job_id}" for job_id in (*ids, empty, service.failed)]
    for path in (*paths, f"/mails/{ids[0]}?view=formatted", f"/mails/{ids[0]}/explanation"):
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        axe(page)
        assert overflow(page) == 0, path
        assert small_targets(page) == [], path


def test_without_a_script_a_mail_can_be_read_and_decided(browse, service):
    job_id = service.post("Sans script", LEAK)
    page = browse("camille", javascript=False)
    page.goto(f"/mails/{job_id}")
    expect(page.get_by_role("article").get_by_text("a inondé ma cuisine")).to_be_visible()
    page.get_by_role("button", name="Take").click()
    expect(page.get_by_text("taken by you")).to_be_visible()
    page.get_by_role("link", name="The words behind the decision").click()
    expect(page.get_by_role("heading", name="The words behind the decision")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("done by Camille Laurent")).to_be_visible()
