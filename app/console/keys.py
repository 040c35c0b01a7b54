"""API keys of programs: made with a secret that is shown once, listed, revoked, by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import titles
from app.console.audit import line
from app.console.language import gettext
from app.console.page import flash, page
from app.endpoint import Endpoint, endpoint
from app.services import services
from app.text import is_storable
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.keys import SCOPES, Scope, new_key
from routing.people import Role

keys_pages = Blueprint("keys", __name__)

OURS: Final = Endpoint(scope=None, role=Role.ADMINISTRATOR, documented=False)


@keys_pages.get("/keys")
@endpoint(OURS)
def keys() -> Response:
    """Answer with the list, and the form that makes one more."""
    return _list()


@keys_pages.post("/keys")
@endpoint(OURS)
def create() -> AnyResponse:
    """Make a key and show its secret, in this answer only."""
    name, chosen = request.form.get("name", "").strip(), request.form.getlist("scopes")
    scopes = [scope for scope in SCOPES if scope.value in chosen]
    if not scopes:
        return _list(name, {"scopes": gettext("Choose what the key may do.")}, chosen)
    provided = services()
    try:
        key, secret = new_key(name, scopes, now=provided.clock())
        provided.store.add_key(key, audit=[line("key created", f"key {key.name}", ", ".join(sorted(key.scopes)))])
    except InvalidInput:
        fault = gettext(
            "Use 1 to 64 letters without accents, digits, dots, hyphens and underscores; begin with a letter or digit."
        )
        return _list(name, {"name": fault}, chosen)
    except WrongStatus:
        return _list(
            name, {"name": gettext("A key of this name is in use: revoke it, or choose another name.")}, chosen
        )
    response = page("console/key_secret.html", key=key, secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


@keys_pages.post("/keys/revoke")
@endpoint(OURS)
def revoke() -> AnyResponse:
    """Revoke a key for good."""
    name, provided = request.form.get("name", ""), services()
    if not is_storable(name):
        raise NotFound("There is no such key.")
    provided.store.revoke_key(name, now=provided.clock(), audit=[line("key revoked", f"key {name}")])
    response = redirect("/keys", 303)
    flash(response, gettext("The key %(name)s is revoked: within seconds it opens nothing any more.", name=name))
    return response


def _list(name: str = "", faults: Mapping[str, str] | None = None, chosen: list[str] | None = None) -> Response:
    everything = services().store.keys()
    return page(
        "console/keys.html",
        422 if faults else 200,
        active=[key for key in everything if key.revoked_at is None],
        revoked=[key for key in everything if key.revoked_at is not None],
        name=name,
        faults=faults or {},
        scopes=[(scope.value, gettext(titles.SCOPES[scope])) for scope in SCOPES],
        chosen=[Scope.SUBMIT.value, Scope.READ.value] if chosen is None else chosen,
    )
