"""What every page of the console has: the way around, messages, headers, and nothing inline."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Response

from app.console.page import back, etag_or, flash, page
from app.endpoint import Endpoint, endpoint
from routing.errors import InvalidInput, MailDeleted, Overtaken, StoreUnavailable
from routing.people import Role


def add_view(console, path, answer, methods=("GET",), role=Role.AGENT):
    view = endpoint(Endpoint(scope=None, role=role, documented=False))(answer)
    console.house.app.add_url_rule(path, endpoint=path, view_func=view, methods=methods)


@pytest.fixture
def pages(console):
    """Pages as their views answer them, by path."""
    shown = {path: console.agent.page(path) for path in ("/", "/me")}
    shown["/sign-in"] = console.stranger.page("/sign-in")
    shown["/nonsense"] = console.agent.get("/nonsense").text
    return shown


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(pages):
    for path, shown in pages.items():
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", shown), path
        assert all('src="/static/' in script for script in re.findall(r"<script[^>]*>", shown)), path
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', shown), path


def test_every_form_that_changes_something_has_the_token_of_its_session(pages):
    for path, shown in pages.items():
        forms = re.findall(r'<form[^>]*method="post".*?</form>', shown, re.DOTALL)
        assert forms or path == "/nonsense"
        assert all('name="csrf" value="' in form for form in forms), path


def test_every_page_has_one_heading_a_language_landmarks_and_a_live_region(pages):
    for path, shown in pages.items():
        assert len(re.findall(r"<h1[ >]", shown)) == 1, path
        assert '<html lang="en"' in shown
        assert "<main" in shown
        assert 'id="live" class="hidden" aria-live="polite"' in shown


def test_every_answer_keeps_browsers_in_bounds(console):
    headers = console.agent.get("/me").headers
    for directive in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert directive in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"].startswith("camera=()")
    assert headers["Cache-Control"] == "private, no-cache"


def test_a_page_may_be_stricter_with_itself(console):
    def strict():
        return Response("x", headers={"Content-Security-Policy": "sandbox"})

    add_view(console, "/strict", strict)
    assert console.agent.get("/strict").headers.getlist("Content-Security-Policy") == ["sandbox"]


def test_everybody_is_shown_the_way_to_what_they_may_open(console):
    roles = console.house.app.extensions["facteur.navigation"]
    for browser in (console.agent, console.supervisor, console.administrator):
        shown = browser.page("/me")
        for path, role in roles.items():
            assert (f'<li><a href="{path}"' in shown) == browser.user.role.includes(role), (browser.user.name, path)


def test_the_page_that_one_is_on_is_marked(console):
    assert '<a href="/" aria-current="page">Queues</a>' in console.agent.page("/")


def test_a_role_that_is_too_low_is_told_so_in_the_reader_s_language(console):
    add_view(console, "/high", lambda: page("console/failure.html", document={"status": 200}), role=Role.SUPERVISOR)
    answer = console.agent.get("/high", Accept_Language="fr")
    assert answer.status_code == 403
    assert "pas ce droit" in answer.text
    assert console.supervisor.get("/high").status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (Overtaken("x"), 409, "Un collègue a été plus rapide"),
        (MailDeleted("x"), 410, "plus ici"),
        (StoreUnavailable("x"), 503, "Le service est occupé"),
        (ValueError("secret detail"), 500, "est produite"),
    ],
)
def test_what_goes_wrong_is_told_in_the_console_s_look_and_the_reader_s_language(console, error, status, said):
    def fail():
        raise error

    add_view(console, "/fail", fail)
    answer = console.agent.get("/fail", Accept_Language="fr")
    assert answer.status_code == status
    assert said in answer.text
    assert "secret detail" not in answer.text
    assert 'class="bar"' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_an_errors_own_sentence_is_for_those_who_read_its_language(console):
    def fail():
        raise InvalidInput("'nope' is not a label")

    add_view(console, "/fail", fail)
    said = "is not a label"
    assert said in console.agent.get("/fail", Accept_Language="en").text
    answer = console.agent.get("/fail", Accept_Language="fr")
    assert answer.status_code == 422
    assert said not in answer.text


def test_what_goes_wrong_in_a_fragment_is_said_in_a_message(console):
    def fail():
        raise Overtaken("x")

    add_view(console, "/fail", fail)
    answer = console.agent.get("/fail", HX_Request="true")
    assert answer.status_code == 409
    assert "A colleague was faster" in answer.headers["HX-Trigger"]
    assert "<html" not in answer.text


def test_without_the_database_a_page_still_says_so(console):
    console.house.stopwatch.now += 10

    def gone(_):
        raise StoreUnavailable("gone")

    console.store.user = gone
    answer = console.agent.get("/me")
    assert answer.status_code == 503
    assert "The service is busy" in answer.text


def test_a_program_that_asks_for_a_page_gets_a_problem_document(console):
    answer = console.stranger.client.get("/me", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_message_is_shown_once_on_the_next_page_with_undo(console):
    def act():
        response = Response(status=303, headers={"Location": "/me"})
        flash(response, "2 mails <done>", undo="01a1")
        return response

    add_view(console, "/do", act, ("POST",))
    console.agent.post("/do")
    shown = console.agent.page("/me")
    assert "2 mails &lt;done&gt;" in shown
    assert 'action="/acts/01a1/undo"' in shown
    assert "mails" not in console.agent.page("/me")


def test_a_message_goes_along_with_a_fragment(console):
    def act():
        response = Response("x")
        flash(response, "Fermé à clé")
        return response

    add_view(console, "/do", act, ("POST",))
    answer = console.agent.post("/do", HX_Request="true")
    assert "facteur:flash" in answer.headers["HX-Trigger"]
    assert answer.headers["HX-Trigger"].isascii()
    assert "Set-Cookie" not in answer.headers


def test_a_message_waits_for_the_page_that_htmx_is_led_to(console):
    def act():
        response = Response(status=204, headers={"HX-Redirect": "/me"})
        flash(response, "All of it is done")
        return response

    add_view(console, "/do", act, ("POST",))
    assert "HX-Trigger" not in console.agent.post("/do", HX_Request="true").headers
    assert "All of it is done" in console.agent.page("/me")


@pytest.mark.parametrize("cookie", ["x", "é", "W10.abc"])
def test_a_message_that_is_not_ours_is_not_shown(console, cookie):
    console.agent.client.set_cookie("facteur_flash", cookie)
    answer = console.agent.get("/me")
    assert 'id="toast" hidden' in answer.text
    assert "facteur_flash=;" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("/mails?q=a&x=%20", "/mails?q=a&x=%20"),
        ("//evil", "/home"),
        ("/\\evil", "/home"),
        ("https://evil", "/home"),
        ("/a b", "/home"),
        ("/a\r\nSet-Cookie: x", "/home"),
        ("", "/home"),
    ],
)
def test_one_comes_back_to_our_own_pages_only(console, given, taken):
    with console.house.app.test_request_context("/x", method="POST", data={"next": given}):
        assert back("/home") == taken


def test_an_unchanged_page_is_not_sent_nor_made_again(console):
    made = []
    tag = ["one"]

    def view():
        return etag_or(tag[0], lambda: made.append(1) or page("console/failure.html", document={"status": 200}))

    add_view(console, "/tagged", view)
    first = console.agent.get("/tagged")
    again = console.agent.get("/tagged", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data, len(made)) == (304, b"", 1)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert console.supervisor.get("/tagged", If_None_Match=first.headers["ETag"]).status_code == 200
    assert console.agent.get("/tagged", If_None_Match=first.headers["ETag"], Accept_Language="fr").status_code == 200
    tag[0] = "two"
    assert console.agent.get("/tagged", If_None_Match=first.headers["ETag"]).status_code == 200


def test_pages_are_compressed_for_browsers_that_can_read_that(console):
    plain, packed = console.agent.get("/me"), console.agent.get("/me", Accept_Encoding="gzip, br")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Your settings" in gzip.decompress(packed.data).decode()
    assert len(packed.data) < len(plain.data) / 2
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Content-Encoding" not in console.agent.get("/me", Accept_Encoding="gzip;q=0").headers
    assert "Content-Encoding" not in console.house.get("/v1/taxonomy", Accept_Encoding="gzip").headers


def test_files_are_named_by_their_digest_and_kept_for_ever(console):
    shown = console.stranger.page("/sign-in")
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', shown)
    assert {name.split("?")[0] for name in names} >= {"/static/console.css", "/static/console.js"}
    for name in names:
        answer = console.stranger.client.get(name, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data) == console.stranger.client.get(name).data
        assert console.stranger.get(name, If_None_Match=answer.headers["ETag"]).status_code == 304
    outdated = console.stranger.client.get("/static/console.css?v=0123456789abcdef")
    assert outdated.status_code == 200
    assert "immutable" not in outdated.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing.css", "../factory.py", "..%2ffactory.py", "console.css/", ".hidden"])
def test_only_the_files_of_the_folder_are_served(console, name):
    assert console.stranger.get(f"/static/{name}").status_code == 404


def test_a_first_visit_is_light_and_a_second_one_far_lighter(console):
    first = console.agent.get("/me", Accept_Encoding="gzip")
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(first.data).decode())
    files = sum(len(console.agent.get(name, Accept_Encoding="gzip").data) for name in names)
    assert len(first.data) < 15_000
    assert len(first.data) + files < 60_000
