"""Nothing that a client sends may be answered 5xx: a mail system would send it again for days."""

import io
import json
import sys
from dataclasses import fields
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.text import is_storable
from routing.store.memory import MemoryStore

RULES = (
    "/",
    "/sign-in",
    "/sign-out",
    "/v1/emails",
    "/v1/jobs",
    "/v1/jobs/01a1f897-0000-7000-8000-000000000000",
    "/v1/jobs/01a1f897-0000-7000-8000-000000000000/review",
    "/v1/jobs/01a1f897-0000-7000-8000-000000000000/retry",
    "/v1/jobs/01a1f897-0000-7000-8000-000000000000/mail",
    "/v1/jobs/01a1f897-0000-7000-8000-000000000000/events",
    "/v1/queues",
    "/v1/queues/triage/jobs",
    "/v1/taxonomy",
    "/v1/models",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/problems/not-found",
    "/static/console.css",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "NONSENSE")
MAIL_TYPES = ("message/rfc822", "application/json", "application/x-ndjson")
TYPES = (*MAIL_TYPES, "application/x-www-form-urlencoded", "é", "a/b;=;")
FIELDS = (
    *("from", "to", "cc", "reply_to", "subject", "text", "html", "headers", "message_id", "received_at"),
    *("attachments", "callback_url", "metadata", "label", "queue", "reviewer", "note"),
)
HEADERS = (
    *("Prefer", "Idempotency-Key", "X-Request-Id", "Accept", "Accept-Language", "Cookie", "Origin", "Host", "Range"),
    *("Content-Encoding", "Transfer-Encoding", "If-None-Match", "If-Modified-Since", "Expect", "Authorization"),
)
PARAMETERS = "cursor limit status queue label source decided_by created_after created_before callback_url metadata"

latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
nul = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n") | st.just("\0"), max_size=60)
"""Text as addresses can say it: percent-encoded they have NUL too, and halves of surrogate pairs."""
halves = st.sampled_from(["%00", "a%00", "%ED%A0%80", "%ed%b0%80x"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
likely = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6).map(lambda value: json.dumps(value).encode())
lines = st.lists(likely | st.binary(max_size=20), max_size=4).map(b"\n".join)
bodies = st.binary(max_size=200) | likely | anything.map(lambda value: json.dumps(value).encode()) | lines
values = latin | nul.map(quote) | halves
queries = st.lists(st.tuples(st.sampled_from(PARAMETERS.split()), values), max_size=3).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
headers = st.dictionaries(st.sampled_from(HEADERS), latin, max_size=4)
lengths = st.none() | st.sampled_from(["", "-1", "x", "0", "99999999999999999999", "1,1", " 5", "é"])


def call(house, method, path, *, query="", body=b"", content_type="", headers=(), length=None):  # noqa: PLR0913 - all that a request is
    """Call the application as a server would, with what no client library would let through."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)) if length is None else length,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "HTTP_AUTHORIZATION": f"Bearer {house.secrets['admin']}",
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in dict(headers).items()}
    answered = []
    answer = house.app.wsgi_app(environ, lambda status, found, *_: answered.append((status, found)))
    content = b"".join(answer)
    answer.close()
    return int(answered[0][0].split()[0]), dict(answered[0][1]), content


class Particular(MemoryStore):
    """A store that fails at filters by text as PostgreSQL does."""

    def jobs(self, where, *, before, limit):
        given = [getattr(where, each.name) for each in fields(where)]
        if not all(is_storable(each) for each in [*given, before] if isinstance(each, str)):
            raise ValueError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return super().jobs(where, before=before, limit=limit)


@pytest.fixture
def house(make_house):
    return make_house(store=Particular())


FUZZ = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check(status, found, content):
    assert status < 500, content
    for name, value in found.items():
        assert "\r" not in value, name
        assert "\n" not in value, name
        value.encode("latin-1")
    if found.get("Content-Type", "").endswith("json"):
        json.loads(content or b"null")


def impatient(given_headers):
    """A wait would only make the test slow."""
    return given_headers | {"Prefer": "wait=0"} if "wait" in given_headers.get("Prefer", "") else given_headers


requests = st.fixed_dictionaries(
    {
        "query": queries | latin,
        "body": bodies,
        "content_type": st.sampled_from(TYPES) | latin,
        "headers": headers.map(impatient),
        "length": lengths,
    }
)
PLACES = ("/{}", "/v1/jobs/{}", "/v1/jobs/{}/events", "/v1/queues/{}/jobs", "/problems/{}", "/static/{}")
paths = st.sampled_from(RULES) | st.builds(str.format, st.sampled_from(PLACES), nul | latin)


class Broken(io.RawIOBase):
    """A connection that breaks off in the middle of a body, or a chunk that is none."""

    def readable(self):
        return True

    def readinto(self, _):
        raise OSError("Invalid chunk size: 'zz'")


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_breaks_off_is_400(house, chunked):
    answer = house.client.post(
        "/v1/emails",
        headers=house.headers() | {"Content-Type": "message/rfc822", "Content-Length": "10"},
        environ_overrides={"wsgi.input": Broken(), "wsgi.input_terminated": chunked},
    )
    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/bad-request"


@pytest.mark.parametrize(("size", "status"), [(2048, 202), (2049, 413), (5000, 413)])
def test_a_body_without_a_length_is_taken_whole_or_not_at_all(make_house, size, status):
    """Werkzeug cuts it off at its limit and says nothing."""
    house = make_house(max_mail_bytes=2048)
    answer = house.client.post(
        "/v1/emails",
        headers=house.headers() | {"Content-Type": "message/rfc822", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": io.BytesIO(b"x" * size), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == status
    assert answer.get_json().get("limit" if status == 413 else "size") == 2048


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain"])
@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n\xff", b"key=%ff%00", b"key=a&" * 2000])
def test_a_form_however_broken_is_no_5xx(house, content_type, body):
    check(
        *call(house, "POST", "/sign-in", body=body, content_type=content_type, headers={"Origin": "http://localhost"})
    )


@FUZZ
@given(method=st.sampled_from(METHODS), path=paths, sent=requests)
def test_nothing_that_is_sent_anywhere_is_answered_5xx(house, method, path, sent):
    check(*call(house, method, path, **sent))


@FUZZ
@given(body=bodies, content_type=st.sampled_from(MAIL_TYPES), query=queries)
def test_no_mail_however_odd_is_answered_5xx(house, body, content_type, query):
    check(*call(house, "POST", "/v1/emails", query=query, body=body, content_type=content_type))


@FUZZ
@given(query=queries)
def test_no_list_however_asked_for_is_answered_5xx(house, query):
    check(*call(house, "GET", "/v1/jobs", query=query))


@pytest.mark.parametrize("name", ["queue", "label", "source", "cursor", "status", "no-such"])
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/queues/triage/jobs"])
@pytest.mark.parametrize("value", ["%00", "a%00b", "\0"])
def test_nul_in_a_query_is_422(house, path, name, value):
    status, _, content = call(house, "GET", path, query=f"{name}={value}", headers={"Accept": "application/json"})
    assert status == 422, content


@pytest.mark.parametrize("path", ["/v1/jobs/{}", "/v1/jobs/{}/mail", "/v1/queues/{}/jobs", "/v1/queues/a{}b/jobs"])
def test_nul_in_a_path_is_422(house, path):
    status, _, content = call(house, "GET", path.format("\0"))
    assert status == 422
    assert json.loads(content)["type"] == "/problems/invalid-input"


@pytest.mark.parametrize("text", ["\0", "a\0b", "é\0", "\ud800", "é\udfff"])
def test_text_that_postgresql_refuses_is_known(text):
    assert not is_storable(text)


@pytest.mark.parametrize("text", ["", "claims-home", "Dégât", "\U0001f4a7", "\ufffd"])
def test_other_text_is_not_refused(text):
    assert is_storable(text)


@pytest.mark.parametrize(
    "body",
    [
        b'{"subject":"x","metadata":' + b"[" * 100_000,
        b'{"subject":"' + b"\\u0000" * 1000 + b'"}',
        b'{"text":"x","headers":{"A":"' + b"a" * 100_000 + b'"}}',
        b'{"text":"x","received_at":"9999-12-31T23:59:59-23:59"}',
        b'{"text":"x","received_at":"0001-01-01T00:00:00+23:59"}',
        b'{"text":"x","attachments":[{"size":9223372036854775808}]}',
        b'{"text":"x","to":[' + b'"a",' * 2000 + b'"a"]}',
        b'{"text":"x","callback_url":"https://' + b"a" * 5000 + b'"}',
        b'{"text":"x","callback_url":"https://example.org:99999/"}',
        '{"text":"x","callback_url":"https://ex\u0430mple.org/"}'.encode(),
    ],
)
def test_bodies_that_broke_other_servers_are_answered_2xx_or_4xx(house, body):
    for content_type in MAIL_TYPES:
        check(*call(house, "POST", "/v1/emails", body=body, content_type=content_type))
