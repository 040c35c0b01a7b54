import pytest

from app.console import code
from app.words import UNITS, WORDS, age, count, percent

OURS = {"Origin": "http://localhost"}
HTML = {"Accept": "text/html"}


def sign_in(house, key="read", headers=OURS):
    return house.client.post("/sign-in", data={"key": house.secrets[key]}, headers=headers | HTML)


def test_without_a_session_a_browser_is_asked_to_sign_in(house):
    answer = house.client.get("/", headers=HTML)
    assert answer.status_code == 401
    assert 'name="key"' in answer.get_data(as_text=True)


def test_a_key_that_may_read_opens_a_session(house):
    answer = sign_in(house)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert house.client.get("/", headers=HTML).status_code == 200


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites_and_holds_no_secret(house):
    cookie = sign_in(house).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert house.secrets["read"] not in cookie


def test_behind_tls_the_cookie_is_sent_over_tls_only(house):
    answer = house.client.post(
        "/sign-in",
        data={"key": house.secrets["read"]},
        base_url="https://mail.example",
        headers={"Origin": "https://mail.example"},
    )
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("key", ["", "x", "fct_" + "a" * 43])
def test_a_wrong_key_is_told_so(house, key):
    answer = house.client.post("/sign-in", data={"key": key}, headers=OURS | HTML)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_a_key_that_may_not_read_opens_nothing(house):
    answer = sign_in(house, "submit")
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


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
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_from_another_site_is_refused(house, headers, path):
    answer = house.client.post(path, data={"key": house.secrets["read"]}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_a_browser_that_sends_no_origin_says_where_the_form_is_from(house):
    assert sign_in(house, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_signing_out_ends_the_session(house):
    sign_in(house)
    house.client.post("/sign-out", headers=OURS)
    assert house.client.get("/", headers=HTML).status_code == 401


def test_a_session_ends_after_a_working_day(house):
    sign_in(house)
    house.clock.now += 12 * 3600
    assert house.client.get("/", headers=HTML).status_code == 401


def test_a_session_ends_when_its_key_is_revoked(house):
    sign_in(house)
    house.store.revoke_key("read-key", now=house.clock.now)
    house.stopwatch.now += 5
    assert house.client.get("/", headers=HTML).status_code == 401


@pytest.mark.parametrize("cookie", ["x", "1.2.3", "9999999999." + "a" * 64 + ".sig", "é", "."])
def test_a_cookie_that_is_not_ours_opens_nothing(house, cookie):
    house.client.set_cookie("facteur_session", cookie)
    assert house.client.get("/", headers=HTML).status_code == 401


def test_a_session_does_not_open_the_api(house):
    sign_in(house)
    assert house.client.get("/v1/jobs").status_code == 401


def test_the_page_shows_queues_and_routed_mails_with_who_decided(house):
    house.accepted()
    house.decide()
    sign_in(house)
    page = house.client.get("/", headers=HTML | {"Accept-Language": "fr-FR,fr;q=0.9"}).get_data(as_text=True)
    assert '<html lang="fr">' in page
    for shown in ("Dégât des eaux", "camille@example.org", "Sinistre habitation", "90\u202f%", "claims-home", "modèle"):
        assert shown in page


def test_the_page_is_in_english_for_everybody_else(house):
    sign_in(house)
    for language in ("en", "de", "*", "", "!!"):
        page = house.client.get("/", headers=HTML | {"Accept-Language": language})
        assert '<html lang="en">' in page.get_data(as_text=True)
    assert {"Accept-Language", "Cookie"} <= {each.strip() for each in page.headers["Vary"].split(",")}


def test_one_queue_can_be_looked_at(house):
    house.accepted()
    house.decide()
    sign_in(house)
    assert "Dégât des eaux" in house.client.get("/?queue=claims-home").get_data(as_text=True)
    assert "Dégât des eaux" not in house.client.get("/?queue=triage").get_data(as_text=True)


def test_a_queue_of_text_that_no_database_holds_is_refused(house):
    sign_in(house)
    assert house.client.get("/?queue=%00").status_code == 422


def test_older_mails_are_on_further_pages(house):
    for number in range(26):
        house.clock.now += 1
        house.accepted(f"Subject: mail-{number:02}\r\n\r\nx".encode())
    house.decide()
    sign_in(house)
    page = house.client.get("/", headers=HTML).get_data(as_text=True)
    assert "mail-25" in page
    assert "mail-00" not in page
    older = page.split('rel="next" href="')[1].split('"')[0]
    assert "mail-00" in house.client.get(older).get_data(as_text=True)


def test_what_a_mail_says_is_never_markup(house):
    house.accepted(b"Subject: <script>alert(1)</script>\r\nFrom: <b>x@example.org\r\n\r\nx")
    house.decide(label="<i>odd", queue='"><img src=x>')
    sign_in(house)
    page = house.client.get("/", headers=HTML).get_data(as_text=True)
    assert "<script" not in page
    assert "<img" not in page
    assert "<i>" not in page


def test_both_languages_have_the_same_words():
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    assert WORDS.keys() == UNITS.keys()


def test_ages_and_numbers_are_written_as_the_language_does():
    assert [age(seconds, "fr") for seconds in (-5, 0, 59, 60, 7200, 172_800)] == [
        "0\u00a0s",
        "0\u00a0s",
        "59\u00a0s",
        "1\u00a0min",
        "2\u00a0h",
        "2\u00a0j",
    ]
    assert age(90_000, "en") == "1\u00a0d"
    assert percent(0.999, "en") == "99%"
    assert percent(1.0, "en") == "100%"
    assert count(1_234_567, "fr") == "1\u202f234\u202f567"
    assert count(1_234_567, "en") == "1,234,567"


def test_what_stands_between_backticks_is_code_and_nothing_is_markup():
    assert code("Say `a<b` & go") == "Say <code>a&lt;b</code> &amp; go"
    assert "<code>" not in code("one ` alone")
    assert code(None) == ""
