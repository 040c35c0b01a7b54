"""What a line of a list shows of a mail, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.console.language import age, gettext, label_name, moment, percent
from app.console.wording import decided_by_name, mail_language_name, priority_name
from app.services import services
from app.text import in_order
from routing.decision import ALTERNATIVES, DecidedBy, Priority
from routing.job import Job
from routing.job_document import rfc3339

PICKED = 3
"""How many labels have a key of their own: the one decided on, and the two most probable others."""

EXCERPT_CHARACTERS = 90
"""More than a line shows; three lines on a telephone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """A label that one button or key gives to the mail."""

    number: int
    key: str
    name: str
    sure: str
    """The model's probability, as a number with its sign; empty when it gave none."""
    current: bool
    """It is the label already: the button confirms it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line."""

    id: str
    seen: str
    """`ID:REVISION`, which a form sends back: what somebody did since then is not overwritten."""
    subject: str
    sender: str
    excerpt: str
    queue: str
    label: str
    sure: str
    width: int | None
    """The confidence in whole per cent, for the bar."""
    picks: Sequence[Pick]
    by: DecidedBy
    by_name: str
    priority: Priority
    priority_name: str
    """Empty for the usual one."""
    urgent: bool
    language: str
    language_name: str
    age: str
    at: str
    at_title: str
    assignee: str
    mine: bool
    handled: str
    """Who dealt with it; empty while it is open."""
    handled_at: float | None
    reviewed: bool
    new: bool
    """It arrived since the reader last looked."""
    gone: str = ""
    """Why it no longer belongs to the list; empty while it does."""
    trouble: str = ""
    """Why what the reader asked for was not done."""
    batch: str = ""
    """What undoes the act that changed the row just now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads the rows, and when."""

    name: str
    now: float
    looked_at: float | None = None
    """When the reader last looked at this list; None: it is not told."""
    said: dict[tuple[Callable[[Any], str], object], str] = field(default_factory=dict)
    """What was looked up for this page: fifty lines have few labels, languages and minutes."""

    def say(self, name: Callable[[Any], str], value: object) -> str:
        """Return what `name` calls a value; asked once a page."""
        key = (name, value)
        if key not in self.said:
            self.said[key] = name(value)
        return self.said[key]


def row_of(job: Job, reader: Reader, *, gone: str = "", trouble: str = "", batch: str = "") -> Row:
    """Return the line of a routed mail."""
    decision, handling = job.decision, job.handling
    if decision is None:
        raise ValueError("A list shows routed mails only.")
    arrived = handling.arrived_at if handling.arrived_at is not None else job.created_at
    return Row(
        id=job.id,
        seen=f"{job.id}:{handling.revision}",
        subject=in_order(job.subject).strip() or gettext("(no subject)"),
        sender=in_order(job.sender) or gettext("unknown sender"),
        excerpt=in_order(job.excerpt[:EXCERPT_CHARACTERS]),
        queue=decision.queue,
        label=reader.say(label_name, decision.label),
        sure="" if decision.confidence is None else percent(decision.confidence),
        width=None if decision.confidence is None else round(100 * decision.confidence),
        picks=_picks(job, reader),
        by=decision.decided_by,
        by_name=reader.say(decided_by_name, decision.decided_by),
        priority=decision.priority,
        priority_name="" if decision.priority is Priority.NORMAL else reader.say(priority_name, decision.priority),
        urgent=decision.priority is Priority.URGENT,
        language=job.language if job.language in ("fr", "en") else "",
        language_name=reader.say(mail_language_name, job.language),
        age=age(reader.now - arrived),
        at=rfc3339(int(arrived)),
        at_title=reader.say(_minute, int(arrived // 60)),
        assignee=reader.say(services().roster.called, handling.assignee) if handling.assignee else "",
        mine=handling.assignee == reader.name,
        handled="" if handling.handled_at is None else _handler(handling.handled_by),
        handled_at=handling.handled_at,
        reviewed=job.reviewed,
        new=reader.looked_at is not None and arrived > reader.looked_at,
        gone=gone,
        trouble=trouble,
        batch=batch,
    )


def _minute(number: int) -> str:
    return moment(60.0 * number, "short")


def _handler(name: str | None) -> str:
    return services().roster.called(name) if name else gettext("somebody")


def _picks(job: Job, reader: Reader) -> Sequence[Pick]:
    """Return the label decided on, if any, and the most probable others, three in all.

    A label that the policy has no more cannot be given; the others keep the keys that they would have beside it.
    """
    decision = job.decision
    if decision is None:
        return ()
    known = services().policy.labels
    first = [] if decision.label is None else [(decision.label, decision.confidence)]
    others = [
        (score.label, score.probability) for score in decision.alternatives[:ALTERNATIVES] if score.label in known
    ]
    return tuple(
        Pick(
            number=number,
            key=key,
            name=reader.say(label_name, key),
            sure="" if sure is None else percent(sure),
            current=key == decision.label,
        )
        for number, (key, sure) in enumerate((first + others)[:PICKED], start=1)
        if key in known
    )
