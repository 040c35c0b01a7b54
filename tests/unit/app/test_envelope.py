import pytest

from routing.ids import is_uuid


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/v1/jobs", "/nonsense", "/static/console.css"])
def test_every_answer_keeps_browsers_in_bounds(house, path):
    headers = house.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert len(headers.getlist("Content-Security-Policy")) == 1


def test_what_is_personal_is_not_kept_and_what_is_not_may_be(house):
    assert house.get("/v1/jobs").headers["Cache-Control"] == "no-store"
    assert house.get("/sign-in").headers["Cache-Control"] == "private, no-cache"
    assert "max-age" in house.get("/docs").headers["Cache-Control"]
    assert "max-age" in house.get("/static/console.css").headers["Cache-Control"]


def test_hsts_is_sent_over_tls_only(house):
    assert "Strict-Transport-Security" not in house.get("/healthz").headers
    assert "Strict-Transport-Security" in house.client.get("/healthz", base_url="https://x.example").headers


def test_a_sane_request_id_is_kept(house):
    assert house.get("/healthz", X_Request_Id="abc-1.2_3").headers["X-Request-Id"] == "abc-1.2_3"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", "a,b", "<x>"])
def test_another_one_is_replaced(house, given):
    assert is_uuid(house.get("/healthz", X_Request_Id=given).headers["X-Request-Id"])
