"""`/openapi.json`, `/docs` and `/problems/<slug>`: the API, for programs and for people. No foreign host."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template

from app.endpoint import Answer, Body, Endpoint, endpoint
from app.openapi import document_of
from app.problems import PAGE, PROBLEMS
from app.reply import JSON, reply
from routing.errors import NotFound
from routing.version import version

docs = Blueprint("docs", __name__)

FRESH = {"Cache-Control": "public, max-age=300"}
"""The same for everybody until the next deployment."""


@docs.get("/openapi.json")
@endpoint(
    Endpoint(
        scope=None,
        tag="Operations",
        summary="This document",
        answers={200: Answer(about="OpenAPI 3.1.", content={JSON: Body()})},
    )
)
def openapi() -> Response:
    """Answer with the OpenAPI document."""
    return reply(document_of(current_app, version()), headers=FRESH)


@docs.get("/docs")
@endpoint(Endpoint(scope=None, documented=False))
def page() -> Response:
    """Answer with the same document as a page."""
    document = document_of(current_app, version())
    return Response(
        render_template("docs.html", document=document, problems=PROBLEMS, example=_example),
        headers=FRESH,
        content_type=PAGE,
    )


@docs.get("/problems/<slug>")
@endpoint(Endpoint(scope=None, documented=False))
def problem(slug: str) -> Response:
    """Answer with the page of a kind of problem: what its `type` points at (RFC 9457, section 3.1.1)."""
    found = PROBLEMS.get(slug)
    if found is None:
        raise NotFound("There is no such kind of problem; /docs lists them.")
    return Response(
        render_template("problem_kind.html", problem=found),
        headers=FRESH,
        content_type=PAGE,
    )


def _example(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
