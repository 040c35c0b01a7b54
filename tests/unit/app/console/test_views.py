"""Saved views: a list under a name, for its user alone."""

from __future__ import annotations

import re

from routing.people import View


def save(browser, name, query="queue=claims-home&language=fr"):
    return browser.post("/views", {"name": name, "query": query, "next": "/mails"})


def names(browser, path="/mails"):
    html = browser.page(path)
    return re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)</a>\s*<form method="post" action="/views/', html)


def told(browser):
    html = browser.page("/mails")
    return html[html.index('id="toast"') :].split("</p>")[0].partition("<p>")[2]


def test_a_list_is_saved_and_found_again_beside_every_list(console):
    answer = save(console.agent, "  French   leaks ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mails")
    assert told(console.agent) == "The view “French leaks” is saved."
    for path in ("/mails", "/queues/triage"):
        assert names(console.agent, path) == [("/queues/claims-home?language=fr", "French leaks")]
    assert "French leaks" in console.agent.page("/")
    assert names(console.supervisor) == []


def test_the_list_on_the_page_is_the_one_that_is_saved(console):
    html = console.agent.page("/queues/claims-home?language=fr&sort=newest&cursor=")
    query = re.search(r'name="query" value="([^"]*)"', html)[1].replace("&amp;", "&")
    save(console.agent, "one", query)
    assert names(console.agent) == [("/queues/claims-home?language=fr&amp;sort=newest", "one")]


def test_a_name_is_given_once(console):
    save(console.agent, "one")
    save(console.agent, "one", "q=fuite")
    assert names(console.agent) == [("/mails?q=fuite", "one")]


def test_a_view_is_deleted_by_its_user_alone(console):
    save(console.agent, "one")
    (view,) = console.store.views(console.agent.user.id)
    assert console.supervisor.post(f"/views/{view.id}/delete", {"next": "/mails"}).status_code == 404
    console.agent.post(f"/views/{view.id}/delete", {"next": "/mails"})
    assert told(console.agent) == "The view is deleted."
    assert names(console.agent) == []


def test_a_name_that_cannot_be_is_told(console):
    for name in ("", "   ", "x" * 61):
        save(console.agent, name)
        assert told(console.agent) == "Give the view a name of at most 60 characters."
    assert names(console.agent) == []


def test_fifty_views_are_enough(console):
    for number in range(50):
        console.store.save_view(
            View(id=f"v{number}", user_id=console.agent.user.id, name=f"{number}", query="q=x", created_at=0.0)
        )
    save(console.agent, "one more")
    assert told(console.agent) == "You have as many views as can be kept; delete one first."


def test_a_query_that_is_none_is_not_saved(console):
    assert save(console.agent, "one", "sort=best").status_code in (400, 422)
    assert names(console.agent) == []


def test_a_view_that_an_older_version_saved_and_this_one_cannot_read_is_passed_over(console):
    console.store.save_view(View(id="v", user_id=console.agent.user.id, name="old", query="colour=red", created_at=0.0))
    assert names(console.agent) == []
