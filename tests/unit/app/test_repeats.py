"""A mail that comes again is the job that exists, and what is no repeat never is."""

import json

import pytest

from app.emails import line_key
from broker.limiter import NoLimiter
from routing.store.bounds import KEY

MAIL = {"from": "Ada <ada@example.org>", "to": ["x@example.org"], "subject": "Hello", "text": "A question."}


def ndjson(*lines):
    return b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)


def test_the_same_idempotency_key_with_the_same_body_is_the_same_job(house, raw_mail):
    first = house.mail(raw_mail, Idempotency_Key="k")
    again = house.mail(raw_mail, Idempotency_Key="k")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers


def test_the_same_idempotency_key_with_another_body_is_refused_with_422(house):
    house.mail(b"Subject: a\r\n\r\n", Idempotency_Key="k")
    answer = house.mail(b"Subject: b\r\n\r\n", Idempotency_Key="k")
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/key-reused"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_of_a_wrong_length_is_refused(house, raw_mail, key):
    answer = house.mail(raw_mail, Idempotency_Key=key)
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "Idempotency-Key"


def test_the_same_message_id_from_the_same_source_is_the_same_job(house, raw_mail):
    assert house.accepted(raw_mail) == house.accepted(raw_mail + b"again")


def test_the_same_message_id_from_another_source_is_another_job(house, raw_mail):
    assert house.accepted(raw_mail, "admin") != house.accepted(raw_mail, "submit")


def test_a_repeat_of_a_decided_mail_is_answered_200_with_the_decision(house, raw_mail):
    house.accepted(raw_mail)
    house.decide()
    answer = house.mail(raw_mail)
    assert answer.status_code == 200
    assert answer.get_json()["decision"]["label"] == "claim_home"
    assert "Retry-After" not in answer.headers


def test_lines_under_one_idempotency_key_can_be_sent_again(house):
    body = ndjson(MAIL | {"subject": "1"}, MAIL | {"subject": "2"})
    first, again = (
        house.post("/v1/emails", data=body, content_type="application/x-ndjson", Idempotency_Key="k") for _ in range(2)
    )
    assert [line["job"]["id"] for line in first.get_json()] == [line["job"]["id"] for line in again.get_json()]
    assert house.store.backlog().queued == 2


def test_lines_keep_their_idempotency_keys_whatever_empty_lines_are_between_them(house):
    first = house.post(
        "/v1/emails",
        data=ndjson(MAIL | {"subject": "1"}, b"{", MAIL | {"subject": "2"}),
        content_type="application/x-ndjson",
        Idempotency_Key="k",
    )
    again = house.post(
        "/v1/emails",
        data=b"\r\n" + ndjson(MAIL | {"subject": "1"}, b"{", b"", MAIL | {"subject": "2"}).replace(b"\n", b"\r\n"),
        content_type="application/x-ndjson",
        Idempotency_Key="k",
    )
    assert [line["status"] for line in again.get_json()] == [202, 422, 202]
    assert [line["job"]["id"] for line in first.get_json()[::2]] == [
        line["job"]["id"] for line in again.get_json()[::2]
    ]


@pytest.mark.parametrize("key", ["x" * 255, "k"])
def test_an_idempotency_key_that_is_good_for_a_mail_is_good_for_a_batch(house, key):
    answer = house.post(
        "/v1/emails", data=ndjson(*[MAIL] * 12), content_type="application/x-ndjson", Idempotency_Key=key
    )
    assert {line["status"] for line in answer.get_json()} == {202}
    assert house.store.backlog().queued == 12


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_batch_under_an_idempotency_key_of_a_wrong_length_is_refused_as_a_whole(make_house, key):
    class Counting(NoLimiter):
        asked = 0

        def take(self, *_, **__):
            self.asked += 1

    limiter = Counting()
    house = make_house(limiter=limiter, rate_limit=10)
    answer = house.post("/v1/emails", data=ndjson(MAIL), content_type="application/x-ndjson", Idempotency_Key=key)
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "Idempotency-Key"
    assert limiter.asked == 0


@pytest.mark.parametrize("single", ["k:0", "k:1", "k1", "1k"])
def test_no_single_key_is_taken_for_one_of_a_batch(house, single):
    house.post("/v1/emails", data=ndjson(MAIL, MAIL), content_type="application/x-ndjson", Idempotency_Key="k")
    answer = house.post("/v1/emails", json=MAIL | {"subject": "another"}, Idempotency_Key=single)
    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers


def test_a_line_key_cannot_be_sent_in_a_header_and_fits_where_keys_are_kept():
    keys = {line_key(key, number) for key in ("k", "1", "x" * 255) for number in (1, 11, 111)}
    assert len(keys) == 9
    assert all("\n" in key and len(key) <= KEY for key in keys)


@pytest.mark.parametrize("wrong", ["unknown", "<>", "-", "<a>", "1@2", "< @ >"])
@pytest.mark.parametrize("where", ["field", "headers", "list"])
def test_json_mails_with_a_message_id_that_is_none_are_not_taken_for_one(house, wrong, where):
    said = (
        {"message_id": wrong}
        if where == "field"
        else {"headers": {"Message-Id": [wrong] if where == "list" else wrong}}
    )
    for subject in "12":
        answer = house.post("/v1/emails", json=MAIL | said | {"subject": subject})
        assert answer.status_code == 202
        assert answer.get_json()["message_id"] in {None, ""}
    assert house.store.backlog().queued == 2


def test_a_json_mail_whose_message_id_is_none_is_known_by_the_one_in_its_headers(house):
    said = {"message_id": "unknown", "headers": {"message-id": ["-", " <a@b> "]}}
    first, again = (house.post("/v1/emails", json=MAIL | said | {"subject": subject}) for subject in "12")
    assert first.get_json()["message_id"] == "<a@b>"
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
