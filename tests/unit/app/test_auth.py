import re

import pytest

from app.endpoint import declaration_of
from routing.keys import new_key
from routing.store.memory import MemoryStore

OPEN = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/problems/<slug>",
    "/sign-in",
    "/sign-out",
    "/static/<path:filename>",
}
"""Every address that anybody may call. Whoever adds to this list says why in the review."""

HTML = {"Accept": "text/html", "Origin": "http://localhost"}

JOB = "01a1f897-0000-7000-8000-000000000000"


def calls(app):
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", JOB, re.sub("<int:[^>]+>", "1", rule.rule.replace("<path:name>", "triage")))
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield rule, method, path


def test_every_route_denies_without_a_key_unless_it_is_listed_as_open(house):
    seen = set()
    for rule, method, path in calls(house.app):
        seen.add(rule.rule)
        if rule.rule in OPEN:
            continue
        answer = house.client.open(path, method=method, headers={"Origin": "http://localhost"})
        assert answer.status_code == 401, rule.rule
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert seen >= OPEN


def test_every_page_leads_a_browser_without_a_session_to_the_sign_in(house):
    seen = 0
    for rule, method, path in calls(house.app):
        declared = declaration_of(house.app, rule.endpoint)
        if declared is None or declared.role is None:
            continue
        seen += 1
        for headers in ({}, house.headers("admin")):
            answer = house.client.open(path, method=method, headers=headers | HTML)
            assert answer.status_code == 303, rule.rule
            assert answer.headers["Location"].startswith("/sign-in")
    assert seen


def test_every_view_asks_for_a_scope_or_a_role_but_never_for_both(house):
    for rule, _, _ in calls(house.app):
        declared = declaration_of(house.app, rule.endpoint)
        if rule.rule not in OPEN:
            assert (declared.scope is None) != (declared.role is None), rule.rule


def test_every_view_declares_who_may_call_it(house):
    undeclared = [
        rule.rule
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint != "static" and declaration_of(house.app, rule.endpoint) is None
    ]
    assert undeclared == []


def test_every_route_under_v1_asks_for_a_scope(house):
    scopes = {
        rule.rule: declaration_of(house.app, rule.endpoint).scope
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
    }
    assert scopes
    assert None not in scopes.values()


def test_a_view_that_forgot_to_declare_itself_is_closed(house):
    house.app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    assert house.get("/forgotten").status_code == 403


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer fct_x", "Bearer fct_" + "a" * 43, "Bearer é", "bearer\t"]
)
def test_what_is_no_valid_key_is_401(house, header):
    answer = house.client.get("/v1/jobs", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.get_json()["type"] == "/problems/unauthenticated"


def test_the_scheme_is_written_in_any_case(house):
    assert house.client.get("/v1/jobs", headers={"Authorization": f"bearer {house.secrets['read']}"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/emails", "submit"),
        ("GET", "/v1/jobs", "read"),
        ("GET", f"/v1/jobs/{JOB}", "read"),
        ("GET", f"/v1/jobs/{JOB}/events", "read"),
        ("GET", f"/v1/jobs/{JOB}/mail", "read"),
        ("DELETE", f"/v1/jobs/{JOB}", "submit"),
        ("POST", f"/v1/jobs/{JOB}/review", "review"),
        ("POST", f"/v1/jobs/{JOB}/retry", "review"),
        ("GET", "/v1/queues", "read"),
        ("GET", "/v1/queues/triage/jobs", "read"),
        ("GET", "/v1/taxonomy", "read"),
        ("GET", "/v1/models", "read"),
    ],
)
def test_a_key_without_the_scope_is_403_and_one_with_it_or_admin_is_not(house, method, path, scope):
    for key in ("submit", "read", "review", "admin"):
        answer = house.client.open(path, method=method, headers=house.headers(key))
        if key in {scope, "admin"}:
            assert answer.status_code not in {401, 403}
        else:
            assert answer.status_code == 403
            assert scope in answer.get_json()["detail"]


def test_a_revoked_key_stops_working_within_five_seconds(house):
    assert house.get("/v1/jobs", "read").status_code == 200
    house.store.revoke_key("read-key", now=house.clock.now)
    house.stopwatch.now += 5
    assert house.get("/v1/jobs", "read").status_code == 401


def test_a_revoked_key_stops_working_even_if_the_clock_is_set_back(house):
    assert house.get("/v1/jobs", "read").status_code == 200
    house.store.revoke_key("read-key", now=house.clock.now)
    house.clock.now -= 3600
    house.stopwatch.now += 5
    assert house.get("/v1/jobs", "read").status_code == 401


def test_a_busy_key_is_looked_up_once_in_a_while_and_not_at_every_call(make_house):
    class Counting(MemoryStore):
        looked = 0

        def key_by_hash(self, secret_hash):
            self.looked += 1
            return super().key_by_hash(secret_hash)

    store = Counting()
    house = make_house(store=store)
    for _ in range(10):
        house.get("/v1/taxonomy")
    assert store.looked == 1


def test_a_key_works_as_soon_as_it_is_made(house):
    key, house.secrets["new"] = new_key("new", ["read"], now=house.clock.now)
    assert house.get("/v1/jobs", "new").status_code == 401
    house.store.add_key(key)
    assert house.get("/v1/jobs", "new").status_code == 200


def test_no_key_is_ever_logged(house, caplog):
    with caplog.at_level(0):
        house.mail()
        house.client.get("/v1/jobs", headers={"Authorization": "Bearer fct_" + "z" * 43})
        house.client.post("/sign-in", data={"name": "fct_" + "z" * 43}, headers=HTML)
    assert "fct_" not in caplog.text
