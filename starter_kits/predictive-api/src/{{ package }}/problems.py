"""Errors as HTTP: RFC 9457 problem documents."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, json
from pydantic import BaseModel, ConfigDict, ValidationError
from redis import RedisError
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of problem: its status, and what it means."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "BadRequest": Kind(status=400, title="The request cannot be read"),
    "Unauthenticated": Kind(status=401, title="No valid API key"),
    "NotFound": Kind(status=404, title="There is no such thing, or it was kept for long enough"),
    "MethodNotAllowed": Kind(status=405, title="The method is not one of this address"),
    "TooLarge": Kind(status=413, title="The request is too large"),
    "UnsupportedMedia": Kind(status=415, title="The content is not JSON"),
    "Invalid": Kind(status=422, title="The content is not valid"),
    "KeyReused": Kind(status=422, title="The idempotency key came before, with other content"),
    "Internal": Kind(status=500, title="The service failed"),
    "Busy": Kind(status=503, title="Nothing can be accepted just now; try again later"),
}
"""Every kind by its name, under which /openapi.json describes it."""

OF_STATUS: Mapping[int, str] = {kind.status: name for name, kind in KINDS.items() if name != "KeyReused"}


class Fault(BaseModel):
    """One thing that is wrong with the content."""

    field: str
    message: str


class Problem(BaseModel):
    """A problem document."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, name: str, detail: str, *, errors: Sequence[Fault] = ()) -> None:
        """Args: name: of the kind; detail: what is wrong this time, for the caller's eyes."""
        super().__init__(detail)
        kind = KINDS[name]
        self.problem = Problem(
            type=f"/openapi.json#/components/responses/{name}",
            title=kind.title,
            status=kind.status,
            detail=detail,
            errors=list(errors) or None,
        )


def invalid(error: ValidationError) -> ProblemError:
    """Return the problem of content that is not valid."""
    errors = [
        Fault(field=".".join(map(str, each["loc"])) or "(body)", message=each["msg"])
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ProblemError("Invalid", f"{errors[0].field}: {errors[0].message}.", errors=errors)


def answer_problems(app: Flask) -> None:
    """Answer every error of an application with a problem document."""
    app.register_error_handler(ProblemError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RedisError, _redis)
    app.register_error_handler(Exception, _unexpected)


def _told(error: ProblemError) -> Response:
    problem = error.problem
    headers = {}
    if problem.status == KINDS["Busy"].status:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if problem.status == KINDS["Unauthenticated"].status:
        headers["WWW-Authenticate"] = "Bearer"
    content = json.dumps(problem.model_dump(exclude_none=True))
    return Response(content, problem.status, headers, content_type=CONTENT_TYPE)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    known = OF_STATUS.get(status, "BadRequest" if status < KINDS["Internal"].status else "Internal")
    response = _told(ProblemError(known, error.description or KINDS[known].title))
    allowed: Any = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _redis(error: Exception) -> Response:
    log.warning("Redis does not answer: %s", error)
    return _told(ProblemError("Busy", "The queue does not answer."))


def _unexpected(error: Exception) -> Response:
    log.error("A request failed", exc_info=error)
    return _told(ProblemError("Internal", "The log of the service says why."))
