"""Failed jobs: mails that no worker could decide. Somebody tries them again, or says where they go."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.afterwards import afterwards
from app.console.audit import line
from app.console.language import gettext, label_name, ngettext
from app.console.page import back, flash, page, user
from app.endpoint import Endpoint, endpoint
from app.jobs import known
from app.services import services
from app.text import is_storable
from routing.by_hand import decide_by_hand
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.job import Job, Status
from routing.people import Role
from routing.review import NOTE_CHARACTERS

failed_pages = Blueprint("failed", __name__)

STEERING: Final = Endpoint(scope=None, role=Role.SUPERVISOR, documented=False)
ERASING: Final = Endpoint(scope=None, role=Role.ADMINISTRATOR, documented=False)

SHOWN: Final = 50
MOST_AT_ONCE: Final = 500
"""Jobs that one click tries again: each is a transaction of its own, and somebody waits for the page."""


@failed_pages.get("/failed")
@endpoint(STEERING)
def failed() -> Response:
    """Answer with the list, of one source or one kind of error if asked."""
    store, where = services().store, _where()
    cursor = request.args.get("cursor") or None
    kinds = store.failure_kinds()
    listed = store.failed(**where, before=cursor, limit=SHOWN)
    return page(
        "console/failed.html",
        jobs=listed.jobs,
        where=where,
        sources=sorted({kind.source for kind in kinds}),
        errors=sorted({kind.error for kind in kinds}),
        total=sum(
            kind.jobs
            for kind in kinds
            if where["source"] in {None, kind.source} and where["error"] in {None, kind.error}
        ),
        most=MOST_AT_ONCE,
        here=_address(where),
        next=_address(where, cursor=listed.next_cursor) if listed.next_cursor else "",
        first=_address(where) if cursor else "",
    )


@failed_pages.post("/failed/retry")
@endpoint(STEERING)
def retry_many() -> AnyResponse:
    """Queue the chosen jobs again, or all that the filter lets through."""
    provided, where = services(), _where()
    everything = request.form.get("all") == "on"
    chosen = request.form.getlist("job")[:MOST_AT_ONCE]
    if everything:
        chosen = [job.id for job in provided.store.failed(**where, limit=MOST_AT_ONCE).jobs]
    done = 0
    for job_id in chosen:
        try:
            provided.store.retry(known(job_id), actor=f"user {user().name}", now=provided.clock())
        except (NotFound, WrongStatus):
            continue
        done += 1
    if done:
        afterwards(provided.bell.ring)
    response = redirect(back("/failed"), 303)
    flash(response, _tried(done, len(chosen)), kind="good" if done == len(chosen) > 0 else "bad")
    return response


@failed_pages.get("/failed/<job_id>")
@endpoint(STEERING)
def one(job_id: str) -> AnyResponse:
    """Answer with the page of a failed job; lead on when it is none any more."""
    job = services().store.job(known(job_id))
    return _one(job) if job.status is Status.FAILED else _no_longer(job)


@failed_pages.post("/failed/<job_id>/retry")
@endpoint(STEERING)
def retry(job_id: str) -> AnyResponse:
    """Queue a job again."""
    provided = services()
    job = provided.store.job(known(job_id))
    if job.status is not Status.FAILED:
        return _no_longer(job)
    try:
        provided.store.retry(job.id, actor=f"user {user().name}", now=provided.clock())
    except WrongStatus:
        now = provided.store.job(job.id)
        if now.status is not Status.FAILED:
            return _no_longer(now)
        return _one(
            job, {"retry": gettext("Its mail was deleted by the retention policy: there is nothing to try.")}, 409
        )
    afterwards(provided.bell.ring)
    response = redirect("/failed", 303)
    flash(
        response, gettext("“%(subject)s” is tried again. It comes back here if it fails again.", subject=_subject(job))
    )
    return response


@failed_pages.post("/failed/<job_id>/decide")
@endpoint(STEERING)
def decide(job_id: str) -> AnyResponse:
    """Send a failed mail to the queue that somebody chose."""
    provided, form = services(), request.form
    job = provided.store.job(known(job_id))
    if job.status is not Status.FAILED:
        return _no_longer(job)
    label, queue, words = form.get("label", ""), form.get("queue", ""), form.get("note", "").strip()
    if not label and not queue:
        return _one(job, {"queue": gettext("Choose a queue, or a label that has one.")}, 422)
    if len(words) > NOTE_CHARACTERS or not is_storable(words):
        return _one(job, {"note": gettext("The note is too long.")}, 422)
    try:
        done = decide_by_hand(
            provided.store,
            provided.policy,
            job.id,
            label=label or None,
            queue=queue or None,
            user=user().name,
            note=words,
            now=provided.clock(),
        )
    except WrongStatus:
        return _no_longer(provided.store.job(job.id))
    except InvalidInput:
        return _one(job, {"queue": gettext("The policy has changed: choose again.")}, 422)
    response = redirect("/failed", 303)
    where = done.decision.queue if done.decision is not None else ""
    flash(response, gettext("“%(subject)s” is in the queue %(queue)s now.", subject=_subject(job), queue=where))
    return response


@failed_pages.post("/failed/<job_id>/erase")
@endpoint(ERASING)
def erase(job_id: str) -> AnyResponse:
    """Erase a failed job with its mail, for good."""
    provided = services()
    job = provided.store.job(known(job_id))
    if job.status is not Status.FAILED:
        return _no_longer(job)
    told = line("mail erased", f"job {job.id}")
    provided.store.erase(job.id, actor=f"user {user().name}", now=provided.clock(), audit=[told])
    provided.questions.forget(job.id)
    response = redirect("/failed", 303)
    flash(response, gettext("The mail is erased, with all that was known of it."))
    return response


def _one(job: Job, faults: dict[str, str] | None = None, status: int = 200) -> Response:
    policy = services().policy
    return page(
        "console/failed_one.html",
        status,
        job=job,
        faults=faults or {},
        chosen={name: request.form.get(name, "") for name in ("label", "queue", "note")},
        labels=[
            ("", gettext("no label")),
            *((key, f"{label_name(key)} ({each.queue})") for key, each in policy.labels.items()),
        ],
        queues=[("", gettext("the queue of the label")), *((queue, queue) for queue in policy.queues)],
        note_characters=NOTE_CHARACTERS,
        may_erase=user().role.includes(Role.ADMINISTRATOR),
    )


def _no_longer(job: Job) -> AnyResponse:
    response = redirect(f"/mails/{job.id}" if job.status is Status.DONE else "/failed", 303)
    flash(response, gettext("It no longer is a failed mail: somebody was faster."), kind="bad")
    return response


def _tried(done: int, chosen: int) -> str:
    if not chosen:
        return gettext("Choose at least one mail.")
    text = ngettext("%(num)s mail is tried again.", "%(num)s mails are tried again.", done)
    left = chosen - done
    if left:
        text += " " + ngettext(
            "%(num)s could not be: it is no failed mail any more, or its text was deleted.",
            "%(num)s could not be: they are no failed mails any more, or their texts were deleted.",
            left,
        )
    return text


def _where() -> dict[str, str | None]:
    given = {name: request.values.get(name, "") for name in ("source", "error")}
    return {name: text if text and is_storable(text) else None for name, text in given.items()}


def _address(where: dict[str, str | None], **more: str | None) -> str:
    query = {name: text for name, text in {**where, **more}.items() if text}
    return "/failed" + (f"?{urlencode(query)}" if query else "")


def _subject(job: Job) -> str:
    return job.subject or gettext("no subject")
