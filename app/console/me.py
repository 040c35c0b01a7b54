"""A user's own page: what they are called, how the console speaks to them, their queues, their password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.auth import address
from app.console.audit import line
from app.console.language import LANGUAGES, gettext, noted
from app.console.page import flash, page, user
from app.console.seen import seen_of
from app.endpoint import Endpoint, endpoint
from app.scrutiny import is_right
from app.services import services
from app.text import is_storable
from routing.errors import Overtaken
from routing.password_faults import SHORTEST, Fault, password_fault
from routing.people import FULL_NAME_CHARACTERS, Role, User, with_password

me_pages = Blueprint("me", __name__)

MINE: Final = Endpoint(scope=None, role=Role.AGENT, documented=False)

OVERSEAS: Final = (
    "America/Cayenne",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Miquelon",
    "America/Montreal",
    "America/New_York",
    "Indian/Mayotte",
    "Indian/Reunion",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Wallis",
    "UTC",
)
"""Offered beside all of Europe; any other is taken too."""

FAULTS: Final[Mapping[Fault, str]] = {
    Fault.SHORT: noted("It needs at least %(shortest)s characters; four words that do not belong together are good."),
    Fault.LONG: noted("It is too long."),
    Fault.NAME: noted("It is made of your name; choose another one."),
    Fault.COMMON: noted("It is among those that are guessed first; choose another one."),
    Fault.SIMPLE: noted("It is a row or a repetition of few characters; choose another one."),
}


@me_pages.get("/me")
@endpoint(MINE)
def me() -> Response:
    """Answer with the page."""
    return _page()


@me_pages.post("/me")
@endpoint(MINE)
def save() -> AnyResponse:
    """Save all but the password."""
    form = request.form
    known = _stored()
    if form.get("seen") != seen_of(known):
        raise Overtaken("The settings are no longer as the form showed them.")
    faults = {}
    full_name = " ".join(form.get("full_name", "").split())
    if not full_name:
        faults["full_name"] = gettext("Enter the name that colleagues read.")
    elif len(full_name) > FULL_NAME_CHARACTERS or not is_storable(full_name):
        faults["full_name"] = gettext("That name is too long.")
    elif full_name != known.full_name and _is_anothers(full_name, known):
        faults["full_name"] = gettext("A colleague is called this already; add what tells you apart.")
    time_zone = form.get("time_zone", "")
    if time_zone and time_zone not in available_timezones():
        faults["time_zone"] = gettext("That time zone is not known; one is written like Europe/Paris.")
    changed = replace(
        known,
        full_name=full_name,
        language=form.get("language") if form.get("language") in LANGUAGES else None,
        time_zone=time_zone or None,
        shortcuts=form.get("shortcuts") == "on",
        queues=tuple(name for name in _queues(known) if name in form.getlist("queues")),
    )
    if faults:
        return _page(changed, faults, 422)
    provided = services()
    lines = []
    if full_name != known.full_name:
        lines.append(line("user changed", f"user {known.name}", f"{known.full_name} → {full_name}"))
    provided.store.save_user(changed, audit=lines)
    provided.roster.forget(known.id)
    for fact in ("user", "language", "catalogue", "time_zone"):
        g.pop(fact, None)
    response = redirect("/me", 303)
    flash(response, gettext("Your settings are saved."))
    return response


@me_pages.post("/me/password")
@endpoint(MINE)
def change_password() -> AnyResponse:
    """Change the password; all other sessions of the user end."""
    form = request.form
    known, provided = _stored(), services()
    old, new = form.get("old", ""), form.get("new", "")
    right = is_right(old, known.password, allowed=lambda: provided.attempts.wait(known.name, address()) == 0)
    if right is None:
        return _page(faults={"old": gettext("Too many wrong passwords. Wait a few minutes.")}, status=429)
    if not right:
        provided.attempts.wrong(known.name, address())
        return _page(faults={"old": gettext("This is not your password.")}, status=422)
    fault = password_fault(new, known.name)
    if fault is not None:
        return _page(faults={"new": gettext(FAULTS[fault], shortest=SHORTEST)}, status=422)
    if new != form.get("again", ""):
        return _page(faults={"again": gettext("The two are not the same.")}, status=422)
    changed = with_password(known, new)
    provided.store.save_user(changed, audit=[line("password changed", f"user {known.name}")])
    provided.roster.forget(known.id)
    response = redirect("/me", 303)
    provided.sessions.open(response, changed, secure=request.is_secure)
    flash(response, gettext("Your password is changed. Wherever else you were signed in, you no longer are."))
    return response


@me_pages.errorhandler(Overtaken)
def overtaken(_error: Overtaken) -> AnyResponse:
    """Lead back to the settings as they are now; to the sign-in where what was changed ended the session."""
    response = redirect("/me", 303)
    text = gettext(
        "Your settings were changed meanwhile, elsewhere or by an administrator: look again. Nothing was overwritten."
    )
    flash(response, text, kind="bad")
    return response


def _stored() -> User:
    """Return the user as they are now: what the session knows may be seconds old. Raises Overtaken when it is over."""
    provided, mine = services(), user()
    stored = provided.store.user(mine.id)
    if stored is None or stored.epoch != mine.epoch:
        provided.roster.forget(mine.id)
        raise Overtaken("The session was ended.")
    return stored


def _is_anothers(full_name: str, known: User) -> bool:
    """Say whether colleagues would take the user for somebody else."""
    wanted, others = full_name.casefold(), (each for each in services().store.users() if each.id != known.id)
    return any(wanted in {each.full_name.casefold(), each.name.casefold()} for each in others)


def _page(shown: User | None = None, faults: Mapping[str, str] | None = None, status: int = 200) -> Response:
    known = _stored()
    shown = shown or known
    return page(
        "console/me.html",
        status,
        shown=shown,
        seen=seen_of(known),
        faults=faults or {},
        queues=_queues(shown),
        zones=[(name, name) for name in sorted({*_offered_zones(), *filter(None, [shown.time_zone])})],
        default_zone=services().settings.time_zone,
        shortest=SHORTEST,
    )


@cache
def _offered_zones() -> frozenset[str]:
    """Return the time zones to choose from; finding them means reading a folder."""
    return frozenset(name for name in available_timezones() if name.startswith("Europe/")) | frozenset(OVERSEAS)


def _queues(known: User) -> tuple[str, ...]:
    """Return the queues that a user can choose: the policy's, and own ones that it no longer has."""
    offered = services().policy.queues
    return (*offered, *(name for name in known.queues if name not in offered))
