"""A page of the console as a view answers it: rendered for its reader, with what the last action said, or not at all.

A view calls `page("console/NAME.html", …)`. What a POST has to say goes through `flash`, since it answers with a
redirect: the text waits in a signed cookie for the next page, or goes along with a fragment for htmx.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, cast

from flask import Response, current_app, g, render_template, request
from itsdangerous import BadData
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from app.auth import form_token, signed_in
from app.console.language import language
from app.services import services
from app.sessions import set_cookie
from routing.people import User

PAGE = "text/html; charset=utf-8"
FLASH_COOKIE = "facteur_flash"
FLASH_SECONDS = 60
"""A message that no page has shown by then is old news."""

_OURS = re.compile(r"/(?![/\\])[!-~]*")
"""A path on this host: nothing that a browser takes for another host, no blank, no control character."""


def user() -> User:
    """Return who is signed in; only in views that ask for a role."""
    return cast("User", signed_in())


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return a rendered page, for this reader alone and asked for anew each time."""
    response = Response(render_template(template, **values), status, content_type=PAGE)
    if g.get("flash") is not None:
        set_cookie(response, FLASH_COOKIE, "", 0, secure=request.is_secure)
    return private(response)


def private(response: Response) -> Response:
    """Mark what is for this reader alone: a browser may keep it if it asks each time whether it still holds."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Accept-Language", "Cookie", "HX-Request"))
    return response


def etag_or(tag: str, make: Callable[[], Response]) -> Response:
    """Answer 304 when the reader has what `tag` stands for, else what `make` returns.

    Args:
        tag: changes whenever the content does. Who reads, in which language, and this build are added here.
        make: called only if the reader needs the page.
    """
    reader = signed_in()
    facts = [
        tag,
        current_app.extensions["facteur.build"],
        language(),
        reader and [reader.id, reader.epoch, reader.time_zone, reader.shortcuts, reader.full_name, reader.queues],
        g.get("session_id"),
        request.headers.get("HX-Request"),
    ]
    etag = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    if FLASH_COOKIE not in request.cookies and request.if_none_match.contains_weak(etag):
        response = private(Response(status=304))
    else:
        response = make()
    response.set_etag(etag, weak=True)
    return response


def back(default: str = "/", field: str = "next") -> str:
    """Return where to go after a form, as its field says: a path of ours, or `default`."""
    given = request.form.get(field) or request.args.get(field) or ""
    return given if _OURS.fullmatch(given) else default


def this_address() -> str:
    """Return the address that was asked for, path and query, so that a form can bring one back to it."""
    return iri_to_uri(request.full_path.rstrip("?"))


def flash(response: AnyResponse, text: str, *, undo: str | None = None, kind: str = "good") -> None:
    """Say what was done: on the next page, or at once where htmx asked.

    Args:
        response: the redirect or the fragment that answers the form.
        text: one sentence in the reader's language.
        undo: the batch that an Undo button takes back.
        kind: `good`, or `bad` for what did not work.
    """
    said = {"text": text, "undo": undo, "kind": kind}
    if request.headers.get("HX-Request") and "HX-Redirect" not in response.headers:
        response.headers["HX-Trigger"] = json.dumps({"facteur:flash": said})
        return
    value = services().sessions.serializer("facteur.flash").dumps(said)
    set_cookie(response, FLASH_COOKIE, str(value), FLASH_SECONDS, secure=request.is_secure)


def flashed() -> dict[str, Any] | None:
    """Return what the last action said, for the layout; it is shown once."""
    cookie = request.cookies.get(FLASH_COOKIE)
    if not cookie:
        return None
    try:
        said = services().sessions.serializer("facteur.flash").loads(cookie)
    except BadData:
        said = {}
    g.flash = said
    return said if isinstance(said, dict) and said.get("text") else None


def csrf_token() -> str:
    """Return the token of this answer's forms."""
    if "form_token" not in g:
        g.form_token = form_token()
    return cast("str", g.form_token)
