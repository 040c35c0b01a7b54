"""Who uses the console: made, given roles and passwords, disabled and enabled, by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import titles
from app.console.audit import line
from app.console.language import gettext
from app.console.page import flash, page, user
from app.console.seen import seen_of
from app.endpoint import Endpoint, endpoint
from app.services import services
from app.text import is_storable
from routing.errors import InvalidInput, NotFound, Overtaken, WrongStatus
from routing.passwords import generate_password
from routing.people import (
    FULL_NAME_CHARACTERS,
    AuditEntry,
    Role,
    User,
    disabled,
    enabled,
    is_user_name,
    new_user,
    with_password,
    with_role,
)

users_pages = Blueprint("users", __name__)

OURS: Final = Endpoint(scope=None, role=Role.ADMINISTRATOR, documented=False)
NONE: Final = "\N{EN DASH}"


@users_pages.get("/users")
@endpoint(OURS)
def users() -> Response:
    """Answer with the list, and the form that makes one more."""
    return _list()


@users_pages.post("/users")
@endpoint(OURS)
def create() -> AnyResponse:
    """Make a user and show the password that was made, in this answer only."""
    given = {name: " ".join(request.form.get(name, "").split()) for name in ("name", "full_name", "role")}
    name, faults = given["name"], _full_name_faults(given["full_name"])
    if not is_user_name(name):
        faults["name"] = gettext(
            "Use 1 to 64 letters without accents, digits, dots, hyphens and underscores; begin with a letter or digit."
        )
    if faults:
        return _list(given, faults, 422)
    provided, password = services(), generate_password()
    made = new_user(name, given["full_name"], _role(given["role"]), password, now=provided.clock())
    made = replace(made, queues=_chosen_queues())
    try:
        provided.store.add_user(made, audit=[line("user created", f"user {made.name}", made.role.value)])
    except WrongStatus:
        taken = gettext("Somebody has this name, perhaps disabled. Names are never given twice.")
        return _list(given, {"name": taken}, 422)
    return _show_password(made, password, fresh=True)


@users_pages.get("/users/<user_id>")
@endpoint(OURS)
def one(user_id: str) -> Response:
    """Answer with the page of a user."""
    return _one(_known(user_id))


@users_pages.post("/users/<user_id>")
@endpoint(OURS)
def save(user_id: str) -> AnyResponse:
    """Save full name, role and own queues."""
    known = _known(user_id)
    if request.form.get("seen") != seen_of(known):
        raise Overtaken("The user is no longer as the form showed them.")
    full_name = " ".join(request.form.get("full_name", "").split())
    role = _role(request.form.get("role", known.role))
    faults = _full_name_faults(full_name)
    changed = replace(known, full_name=full_name or known.name, queues=_chosen_queues())
    if faults:
        return _one(replace(changed, full_name=full_name), faults, 422)
    lines = []
    if changed != known:
        lines.append(line("user changed", f"user {known.name}", _difference(known, changed)))
    if role is not known.role:
        lines.append(line("role changed", f"user {known.name}", f"{known.role} → {role}"))
    try:
        _save(with_role(changed, role), *lines)
    except WrongStatus:
        return _one(changed, {"role": _last()}, 422)
    if role is not known.role:
        text = gettext("%(name)s is saved and must sign in again, with the new role.", name=changed.full_name)
    else:
        text = gettext("%(name)s is saved.", name=changed.full_name)
    return _said(f"/users/{known.id}" if user().id != known.id or role is known.role else "/", text)


@users_pages.post("/users/<user_id>/password")
@endpoint(OURS)
def new_password(user_id: str) -> AnyResponse:
    """Make a new password and show it, in this answer only; all sessions of the user end."""
    known, password = _known(user_id), generate_password()
    _save(with_password(known, password), line("password changed", f"user {known.name}"))
    return _show_password(known, password, fresh=False)


@users_pages.post("/users/<user_id>/disable")
@endpoint(OURS)
def disable(user_id: str) -> AnyResponse:
    """Let a user sign in no more."""
    known = _known(user_id)
    if known.id == user().id:
        return _said(f"/users/{known.id}", gettext("You cannot disable yourself: ask a colleague to."), "bad")
    try:
        if known.disabled_at is None:
            _save(disabled(known, now=services().clock()), line("user disabled", f"user {known.name}"))
    except WrongStatus:
        return _said(f"/users/{known.id}", _last(), "bad")
    return _said("/users", gettext("%(name)s is disabled, and signed out everywhere.", name=known.full_name))


@users_pages.post("/users/<user_id>/enable")
@endpoint(OURS)
def enable(user_id: str) -> AnyResponse:
    """Let a disabled user sign in again."""
    known = _known(user_id)
    if known.disabled_at is not None:
        _save(enabled(known), line("user enabled", f"user {known.name}"))
    return _said("/users", gettext("%(name)s can sign in again, with the same password.", name=known.full_name))


@users_pages.errorhandler(Overtaken)
def overtaken(_error: Overtaken) -> AnyResponse:
    """Lead back to the user as they are now: somebody else changed them between the look and the click."""
    text = gettext("Somebody else changed this user meanwhile: look again. Nothing of theirs was overwritten.")
    return _said(f"/users/{(request.view_args or {}).get('user_id', '')}", text, "bad")


def _list(
    given: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    everybody = services().store.users()
    return page(
        "console/users.html",
        status,
        active=[each for each in everybody if each.disabled_at is None],
        gone=[each for each in everybody if each.disabled_at is not None],
        given=given or {},
        faults=faults or {},
        chosen=_chosen_queues(),
        **_offered(),
    )


def _one(shown: User, faults: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return page(
        "console/user.html",
        status,
        shown=shown,
        seen=seen_of(_known(shown.id)),
        faults=faults or {},
        chosen=shown.queues,
        myself=user(),
        **_offered(),
    )


def _offered() -> dict[str, Any]:
    return {
        "queues": services().policy.queues,
        "roles": [(role.value, titles.role_and_rights(role)) for role in Role],
        "titles": titles,
    }


def _show_password(known: User, password: str, *, fresh: bool) -> Response:
    response = page("console/user_password.html", shown=known, password=password, fresh=fresh)
    response.headers["Cache-Control"] = "no-store"
    return response


def _known(user_id: str) -> User:
    found = services().store.user(user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _save(changed: User, *lines: AuditEntry) -> None:
    provided = services()
    provided.store.save_user(changed, audit=lines)
    provided.roster.forget(changed.id)


def _said(where: str, text: str, kind: str = "good") -> AnyResponse:
    response = redirect(where, 303)
    flash(response, text, kind=kind)
    return response


def _role(given: str) -> Role:
    try:
        return Role(given)
    except ValueError:
        raise InvalidInput("That is not a role.", field="/role") from None


def _chosen_queues() -> tuple[str, ...]:
    chosen = request.form.getlist("queues")
    return tuple(queue for queue in services().policy.queues if queue in chosen)


def _full_name_faults(full_name: str) -> dict[str, str]:
    fits = len(full_name) <= FULL_NAME_CHARACTERS and is_storable(full_name)
    return {} if fits else {"full_name": gettext("That name is too long.")}


def _last() -> str:
    return gettext("This is the last administrator who can sign in: make another one first.")


def _difference(before: User, after: User) -> str:
    """Return what an administrator changed about a user beside the role."""
    parts = []
    if before.full_name != after.full_name:
        parts.append(f"{before.full_name} → {after.full_name}")
    if before.queues != after.queues:
        parts.append(f"{', '.join(before.queues) or NONE} → {', '.join(after.queues) or NONE}")
    return "; ".join(parts)
