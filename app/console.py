"""The console's first page: what lies in which queue, and what was decided lately. For browsers, with a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, Response, redirect, render_template, request
from markupsafe import Markup, escape
from pydantic import Field
from werkzeug.wrappers import Response as AnyResponse

from app.auth import caller
from app.endpoint import Endpoint, endpoint
from app.health import HEARD_SECONDS
from app.jobs import NAME_CHARACTERS, before_of, cursor_of
from app.problems import PAGE
from app.queues import depths
from app.schemas.strict import Strict, read_query
from app.services import services
from app.sessions import check_origin
from app.words import ENGLISH, LANGUAGES, WORDS, age, count, percent
from routing.job import Job, Status
from routing.job_document import rfc3339
from routing.keys import Scope, require
from routing.store.port import JobFilter

console = Blueprint("console", __name__)

SHOWN = 25


class FirstPageQuery(Strict):
    """What the first page shows."""

    queue: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    cursor: str | None = Field(default=None, max_length=200)


@console.get("/")
@endpoint(Endpoint(scope=Scope.READ, session=True, documented=False))
def first_page() -> Response:
    """Answer with queues and the latest routed mails."""
    provided = services()
    query = read_query(FirstPageQuery, request.args)
    now = provided.clock()
    page = provided.store.jobs(
        JobFilter(status=Status.DONE, queue=query.queue), before=before_of(query.cursor), limit=SHOWN
    )
    return _page(
        "queues.html",
        backlog=provided.store.backlog(),
        workers=len(provided.store.workers(seen_after=now - HEARD_SECONDS)),
        queues=depths(provided),
        mails=[_row(job, now) for job in page.jobs],
        chosen=query.queue,
        further=query.cursor is not None,
        older=cursor_of(page),
        key=caller(),
        now=now,
    )


@console.get("/sign-in")
@endpoint(Endpoint(scope=None, documented=False))
def sign_in_form() -> Response:
    """Answer with the form that asks for a key."""
    return _page("sign_in.html")


@console.post("/sign-in")
@endpoint(Endpoint(scope=None, documented=False))
def sign_in() -> AnyResponse:
    """Open a session for a key that may read; `check_origin` keeps other sites from signing a browser in."""
    check_origin(request)
    provided = services()
    key = provided.keyring.key_of_secret(request.form.get("key", "").strip())
    require(key, Scope.READ)
    response = redirect("/", 303)
    provided.sessions.open(response, key, secure=request.is_secure)
    return response


@console.post("/sign-out")
@endpoint(Endpoint(scope=None, documented=False))
def sign_out() -> AnyResponse:
    """Close the session."""
    check_origin(request)
    response = redirect("/", 303)
    services().sessions.close(response, secure=request.is_secure)
    return response


def install(app: Flask) -> None:
    """Give the templates the words of the reader's language."""
    app.add_template_filter(code)

    @app.context_processor
    def words() -> dict[str, Any]:
        spoken = language()
        return {
            "lang": spoken,
            "w": WORDS[spoken],
            "age": lambda seconds: age(seconds, spoken),
            "percent": lambda probability: percent(probability, spoken),
            "count": lambda number: count(number, spoken),
        }


def code(text: str | None) -> Markup:
    """Return text as HTML, what stands between backticks as code."""
    pieces = (text or "").split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if odd % 2 and odd < len(pieces) - 1 else escape(piece)
        for odd, piece in enumerate(pieces)
    )


def language() -> str:
    """Return the language of ours that the reader prefers; English when it is none of ours."""
    return request.accept_languages.best_match(LANGUAGES, ENGLISH) or ENGLISH


def _page(template: str, **values: Any) -> Response:
    response = Response(render_template(template, **values), content_type=PAGE)
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def _row(job: Job, now: float) -> Mapping[str, Any]:
    """Return what a line of the list shows; a label's name is the policy's, if it still has that label."""
    decision = job.decision
    known = services().policy.labels.get(decision.label) if decision and decision.label else None
    name = (known.names.get(language()) or known.key) if known else decision and decision.label
    return {
        "job": job,
        "decision": decision,
        "label": name,
        "age": now - job.created_at,
        "at": rfc3339(job.created_at),
        "at_text": datetime.fromtimestamp(job.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "width": round(100 * decision.confidence) if decision and decision.confidence is not None else None,
    }
