"""Triage: the mails that the model is not sure enough about, the most useful first, labelled one after another.

One mail at a time, its text beside the labels. After a click the next one comes. Who skips a mail goes on below it;
who has labelled one stays where they are, since that mail has left the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import policy_words
from app.console.acts import read_seen
from app.console.language import gettext as _
from app.console.language import label_name, language, percent, time_zone
from app.console.mail_files import file_name
from app.console.mail_text import blocks_of
from app.console.page import flash, page, user
from app.console.policy_newest import fitted, models
from app.console.rows import PICKED, Reader, row_of
from app.console.wording import refusal
from app.endpoint import Endpoint, endpoint
from app.services import Services, services
from routing.acts import act
from routing.desk import Act, ListFilter, Order
from routing.errors import InvalidInput, NotFound
from routing.job import Job
from routing.mail.stored import mail_of
from routing.people import Role
from routing.policy import Policy

triage_pages = Blueprint("triage", __name__)

AGENTS: Final = Endpoint(scope=None, role=Role.AGENT, documented=False)


@triage_pages.get("/triage")
@endpoint(AGENTS)
def triage() -> Response:
    """Answer with the next mail."""
    return _next(request.args.get("after", ""))


@triage_pages.post("/triage")
@endpoint(AGENTS)
def label() -> AnyResponse:
    """Give a mail its label, and go on with the next one."""
    provided = services()
    after, key = request.form.get("after", ""), request.form.get("label", "")
    chosen = provided.policy.label(key).key
    batch = act(
        provided.store,
        provided.policy,
        Act.CORRECT,
        [read_seen(request.form.get("mail", ""))],
        user=user(),
        now=provided.clock(),
        label=chosen,
    )
    if batch.refused:
        text, undo, kind = refusal(batch.refused[0][1], provided.clock()), None, "bad"
    else:
        text, undo, kind = _("Labelled “%(name)s”.", name=label_name(chosen)), batch.id, "good"
    response: AnyResponse
    response = _next(after) if request.headers.get("HX-Request") else redirect(address(after), 303)
    flash(response, text, undo=undo, kind=kind)
    return response


def address(after: str) -> str:
    """Return where triage goes on below a mail."""
    return "/triage?" + urlencode({"after": after}) if after else "/triage"


def _next(after: str) -> Response:
    provided, reader = services(), user()
    policy = provided.policy
    where = ListFilter(queue=policy.triage, reviewed=False)
    try:
        found = provided.store.listing(where, order=Order.USEFUL, after=after or None, limit=1)
    except InvalidInput:  # a cursor of another order, or none: begin with the first
        after = ""
        found = provided.store.listing(where, order=Order.USEFUL, limit=1)
    state = next((each for each in provided.store.queue_states() if each.queue == policy.triage), None)
    given = provided.store.labels_given(since=_midnight(provided))
    shown: dict[str, Any] = {
        "after": after,
        "left": state.unreviewed if state else 0,
        "given_by_all": sum(given.values()),
        "given_by_me": given.get(reader.name, 0),
        "queue": policy.triage,
    }
    if found.jobs:
        shown |= _shown(found.jobs[0], provided, policy)
        shown["skip"] = address(found.next_cursor) if found.next_cursor else ""
    return page("console/triage.html", **shown)


def _shown(job: Job, provided: Services, policy: Policy) -> dict[str, Any]:
    """Return what the page shows of a mail."""
    row = row_of(job, Reader(name=user().name, now=provided.clock()))
    picks = [replace(pick, number=number) for number, pick in enumerate(row.picks[:PICKED], start=1)]
    first = {pick.key for pick in picks}
    labels = [
        {"key": key, "name": policy_words.name_of(each)} for key, each in policy.labels.items() if key not in first
    ]
    return {
        "job": job,
        "row": row,
        "picks": picks,
        "about": {key: _description(policy, key) for key in policy.labels},
        "labels": sorted(labels, key=lambda each: each["name"].casefold()),
        "why": _why(job, policy),
        **_text(provided, job),
    }


def _text(provided: Services, job: Job) -> Mapping[str, Any]:
    """Return the mail's text in parts; nothing of a mail that retention deleted."""
    try:
        stored = provided.store.mail(job.id)
    except NotFound:
        return {"blocks": (), "files": (), "deleted": True}
    mail = mail_of(stored.content, stored.format)
    return {
        "blocks": blocks_of(mail.text),
        "files": [file_name(each, number) for number, each in enumerate(mail.attachments)],
        "deleted": False,
    }


def _description(policy: Policy, key: str) -> str:
    descriptions = policy.labels[key].descriptions
    return descriptions.get(language()) or descriptions.get("en", "")


def _why(job: Job, policy: Policy) -> str:
    """Return why the mail is here, in one sentence."""
    if policy.is_stranger(job.novelty):
        return _("Unlike all that the model learnt from: its guesses mean little.")
    if job.model_label is None or job.model_confidence is None:
        return _("No model was asked about it.")
    wanted = fitted(policy, models()).labels.get(job.model_label)
    sure, name = percent(job.model_confidence), label_name(job.model_label)
    if wanted is None or wanted.threshold is None:
        return _("The model says “%(name)s” with %(sure)s.", name=name, sure=sure)
    return _(
        "The model says “%(name)s” with %(sure)s; from %(asked)s on it decides alone.",
        name=name,
        sure=sure,
        asked=percent(wanted.threshold),
    )


def _midnight(provided: Services) -> float:
    """Return when today began where the reader is."""
    now = datetime.fromtimestamp(provided.clock(), time_zone())
    return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
