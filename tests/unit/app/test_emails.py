import base64
import json

import pytest

from routing.errors import StoreUnavailable
from routing.ids import is_uuid
from routing.job import MailFormat
from routing.store.memory import MemoryStore

MAIL = {"from": "Ada <ada@example.org>", "to": ["x@example.org"], "subject": "Hello", "text": "A question."}


def ndjson(*lines):
    return b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)


def test_a_raw_mail_is_answered_202_with_its_job_and_where_it_is(house, raw_mail):
    answer = house.mail(raw_mail)
    job = answer.get_json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert int(answer.headers["Retry-After"]) >= 1
    assert is_uuid(job["id"])
    assert job["id"][14] == "7"
    assert job["status"] == "queued"
    assert job["subject"] == "Dégât des eaux"
    assert job["sender"] == "camille@example.org"
    assert job["message_id"] == "<m1@example.org>"
    assert job["source"] == "admin-key"


def test_a_raw_mail_is_stored_byte_for_byte(house):
    raw = b"Subject: \xe9\xff\x00\r\n\r\n" + bytes(range(256))
    stored = house.store.mail(house.accepted(raw))
    assert stored.content == raw
    assert stored.format is MailFormat.RFC822


def test_the_bell_is_rung_after_a_mail_is_stored(house):
    house.accepted()
    assert house.bell.rings == 1


def test_a_raw_mail_says_its_callback_and_metadata_in_the_query(house, raw_mail):
    answer = house.post(
        "/v1/emails?callback_url=https://example.org/hook&metadata=" + '{"box":"a"}',
        data=raw_mail,
        content_type="message/rfc822",
    )
    assert answer.get_json()["callback_url"] == "https://example.org/hook"
    assert answer.get_json()["metadata"] == {"box": "a"}


@pytest.mark.parametrize("metadata", ["1", "[]", "{", '{"a":NaN}', '{"a":"\\u0000"}', '{"a":"\\ud800"}'])
def test_metadata_in_the_query_must_be_a_json_object_that_can_be_kept(house, raw_mail, metadata):
    answer = house.client.post(
        "/v1/emails",
        query_string={"metadata": metadata},
        data=raw_mail,
        content_type="message/rfc822",
        headers=house.headers(),
    )
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "metadata"


def test_a_mail_as_json_is_stored_in_one_form_without_what_belongs_to_the_job(house):
    answer = house.post("/v1/emails", json=MAIL | {"metadata": {"n": 1}, "callback_url": "https://example.org/"})
    assert answer.status_code == 202
    stored = house.store.mail(answer.get_json()["id"])
    assert stored.format is MailFormat.JSON
    assert json.loads(stored.content) == MAIL
    assert answer.get_json()["metadata"] == {"n": 1}
    assert answer.get_json()["sender"] == "ada@example.org"


def test_every_field_of_a_json_mail_is_taken(house):
    mail = MAIL | {
        "cc": ["c@example.org"],
        "reply_to": ["r@example.org"],
        "html": "<p>A question.</p>",
        "headers": {"X-One": "1", "Received": ["a", "b"]},
        "message_id": "<json@example.org>",
        "received_at": "2026-11-20T10:00:00+01:00",
        "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 10}],
    }
    answer = house.post("/v1/emails", json=mail)
    assert answer.status_code == 202
    assert json.loads(house.store.mail(answer.get_json()["id"]).content) == mail
    assert answer.get_json()["message_id"] == "<json@example.org>"


def test_one_recipient_needs_no_list_and_a_scan_needs_no_words(house):
    mail = {"from": "ada@example.org", "to": "a@example.com", "attachments": [{"name": "scan.pdf", "size": 9}]}
    answer = house.post("/v1/emails", json=mail)
    assert answer.status_code == 202
    assert json.loads(house.store.mail(answer.get_json()["id"]).content)["to"] == ["a@example.com"]


def test_of_an_attachment_only_name_type_and_size_are_kept(house):
    content = base64.b64encode(b"x" * 1000).decode()
    answer = house.post("/v1/emails", json=MAIL | {"attachments": [{"name": "a.bin", "content": content}]})
    stored = json.loads(house.store.mail(answer.get_json()["id"]).content)
    assert stored["attachments"] == [{"name": "a.bin", "type": "application/octet-stream", "size": 1000}]


def test_the_message_id_of_a_json_mail_may_stand_among_its_headers(house):
    answer = house.post("/v1/emails", json=MAIL | {"headers": {"message-ID": "<h@example.org>"}})
    assert answer.get_json()["message_id"] == "<h@example.org>"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subjet": "x"}, "/subjet"),
        ({"to": {"x": "y"}}, "/to"),
        ({"to": ["a", 1]}, "/to/1"),
        ({"subject": 5}, "/subject"),
        ({"headers": {"bad name": "x"}}, "/headers/bad name"),
        ({"received_at": "yesterday"}, "/received_at"),
        ({"received_at": "2026-11-20T10:00:00"}, "/received_at"),
        ({"attachments": [{"name": "a", "content": "!"}]}, "/attachments/0"),
        ({"attachments": [{"name": "a"}]}, "/attachments/0"),
        ({"callback_url": "ftp://example.org"}, "/callback_url"),
        ({"callback_url": "https://user@example.org"}, "/callback_url"),
        ({"callback_url": "https://exa mple.org"}, "/callback_url"),
        ({"callback_url": "https://[::1"}, "/callback_url"),
        ({"metadata": {"a": "\0"}}, "/metadata"),
        ({"metadata": {"a": 2**70}}, "/metadata"),
        ({"metadata": {"a": "x" * 20_000}}, "/metadata"),
        ({"metadata": []}, "/metadata"),
    ],
)
def test_a_wrong_field_is_named_in_one_sentence(house, change, field):
    answer = house.post("/v1/emails", json=MAIL | change)
    problem = answer.get_json()
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert problem["field"] == field
    assert problem["errors"][0] == {"field": field, "detail": problem["detail"]}
    assert problem["detail"].endswith((".", "?"))
    assert house.store.backlog().queued == 0


def test_an_unknown_field_is_told_what_it_may_have_meant(house):
    assert "did you mean subject?" in house.post("/v1/emails", json=MAIL | {"subjet": "x"}).get_json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"subject": "\\ud800"}',
        b'{"subject": "x", "metadata": {"a": 1e999}}',
        b'{"subject": "x", "metadata": {"a": NaN}}',
        b'{"subject": "x", "metadata": {"a": ' + b"9" * 5000 + b"}}",
        b'{"subject": "x", "metadata": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
        b'{"text": " "}',
    ],
)
def test_a_body_that_is_no_valid_mail_is_refused_with_422(house, body):
    answer = house.post("/v1/emails", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/invalid-input"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
def test_another_content_type_is_refused_with_415_and_the_ones_that_are_taken(house, content_type):
    answer = house.post("/v1/emails", data=b"x", content_type=content_type)
    assert answer.status_code == 415
    assert "message/rfc822" in answer.get_json()["detail"]


def test_a_compressed_body_is_refused_with_415(house, raw_mail):
    assert house.mail(raw_mail, Content_Encoding="gzip").status_code == 415


def test_a_mail_over_the_limit_is_refused_with_413_and_the_limit(make_house):
    house = make_house(max_mail_bytes=2048)
    answer = house.mail(b"x" * 2049)
    assert answer.status_code == 413
    assert answer.get_json()["limit"] == 2048
    assert house.mail(b"x" * 2048).status_code == 202


def test_an_empty_mail_is_refused_with_422(house):
    assert house.mail(b" \r\n").status_code == 422


def test_many_mails_are_answered_one_by_one(house):
    body = ndjson(MAIL | {"subject": "1"}, {"nonsense": 1}, b"", b"{", MAIL | {"subject": "2"})
    answer = house.post("/v1/emails", data=body, content_type="application/x-ndjson")
    lines = answer.get_json()
    assert answer.status_code == 202
    assert [line["status"] for line in lines] == [202, 422, 422, 202]
    assert lines[0]["job"]["subject"] == "1"
    assert lines[1]["problem"]["field"] == "/nonsense"
    assert house.store.backlog().queued == 2
    assert house.bell.rings == 1


def test_many_mails_are_stored_in_one_transaction(make_house):
    class Counting(MemoryStore):
        calls = 0

        def submit(self, submissions, *, now):
            self.calls += 1
            return super().submit(submissions, now=now)

    store = Counting()
    house = make_house(store=store)
    house.post("/v1/emails", data=ndjson(MAIL, MAIL, MAIL), content_type="application/x-ndjson")
    assert store.calls == 1
    assert house.store.backlog().queued == 3


def test_lines_of_which_none_is_right_are_refused_together_with_each_reason(house):
    answer = house.post("/v1/emails", data=ndjson({"a": 1}, {"b": 1}), content_type="application/x-ndjson")
    assert answer.status_code == 422
    assert [line["problem"]["field"] for line in answer.get_json()["results"]] == ["/a", "/b"]
    assert house.bell.rings == 0


def test_a_batch_without_a_line_is_refused(house):
    assert house.post("/v1/emails", data=b"\n\n", content_type="application/x-ndjson").status_code == 422


def test_more_lines_than_allowed_are_refused_with_413(make_house):
    house = make_house(max_batch_mails=2)
    answer = house.post("/v1/emails", data=ndjson(MAIL, MAIL, MAIL), content_type="application/x-ndjson")
    assert answer.status_code == 413
    assert answer.get_json()["limit"] == 2


def test_a_callback_is_refused_where_it_could_not_be_signed(make_house):
    house = make_house(webhook_secret="")
    answer = house.post("/v1/emails", json=MAIL | {"callback_url": "https://example.org/"})
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "/callback_url"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "localhost", "a.localhost."])
def test_a_callback_that_would_lead_inside_is_refused_at_once(make_house, host):
    mail = MAIL | {"callback_url": f"https://{host}/hook"}
    answer = make_house().post("/v1/emails", json=mail)
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "/callback_url"
    assert make_house(webhook_allow_private=True).post("/v1/emails", json=mail).status_code == 202


def test_a_parameter_that_is_unknown_or_comes_twice_is_refused(house, raw_mail):
    for query, field in (("callbackurl=x", "callbackurl"), ("metadata={}&metadata={}", "metadata")):
        answer = house.post(f"/v1/emails?{query}", data=raw_mail, content_type="message/rfc822")
        assert answer.status_code == 422
        assert answer.get_json()["field"] == field


def test_too_much_waiting_is_answered_503_with_when_to_come_back(make_house):
    house = make_house(max_queued=1)
    house.accepted()
    house.clock.now += 5
    answer = house.mail(b"Subject: next\r\n\r\n")
    assert answer.status_code == 503
    assert answer.get_json()["type"] == "/problems/overloaded"
    assert int(answer.headers["Retry-After"]) == 30


def test_a_database_that_does_not_answer_is_503_and_says_nothing_of_itself(make_house):
    class Broken(MemoryStore):
        def submit(self, *_, **__):
            raise StoreUnavailable("postgresql://user:secret@db is down", retry_after=2)

    answer = make_house(store=Broken()).mail()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "secret" not in answer.get_data(as_text=True)
