"""`/v1/jobs`: what became of a mail, and what humans and callers do about it."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request
from pydantic import Field

from app.afterwards import afterwards
from app.auth import caller
from app.body import read_body
from app.endpoint import Answer, Body, Endpoint, endpoint
from app.reply import JSON, reply
from app.schemas.examples import JOB_DONE, REVIEW
from app.schemas.job import HistoryBody, JobBody, PageBody, event_fields
from app.schemas.moment import Moment, unix
from app.schemas.strict import Strict, read_json, read_query
from app.services import services
from app.waiting import UNDECIDED, preferred_seconds
from routing.decision import DecidedBy
from routing.errors import InvalidInput, NotFound, UnsupportedMedia
from routing.ids import is_uuid
from routing.job import MailFormat, Status
from routing.job_document import job_fields, rfc3339
from routing.keys import Scope, require
from routing.review import NOTE_CHARACTERS, review
from routing.store.port import JobFilter, Page, StoredMail

jobs = Blueprint("jobs", __name__)

MOST_JOBS = 200
NAME_CHARACTERS = 200


class PageQuery(Strict):
    """Which part of a list."""

    cursor: str | None = Field(default=None, max_length=200, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=MOST_JOBS, description="Most jobs on a page.")


class JobsQuery(PageQuery):
    """Which jobs; all conditions must hold."""

    status: Status | None = None
    queue: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    label: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    source: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    decided_by: DecidedBy | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


class ReviewIn(Strict):
    """A human's word. Without label and queue the decision is confirmed as it stands."""

    label: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    queue: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    reviewer: str = Field(
        default="",
        max_length=NAME_CHARACTERS,
        description="Who looked; the API key's name if left out. The history names the key too.",
    )
    note: str = Field(default="", max_length=NOTE_CHARACTERS)


@jobs.get("/v1/jobs/<job_id>")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Jobs",
        summary="Read a job",
        headers={"Prefer": "`wait=N`: answer when the job is decided, or after N seconds (30 at most)."},
        answers={
            200: Answer(
                about="The job. While it is not decided, Retry-After says when to ask again.",
                content={JSON: Body(schema=JobBody, example=JOB_DONE)},
                headers={"Retry-After": "Seconds, while the job is queued or running."},
            )
        },
        problems=("not-found",),
    )
)
def get_job(job_id: str) -> Response:
    """Answer with a job."""
    provided = services()
    job = provided.store.job(known(job_id))
    headers: dict[str, str] = {}
    seconds = preferred_seconds(request.headers.get("Prefer", ""))
    if seconds is not None:
        job, followed = provided.waiting.wait(job, seconds)
        if followed:
            headers["Preference-Applied"] = f"wait={seconds}"
    if job.status in UNDECIDED:
        headers["Retry-After"] = "1"
    return reply(job_fields(job), headers=headers)


@jobs.get("/v1/jobs")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Jobs",
        summary="List jobs, newest first",
        query=JobsQuery,
        answers={
            200: Answer(
                about="A page of jobs.",
                content={JSON: Body(schema=PageBody)},
                headers={"Link": 'The next page, `rel="next"`; absent on the last.'},
            )
        },
        problems=("invalid-input",),
    )
)
def list_jobs() -> Response:
    """Answer with a page of jobs."""
    query = read_query(JobsQuery, request.args)
    where = JobFilter(
        status=query.status,
        queue=query.queue,
        label=query.label,
        source=query.source,
        decided_by=query.decided_by,
        created_after=None if query.created_after is None else unix(query.created_after),
        created_before=None if query.created_before is None else unix(query.created_before),
    )
    return page_of(where, query)


@jobs.delete("/v1/jobs/<job_id>")
@endpoint(
    Endpoint(
        scope=Scope.SUBMIT,
        tag="Jobs",
        summary="Cancel or erase a job",
        about="A queued job is cancelled and stays to be read. A done, failed or cancelled job is erased with its "
        "mail, reviews and history. A running one is in a worker's hands: try again in a moment. "
        "A key may do this to what it handed in itself; to all else only with the scope admin.",
        answers={
            200: Answer(about="It was queued and is cancelled now.", content={JSON: Body(schema=JobBody)}),
            204: Answer(about="It had ended and is erased."),
        },
        problems=("not-found", "wrong-status"),
    )
)
def delete_job(job_id: str) -> Response:
    """Cancel a queued job, erase one that ended."""
    provided = services()
    key = caller()
    job = provided.store.job(known(job_id))
    if job.source != key.name:
        require(key, Scope.ADMIN)
    now = provided.clock()
    actor = f"key {key.name}"
    if job.status is Status.QUEUED:
        return reply(job_fields(provided.store.cancel(job_id, actor=actor, now=now)))
    provided.store.erase(job_id, actor=actor, now=now)
    provided.questions.forget(job_id)
    return Response(status=204)


@jobs.post("/v1/jobs/<job_id>/review")
@endpoint(
    Endpoint(
        scope=Scope.REVIEW,
        tag="Jobs",
        summary="Confirm or correct a decision",
        about="An empty object confirms. A new label moves the mail to that label's queue, unless a queue is given. "
        "Corrections are what the next model is trained on.",
        takes={JSON: Body(schema=ReviewIn, example=REVIEW)},
        answers={200: Answer(about="The job as it is now.", content={JSON: Body(schema=JobBody)})},
        problems=("not-found", "wrong-status", "invalid-input", "unsupported-media"),
    )
)
def post_review(job_id: str) -> Response:
    """Record a human's word."""
    known(job_id)
    if request.mimetype != JSON:
        raise UnsupportedMedia(f"Content-Type must be {JSON}.")
    word = read_json(ReviewIn, read_body())
    provided = services()
    job = review(
        provided.store,
        provided.policy,
        job_id,
        label=word.label,
        queue=word.queue,
        reviewer=word.reviewer or caller().name,
        actor=f"key {caller().name}",
        note=word.note,
        now=provided.clock(),
    )
    return reply(job_fields(job))


@jobs.post("/v1/jobs/<job_id>/retry")
@endpoint(
    Endpoint(
        scope=Scope.REVIEW,
        tag="Jobs",
        summary="Try a failed job again",
        answers={
            202: Answer(
                about="It is queued again.",
                content={JSON: Body(schema=JobBody)},
                headers={"Location": "Where the job is.", "Retry-After": "Seconds after which it is worth asking."},
            )
        },
        problems=("not-found", "wrong-status"),
    )
)
def post_retry(job_id: str) -> Response:
    """Queue a failed job again."""
    provided = services()
    job = provided.store.retry(known(job_id), actor=f"key {caller().name}", now=provided.clock())
    afterwards(provided.bell.ring)
    return reply(job_fields(job), 202, {"Location": f"/v1/jobs/{job.id}", "Retry-After": "1"})


@jobs.get("/v1/jobs/<job_id>/events")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Jobs",
        summary="Read a job's history",
        answers={200: Answer(about="What happened, when, by whom.", content={JSON: Body(schema=HistoryBody)})},
        problems=("not-found",),
    )
)
def get_events(job_id: str) -> Response:
    """Answer with a job's history; acceptance is known from the job itself."""
    store = services().store
    job = store.job(known(job_id))
    first = {"at": rfc3339(job.created_at), "kind": "accepted", "actor": f"key {job.source}", "detail": ""}
    return reply({"events": [first, *map(event_fields, store.history(job_id))]})


@jobs.get("/v1/jobs/<job_id>/mail")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Jobs",
        summary="Download the mail as it was handed in",
        answers={
            200: Answer(
                about="The raw message, or the JSON fields that were sent.",
                content={"message/rfc822": Body(about="Byte for byte."), JSON: Body(about="In one form.")},
            )
        },
        problems=("not-found",),
    )
)
def get_mail(job_id: str) -> Response:
    """Answer with the stored mail, as a file."""
    return mail_file(services().store.mail(known(job_id)), job_id)


def page_of(where: JobFilter, query: PageQuery) -> Response:
    """Answer with one page of the jobs that a filter lets through."""
    page = services().store.jobs(where, before=before_of(query.cursor), limit=query.limit)
    cursor = cursor_of(page)
    headers: dict[str, str] = {}
    if cursor is not None:
        arguments = {**request.args.to_dict(), "cursor": cursor}
        headers["Link"] = f'<{quote(request.path)}?{urlencode(arguments)}>; rel="next"'
    return reply({"jobs": [job_fields(job) for job in page.jobs], "next_cursor": cursor}, headers=headers)


def cursor_of(page: Page) -> str | None:
    """Return the id to go on from in an opaque form, so that callers do not come to make their own."""
    if page.next_cursor is None:
        return None
    return base64.urlsafe_b64encode(page.next_cursor.encode()).decode().rstrip("=")


def before_of(cursor: str | None) -> str | None:
    """Return the id that a cursor stands for. Raises InvalidInput."""
    if cursor is None:
        return None
    try:
        job_id = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        job_id = ""
    if not is_uuid(job_id):
        raise InvalidInput("That is not a cursor; use next_cursor of the page before.", field="cursor")
    return job_id


def known(job_id: str) -> str:
    """Return the id if it can be one; the store is not asked about others."""
    if not is_uuid(job_id):
        raise NotFound("There is no such job; a job's id is the one that its 202 gave.")
    return job_id


def mail_file(mail: StoredMail, job_id: str) -> Response:
    """Return a stored mail as a file: a browser must never show it as a page of ours."""
    raw = mail.format is MailFormat.RFC822
    response = Response(mail.content, content_type="message/rfc822" if raw else JSON)
    response.headers["Content-Disposition"] = f'attachment; filename="{job_id}.{"eml" if raw else "json"}"'
    return response
