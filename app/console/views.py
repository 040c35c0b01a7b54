"""Saved views: lists that a user named, to find them again beside every list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.console.language import gettext as _
from app.console.lists import read_list, read_view
from app.console.page import back, flash, user
from app.endpoint import Endpoint, endpoint
from app.services import services
from routing.errors import InvalidInput, WrongStatus
from routing.ids import uuid7
from routing.people import Role, View

view_pages = Blueprint("console_views", __name__)

NAME_CHARACTERS = 60
AGENTS = Endpoint(scope=None, role=Role.AGENT, documented=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A view as a list shows it."""

    id: str
    name: str
    url: str


@view_pages.post("/views")
@endpoint(AGENTS)
def save() -> Response:
    """Save a list under a name; one of that name is replaced. Without a name, nothing is saved."""
    provided = services()
    response = redirect(back("/mails"), 303)
    name = " ".join(request.form.get("name", "").split())
    if not name or len(name) > NAME_CHARACTERS:
        flash(response, _("Give the view a name of at most %(most)s characters.", most=NAME_CHARACTERS), kind="bad")
        return response
    query = read_list(MultiDict(parse_qsl(request.form.get("query", ""))))
    now = provided.clock()
    try:
        provided.store.save_view(View(id=uuid7(now), user_id=user().id, name=name, query=query.query(), created_at=now))
    except WrongStatus:
        flash(response, _("You have as many views as can be kept; delete one first."), kind="bad")
    except InvalidInput:
        flash(response, _("The name has a character that cannot be kept."), kind="bad")
    else:
        flash(response, _("The view “%(name)s” is saved.", name=name))
    return response


@view_pages.post("/views/<view_id>/delete")
@endpoint(AGENTS)
def delete(view_id: str) -> Response:
    """Delete a view of the reader's."""
    services().store.delete_view(view_id, user_id=user().id)
    response = redirect(back("/"), 303)
    flash(response, _("The view is deleted."))
    return response


def saved_views(kept: Iterable[View]) -> Sequence[Saved]:
    """Return views with their addresses, without those that an older version saved and this one cannot read."""
    read = ((view, read_view(view.query)) for view in kept)
    return tuple(Saved(id=view.id, name=view.name, url=query.url()) for view, query in read if query is not None)
