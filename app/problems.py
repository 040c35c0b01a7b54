"""Errors as HTTP: one total map from the domain's errors, and Flask's, to RFC 9457 problem documents.

Mail systems retry or give up by the status, so each is chosen for what its sender should do: 4xx says "not as it is,
ever", 429 and 503 say "the same again, later", and carry Retry-After.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from app.body import too_large
from app.envelope import request_id
from app.reply import reply
from routing import errors

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
PAGE = "text/html; charset=utf-8"
INTERNAL = "internal"
EXTENSION = "facteur.failure_page"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One kind of problem: its stable name, and what its page says."""

    slug: str
    status: int
    title: str
    meaning: str
    remedy: str
    detail: str = ""
    """What the answer says in place of the error's own message, when that is not for the caller's eyes."""

    @property
    def type(self) -> str:
        """The URI reference that names the problem, and where its page is."""
        return f"/problems/{self.slug}"


PROBLEMS: Mapping[str, Problem] = {
    each.slug: each
    for each in (
        Problem(
            slug="bad-request",
            status=400,
            title="The request cannot be read",
            meaning="The request is not well-formed HTTP for this address.",
            remedy="Correct the request. The same request gives the same answer again.",
        ),
        Problem(
            slug="unauthenticated",
            status=401,
            title="No valid API key",
            meaning="The call came without an API key, or with one that is unknown or was revoked.",
            remedy="Send the header Authorization: Bearer with a key. `facteur keys create` makes one.",
        ),
        Problem(
            slug="forbidden",
            status=403,
            title="The key may not do this",
            meaning="The API key is valid, but lacks the scope that this call needs; the detail names it.",
            remedy="Use a key with that scope. `facteur keys list` shows who has which.",
        ),
        Problem(
            slug="not-found",
            status=404,
            title="There is no such thing",
            meaning="Nothing is at this address: it never was, or it was erased.",
            remedy="Check the id. Jobs are erased on demand and when their retention ends.",
        ),
        Problem(
            slug="method-not-allowed",
            status=405,
            title="The method is not one of this address",
            meaning="The address exists and takes other methods; the header Allow lists them.",
            remedy="Use one of them.",
        ),
        Problem(
            slug="wrong-status",
            status=409,
            title="The job is not in a status that allows this",
            meaning="A running job cannot be cancelled, only a failed one retried, only a done one reviewed; or "
            "somebody else was faster.",
            remedy="Read the job again and decide anew.",
        ),
        Problem(
            slug="conflict",
            status=409,
            title="The call does not fit the state",
            meaning="Something changed between reading and writing.",
            remedy="Read again and decide anew.",
        ),
        Problem(
            slug="unexplained",
            status=409,
            title="Nobody can explain this",
            meaning="Workers explain, with the model that they have loaded. None was heard from, the broker between "
            "does not answer, or this model cannot explain this mail; the detail says which.",
            remedy="Start what the detail names, then ask again. The job itself and its reason are there all the same.",
        ),
        Problem(
            slug="mail-deleted",
            status=410,
            title="The mail was deleted",
            meaning="The decision is kept, but retention has deleted the mail that this needs.",
            remedy="Nothing brings it back. Keep mails for longer with FACTEUR_MAIL_RETENTION_DAYS.",
        ),
        Problem(
            slug="too-large",
            status=413,
            title="The request is too large",
            meaning="The body is over the limit that the member `limit` gives: in bytes or in mails.",
            remedy="Send less in one request, or ask the operator for a higher limit.",
        ),
        Problem(
            slug="unsupported-media",
            status=415,
            title="The content type is not taken",
            meaning="The header Content-Type or Content-Encoding names something that this address does not read.",
            remedy="Send one of those that the detail names.",
        ),
        Problem(
            slug="invalid-input",
            status=422,
            title="The content is not valid",
            meaning="The body or the query was read, but something in it is wrong; `field` says where (a JSON pointer, "
            "or the name of a parameter or header) and `errors` lists all that was found.",
            remedy="Correct what the detail says. The same content gives the same answer again.",
        ),
        Problem(
            slug="key-reused",
            status=422,
            title="The idempotency key was used for something else",
            meaning="The same Idempotency-Key came before with another body, so this is not a repeat.",
            remedy="Use a new key for new content.",
        ),
        Problem(
            slug="rate-limited",
            status=429,
            title="Too many mails a minute",
            meaning="This API key posted more mails than it may in this minute. None of this request was stored.",
            remedy="Send the same again after the seconds in Retry-After.",
        ),
        Problem(
            slug=INTERNAL,
            status=500,
            title="Something went wrong here",
            meaning="An error of ours. It was logged under the request id.",
            remedy="Send the same again later; tell the operator the request id if it lasts.",
            detail="An error of ours; the operator finds it in the log under this request id.",
        ),
        Problem(
            slug="unavailable",
            status=503,
            title="Not possible right now",
            meaning="The database does not answer. Nothing of this request was stored.",
            remedy="Send the same again after the seconds in Retry-After.",
            detail="The database does not answer; send the same again later.",
        ),
        Problem(
            slug="overloaded",
            status=503,
            title="Too much is waiting",
            meaning="More mails wait to be decided than the operator allows. None of this request was stored.",
            remedy="Send the same again after the seconds in Retry-After.",
        ),
    )
}

OF_ERROR: Mapping[type[errors.FacteurError], str] = {
    errors.FacteurError: INTERNAL,
    errors.Rejected: "bad-request",
    errors.InvalidInput: "invalid-input",
    errors.TooLarge: "too-large",
    errors.UnsupportedMedia: "unsupported-media",
    errors.NotFound: "not-found",
    errors.Unauthenticated: "unauthenticated",
    errors.Forbidden: "forbidden",
    errors.ConfigurationError: INTERNAL,
    errors.ShutOut: "unavailable",  # here; another version beside this one may take it
    errors.Retryable: "unavailable",
    errors.Overloaded: "overloaded",
    errors.RateLimited: "rate-limited",
    errors.StoreUnavailable: "unavailable",
    errors.Conflict: "conflict",
    errors.KeyReused: "key-reused",
    errors.WrongStatus: "wrong-status",
    errors.Overtaken: "conflict",
    errors.MailDeleted: "mail-deleted",
    errors.Unexplained: "unexplained",
}
"""Every error of the domain; a test compares it with the tree."""

OF_STATUS: Mapping[int, str] = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media",
    422: "invalid-input",
    500: INTERNAL,
    503: "unavailable",
}
"""What Flask and Werkzeug answer by themselves; another 4xx is `bad-request`."""


class InvalidFields(errors.InvalidInput):
    """Several fields are wrong; the message and `field` are the first one's."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """Args: faults: (field, sentence) for each, at least one."""
        super().__init__(faults[0][1], field=faults[0][0])
        self.faults = tuple(faults)


def problem_of(error: Exception) -> Problem:
    """Return the kind of problem that an error is; everything unexpected is `internal`."""
    for kind in type(error).__mro__:
        slug = OF_ERROR.get(kind)
        if slug is not None:
            return PROBLEMS[slug]
    if isinstance(error, HTTPException):
        status = error.code or 500
        return PROBLEMS[OF_STATUS.get(status, "bad-request" if status < 500 else INTERNAL)]  # noqa: PLR2004 - 5xx
    return PROBLEMS[INTERNAL]


def document_of(error: Exception) -> dict[str, Any]:
    """Return the problem document of an error (RFC 9457), with the members that are ours."""
    problem = problem_of(error)
    document: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail or _detail(error, problem),
    }
    if isinstance(error, errors.InvalidInput) and error.field is not None:
        document["field"] = error.field
    if isinstance(error, InvalidFields):
        document["errors"] = [{"field": field, "detail": detail} for field, detail in error.faults]
    if isinstance(error, errors.TooLarge):
        document["limit"] = error.limit
    document["request_id"] = request_id()
    return document


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers that go with an error."""
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="facteur"'
    if isinstance(error, errors.Retryable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return headers


def answer(error: Exception, extra: Mapping[str, Any] | None = None) -> Response:
    """Return the response that an error gives: a problem document, or a page where a browser asks for one."""
    document = document_of(error)
    if extra:
        document.update(extra)
    status = document["status"]
    if problem_of(error).slug == INTERNAL:
        log.error("%s %s failed (request %s)", request.method, request.path, request_id(), exc_info=error)
    response = _pages()(error, document) if wants_page() else reply(document, status, content_type=CONTENT_TYPE)
    response.headers.update(headers_of(error))
    return response


def wants_page() -> bool:
    """Say whether the caller is a browser that looks at a page rather than a program that calls the API."""
    if request.path.startswith("/v1/"):
        return False
    return "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers


def install(app: Flask, *, page: Callable[[Exception, Mapping[str, Any]], Response]) -> None:
    """Make every error of this application a problem document, or for browsers a page.

    Args:
        app: the application.
        page: makes the page of an error and its problem document.
    """
    app.extensions[EXTENSION] = page

    def failed(error: Exception) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            error = too_large()
        return answer(error)

    app.register_error_handler(Exception, failed)


def _pages() -> Callable[[Exception, Mapping[str, Any]], Response]:
    found: Callable[[Exception, Mapping[str, Any]], Response] = current_app.extensions[EXTENSION]
    return found


def _detail(error: Exception, problem: Problem) -> str:
    """Return the error's own sentence; Werkzeug's are in its own words and say little, so ours stand for them."""
    if isinstance(error, errors.FacteurError):
        return str(error) or problem.meaning
    return f"{problem.meaning} {problem.remedy}"
