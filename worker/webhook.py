"""Posting one signed callback, as the Standard Webhooks specification says, to an address that may be posted to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from routing.errors import ConfigurationError
from routing.public_address import is_public

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of secrets, not one
LEAST_SECRET_BYTES = 24
GONE = 410
TOO_MANY = 429
SERVER_ERRORS = range(500, 600)
SUCCESSES = range(200, 300)

Resolve = Callable[[str, int], list[str]]
"""Gives the addresses of a host name; raises OSError when there is none."""


class Undeliverable(Exception):
    """The callback will not be delivered by trying again: the receiver refused it, or it may not be posted there."""


class TryAgain(Exception):
    """The callback was not delivered, and may be by trying again."""


class Unreachable(TryAgain):
    """The receiver gave no answer at all: no connection, or none in time."""


def decode_secret(secret: str) -> bytes:
    """Return the bytes of a `whsec_…` secret.

    Raises:
        ConfigurationError: it is no such secret.
    """
    try:
        decoded = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:  # binascii.Error is one; so is what letters beyond ASCII raise
        decoded = b""
    if not secret.startswith(SECRET_PREFIX) or len(decoded) < LEAST_SECRET_BYTES:
        raise ConfigurationError(
            f"FACTEUR_WEBHOOK_SECRET must be {SECRET_PREFIX} followed by the Base64 of at least "
            f"{LEAST_SECRET_BYTES} random bytes."
        )
    return decoded


def sign(body: bytes, *, message_id: str, timestamp: int, secret: bytes) -> dict[str, str]:
    """Return the headers that sign a body (Standard Webhooks 1.0.0, symmetric signatures, `v1`)."""
    signed = b"%s.%d." % (message_id.encode(), timestamp) + body
    digest = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{digest}"}


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system resolves it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Poster:
    """Posts bodies to URLs that callers gave, without being made to talk to the inside of our own network.

    The host is resolved once and the connection goes to the address that was checked, so a name that resolves to
    something else the second time gains nothing. Redirects are not followed.
    """

    timeout_seconds: float
    allow_private: bool
    resolve: Resolve = resolve

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body.

        Raises:
            Undeliverable: the URL may not be posted to, or the receiver answered 410, a redirect or another 4xx.
            TryAgain: no answer in time, a network error, 429 or 5xx.
        """
        status = self._status_of(_parts_of(url), body, headers)
        if status in SUCCESSES:
            return
        if status == GONE:
            raise Undeliverable("the receiver answered 410: it wants no more callbacks")
        if status == TOO_MANY or status in SERVER_ERRORS:
            raise TryAgain(f"the receiver answered {status}")
        raise Undeliverable(f"the receiver answered {status}")

    def _status_of(self, parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            connection = self._connection(parts)
            with _Deadline(self.timeout_seconds, connection) as deadline:
                connection.connect()
                deadline.check()
                connection.request(
                    "POST",
                    (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                    body=body,
                    headers={
                        "Host": parts.netloc.rpartition("@")[2],
                        "Content-Type": "application/json",
                        "User-Agent": "facteur",
                        **headers,
                    },
                    preload_content=False,
                )
                status = int(connection.getresponse().status)
                # An answer that was cut short here ends like a whole one for http.client.
                deadline.check()
                return status
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise Unreachable(f"the receiver could not be reached ({type(error).__name__})") from error

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        """Return a connection, not yet made, to an address of the host that was checked."""
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address_of(host, port)
        if parts.scheme == "https":
            return HTTPSConnection(
                address, port, timeout=self.timeout_seconds, server_hostname=host, assert_hostname=host
            )
        return HTTPConnection(address, port, timeout=self.timeout_seconds)

    def _address_of(self, host: str, port: int) -> str:
        addresses = self.resolve(host, port)
        if not addresses:
            raise TryAgain("the callback's host has no address")
        if not self.allow_private and not all(is_public(address) for address in addresses):
            raise Undeliverable(
                "the callback's host has a private, loopback or link-local address; "
                "set FACTEUR_WEBHOOK_ALLOW_PRIVATE to allow such callbacks"
            )
        return addresses[0]


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isascii() or any(character <= " " for character in url):
        raise Undeliverable("the callback URL is no http or https URL")
    return parts


class _Deadline:
    """Ends a connection when its time is up: a receiver that answers one byte at a time keeps no thread."""

    def __init__(self, seconds: float, connection: HTTPConnection) -> None:
        self._connection = connection
        self._over = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def check(self) -> None:
        """Raise TimeoutError when time is up: while connecting there was no socket yet that could be ended."""
        if self._over:
            raise TimeoutError

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def _end(self) -> None:
        self._over = True
        if self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
