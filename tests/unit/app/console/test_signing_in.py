from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from app.scrutiny import WAITING, _line, is_right
from app.sessions import COOKIE
from routing.passwords import NOBODY, check_password, hash_password

PASSWORD = "a quiet harbour at dawn"
OURS = {"Origin": "http://localhost", "Accept": "text/html"}


def token_in(page):
    return re.search(r'name="csrf" value="([^"]+)"', page).group(1)


def sign_in(browser, name="ada", password=PASSWORD, headers=OURS, **fields):
    page = browser.client.get("/sign-in", headers={"Accept": "text/html"}).get_data(as_text=True)
    data = {"csrf": token_in(page), "name": name, "password": password} | fields
    return browser.client.post("/sign-in", data=data, headers=headers)


def test_without_a_session_a_browser_is_led_to_the_sign_in_and_back(console):
    answer = console.stranger.get("/?x=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=%2F%3Fx%3D1"
    assert 'name="next" value="/?x=1"' in console.stranger.page("/sign-in?next=%2F%3Fx%3D1")
    answer = sign_in(console.stranger, next="/?x=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/?x=1"
    assert "Ada Martin" in console.stranger.page("/")


def test_a_link_on_another_site_is_followed_once_more_from_our_own_page_so_that_the_cookie_comes_along(console):
    shown = console.stranger.page("/?q=a&b", Sec_Fetch_Site="cross-site")
    assert '<meta http-equiv="refresh" content="0;url=/?q=a&amp;b">' in shown
    assert console.stranger.get("/?q=a&b", Sec_Fetch_Site="same-origin").status_code == 303
    assert "Ada Martin" in console.agent.page("/", Sec_Fetch_Site="cross-site")


def test_a_fragment_without_a_session_leads_the_whole_page_to_the_sign_in(console):
    answer = console.stranger.get("/", HX_Request="true", HX_Current_URL="http://localhost/mails?q=eau")
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fmails%3Fq%3Deau"


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/a\nb", ""]
)
def test_nobody_is_sent_to_another_host_after_signing_in(console, target):
    assert sign_in(console.stranger, next=target).headers["Location"] == "/"


def test_names_are_written_in_any_case(console):
    assert sign_in(console.stranger, name=" ADA ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("a\0b", "x"), ("x" * 500, "x")]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_open_nothing(console, name, password):
    answer = sign_in(console.stranger, name=name, password=password)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "The name or the password is not right." in answer.text
    assert "facteur_session" not in answer.headers.get("Set-Cookie", "")


def test_a_missing_name_or_password_is_asked_for(console):
    answer = sign_in(console.stranger, name="")
    assert answer.status_code == 422
    assert "Enter your name and your password." in answer.text


def test_unknown_names_cost_as_much_as_known_ones(console, monkeypatch):
    console.store.save_user(replace(console.agent.user, password=hash_password(PASSWORD), epoch=1))
    checked = []
    monkeypatch.setattr("app.scrutiny.check_password", lambda _, kept: checked.append(kept) is not None)
    sign_in(console.stranger, name="nobody", password="x" * 12)
    sign_in(console.stranger, name="ada", password="x" * 12)
    assert len(checked) == 2
    assert checked[0].split("$")[:4] == checked[1].split("$")[:4]


def test_a_disabled_account_is_told_to_whoever_knows_its_password_only(console):
    console.store.save_user(replace(console.agent.user, disabled_at=1.0, epoch=1))
    assert "disabled" in sign_in(console.stranger).text
    assert "disabled" not in sign_in(console.stranger, password="wrong").text
    assert "Set-Cookie" not in sign_in(console.stranger).headers


def test_a_crowd_that_signs_in_holds_a_few_threads_at_most(console, monkeypatch):
    looking, looked = threading.Event(), threading.Event()

    def look(password, kept):
        looking.set()
        assert looked.wait(60)
        return check_password(password, kept)

    monkeypatch.setattr("app.scrutiny.check_password", look)
    with ThreadPoolExecutor(1 + WAITING) as pool:
        crowd = [pool.submit(is_right, PASSWORD, NOBODY, allowed=lambda: True) for _ in range(1 + WAITING)]
        assert looking.wait(60)
        while _line.acquire(blocking=False):  # until all of them are in line
            _line.release()
        answer = sign_in(console.stranger)
        looked.set()
        assert [one.result() for one in crowd] == [False] * len(crowd)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "Many are signing in" in answer.get_data(as_text=True)
    assert sign_in(console.stranger).status_code == 303


def test_a_password_that_waited_behind_too_many_wrong_ones_is_not_looked_at():
    assert is_right(PASSWORD, NOBODY, allowed=lambda: False) is None


def test_who_guesses_has_to_wait_longer_each_time_and_is_told_how_long(console):
    for _ in range(5):
        assert sign_in(console.stranger, password="wrong").status_code == 401
    answer = sign_in(console.stranger)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert "Try again in 2 seconds." in answer.text
    console.house.stopwatch.now += 2
    assert sign_in(console.stranger, password="wrong").status_code == 401
    assert sign_in(console.stranger).headers["Retry-After"] == "4"
    console.house.stopwatch.now += 4
    assert sign_in(console.stranger).status_code == 303


def test_another_user_behind_the_same_address_need_not_wait(console):
    for _ in range(6):
        sign_in(console.stranger, password="wrong")
    assert sign_in(console.stranger, name="sam").status_code == 303


def test_behind_a_trusted_proxy_it_is_the_caller_s_address_that_counts(console):
    def guess(caller, **more):
        client = console.house.app.test_client()
        base = {"base_url": "https://mail.example"} | more
        token = token_in(client.get("/sign-in", **base).text)
        headers = {"Origin": base["base_url"], "X-Forwarded-For": f"1.1.1.1, {caller}"}
        data = {"name": "ada", "password": "wrong", "csrf": token}
        return client.post("/sign-in", data=data, headers=headers, **base).status_code

    assert [guess("192.0.2.1") for _ in range(6)] == [401] * 5 + [429]
    assert guess("192.0.2.2") == 401
    assert [guess(f"192.0.2.{n}", base_url="http://localhost") for n in range(6)] == [401] * 5 + [429]


def test_one_comes_back_to_addresses_with_accents_too(console):
    wanted = "/?q=d%C3%A9g%C3%A2t%20des%20eaux"
    location = console.stranger.get("/?q=dégât des eaux").headers["Location"]
    assert location == "/sign-in?" + urlencode({"next": wanted})
    assert sign_in(console.stranger, next=wanted).headers["Location"] == wanted


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites_and_names_no_password(console):
    cookie = sign_in(console.stranger).headers.getlist("Set-Cookie")[0]
    assert cookie.startswith("facteur_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookies_are_sent_over_tls_only(console):
    client = console.stranger.client
    page = client.get("/sign-in", base_url="https://mail.example")
    assert "Secure" in page.headers["Set-Cookie"]
    answer = client.post(
        "/sign-in",
        data={"name": "ada", "password": PASSWORD, "csrf": token_in(page.text)},
        base_url="https://mail.example",
        headers={"Origin": "https://mail.example"},
    )
    assert answer.status_code == 303
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_from_another_site_is_refused(console, headers):
    assert sign_in(console.stranger, headers=headers).status_code == 403
    for path in ("/sign-out", "/me"):
        data = {"csrf": console.agent.sessions.token(console.agent.session)}
        assert console.agent.client.post(path, data=data, headers=headers).status_code == 403
    assert console.agent.get("/").status_code == 200


def test_a_browser_that_sends_no_origin_says_where_the_form_is_from(console):
    assert sign_in(console.stranger, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_sign_in_form_of_another_browser_is_shown_again(console):
    token = token_in(console.stranger.page("/sign-in"))
    other = console.house.app.test_client()
    answer = other.post("/sign-in", data={"name": "ada", "password": PASSWORD, "csrf": token}, headers=OURS)
    assert answer.status_code == 422
    assert "Please try again" in answer.text
    assert 'value="ada"' in answer.text


@pytest.mark.parametrize("token", ["", "x", "x.y", "é.é", ".", "salt." + "0" * 32])
def test_a_form_without_the_token_of_its_session_is_refused(console, token):
    answer = console.agent.post("/me", {"full_name": "Eve", "csrf": token}, csrf=False)
    assert answer.status_code == 403
    assert "This form has expired" in answer.text
    assert console.store.user(console.agent.user.id).full_name == "Ada Martin"


def test_the_token_of_another_session_is_refused(console):
    token = console.supervisor.sessions.token(console.supervisor.session)
    assert console.agent.post("/me", {"csrf": token}, csrf=False).status_code == 403


def test_every_answer_has_another_token_and_all_of_them_are_good(console):
    first, second = (token_in(console.agent.page("/me")) for _ in range(2))
    assert first != second
    for token in (first, second):
        assert console.agent.sessions.is_token(console.agent.session, token)


def test_signing_out_ends_the_session_and_what_the_browser_kept(console):
    answer = console.agent.post("/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert console.agent.get("/").status_code == 303


def test_who_signs_out_is_signed_out_wherever_the_session_was_copied_to(console):
    copied = console.agent.client.get_cookie(COOKIE).value
    console.agent.post("/sign-out")
    console.stranger.client.set_cookie(COOKIE, copied)
    assert console.stranger.get("/").status_code == 303
    assert console.supervisor.get("/").status_code == 200
    console.agent.sign_in()
    assert console.agent.get("/").status_code == 200


def test_who_was_signed_out_already_ends_no_newer_session(console):
    console.agent.page("/")
    console.store.save_user(replace(console.agent.user, epoch=1))
    assert console.agent.post("/sign-out").headers["Location"] == "/sign-in"
    assert console.store.user(console.agent.user.id).epoch == 1


def test_a_session_ends_after_a_working_day(console):
    console.clock.now += 12 * 3600
    assert console.agent.get("/").status_code == 303


@pytest.mark.parametrize("change", [{"epoch": 1}, {"disabled_at": 1.0, "epoch": 1}])
def test_a_session_ends_soon_after_its_user_was_changed(console, change):
    assert console.agent.get("/").status_code == 200
    console.store.save_user(replace(console.agent.user, **change))
    console.house.stopwatch.now += 3
    assert console.agent.get("/").status_code == 303


@pytest.mark.parametrize("cookie", ["x", "1.2.3", "W10.x", "é", ".", ""])
def test_a_cookie_that_is_not_ours_opens_nothing(console, cookie):
    console.stranger.client.set_cookie("facteur_session", cookie)
    assert console.stranger.get("/").status_code == 303


def test_a_session_does_not_open_the_api_and_a_key_does_not_open_the_console(console):
    assert console.administrator.client.get("/v1/jobs").status_code == 401
    assert console.house.get("/", "admin").status_code == 401


def test_a_user_is_looked_up_once_in_a_while_and_not_for_every_page(console):
    looked = []
    find = console.store.user
    console.store.user = lambda user_id: looked.append(user_id) or find(user_id)
    for _ in range(5):
        console.agent.get("/mails")
    assert len(looked) == 1


def test_no_password_is_ever_logged(console, caplog):
    with caplog.at_level(0):
        sign_in(console.stranger, password="another secret")
        sign_in(console.stranger)
    assert "harbour" not in caplog.text
    assert "another secret" not in caplog.text
