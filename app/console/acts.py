"""What agents do to mails from a list or a mail's page: one form, one mail or many, and a way back.

Answers with a redirect to where the form was, or, to htmx on a list, with the rows as they are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.console.language import gettext as _
from app.console.language import label_name
from app.console.lists import ListQuery, belongs, read_address
from app.console.page import PAGE, back, flash, private, user
from app.console.rows import Reader, Row, row_of
from app.console.wording import done_to, gone, priority_name, put_back, refusal
from app.endpoint import Endpoint, endpoint
from app.services import services
from routing.acts import act, undo
from routing.decision import Priority
from routing.desk import Act
from routing.errors import InvalidInput, NotFound
from routing.job import Job
from routing.people import Role

act_pages = Blueprint("console_acts", __name__)

MOST = 100
"""Mails that one act can change."""
AGENTS = Endpoint(scope=None, role=Role.AGENT, documented=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a form asks for."""

    act: Act
    seen: Sequence[tuple[str, int]]
    """Each mail and its revision as the page showed it."""
    label: str | None
    queue: str | None
    priority: Priority | None
    note: str

    @property
    def to(self) -> str:
        """What it becomes, as agents call it."""
        if self.act is Act.MOVE:
            return self.queue or ""
        if self.act is Act.CORRECT:
            return label_name(self.label)
        return priority_name(self.priority) if self.priority else ""


@act_pages.post("/acts")
@endpoint(AGENTS)
def do() -> AnyResponse:
    """Do one thing to one or several mails."""
    wish = read_wish()
    if isinstance(wish, str):
        return _answer(wish, kind="bad")
    provided, now = services(), services().clock()
    batch = act(
        provided.store,
        provided.policy,
        wish.act,
        wish.seen,
        user=user(),
        now=now,
        label=wish.label,
        queue=wish.queue,
        priority=wish.priority,
        note=wish.note,
    )
    said = [done_to(wish.act, len(batch.changed), to=wish.to)] if batch.changed else []
    said += _troubles([error for _id, error in batch.refused], now)
    return _answer(
        " ".join(said),
        kind="bad" if batch.refused else "good",
        undo_of=batch.id if batch.changed else None,
        changed=batch.changed,
        refused=batch.refused,
    )


@act_pages.post("/acts/<batch>/undo")
@endpoint(AGENTS)
def take_back(batch: str) -> AnyResponse:
    """Put the mails of a batch back as they were."""
    provided, now = services(), services().clock()
    try:
        answers = undo(provided.store, batch, user=user(), now=now)
    except NotFound:
        return _answer(_("There is nothing left to undo."), kind="bad")
    restored = [each for each in answers if isinstance(each, Job)]
    errors = [each for each in answers if isinstance(each, Exception)]
    said = [put_back(len(restored))] if restored else []
    return _answer(" ".join(said + _troubles(errors, now)), kind="bad" if errors else "good", changed=restored)


def read_wish() -> Wish | str:
    """Return what the form asks for, or a sentence that says what is missing. Raises InvalidInput on a forged one."""
    form = request.form
    kind, detail, mails = form.get("act", ""), "", form.getlist("mail")
    if "row" in form:
        what, _blank, mail = form["row"].partition(" ")
        kind, _colon, detail = what.partition(":")
        mails = [mail]
    try:
        wanted = Act(kind)
    except ValueError:
        raise InvalidInput(f"{kind[:60]!r} is nothing that can be done to a mail.", field="act") from None
    if not mails:
        return _("Select at least one mail first.")
    if len(mails) > MOST:
        return _("At most %(most)s mails can be changed at once.", most=MOST)
    label = (detail or form.get("label") or None) if wanted is Act.CORRECT else None
    queue = (detail or form.get("queue") or None) if wanted is Act.MOVE else None
    rank = (detail or form.get("priority") or None) if wanted is Act.PRIORITY else None
    if wanted is Act.CORRECT and label is None:
        return _("Choose a label first.")
    if wanted is Act.MOVE and queue is None:
        return _("Choose a queue first.")
    if rank is not None and rank not in set(Priority):
        raise InvalidInput(f"{rank[:60]!r} is not a priority.", field="priority")
    if wanted is Act.PRIORITY and rank is None:
        return _("Choose a priority first.")
    return Wish(
        act=wanted,
        seen=[read_seen(mail) for mail in dict.fromkeys(mails)],
        label=label,
        queue=queue,
        priority=Priority(rank) if rank else None,
        note=form.get("note", "").strip(),
    )


def read_seen(text: str) -> tuple[str, int]:
    """Return the mail and the revision that `Row.seen` wrote. Raises InvalidInput on another text."""
    job_id, _colon, revision = text.partition(":")
    if not revision.isascii() or not revision.isdigit() or len(revision) > len("2147483647"):
        raise InvalidInput("A mail is named by its id, a colon and its revision.", field="mail")
    return job_id, int(revision)


def _troubles(errors: Sequence[Exception], now: float) -> list[str]:
    """Return why mails were refused: the first reason in words, the others counted with it."""
    return list(dict.fromkeys(refusal(error, now) for error in errors))[:3]


def _answer(
    text: str,
    *,
    kind: str = "good",
    undo_of: str | None = None,
    changed: Sequence[Job] = (),
    refused: Sequence[tuple[str, Exception]] = (),
) -> AnyResponse:
    """Answer with the rows as they are now where htmx asked from a list, else go back there.

    A page of one mail goes on to another one (`next`), but comes back to the mail that was `refused`.
    """
    address = back(back("/"), "refused") if kind == "bad" else back("/")
    query = read_address(address) if request.headers.get("HX-Request") else None
    response: AnyResponse
    if query is not None:
        rows = _rows(query, changed, refused, undo_of)
        response = private(
            Response(render_template("console/acted.html", rows=rows, query=query, here=address), content_type=PAGE)
        )
    elif request.headers.get("HX-Request"):
        response = Response(status=204, headers={"HX-Redirect": address})
    else:
        response = redirect(address, 303)
    flash(response, text, undo=undo_of, kind=kind)
    return response


def _rows(
    query: ListQuery,
    changed: Sequence[Job],
    refused: Sequence[tuple[str, Exception]],
    batch: str | None,
) -> Sequence[Row]:
    provided, now = services(), services().clock()
    reader = Reader(name=user().name, now=now)
    where = query.where(user=reader.name, now=now)
    rows = []
    for job in changed:
        left = "" if belongs(job, where) else gone(job, where)
        rows.append(row_of(job, reader, gone=left, batch=batch or ""))
    found = provided.store.some([job_id for job_id, _error in refused]) if refused else {}
    for job_id, error in refused:
        current = found.get(job_id)
        if current is not None and current.decision is not None:
            rows.append(row_of(current, reader, trouble=refusal(error, now)))
    return rows
