"""Who calls, and may they: every route denies unless its view says otherwise.

A view without a declaration is closed to everybody, so a forgotten one is found by its first caller, not by a thief.
Programs come with an API key and its scopes, people with a session and their role; neither opens the other's doors.
"""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request

from app.endpoint import declaration_of
from app.services import services
from app.sessions import GUEST_COOKIE, SAFE_METHODS, check_origin
from routing.errors import Forbidden, Unauthenticated
from routing.keys import require
from routing.people import Role, User
from routing.store.port import ApiKey

SCHEME = "bearer "


class SignedOut(Unauthenticated):
    """A page of the console was asked for without a session that is still good; a browser is led to the sign-in."""


class StaleForm(Forbidden):
    """A form came without the token of its session: the session is another one by now, or the form is not ours."""


def guard() -> None:
    """Let the request through, or raise Unauthenticated or Forbidden. Runs before every view."""
    name = request.endpoint
    if name is None or name == "static":
        return
    declaration = declaration_of(current_app, name)
    if declaration is None:
        raise Forbidden("This address is closed.")
    if declaration.role is not None:
        _admit(declaration.role)
    elif declaration.scope is not None:
        authorization: str | None = request.environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            raise Unauthenticated("Send an API key in the header Authorization: Bearer fct_…")
        key = _bearer(authorization)
        require(key, declaration.scope)
        g.key = key


def caller() -> ApiKey:
    """Return the key of this request; only in views that ask for a scope."""
    return cast("ApiKey", g.key)


def signed_in() -> User | None:
    """Return who is signed in, whatever the address: None for nobody. Looked up once a request."""
    if "user" not in g:
        provided = services()
        session = provided.sessions.read(request)
        g.user = provided.roster.user_of(session) if session is not None else None
        g.session_id = session.id if session is not None and g.user is not None else ""
    return cast("User | None", g.user)


def address() -> str:
    """Return from where the request comes, for counting what goes wrong.

    Behind a proxy that TLS ends at, it is what that proxy wrote last into X-Forwarded-For: gunicorn says https for
    those proxies alone that the operator trusts.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if request.is_secure else ""
    return forwarded.rpartition(",")[2].strip()[:64] or request.remote_addr or ""


def form_token() -> str:
    """Return a token for the forms of this answer; empty for a browser that we cannot tell from others."""
    session_id = _form_session()
    return services().sessions.token(session_id) if session_id else ""


def check_form() -> None:
    """Refuse a form that is not of this session. Raises Forbidden."""
    check_origin(request)
    session_id = _form_session()
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not session_id or not services().sessions.is_token(session_id, given):
        raise StaleForm("This form is from an earlier session; load its page again and send it once more.")


def _admit(role: Role) -> None:
    user = signed_in()
    if user is None:
        raise SignedOut("Sign in to see this page.")
    if request.method not in SAFE_METHODS:
        check_form()
    if not user.role.includes(role):
        raise Forbidden(f"This page is for users with the role {role.value}; yours is {user.role.value}.")


def _form_session() -> str:
    """Return what forms are bound to: the session, or before there is one the browser."""
    if signed_in() is not None:
        return cast("str", g.session_id)
    return cast("str", g.get("guest") or request.cookies.get(GUEST_COOKIE, ""))


def _bearer(authorization: str) -> ApiKey:
    if authorization[: len(SCHEME)].lower() != SCHEME:
        raise Unauthenticated("The header Authorization must be Bearer, a space, and an API key.")
    return services().keyring.key_of_secret(authorization[len(SCHEME) :].strip())
