"""What became of a mail, line by line, in the reader's language: who did what, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.console.language import gettext as _
from app.console.language import label_name
from app.console.wording import priority_name
from routing.decision import Priority
from routing.desk import Act
from routing.job import Event, Job, Review
from routing.store.bounds import POLICY

UNDO = "undo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the history."""

    at: float
    what: str
    who: str
    """Who did it, as people call them; empty when nobody is to be named."""
    human: bool
    detail: str = ""


def history_of(
    job: Job, events: Sequence[Event], reviews: Sequence[Review], called: Callable[[str], str]
) -> tuple[Line, ...]:
    """Return the lines of a job's history, oldest first.

    Args:
        job: Whose it is; its acceptance is the first line.
        events: As the store keeps them.
        reviews: Of the job; those taken back are not among them.
        called: Gives what colleagues call the user of a name.
    """
    words = {review.at: review for review in reviews}
    received = Line(at=job.created_at, what=_("Received"), who=actor_name(f"key {job.source}", called), human=False)
    return (received, *(_line(event, words.get(event.at), called) for event in events))


def actor_name(actor: str, called: Callable[[str], str]) -> str:
    """Return who that is, as the store names actors."""
    kind, _blank, name = actor.partition(" ")
    if kind == "user":
        return called(name)
    if kind == "worker":
        return _("worker %(name)s", name=name.removeprefix("worker@"))
    if kind == "key":
        return _("API key %(name)s", name=name)
    if kind in {"sweep", "errands"}:
        return _("the service itself")
    return actor


def act_name(kind: str) -> str:
    """Return what was done, in a few words; of a kind that is not known, the kind."""
    known = {
        Act.TAKE.value: _("Taken"),
        Act.RETURN.value: _("Given back"),
        Act.HANDLE.value: _("Done"),
        Act.REOPEN.value: _("Opened again"),
        Act.MOVE.value: _("Moved"),
        Act.CORRECT.value: _("Label corrected"),
        Act.CONFIRM.value: _("Decision confirmed"),
        Act.PRIORITY.value: _("Priority changed"),
        UNDO: _("Undone"),
        "decided": _("Routed"),
        "reviewed": _("Reviewed"),
        "failed": _("Could not be decided"),
        "requeued": _("Put back to be tried again"),
        "retried": _("Tried again"),
        "cancelled": _("Taken back"),
        "erased": _("Erased"),
        "callback delivered": _("Answer delivered to the calling system"),
        "callback given up": _("Answer could not be delivered to the calling system"),
    }
    return known.get(kind, kind)


def _line(event: Event, review: Review | None, called: Callable[[str], str]) -> Line:
    return Line(
        at=event.at,
        what=act_name(event.kind),
        who=actor_name(event.actor, called),
        human=event.actor.startswith("user "),
        detail=_detail(event, review),
    )


def _detail(event: Event, review: Review | None) -> str:
    if event.kind == UNDO:
        return act_name(event.detail) if event.detail else ""
    if event.kind == Act.PRIORITY.value and event.detail in set(Priority):
        return priority_name(event.detail)
    if review is not None and event.kind in {Act.MOVE.value, Act.CORRECT.value, Act.CONFIRM.value, "reviewed"}:
        return _review(review)
    if event.kind == "decided" and event.detail:
        return _decided(event.detail)
    if event.kind in {"failed", "requeued", "callback given up"}:
        return event.detail
    return ""


def _decided(detail: str) -> str:
    queue, comma, policy = detail.rpartition(POLICY)
    if not comma:
        return _("to %(queue)s", queue=detail)
    return _("to %(queue)s, by policy %(policy)s", queue=queue, policy=policy)


def _review(review: Review) -> str:
    said = []
    if review.label != review.label_before:
        said.append(
            _(
                "label: from %(before)s to %(after)s",
                before=label_name(review.label_before),
                after=label_name(review.label),
            )
        )
    if review.queue != review.queue_before:
        said.append(_("queue: from %(before)s to %(after)s", before=review.queue_before, after=review.queue))
    if review.note:
        said.append(_("note: %(note)s", note=review.note))
    return "; ".join(said)
