"""A browser's session: a signed cookie that names an API key, so that a human need not send headers.

The cookie holds the SHA-256 of the key's secret, which is what the store knows of it, and nobody can call the API
with that. It is HttpOnly and SameSite=Strict, Secure behind TLS, and ends when the key is revoked.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Request
from itsdangerous import BadSignature, Signer
from werkzeug.http import dump_cookie
from werkzeug.wrappers import Response

from routing.errors import Forbidden, Unauthenticated
from routing.store.port import ApiKey

COOKIE = "facteur_session"
LASTS_SECONDS = 12 * 60 * 60
"""A working day."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Sessions:
    """Writes and reads session cookies."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        """Args: secret: 32 random bytes, the same in all API processes."""
        self._signer = Signer(secret, salt="facteur.session", key_derivation="hmac")
        self._clock = clock

    def open(self, response: Response, key: ApiKey, *, secure: bool) -> None:
        """Give the browser a session with this key."""
        ends = int(self._clock()) + LASTS_SECONDS
        value = self._signer.sign(f"{ends}.{key.secret_hash}").decode()
        self._set(response, value, LASTS_SECONDS, secure=secure)

    def close(self, response: Response, *, secure: bool) -> None:
        """Take the session away from the browser."""
        self._set(response, "", 0, secure=secure)

    def secret_hash(self, request: Request) -> str | None:
        """Return the hash of the key that the request's session names; None when there is no session.

        Raises:
            Unauthenticated: the cookie is not ours, or its time is over.
        """
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        try:
            ends, secret_hash = self._signer.unsign(cookie).decode().split(".")
        except (BadSignature, ValueError):
            raise Unauthenticated("The session is not valid; sign in again.") from None
        if self._clock() >= int(ends):
            raise Unauthenticated("The session is over; sign in again.")
        return secret_hash

    @staticmethod
    def _set(response: Response, value: str, seconds: int, *, secure: bool) -> None:
        response.headers.add(
            "Set-Cookie",
            dump_cookie(COOKIE, value, max_age=seconds, path="/", httponly=True, samesite="Strict", secure=secure),
        )


def check_origin(request: Request) -> None:
    """Refuse a change that another site's page asks for with our cookie. Raises Forbidden.

    Browsers send Origin with every POST, and Sec-Fetch-Site besides; a form of ours comes from our own host.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin:
        try:
            same = urlsplit(origin).netloc.lower() == request.host.lower()
        except ValueError:
            same = False
    else:
        same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not same:
        raise Forbidden("This form was sent from another site; open this service's own page and send it from there.")
