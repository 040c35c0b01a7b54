"""The body of a request, whole or not at all."""

from __future__ import annotations

from flask import request

from app.services import services
from routing.errors import TooLarge

SLACK = 1
"""What Werkzeug's own limit has over ours. It cuts a body that came without Content-Length off at its limit, and says
nothing: a body of exactly that size is one that was longer than ours, and a mail cut short is a mail lost."""


def read_body() -> bytes:
    """Return the body. Raises TooLarge."""
    body: bytes = request.get_data(cache=False)
    if len(body) > services().settings.max_mail_bytes:
        raise too_large()
    return body


def too_large() -> TooLarge:
    """Return the error that says what the limit is."""
    limit = services().settings.max_mail_bytes
    return TooLarge(f"The request has more than {limit} bytes, which is the limit.", limit=limit)
