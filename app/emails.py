"""`POST /v1/emails`: the way in.

202
    The mail is committed; `Location` is its job. A repeat gets the job that it is a repeat of.
200
    The caller preferred to wait, and the decision came in time.
401, 403
    No key, or one that may not submit.
413, 415, 422
    Never as it is: too large, a type not taken, or content that is wrong. An idempotency key reused is 422 too.
429, 503
    Later: too fast, too much waiting, or no database. Nothing was stored.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from pydantic import Field

from app.afterwards import afterwards
from app.auth import caller
from app.body import read_body
from app.endpoint import Answer, Body, Endpoint, endpoint
from app.problems import InvalidFields, answer, document_of
from app.reply import JSON, reply
from app.schemas.email import CallbackUrl, EmailIn, metadata_of_query
from app.schemas.examples import EMAIL, JOB_QUEUED
from app.schemas.job import JobBody
from app.schemas.problem import LineAnswer
from app.schemas.strict import Strict, read_json, read_query
from app.services import Services, services
from app.waiting import UNDECIDED, preferred_seconds
from broker.limiter import Allowance
from routing.accept import key_fault
from routing.errors import InvalidInput, RateLimited, TooLarge, UnsupportedMedia
from routing.job import Job, MailFormat, Submission
from routing.job_document import job_fields
from routing.keys import Scope
from routing.mail.address import first_mailbox
from routing.mail.headers import peek
from routing.public_address import is_public_host

log = logging.getLogger(__name__)

emails = Blueprint("emails", __name__)

RFC822 = "message/rfc822"
NDJSON = "application/x-ndjson"

POLL_SECONDS = "1"
"""What Retry-After says beside a 202: most mails are decided well within it."""


class RawQuery(Strict):
    """What a raw mail says beside its body; JSON says it inside."""

    callback_url: CallbackUrl | None = Field(default=None, description="Where the decided job is posted, signed.")
    metadata: str | None = Field(default=None, description="A JSON object of yours, given back with the job; 16 KiB.")


@emails.post("/v1/emails")
@endpoint(
    Endpoint(
        scope=Scope.SUBMIT,
        tag="Mail",
        summary="Hand in a mail, or many",
        about="A 202 means that the mail is committed to the database and will be decided. Send a raw message as it "
        "is (bytes, any charset, however broken), or its fields as JSON, or many JSON mails, one a line. "
        "Repeats are harmless: the same Idempotency-Key, or the same Message-ID from the same API key, gives the job "
        "that exists. Of attachments that come as JSON, names, types and sizes are kept, never the content.",
        takes={
            RFC822: Body(about="The raw message (RFC 5322), byte for byte."),
            JSON: Body(schema=EmailIn, example=EMAIL),
            NDJSON: Body(about="One mail a line, each as in application/json. All are stored in one transaction."),
        },
        query=RawQuery,
        headers={
            "Idempotency-Key": "1 to 255 characters of yours: the same key with the same body is the same job. In "
            "NDJSON it stands for each line by its place, empty lines not counted.",
            "Prefer": "`wait=N`: answer when the decision is there, or after N seconds (30 at most).",
        },
        answers={
            202: Answer(
                about="Committed, and not decided yet. For NDJSON a list with one answer for each line.",
                content={JSON: Body(schema=JobBody | list[LineAnswer], example=JOB_QUEUED)},
                headers={
                    "Location": "Where the job is; not for NDJSON.",
                    "Retry-After": "Seconds after which it is worth asking.",
                    "Idempotent-Replayed": "`true` when the job existed before.",
                },
            ),
            200: Answer(
                about="Decided: it came within the preferred wait, or this is a repeat of a decided mail.",
                content={JSON: Body(schema=JobBody)},
                headers={
                    "Location": "Where the job is.",
                    "Preference-Applied": "`wait=N`, if the wish was followed.",
                    "Idempotent-Replayed": "`true` when the job existed before.",
                },
            ),
        },
        problems=("too-large", "unsupported-media", "invalid-input", "key-reused", "rate-limited", "overloaded"),
    )
)
def post_email() -> Response:
    """Accept a mail, or many."""
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the body as it is, without Content-Encoding.")
    mimetype = request.mimetype
    if mimetype == RFC822:
        return _one(_raw(read_body()))
    if mimetype == JSON:
        read_query(_NoQuery, request.args)
        return _one(_fields(read_body(), request.environ.get("HTTP_IDEMPOTENCY_KEY")))
    if mimetype == NDJSON:
        read_query(_NoQuery, request.args)
        return _many(read_body())
    raise UnsupportedMedia(f"Content-Type must be {RFC822}, {JSON} or {NDJSON}.")


class _NoQuery(Strict):
    """JSON says everything in its body."""


def _raw(body: bytes) -> Submission:
    query = read_query(RawQuery, request.args) if request.query_string else _EMPTY
    envelope = peek(body)
    return Submission(
        source=caller().name,
        content=body,
        format=MailFormat.RFC822,
        message_id=envelope.message_id,
        idempotency_key=request.environ.get("HTTP_IDEMPOTENCY_KEY"),
        digest=hashlib.sha256(body).hexdigest(),
        subject=envelope.subject,
        sender=envelope.sender,
        callback_url=_allowed(query.callback_url, "callback_url"),
        metadata=metadata_of_query(query.metadata) if query.metadata is not None else {},
    )


def _fields(body: bytes, idempotency_key: str | None) -> Submission:
    mail = read_json(EmailIn, body)
    return Submission(
        source=caller().name,
        content=mail.content(),
        format=MailFormat.JSON,
        message_id=mail.known_message_id(),
        idempotency_key=idempotency_key,
        digest=hashlib.sha256(body).hexdigest(),
        subject=mail.subject,
        sender=first_mailbox(mail.sender).address if mail.sender else "",
        callback_url=_allowed(mail.callback_url, "/callback_url"),
        metadata=mail.metadata,
    )


def _one(submission: Submission) -> Response:
    provided = services()
    headers = _admit(provided, 1)
    outcome = provided.intake.accept((submission,), now=provided.clock())[0]
    if isinstance(outcome, Exception):
        raise outcome
    afterwards(provided.bell.ring, lambda: provided.metrics.accepted(submission.format))
    job = outcome.job
    if not outcome.created:
        headers["Idempotent-Replayed"] = "true"
    wish = request.environ.get("HTTP_PREFER")
    if wish is not None:
        job = _waited(provided, job, wish, headers)
    headers["Location"] = f"/v1/jobs/{job.id}"
    if job.status in UNDECIDED:
        headers["Retry-After"] = POLL_SECONDS
        return reply(job_fields(job), 202, headers)
    return reply(job_fields(job), 200, headers)


def _waited(provided: Services, job: Job, wish: str, headers: dict[str, str]) -> Job:
    """Return the job after the wait that the caller prefers; as it was committed if the wait fails."""
    seconds = preferred_seconds(wish)
    if seconds is None:
        return job
    try:
        job, followed = provided.waiting.wait(job, seconds)
    except Exception as error:  # noqa: BLE001 - the mail is committed, and an error would say that it is not
        log.warning("A wait for job %s ended early: %s", job.id, error)
        return job
    if followed:
        headers["Preference-Applied"] = f"wait={seconds}"
    return job


def _many(body: bytes) -> Response:
    """Accept each line for itself; lines that are wrong do not keep the others from being stored."""
    provided = services()
    lines = [stripped for line in body.split(b"\n") if (stripped := line.strip())]
    most = provided.settings.max_batch_mails
    if not lines:
        raise InvalidInput("The body has no line; send one JSON mail a line.")
    if len(lines) > most:
        raise TooLarge(f"The request has {len(lines)} mails; the limit is {most} mails.", limit=most)
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    fault = key_fault(key)
    if fault is not None:
        raise fault
    headers = _admit(provided, len(lines))
    read = [_line(line, key and line_key(key, number)) for number, line in enumerate(lines, 1)]
    sound = [each for each in read if isinstance(each, Submission)]
    stored = iter(provided.intake.accept(sound, now=provided.clock()) if sound else ())
    outcomes = [next(stored) if isinstance(each, Submission) else each for each in read]
    answers: list[dict[str, Any]] = []
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            problem = document_of(outcome)
            answers.append({"status": problem["status"], "problem": problem})
        else:
            job = outcome.job
            answers.append({"status": 202 if job.status in UNDECIDED else 200, "job": job_fields(job)})
    accepted = sum("job" in each for each in answers)
    if not accepted:
        return answer(InvalidInput("None of the lines could be accepted; `results` says why."), {"results": answers})
    afterwards(provided.bell.ring, lambda: provided.metrics.accepted(MailFormat.JSON, accepted))
    headers["Retry-After"] = POLL_SECONDS
    return reply(answers, 202, headers)


def line_key(key: str, number: int) -> str:
    """Return the idempotency key of one mail of a batch: as long for every key, and never one that a caller can send.

    Args:
        key: the caller's, for the whole batch.
        number: of the mail, from 1; empty lines are not counted, lines that are wrong are.
    """
    return "batch\n" + hashlib.sha256(f"{number}\n{key}".encode()).hexdigest()  # no header has a line feed


def _line(line: bytes, idempotency_key: str | None) -> Submission | Exception:
    try:
        return _fields(line, idempotency_key)
    except (InvalidInput, InvalidFields) as error:
        return error


def _allowed(callback_url: str | None, field: str) -> str | None:
    """Refuse a callback that could not be signed, or that would lead inside."""
    if callback_url is None:
        return None
    settings = services().settings
    if not settings.webhook_secret:
        raise InvalidInput(
            "Callbacks are off here, since FACTEUR_WEBHOOK_SECRET is not set; leave callback_url out.", field=field
        )
    if not settings.webhook_allow_private and not is_public_host(urlsplit(callback_url).hostname or ""):
        raise InvalidInput(
            "Callbacks go to public addresses only; FACTEUR_WEBHOOK_ALLOW_PRIVATE allows others.", field=field
        )
    return callback_url


def _admit(provided: Services, mails: int) -> dict[str, str]:
    """Count mails against the caller's limit, and return the headers that say what is left of it.

    Raises:
        RateLimited: they are too many for this minute, and were not counted.
        TooLarge: they are too many for any minute, whoever counts: to send the same again would never help.
    """
    limit = provided.settings.rate_limit
    if not limit:
        return {}
    if mails > limit:
        raise TooLarge(
            f"The request has {mails} mails, and this key may post {limit} mails a minute; send fewer at a time.",
            limit=limit,
        )
    allowance = provided.limiter.take(caller().id, mails, limit=limit, now=provided.clock())
    if allowance is None:
        return {}
    if not allowance.allowed:
        raise RateLimited(
            f"This key may post {limit} mails a minute; send these again in {allowance.reset_seconds} seconds.",
            retry_after=allowance.reset_seconds,
        )
    return limit_headers(allowance)


def limit_headers(allowance: Allowance) -> dict[str, str]:
    """Return the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-11)."""
    return {
        "RateLimit-Policy": f'"mails";q={allowance.limit};w=60',
        "RateLimit": f'"mails";r={allowance.remaining};t={allowance.reset_seconds}',
    }


_EMPTY = RawQuery()
