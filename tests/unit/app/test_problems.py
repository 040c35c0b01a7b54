import json
import logging

import pytest

from app.problems import OF_ERROR, PROBLEMS
from routing import errors
from routing.store.memory import MemoryStore


def tree(kind=errors.FacteurError):
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below)


def test_every_error_of_the_domain_has_a_problem():
    assert set(OF_ERROR) == set(tree())
    assert set(OF_ERROR.values()) <= set(PROBLEMS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput, 422),
        (errors.TooLarge, 413),
        (errors.UnsupportedMedia, 415),
        (errors.NotFound, 404),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.RateLimited, 429),
        (errors.Overloaded, 503),
        (errors.StoreUnavailable, 503),
        (errors.KeyReused, 422),
        (errors.WrongStatus, 409),
        (errors.MailDeleted, 410),
        (errors.Unexplained, 409),
        (errors.ConfigurationError, 500),
        (errors.ShutOut, 503),
    ],
)
def test_an_error_has_the_status_that_makes_its_caller_do_the_right_thing(error, status):
    assert PROBLEMS[OF_ERROR[error]].status == status


def test_each_kind_of_problem_has_a_page_at_its_type(house):
    for problem in PROBLEMS.values():
        page = house.client.get(problem.type)
        assert page.status_code == 200
        assert page.content_type.startswith("text/html")
        assert problem.title in page.get_data(as_text=True)
    assert house.client.get("/problems/nonsense").status_code == 404


def test_a_problem_document_has_the_members_of_rfc_9457_and_the_request_id(house):
    answer = house.get("/v1/jobs/x")
    problem = json.loads(answer.get_data())
    assert answer.content_type == "application/problem+json"
    assert problem["type"] == "/problems/not-found"
    assert problem["title"]
    assert problem["status"] == 404
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_an_unknown_route_is_a_404_problem(house):
    assert house.get("/v1/nonsense").get_json()["type"] == "/problems/not-found"


def test_another_method_is_405_with_the_ones_that_are_allowed(house):
    answer = house.client.put("/v1/emails", headers=house.headers())
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.get_json()["type"] == "/problems/method-not-allowed"


def test_an_unexpected_error_is_a_500_without_any_of_its_inside(make_house, caplog):
    class Broken(MemoryStore):
        def jobs(self, *_, **__):
            raise RuntimeError("the secret is 1234")

    house = make_house(store=Broken())
    with caplog.at_level(logging.ERROR):
        answer = house.get("/v1/jobs", X_Request_Id="trace-me")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert answer.get_json()["type"] == "/problems/internal"
    assert "1234" not in text
    assert "Traceback" not in text
    assert "trace-me" in text
    assert "trace-me" in caplog.text
    assert "1234" in caplog.text


def test_an_error_of_the_operators_is_not_told_to_the_caller(make_house):
    class Wrong(MemoryStore):
        def jobs(self, *_, **__):
            raise errors.ConfigurationError("The schema of postgresql://u:p@h is old.")

    answer = make_house(store=Wrong()).get("/v1/jobs")
    assert answer.status_code == 500
    assert "postgresql" not in answer.get_data(as_text=True)


def test_a_browser_gets_a_page_and_the_api_never_does(house):
    html = {"Accept": "text/html"}
    assert house.client.get("/nonsense", headers=html).content_type.startswith("text/html")
    assert house.client.get("/v1/nonsense", headers=html).content_type == "application/problem+json"


def test_what_was_sent_is_not_repeated_in_an_error(house):
    answer = house.post("/v1/emails", json={"subject": "x", "received_at": "Ada has the flu"})
    assert "flu" not in answer.get_data(as_text=True)
