"""What every request and every answer carries: an id, and the headers that keep browsers in bounds.

This is WSGI rather than Flask hooks: it holds for answers of any origin, and costs a few microseconds a mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request

from routing.ids import uuid7

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = "facteur.request_id"
_QUERY = "%&=+;:@/?!$'()*,~"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,128}")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere."""

SECURITY = [
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
"""On every answer. `same-origin`, since without a referrer browsers send `Origin: null` with our own forms; other
sites learn nothing with it either."""

NO_STORE = ("Cache-Control", "no-store")
"""Unless the view says otherwise: what is answered is personal, and old a moment later."""

HSTS = ("Strict-Transport-Security", "max-age=31536000")


class Envelope:
    """Names each request (`X-Request-Id`, the caller's own if it is sane) and completes each answer's headers."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and _GIVEN.fullmatch(given) else uuid7()
        environ[REQUEST_ID] = request_id
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():  # Werkzeug raises at bytes that should have been percent-encoded and are not UTF-8
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=_QUERY)
        secure = environ.get("wsgi.url_scheme") == "https"

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> Callable[[bytes], object]:
            own_policy = any(name == "Content-Security-Policy" for name, _ in headers)
            headers += SECURITY[own_policy:]
            headers.append(("X-Request-Id", request_id))
            if secure:
                headers.append(HSTS)
            if all(name != "Cache-Control" for name, _ in headers):
                headers.append(NO_STORE)
            return start_response(status, headers, *rest)  # type: ignore[arg-type]  # exc_info, passed on as it came

        return self._inner(environ, start)


def request_id() -> str:
    """Return the id of this request."""
    found: str = request.environ.get(REQUEST_ID, "")
    return found
