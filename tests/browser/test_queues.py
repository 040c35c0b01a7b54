"""What agents do in lists: by keys alone, with many mails at once, beside colleagues, while new mail comes in."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

LEAK = "Bonjour, une fuite a inondé ma cuisine hier soir, contrat H-300400."


@pytest.fixture
def post(service):
    """Post mails that only this test searches for: post("Axolotl", 3) returns their jobs' ids, oldest first."""

    def post(word, number=1, start=0):
        return [service.post(f"Liste {word} {start + count}", LEAK) for count in range(number)]

    return post


def lines(page):
    return page.locator("ol.rows > li")


def subject(page, number):
    return lines(page).nth(number).locator("a.subject")


def toast(page):
    return page.locator("#toast")


def look_for_news(page):
    """Do what ten seconds bring about."""
    with page.expect_response(lambda response: "/news?" in response.url) as answer:
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    return answer.value.status


def job(service, job_id):
    with service.store() as store:
        return store.job(job_id)


def test_a_queue_is_worked_off_by_keys_alone(agent, service, post):
    first, second, third = post("Axolotl", 3)
    agent.goto("/mails?q=axolotl&sort=oldest")
    keys = agent.keyboard
    keys.press("j")
    expect(subject(agent, 0)).to_be_focused()
    keys.press("j")
    keys.press("k")
    expect(subject(agent, 0)).to_be_focused()
    keys.press("e")
    expect(toast(agent)).to_contain_text("1 mail done.")
    expect(lines(agent).first).to_contain_text("Done")
    expect(subject(agent, 1)).to_be_focused()
    keys.press("z")
    expect(toast(agent)).to_contain_text("Undone")
    expect(subject(agent, 0)).to_be_focused()
    assert job(service, first).handling.handled_at is None
    keys.press("t")
    expect(lines(agent).first).to_contain_text("taken by you")
    expect(subject(agent, 1)).to_be_focused()
    keys.press("u")
    expect(lines(agent).nth(1).locator(".badge.urgent")).to_be_visible()
    expect(subject(agent, 2)).to_be_focused()
    keys.press("1")
    expect(lines(agent).nth(2)).to_contain_text("reviewed")
    assert job(service, first).handling.assignee == "camille"
    assert job(service, second).decision.priority == "urgent"
    assert job(service, third).reviewed
    keys.press("k")
    keys.press("Enter")
    expect(agent.locator("h1")).to_contain_text("Liste Axolotl")


def test_a_label_is_corrected_with_one_key(agent, service, post):
    (job_id,) = post("Bilby")
    agent.goto("/mails?q=bilby")
    agent.keyboard.press("j")
    second = job(service, job_id).decision.alternatives[0].label
    agent.keyboard.press("2")
    expect(toast(agent)).to_contain_text("The next training learns from it.")
    assert job(service, job_id).decision.label == second
    with service.store() as store:
        (review,) = store.reviews(job_id)
    assert (review.reviewer, review.confirmed) == ("camille", False)


def test_a_mail_is_moved_by_keys_through_a_dialog_that_gives_the_focus_back(agent, service, post):
    (job_id,) = post("Cassowary")
    agent.goto("/mails?q=cassowary")
    agent.keyboard.press("j")
    agent.keyboard.press("m")
    expect(agent.get_by_role("dialog")).to_contain_text("Liste Cassowary 0")
    agent.keyboard.press("Escape")
    expect(subject(agent, 0)).to_be_focused()
    agent.keyboard.press("m")
    agent.keyboard.press("s")
    expect(agent.get_by_role("button", name="sales", exact=True)).to_be_focused()
    agent.keyboard.press("Enter")
    expect(toast(agent)).to_contain_text("moved to sales")
    assert job(service, job_id).decision.queue == "sales"


def test_several_are_done_at_once_and_put_back_at_once(agent, service, post):
    ids = post("Dugong", 4)
    agent.goto("/mails?q=dugong&sort=oldest")
    boxes = agent.locator("ol.rows input[name=mail]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(agent.locator("[data-count]")).to_have_text("3 selected")
    agent.locator(".bulk").get_by_role("button", name="Done").click()
    expect(toast(agent)).to_contain_text("3 mails done.")
    expect(agent.locator("ol.rows > li.gone")).to_have_count(3)
    assert [job(service, each).handling.handled_by for each in ids] == ["camille"] * 3 + [None]
    toast(agent).get_by_role("button", name="Undo").click()
    expect(agent.locator("ol.rows > li.gone")).to_have_count(0)
    assert [job(service, each).handling.handled_at for each in ids] == [None] * 4


def test_a_button_for_one_line_leaves_the_selection_alone(agent, service, post):
    chosen, other = post("Echidna", 2)
    agent.goto("/mails?q=echidna&sort=oldest")
    agent.locator("ol.rows input[name=mail]").first.check()
    lines(agent).nth(1).locator("[data-more]").click()
    agent.get_by_role("dialog").get_by_role("button", name="Urgent", exact=True).click()
    expect(lines(agent).nth(1).locator(".badge.urgent")).to_be_visible()
    expect(agent.locator("ol.rows input[name=mail]").first).to_be_checked()
    assert job(service, other).decision.priority == "urgent"
    assert job(service, chosen).handling.revision == 0


def test_new_mail_is_told_and_moves_nothing_under_the_hand(agent, post):
    post("Fossa")
    agent.goto("/mails?q=fossa&sort=newest")
    agent.keyboard.press("j")
    assert look_for_news(agent) == 200
    assert look_for_news(agent) == 304
    post("Fossa", 2, start=1)
    assert look_for_news(agent) == 200
    expect(agent.locator("#news")).to_have_text(re.compile("2 new mails"))
    expect(agent.locator("#live")).to_have_text(re.compile("2 new mails"))
    expect(lines(agent)).to_have_count(1)
    expect(subject(agent, 0)).to_be_focused()
    agent.locator("#news a").click()
    expect(lines(agent)).to_have_count(3)
    expect(subject(agent, 0)).to_be_focused()
    expect(agent.locator("#news")).to_be_empty()


def test_a_hidden_tab_asks_for_nothing(agent, post):
    post("Gharial")
    agent.goto("/mails?q=gharial")
    agent.evaluate("() => Object.defineProperty(document, 'hidden', {value: true})")
    asked = []
    agent.on("request", lambda request: asked.append(request.url))
    agent.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    agent.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert asked == []


def test_what_a_colleague_does_shows_in_an_open_list(browse, post):
    post("Hoatzin", 2)
    watching, acting = browse("camille"), browse("sophie")
    for page in (watching, acting):
        page.goto("/mails?q=hoatzin&sort=oldest")
    watching.locator("ol.rows input[name=mail]").first.check()
    look_for_news(watching)
    lines(acting).first.get_by_role("button", name="Take").click()
    lines(acting).nth(1).get_by_role("button", name="Done").click()
    expect(acting.locator("ol.rows > li.gone")).to_have_count(1)
    look_for_news(watching)
    expect(lines(watching).first).to_contain_text("taken by Sophie Martin")
    expect(watching.locator("ol.rows input[name=mail]").first).to_be_checked()
    expect(lines(watching).nth(1)).to_contain_text("Done")


def test_who_comes_second_is_told_in_the_line_and_overwrites_nothing(browse, service, post):
    (job_id,) = post("Ibex")
    first, second = browse("sophie"), browse("camille")
    for page in (first, second):
        page.goto("/mails?q=ibex")
    lines(first).first.get_by_role("button", name="Take").click()
    expect(toast(first)).to_be_visible()
    second.keyboard.press("j")
    second.keyboard.press("e")
    expect(lines(second).first.get_by_role("alert")).to_contain_text("Sophie Martin took this mail")
    expect(lines(second).first).to_contain_text("taken by Sophie Martin")
    expect(subject(second, 0)).to_be_focused()
    after = job(service, job_id).handling
    assert (after.assignee, after.handled_at) == ("sophie", None)


def test_keys_do_nothing_for_those_who_switched_them_off_nor_in_a_field(browse, service, post):
    (job_id,) = post("Jerboa")
    user = service.hire("silent")
    with service.store() as store:
        store.save_user(replace(user, shortcuts=False))
    off, on = browse("silent"), browse("camille")
    off.goto("/mails?q=jerboa")
    subject(off, 0).focus()
    off.keyboard.press("e")
    off.keyboard.press("?")
    expect(off.get_by_role("dialog")).to_have_count(0)
    on.goto("/mails?q=jerboa")
    on.keyboard.press("j")
    on.keyboard.press("/")
    expect(on.get_by_role("searchbox")).to_be_focused()
    on.keyboard.type("te1")
    expect(on.get_by_role("searchbox")).to_have_value("te1")
    assert job(service, job_id).handling.revision == 0
    subject(on, 0).focus()
    on.keyboard.press("g")
    on.keyboard.press("q")
    on.wait_for_url(f"{service.address}/")


def test_a_list_is_narrowed_saved_found_again_and_forgotten(agent, service):
    agent.goto("/queues/claims-home")
    agent.get_by_label("Order").select_option("newest")
    agent.wait_for_url(f"{service.address}/queues/claims-home?sort=newest")
    agent.locator("summary", has_text="More filters").click()
    agent.get_by_label("Decided by").select_option("model")
    agent.wait_for_url(re.compile("by=model"))
    agent.get_by_label("Save this list as").fill("Kakapo")
    agent.get_by_role("button", name="Save").click()
    expect(toast(agent)).to_contain_text("Kakapo")
    agent.goto("/mails")
    agent.get_by_role("link", name="Kakapo").click()
    expect(agent).to_have_url(re.compile(r"/queues/claims-home\?.*by=model"))
    agent.get_by_role("link", name="Remove Decided by: model").click()
    agent.wait_for_url(f"{service.address}/queues/claims-home?sort=newest")
    agent.get_by_role("button", name="Delete the view Kakapo").click()
    expect(toast(agent)).to_contain_text("deleted")
    expect(agent.get_by_role("link", name="Kakapo")).to_have_count(0)


def test_my_queues_follow_the_mail_that_comes(browse, post):
    page = browse("camille")
    page.goto("/queues/claims-home")
    page.goto("/")
    line = page.get_by_role("row", name=re.compile("^claims-home"))
    expect(line.get_by_role("cell").first).to_have_text("0")
    with page.expect_response(lambda response: response.url.endswith("/news")):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("link", name="claims-home").focus()
    post("Lemming")
    with page.expect_response(lambda response: response.url.endswith("/news")):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(line.get_by_role("cell").first).to_have_text("1")
    expect(page.get_by_role("link", name="claims-home")).to_be_focused()
