"""What went wrong, as a page in the reader's language: what it means, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

from flask import Response, g, redirect, request

from app.auth import SignedOut, StaleForm, signed_in
from app.console.language import gettext, language, noted
from app.console.page import PAGE, page, this_address
from app.sessions import SAFE_METHODS
from routing import errors

OF_KIND: Final[Mapping[type[Exception], tuple[str, str]]] = {
    StaleForm: (
        noted("This form has expired"),
        noted("You signed in again since it was opened, so nothing was changed. Load the page anew and send it again."),
    ),
    errors.Overtaken: (
        noted("A colleague was faster"),
        noted("Somebody changed this mail since you opened it. Nothing of theirs was overwritten: look at it again."),
    ),
    errors.MailDeleted: (
        noted("The mail is no longer here"),
        noted("Its retention has ended: the decision is kept, what the sender wrote is not."),
    ),
}

OF_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: (noted("This request cannot be read"), noted("Go back, load the page anew and try again.")),
    403: (
        noted("You may not do this"),
        noted("Your role does not include this page. An administrator can change that."),
    ),
    404: (noted("There is nothing here"), noted("It never was at this address, or it was deleted.")),
    405: (noted("That cannot be done here"), noted("Go back, load the page anew and try again.")),
    409: (
        noted("That no longer fits"),
        noted("Something has changed since the page was loaded. Load it anew and decide again."),
    ),
    413: (noted("That is too large"), noted("Send less at once.")),
    415: (noted("This request cannot be read"), noted("Go back, load the page anew and try again.")),
    422: (noted("Something in it is not right"), noted("Go back, correct it and send it again.")),
    429: (noted("That was too fast"), noted("Wait a moment, then try again.")),
    503: (noted("The service is busy"), noted("Nothing was changed. Wait a moment, then load the page anew.")),
}
OTHERWISE: Final = (
    noted("Something went wrong here"),
    noted("The error is ours and was logged. If it happens again, give the administrator the number below."),
)

SHOWN: Final = (errors.InvalidInput, errors.TooLarge, errors.WrongStatus, errors.NotFound)
"""Errors whose own sentence helps to set right what was sent."""
SPOKEN: Final = "en"
"""What errors speak; readers of another language have what it means and what to do, in theirs."""


def failure_page(error: Exception, document: Mapping[str, Any]) -> Response:
    """Return the page of an error; for somebody whose session is over, the way to the sign-in."""
    if isinstance(error, SignedOut):
        return _to_sign_in()
    _find_reader()
    title, about = _words(error, document["status"])
    if "HX-Request" in request.headers:
        said = {"text": f"{gettext(title)}. {gettext(about)}", "undo": None, "kind": "bad"}
        response = Response(said["text"], document["status"], content_type=PAGE)
        response.headers["HX-Trigger"] = json.dumps({"facteur:flash": said})
        return response
    detail = document["detail"] if isinstance(error, SHOWN) and str(error) and language() == SPOKEN else ""
    return page(
        "console/failure.html",
        document["status"],
        title=gettext(title),
        about=gettext(about),
        detail=detail,
        document=document,
    )


def sign_in_address() -> str:
    """Return where to sign in, so that one comes back to this page afterwards."""
    wanted = this_address() if request.method in SAFE_METHODS else request.form.get("next", "/")
    return "/sign-in" if wanted in {"", "/"} else f"/sign-in?{urlencode({'next': wanted})}"


def _to_sign_in() -> Response:
    if "HX-Request" not in request.headers and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _from_elsewhere()
    if "HX-Request" not in request.headers:
        return cast("Response", redirect(sign_in_address(), 303, Response=Response))
    seen = urlsplit(request.headers.get("HX-Current-URL", "/"))
    response = Response(status=401)
    response.headers["HX-Redirect"] = (
        f"/sign-in?{urlencode({'next': seen.path + ('?' + seen.query if seen.query else '')})}"
    )
    return response


def _from_elsewhere() -> Response:
    """Return a page that asks for itself again at once.

    Browsers keep a Strict cookie back when a link on another site, such as one in a chat, was followed: somebody who is
    signed in would be asked to sign in. What our own page asks for comes with the cookie.
    """
    return page("console/from_elsewhere.html", wanted=this_address() if request.method in SAFE_METHODS else "/")


def _find_reader() -> None:
    """Find out who reads; nobody, where the store that knows does not answer."""
    try:
        signed_in()
    except errors.FacteurError:
        g.user, g.session_id = None, ""


def _words(error: Exception, status: int) -> tuple[str, str]:
    for kind in type(error).__mro__:
        if kind in OF_KIND:
            return OF_KIND[kind]
    return OF_STATUS.get(status, OTHERWISE)
