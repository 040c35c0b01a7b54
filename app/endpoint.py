"""What a view declares about itself: who may call it, what it takes, what it answers.

The declaration is the only place: authentication denies by it, `/openapi.json` is written from it, and a test walks
the URL map to see that no view lacks one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask

from routing.keys import Scope
from routing.people import Role

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "__facteur_endpoint__"


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """One form that a request or an answer can take."""

    schema: Any = None
    """A pydantic model or any type that pydantic can describe; None: bytes or text without a schema."""
    about: str = ""
    example: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer: when it comes, with which headers and bodies (content type to body)."""

    about: str
    content: Mapping[str, Body] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Name to what it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """The declaration of one view."""

    scope: Scope | None
    """The scope that a key needs; None, and no role either: open to everybody."""
    summary: str = ""
    about: str = ""
    tag: str = ""
    role: Role | None = None
    """The least role of a user who is signed in with a browser; a page of the console has this instead of a scope."""
    takes: Mapping[str, Body] = field(default_factory=dict)
    """Content type to body; empty when there is no body."""
    query: Any = None
    """A pydantic model of the query string."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers with a meaning, name to what they do."""
    answers: Mapping[int, Answer] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """Slugs of the problems that this view can answer with, besides those that every view can."""
    documented: bool = True
    """False for pages of the console, which are no API."""


def endpoint(declaration: Endpoint) -> Callable[[View], View]:
    """Attach a declaration to a view."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, declaration)
        return view

    return attach


def declaration_of(app: Flask, name: str) -> Endpoint | None:
    """Return what the view of this Flask end point declared, or None if it declared nothing."""
    return getattr(app.view_functions.get(name), _ATTRIBUTE, None)
