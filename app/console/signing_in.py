"""Signing in and out: a name and a password, and a session that lasts a working day."""

from __future__ import annotations

import math
import secrets
from contextlib import suppress

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.auth import StaleForm, address, check_form, signed_in
from app.console.language import gettext, ngettext
from app.console.page import back, page
from app.endpoint import Endpoint, endpoint
from app.scrutiny import is_right
from app.services import services
from app.sessions import GUEST_COOKIE, check_origin, set_cookie
from app.text import is_storable
from routing.errors import Overloaded, Overtaken
from routing.passwords import NOBODY
from routing.people import User, signed_out

sign_in_pages = Blueprint("sign_in", __name__)

LONGEST_NAME = 100


@sign_in_pages.get("/sign-in")
@endpoint(Endpoint(scope=None, documented=False))
def form() -> AnyResponse:
    """Answer with the form; whoever is signed in is led on."""
    if signed_in() is not None:
        return redirect(back(), 303)
    return _form()


@sign_in_pages.post("/sign-in")
@endpoint(Endpoint(scope=None, documented=False))
def sign_in() -> AnyResponse:
    """Open a session for a user who knows the password. Known and unknown names take the same time."""
    check_origin(request)
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    try:
        check_form()
    except StaleForm:
        return _form(
            gettext("This form was open for too long, or your browser refuses cookies. Please try again."), name
        )
    if not name or not password:
        return _form(gettext("Enter your name and your password."), name)
    try:
        return _open(name, password)
    except Overloaded as error:
        return _form(gettext("Many are signing in at this moment. Try again."), name, 503, math.ceil(error.retry_after))


def _open(name: str, password: str) -> AnyResponse:
    """Open a session, or answer with the form and what is wrong. Raises Overloaded."""
    provided, user = services(), _user(name)
    kept = user.password if user is not None else NOBODY
    right = None
    if _seconds_to_wait(name) == 0:
        right = is_right(password, kept, allowed=lambda: _seconds_to_wait(name) == 0)
    if right is None:
        return _come_again(name)
    if user is None or not right:
        provided.attempts.wrong(name, address())
        return _form(
            gettext("The name or the password is not right. Passwords distinguish capital letters."), name, 401
        )
    provided.attempts.right(name, address())
    if user.disabled_at is not None:
        return _form(gettext("This account is disabled. An administrator can enable it again."), name, 403)
    response = redirect(back(), 303)
    provided.sessions.open(response, user, secure=request.is_secure)
    set_cookie(response, GUEST_COOKIE, "", 0, secure=request.is_secure)
    return response


@sign_in_pages.post("/sign-out")
@endpoint(Endpoint(scope=None, documented=False))
def sign_out() -> AnyResponse:
    """End all sessions of the user, and take from the browser what it kept of pages."""
    check_origin(request)
    known = signed_in()
    if known is not None:
        check_form()
        _end_sessions(known)
    response = redirect("/sign-in", 303)
    services().sessions.close(response, secure=request.is_secure)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _end_sessions(known: User) -> None:
    """Let no cookie of the user open anything any more: one that was copied would outlive the browser's own."""
    provided = services()
    stored = provided.store.user(known.id)
    if stored is not None and stored.epoch == known.epoch:
        with suppress(Overtaken):  # they were ended at this very moment
            provided.store.save_user(signed_out(stored))
    provided.roster.forget(known.id)


def _seconds_to_wait(name: str) -> int:
    return math.ceil(services().attempts.wait(name, address()))


def _come_again(name: str) -> Response:
    seconds = max(1, _seconds_to_wait(name))
    return _form(_wait_text(seconds), name, 429, seconds)


def _form(fault: str = "", name: str = "", status: int | None = None, wait: int = 0) -> Response:
    if not request.cookies.get(GUEST_COOKIE):
        g.guest = secrets.token_urlsafe(18)
    response = page(
        "console/sign_in.html", status or (422 if fault else 200), fault=fault, name=name[:LONGEST_NAME], next=back("")
    )
    if "guest" in g:
        set_cookie(response, GUEST_COOKIE, g.guest, 24 * 60 * 60, secure=request.is_secure)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _user(name: str) -> User | None:
    fits = len(name) <= LONGEST_NAME and is_storable(name)
    return services().store.user_by_name(name) if fits else None


def _wait_text(seconds: int) -> str:
    if seconds < 60:  # noqa: PLR2004 - a minute
        return ngettext(
            "Too many wrong passwords. Try again in %(num)s second.",
            "Too many wrong passwords. Try again in %(num)s seconds.",
            seconds,
        )
    return ngettext(
        "Too many wrong passwords. Try again in %(num)s minute.",
        "Too many wrong passwords. Try again in %(num)s minutes.",
        math.ceil(seconds / 60),
    )
