"""The way around the console: each page once, shown to those who may open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request

from app.auth import signed_in
from app.console.language import gettext, noted
from app.endpoint import declaration_of

EXTENSION: Final = "facteur.navigation"

PAGES: Final = (
    ("/", noted("Queues")),
    ("/triage", noted("Triage")),
    ("/dashboard", noted("Dashboard")),
    ("/policy", noted("Policy")),
    ("/failed", noted("Failed")),
    ("/users", noted("Users")),
    ("/keys", noted("API keys")),
    ("/system", noted("System")),
    ("/audit", noted("Audit")),
)

UNDER: Final = {"/mails": "/", "/queues": "/"}
"""Pages that belong to an entry of another path."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the navigation."""

    path: str
    text: str
    current: bool


def navigation() -> Sequence[Entry]:
    """Return what the reader may open, in order; nothing for somebody who is not signed in."""
    user = signed_in()
    if user is None:
        return ()
    roles = current_app.extensions[EXTENSION]
    first = "/" + request.path.split("/", 2)[1]
    here = UNDER.get(first, first)
    return [
        Entry(path=path, text=gettext(text), current=path == here)
        for path, text in PAGES
        if path in roles and user.role.includes(roles[path])
    ]


def install(app: Flask) -> None:
    """Read from the views who may open each page."""
    declared = {
        rule.rule: declaration_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule in dict(PAGES) and "GET" in (rule.methods or ())
    }
    app.extensions[EXTENSION] = {
        path: found.role for path, found in declared.items() if found is not None and found.role is not None
    }
