"""The essential paths with JavaScript switched off: everything an agent must do is a link or a form."""

from __future__ import annotations

import re

import pytest
from browsing import sign_in
from playwright.sync_api import expect


@pytest.fixture
def plain(browse):
    return browse("camille", javascript=False)


def toast(page):
    return page.locator("#toast")


def test_one_signs_in_finds_a_queue_and_opens_a_mail(browse, service):
    service.post("Dégât des eaux sans script", "Bonjour, une fuite a inondé ma cuisine hier soir, contrat H-100200.")
    service.hire("passer-by")
    page = browse(None, javascript=False)
    sign_in(page, "passer-by")
    expect(page).to_have_url(f"{service.address}/")
    page.locator("main").get_by_role("link", name="claims-home").click()
    page.get_by_role("link", name="Dégât des eaux sans script").click()
    expect(page.locator("h1")).to_have_text("Dégât des eaux sans script")
    expect(page.locator("main")).to_contain_text("une fuite a inondé ma cuisine")
    page.get_by_role("button", name="Sign out").first.click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_one_searches_in_what_the_sender_wrote(plain, service):
    service.post("Sans script, à chercher", "Bonjour, mon perroquet Zéphyrin a cassé la vitre de la cuisine.")
    plain.goto("/mails")
    plain.get_by_role("searchbox").fill("zephyrin vitre")
    plain.get_by_role("button", name="Apply").click()
    expect(plain.locator("ol.rows > li")).to_have_count(1)
    expect(plain.get_by_role("link", name="Sans script, à chercher")).to_be_visible()


def test_one_is_done_with_a_mail_and_takes_it_back(plain, service):
    service.post("Sans script, terminé puis annulé Ouistiti", "Bonjour, une fuite a inondé ma cuisine hier soir.")
    plain.goto("/mails?q=ouistiti")
    plain.locator("ol.rows").get_by_role("button", name="Done").click()
    expect(toast(plain)).to_be_visible()
    expect(plain.locator("ol.rows > li")).to_have_count(0)
    toast(plain).get_by_role("button", name="Undo").click()
    expect(plain.locator("ol.rows > li")).to_have_count(1)


def test_one_corrects_a_label_from_the_list(plain, service):
    job_id = service.post("Sans script, à corriger Wapiti", "Bonjour, une fuite a inondé ma cuisine hier soir.")
    plain.goto("/mails?q=wapiti")
    plain.locator("ol.rows button[name=row][value^='correct:']").first.click()
    expect(toast(plain)).to_be_visible()
    with service.store() as store:
        (review,) = store.reviews(job_id)
        assert not review.confirmed
        assert store.job(job_id).reviewed


def test_one_corrects_and_ends_a_mail_on_its_page(plain, service):
    job_id = service.post("Sans script, sur sa page", "Bonjour, une fuite a inondé ma cuisine hier soir.")
    plain.goto(f"/mails/{job_id}")
    plain.get_by_label("Another label").select_option("complaint")
    plain.get_by_role("button", name="Correct", exact=True).click()
    expect(toast(plain)).to_be_visible()
    plain.goto(f"/mails/{job_id}")
    plain.get_by_role("button", name=re.compile("^Done")).click()
    expect(toast(plain)).to_be_visible()
    with service.store() as store:
        job = store.job(job_id)
    assert job.decision.label == "complaint"
    assert job.handling.handled_by == "camille"


def test_one_acts_on_several_mails_at_once(plain, service):
    for number in range(3):
        service.post(f"Sans script, plusieurs {number} Tamarin", "Bonjour, une fuite a inondé ma cuisine hier soir.")
    plain.goto("/mails?q=tamarin")
    for box in plain.locator("ol.rows input[name=mail]").all()[:2]:
        box.check()
    plain.locator(".bulk").get_by_role("button", name="Done").click()
    expect(toast(plain)).to_contain_text("2")
    expect(plain.locator("ol.rows > li")).to_have_count(1)
    toast(plain).get_by_role("button", name="Undo").click()
    expect(plain.locator("ol.rows > li")).to_have_count(3)


def test_a_telephone_finds_the_menu(browse):
    page = browse("sophie", javascript=False, width=390)
    page.goto("/")
    page.locator("summary", has_text="Menu").click()
    page.locator("details.menu").get_by_role("link", name="Preferences").or_(
        page.locator("details.menu").get_by_role("link", name="Sophie Martin")
    ).first.click()
    expect(page).to_have_url(re.compile("/me$"))
