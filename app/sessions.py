"""A browser's session: a signed cookie that names a user, and tokens that bind each form to that session.

The cookie holds the user's id and epoch: signing out, a new password, another role or being disabled raises the epoch,
and every session of before is over. It is HttpOnly and SameSite=Strict, Secure behind TLS. A form of ours carries a
token that only its own session can have got; it is another one in every answer, so that the length of compressed pages
tells nothing about it (the BREACH attack).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.http import dump_cookie
from werkzeug.wrappers import Response

from routing.errors import Forbidden
from routing.people import User

COOKIE = "facteur_session"
GUEST_COOKIE = "facteur_guest"
"""Names the browser of somebody who is not signed in yet, so that the form to do so is bound to it too."""

LASTS_SECONDS = 12 * 60 * 60
"""A working day."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What a cookie says; whether the user may still sign in is the roster's to say."""

    id: str
    """Random, another one at each sign-in; never shown."""
    user_id: str
    epoch: int
    ends: int
    """Unix seconds."""


class Sessions:
    """Writes and reads session cookies, and the tokens of forms."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        """Args: secret: 32 random bytes, the same in all API processes."""
        self._secret = secret
        self._clock = clock
        self._sessions = self.serializer("facteur.session")

    def serializer(self, purpose: str) -> URLSafeSerializer:
        """Return what signs other small values that a browser keeps for us."""
        return URLSafeSerializer(
            self._secret, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def open(self, response: Response, user: User, *, secure: bool) -> None:
        """Give the browser a session of this user."""
        ends = int(self._clock()) + LASTS_SECONDS
        value = self._sessions.dumps([secrets.token_urlsafe(12), user.id, user.epoch, ends])
        set_cookie(response, COOKIE, str(value), LASTS_SECONDS, secure=secure)

    def close(self, response: Response, *, secure: bool) -> None:
        """Take the session away from the browser."""
        set_cookie(response, COOKIE, "", 0, secure=secure)

    def read(self, request: Request) -> Session | None:
        """Return the session that the request's cookie names; None when there is none, or it is over or not ours."""
        try:
            session_id, user_id, epoch, ends = self._sessions.loads(request.cookies.get(COOKIE, ""))
        except (BadData, ValueError, TypeError):
            return None
        if self._clock() >= ends:
            return None
        return Session(id=session_id, user_id=user_id, epoch=epoch, ends=ends)

    def token(self, session_id: str) -> str:
        """Return a fresh token for forms of this session."""
        salt = secrets.token_urlsafe(9)
        return f"{salt}.{self._mark(session_id, salt)}"

    def is_token(self, session_id: str, token: str) -> bool:
        """Say whether `token` was made for this session."""
        salt, _, mark = token.partition(".")
        return hmac.compare_digest(self._mark(session_id, salt).encode(), mark.encode("utf-8", "replace"))

    def _mark(self, session_id: str, salt: str) -> str:
        text = f"facteur.form\0{session_id}\0{salt}".encode("utf-8", "replace")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]


def set_cookie(response: Response, name: str, value: str, seconds: int, *, secure: bool) -> None:
    """Let the browser keep a value that scripts cannot read and other sites cannot send; 0 seconds take it away."""
    response.headers.add(
        "Set-Cookie",
        dump_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="Strict", secure=secure),
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
