"""Who calls, and may they: every route denies unless its view says otherwise.

A view without a declaration is closed to everybody, so a forgotten one is found by its first caller, not by a thief.
"""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request

from app.endpoint import declaration_of
from app.services import services
from app.sessions import check_origin
from routing.errors import Forbidden, Unauthenticated
from routing.keys import require
from routing.store.port import ApiKey

SCHEME = "bearer "


def guard() -> None:
    """Let the request through, or raise Unauthenticated or Forbidden. Runs before every view."""
    name = request.endpoint
    if name is None or name == "static":
        return
    declaration = declaration_of(current_app, name)
    if declaration is None:
        raise Forbidden("This address is closed.")
    if declaration.scope is None:
        return
    authorization: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if authorization is not None:
        key = _bearer(authorization)
    elif declaration.session:
        key = _session()
    else:
        raise Unauthenticated("Send an API key in the header Authorization: Bearer fct_…")
    require(key, declaration.scope)
    g.key = key


def caller() -> ApiKey:
    """Return the key of this request; only in views that ask for a scope."""
    return cast("ApiKey", g.key)


def _bearer(authorization: str) -> ApiKey:
    if authorization[: len(SCHEME)].lower() != SCHEME:
        raise Unauthenticated("The header Authorization must be Bearer, a space, and an API key.")
    return services().keyring.key_of_secret(authorization[len(SCHEME) :].strip())


def _session() -> ApiKey:
    secret_hash = services().sessions.secret_hash(request)
    if secret_hash is None:
        raise Unauthenticated("Sign in with an API key that may read.")
    check_origin(request)
    return services().keyring.key_of_hash(secret_hash)
