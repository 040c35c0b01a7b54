"""A mail's page: what its sender wrote, why it is where it is, what became of it, and what can be done with it.

Opening it is noted, so that two agents on one mail see each other. Acts are plain forms to `/acts` that say which
revision they are about: who comes second is sent back here and told who did what, and nothing is overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, render_template, request

from app.console.language import age, label_name
from app.console.language import gettext as _
from app.console.mail_files import files_of, images_of
from app.console.mail_history import history_of
from app.console.mail_neighbours import mail_address, neighbours_of
from app.console.mail_reason import reason_of
from app.console.mail_text import blocks_of
from app.console.page import PAGE, page, private, user
from app.console.rows import Reader, row_of
from app.console.wording import changed_by
from app.endpoint import Endpoint, endpoint
from app.envelope import CONTENT_POLICY
from app.explanations import own_answer
from app.jobs import known
from app.services import Services, services
from routing.decision import DecidedBy
from routing.errors import NotFound
from routing.job import Event, Job, MailFormat
from routing.mail import Mail
from routing.mail.safe_html import SafeHtml, safe_html
from routing.mail.stored import mail_of
from routing.people import Role
from routing.store.changes import last_word

mail_pages = Blueprint("console_mail", __name__)

AGENTS = Endpoint(scope=None, role=Role.AGENT, documented=False)

LOOK_SECONDS: Final = 15
"""How often an open page says that it is open."""
GONE_SECONDS: Final = 40
"""A page that said nothing for so long was closed; two signs may be late or lost."""

ON_ITS_WAY_SECONDS: Final = 600
"""A mail that says it was sent within so long of its arrival need not say it twice."""
LATER_SECONDS: Final = 366 * 86_400
"""A mail from later than this is from a clock that cannot be believed at all."""

WITH_IMAGES: Final = CONTENT_POLICY.replace("img-src 'self'", "img-src 'self' https:")
"""The policy of a page whose reader asked for the images of other hosts."""

FORMATTED: Final = "formatted"
REMOTE: Final = "remote"


@mail_pages.get("/mails/<job_id>")
@endpoint(AGENTS)
def get_mail(job_id: str) -> Response:
    """Answer with the page of a mail."""
    provided, reader, now = services(), user(), services().clock()
    job = provided.store.job(known(job_id))
    provided.store.look(job.id, user=reader.name, now=now)
    called = provided.roster.called
    events, reviews = provided.store.history(job.id), provided.store.reviews(job.id)
    came_from = request.args.get("from", "")
    places = neighbours_of(provided, job.id, came_from, reader)
    here = mail_address(job.id, places.came_from)
    decision = job.decision
    shown = _content(provided, job)
    remote = bool(shown.get("safe")) and request.args.get("images") == REMOTE
    response = page(
        "console/mail.html",
        job=job,
        decision=decision,
        row=row_of(job, Reader(name=reader.name, now=now)) if decision else None,
        assignee=called(job.handling.assignee or ""),
        handled_by=called(job.handling.handled_by or ""),
        reasons=reason_of(job, decision, reviews, provided.policy, called) if decision else [],
        others=[score for score in decision.alternatives if score.label != decision.label] if decision else [],
        explained=decision is not None
        and decision.decided_by is not DecidedBy.RULE
        and own_answer(decision) is not None
        and "mail" in shown,
        history=history_of(job, events, reviews, called),
        owed=_owed(job, events),
        metadata=json.dumps(dict(job.metadata), ensure_ascii=False, indent=2) if job.metadata else "",
        labels=sorted(((key, label_name(key)) for key in provided.policy.labels), key=lambda pair: pair[1].casefold()),
        queues=provided.policy.queues,
        places=places,
        here=here,
        onward=places.next or places.came_from or here,
        view_address=lambda **more: here + ("&" if "?" in here else "?") + urlencode(more),
        presence=_presence(provided, job),
        shortcuts=reader.shortcuts,
        **shown,
    )
    if remote:
        response.headers["Content-Security-Policy"] = WITH_IMAGES
    return response


@mail_pages.get("/mails/<job_id>/presence")
@endpoint(AGENTS)
def get_presence(job_id: str) -> Response:
    """Note that the page is still open, and answer who else has it open; 204 when the page says so already."""
    provided = services()
    job = provided.store.job(known(job_id))
    provided.store.look(job.id, user=user().name, now=provided.clock())
    presence = _presence(provided, job)
    if presence["shown"] == request.args.get("shown", ""):
        return Response(status=204)
    return private(
        Response(render_template("console/mail_presence.html", job=job, presence=presence), content_type=PAGE)
    )


def _presence(provided: Services, job: Job) -> Mapping[str, Any]:
    """Return who else looks at the mail, and what was done to it since the page was made."""
    given = request.args.get("revision", "")
    revision = given if given.isascii() and given.isdigit() else str(job.handling.revision)
    lookers = provided.store.lookers(job.id, seen_after=provided.clock() - GONE_SECONDS)
    called = provided.roster.called
    names = [called(each.user) for each in lookers if each.user != user().name]
    told = ""
    if revision != str(job.handling.revision):
        last = last_word(provided.store.history(job.id))
        who = called(last.actor.removeprefix("user ")) if last else _("Somebody")
        told = changed_by(last.kind if last else "", who, age(provided.clock() - last.at if last else 0))
    return {
        "names": names,
        "told": told,
        "revision": revision,
        "seconds": LOOK_SECONDS,
        "shown": f"{job.handling.revision} {' '.join(names)}" if names or told else "",
    }


def _content(provided: Services, job: Job) -> dict[str, Any]:
    """Return what the page shows of the message itself; nothing of one that retention deleted."""
    try:
        stored = provided.store.mail(job.id)
    except NotFound:
        return {"files": (), "blocks": (), "view": "text"}
    mail = mail_of(stored.content, stored.format)
    asked = request.args.get("view") == FORMATTED and bool(mail.html)
    safe = _formatted(job, mail, stored.format) if asked else None
    return {
        "mail": mail,
        "sent_at": _sent_at(mail, job),
        "kept": stored.format is MailFormat.RFC822,
        "files": files_of(job.id, mail, stored.format),
        "blocks": () if safe else blocks_of(mail.text),
        "safe": safe,
        "view": FORMATTED if safe else "text",
        "intricate": asked and safe is None,
        "remote": request.args.get("images") == REMOTE,
    }


def _sent_at(mail: Mail, job: Job) -> float | None:
    """Return when the mail says it was sent, if that is worth saying and can be true."""
    if mail.date is None or not 0 <= mail.date < job.created_at + LATER_SECONDS:
        return None
    return mail.date if abs(mail.date - job.created_at) > ON_ITS_WAY_SECONDS else None


def _formatted(job: Job, mail: Mail, mail_format: MailFormat) -> SafeHtml | None:
    images = images_of(job.id, mail, mail_format)
    return safe_html(mail.html, images=images, remote=request.args.get("images") == REMOTE)


def _owed(job: Job, events: Sequence[Event]) -> str:
    """Return the host of the system that is still to be told of the decision; empty when there is none."""
    if not job.callback_url or any(event.kind.startswith("callback") for event in events):
        return ""
    return urlsplit(job.callback_url).hostname or ""
