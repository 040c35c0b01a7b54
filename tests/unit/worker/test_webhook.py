"""Signing and posting one callback."""

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from routing.errors import ConfigurationError
from routing.public_address import is_public
from worker.webhook import Poster, TryAgain, Undeliverable, decode_secret, resolve, sign

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SELF_SIGNED = Path(__file__).parent / "self_signed.pem"


def poster(*, allow_private=True, timeout_seconds=10.0, addresses=None):
    """A poster whose names resolve to the given addresses, or by the system when there are none."""
    return Poster(
        timeout_seconds=timeout_seconds,
        allow_private=allow_private,
        resolve=resolve if addresses is None else lambda _host, _port: addresses,
    )


# -- signing


@pytest.mark.parametrize("body", [b"{}", '{"subject":"Dégât des eaux"}'.encode(), b"[1, 2]"])
def test_the_official_library_accepts_our_signature(body):
    headers = sign(body, message_id="msg_1", timestamp=int(time.time()), secret=decode_secret(SECRET))
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret"])
def test_the_official_library_refuses_what_was_changed(change):
    now = int(time.time())
    body = b'{"a": 1}'
    headers = sign(body, message_id="msg_1", timestamp=now, secret=decode_secret(SECRET))
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    if change == "id":
        headers["webhook-id"] = "msg_2"
    if change == "timestamp":
        headers["webhook-timestamp"] = str(now + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(other if change == "secret" else SECRET).verify(b'{"a": 2}' if change == "body" else body, headers)


def test_our_signature_is_the_one_of_the_official_library():
    at = 1_800_000_000
    headers = sign(b'{"a": 1}', message_id="msg_1", timestamp=at, secret=decode_secret(SECRET))
    assert headers["webhook-signature"] == Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(at, UTC), '{"a": 1}')


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_dG9vIHNob3J0",
        SECRET.removeprefix("whsec_"),
        "whsec_???",
        "whsec_é" + "A" * 40,
        SECRET + "=",
    ],
)
def test_what_is_no_secret_is_refused_with_the_settings_name(secret):
    with pytest.raises(ConfigurationError, match="FACTEUR_WEBHOOK_SECRET"):
        decode_secret(secret)


# -- what the receiver answers


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(receiver, answers, code):
    receiver.answers = [answers.status(code)]
    poster().post(receiver.url(), b"{}", {})
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504, 599])
def test_429_and_5xx_are_tried_again(receiver, answers, code):
    receiver.answers = [answers.status(code)]
    with pytest.raises(TryAgain, match=str(code)):
        poster().post(receiver.url(), b"{}", {})


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, answers, code):
    receiver.answers = [answers.status(code, f"Location: {receiver.url('/elsewhere')}")]
    with pytest.raises(Undeliverable, match=str(code)):
        poster().post(receiver.url(), b"{}", {})
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 408, 410, 413, 422])
def test_other_refusals_are_for_good(receiver, answers, code):
    receiver.answers = [answers.status(code)]
    with pytest.raises(Undeliverable, match=str(code)):
        poster().post(receiver.url(), b"{}", {})


def test_410_says_that_no_more_is_wanted(receiver, answers):
    receiver.answers = [answers.status(410)]
    with pytest.raises(Undeliverable, match="wants no more"):
        poster().post(receiver.url(), b"{}", {})


def test_the_request_is_what_was_asked_for(receiver):
    poster(addresses=["127.0.0.1"]).post(
        f"http://callback.example:{receiver.port}/a/b?c=d&e=%20#not-sent", b'{"x":1}', {"webhook-id": "msg_1"}
    )
    line, headers, body = receiver.requests[0]
    assert line == "POST /a/b?c=d&e=%20 HTTP/1.1"
    assert headers["host"] == f"callback.example:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "msg_1"
    assert headers["user-agent"] == "facteur"
    assert body == b'{"x":1}'


def test_a_url_without_path_asks_for_the_root(receiver):
    poster().post(f"http://127.0.0.1:{receiver.port}?a=b", b"{}", {})
    assert receiver.requests[0][0] == "POST /?a=b HTTP/1.1"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http:///path",
        "example.org",
        "",
        "http://[::1/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://example.org:port/",
        "http://exämple.org/",
        "http://example.org/a b",
        "http://example.org/\r\nX-Injected: 1",
    ],
)
def test_what_is_no_http_url_is_refused_without_asking_anybody(url):
    def nobody(host, port):
        raise AssertionError((host, port))

    with pytest.raises(Undeliverable):
        Poster(timeout_seconds=1, allow_private=True, resolve=nobody).post(url, b"{}", {})


# -- receivers that misbehave


def test_nobody_there_is_tried_again(closed_port):
    with pytest.raises(TryAgain, match="could not be reached"):
        poster().post(f"http://127.0.0.1:{closed_port}/", b"{}", {})


def test_a_name_that_does_not_resolve_is_tried_again():
    def fail(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    for resolving in (fail, lambda _host, _port: []):
        with pytest.raises(TryAgain):
            Poster(timeout_seconds=1, allow_private=True, resolve=resolving).post("http://a.example/", b"{}", {})


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX"])
def test_an_answer_that_is_none_is_tried_again_or_taken_by_its_status(receiver, answer):
    receiver.answers = [answer]
    if answer.startswith(b"HTTP/1.1 200"):
        poster().post(receiver.url(), b"{}", {})
    else:
        with pytest.raises(TryAgain):
            poster().post(receiver.url(), b"{}", {})


def test_headers_without_end_are_tried_again(receiver):
    receiver.answers = [b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n"]
    with pytest.raises(TryAgain):
        poster().post(receiver.url(), b"{}", {})


@pytest.mark.parametrize("way", ["one_byte_at_a_time", "silence"])
def test_a_receiver_that_takes_its_time_keeps_nobody(receiver, answers, way):
    receiver.answers = [getattr(answers, way)]
    with pytest.raises(TryAgain):
        poster(timeout_seconds=0.5).post(receiver.url(), b"{}", {})


def test_a_handshake_that_takes_its_time_keeps_nobody(receiver):
    receiver.answers = [b""]
    listener = socket.create_server(("127.0.0.1", 0))

    def dribble():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            with contextlib.suppress(OSError):
                for byte in b"\x16\x03\x03\x40\x00\x02" + b"\x00" * 300:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.05)
                raise AssertionError("nobody hung up")

    thread = threading.Thread(target=dribble)
    thread.start()
    with pytest.raises(TryAgain):
        poster(timeout_seconds=0.5).post(f"https://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {})
    thread.join(timeout=20)
    assert not thread.is_alive()
    listener.close()


def test_a_body_without_end_is_not_read(receiver, answers):
    receiver.answers = [answers.without_end]
    poster().post(receiver.url(), b"{}", {})


# -- TLS


@pytest.fixture
def https(tls_receiver):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    return tls_receiver(context)


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(https):
    with pytest.raises(TryAgain):
        poster(addresses=["127.0.0.1"]).post(https.url(host="callback.example", scheme="https"), b"{}", {})
    assert https.requests == []


def test_a_certificate_that_is_vouched_for_is_checked_against_the_name_not_the_address(https, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
    poster(addresses=["127.0.0.1"]).post(https.url(host="callback.example", scheme="https"), b"{}", {})
    assert https.requests[0][1]["host"] == f"callback.example:{https.port}"
    with pytest.raises(TryAgain):
        poster(addresses=["127.0.0.1"]).post(https.url(host="other.example", scheme="https"), b"{}", {})
    assert len(https.requests) == 1


# -- addresses


PRIVATE = [
    "0.0.0.0",  # noqa: S104 - asked of, not bound to
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:5ef5:79fd:0:0:f5ff:fffe",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_lead_inside_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_names_that_resolve_to_addresses_inside_are_refused(address):
    with pytest.raises(Undeliverable, match="FACTEUR_WEBHOOK_ALLOW_PRIVATE"):
        poster(allow_private=False, addresses=[address]).post("http://callback.example/", b"{}", {})


def test_one_address_inside_among_others_is_enough_to_be_refused():
    with pytest.raises(Undeliverable):
        poster(allow_private=False, addresses=["8.8.8.8", "10.0.0.1"]).post("http://a.example/", b"{}", {})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0.0.0.0", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "localhost"],  # noqa: S104 - asked of
)
def test_addresses_in_the_url_itself_are_refused(host):
    with pytest.raises(Undeliverable, match="private"):
        poster(allow_private=False).post(f"http://{host}/", b"{}", {})


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"])
def test_addresses_in_other_notations_are_judged_by_what_they_mean(host):
    system = Poster(
        timeout_seconds=1, allow_private=False, resolve=lambda name, _: [socket.inet_ntoa(socket.inet_aton(name))]
    )
    with pytest.raises(Undeliverable, match="private"):
        system.post(f"http://{host}/", b"{}", {})


def test_a_name_is_asked_for_once_and_the_address_that_was_checked_is_the_one_connected_to(receiver):
    asked = []

    def rebinding(host, port):
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    Poster(timeout_seconds=5, allow_private=True, resolve=rebinding).post(
        receiver.url(host="callback.example"), b"{}", {}
    )
    assert asked == [("callback.example", receiver.port)]
    assert len(receiver.requests) == 1
