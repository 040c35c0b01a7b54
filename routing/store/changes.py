"""What a change makes of a routed mail, and what undoing makes of it again; the same in every store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from routing.decision import Decision
from routing.desk import Act, Change
from routing.errors import Conflict, Overtaken, WrongStatus
from routing.job import Decided, Event, Handling, Job, Review, Status
from routing.store import bounds

RANKS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
"""A priority's place in the order of what is pressing."""
MOST_STRANGE = 10.0
"""How much of a mail's strangeness counts."""
UNDO = "undo"
"""The kind of the history's line that says that an act was undone."""
REVIEWED = "reviewed"
KINDS = frozenset({*(act.value for act in Act), UNDO, REVIEWED})
"""The lines of a history that raise a job's revision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a queue's counters count of a routed mail."""

    queue: str
    open: int
    taken: int
    unreviewed: int


def interest(outcome: Decided) -> float:
    """Return how much a human's label for this mail would teach the next model, from 0 up.

    1 less the margin between the two most probable labels (margin sampling: Scheffer, Decomain and Wrobel, "Active
    Hidden Markov Models for Information Extraction", 2001), so that 1 is a tie; and on top by how much the mail is over
    the limit of what the model knows, so that strangers come before all that the model merely wavers about. A mail that
    no model was asked about has 0.
    """
    if outcome.model_confidence is None:
        return 0.0
    others = [score.probability for score in outcome.decision.alternatives if score.label != outcome.model_label]
    # What a rule or a threshold made of the prediction keeps the model's runners-up as they were.
    margin = outcome.model_confidence - max(others, default=1.0 - outcome.model_confidence)
    strangeness = max(0.0, (outcome.novelty or 0.0) - 1.0)
    return min(max(1.0 - margin, 0.0), 1.0) + (1.0 + min(strangeness, MOST_STRANGE) if strangeness else 0.0)


def standing(job: Job) -> Standing | None:
    """Return how a job counts in its queue; None when it is in none."""
    if job.status is not Status.DONE or job.decision is None:
        return None
    is_open = job.handling.handled_at is None
    return Standing(
        queue=job.decision.queue,
        open=int(is_open),
        taken=int(is_open and job.handling.assignee is not None),
        unreviewed=int(is_open and not job.reviewed),
    )


def changed(job: Job, change: Change, *, actor: str, now: float) -> Job:
    """Return the job as the change makes it."""
    old = job.handling
    decision = job.decision if change.decision is None else bounds.decision(change.decision)
    moved = decision is not None and job.decision is not None and decision.queue != job.decision.queue
    assignee, taken_at = old.assignee, old.taken_at
    if change.assignee is not None:
        assignee = bounds.maybe(change.assignee or None, bounds.NAME)
        if assignee != old.assignee:
            taken_at = None if assignee is None else now
    handled_at, handled_by = old.handled_at, old.handled_by
    if change.handled is True and handled_at is None:
        handled_at, handled_by = now, bounds.bounded(actor.removeprefix("user "), bounds.NAME)
    elif change.handled is False:
        handled_at, handled_by = None, None
    return replace(
        job,
        updated_at=now,
        decision=decision,
        reviewed=job.reviewed or change.review is not None,
        handling=Handling(
            arrived_at=now if moved else old.arrived_at,
            assignee=assignee,
            taken_at=taken_at,
            handled_at=handled_at,
            handled_by=handled_by,
            revision=old.revision + 1,
        ),
    )


def restored(job: Job, before: Job, *, now: float) -> Job:
    """Return the job as it was before a change, but for its revision, which never goes back."""
    return replace(
        job,
        updated_at=now,
        decision=before.decision,
        reviewed=before.reviewed,
        handling=replace(before.handling, revision=job.handling.revision + 1),
    )


def reviewing(job: Job, review: Review, decision: Decision) -> Change:
    """Return the change that a review from outside the desk is. Raises WrongStatus when it saw another decision."""
    before = job.decision
    if before is None or (before.label, before.queue) != (review.label_before, review.queue_before):
        raise WrongStatus("The job was changed meanwhile: look at it again before reviewing it.")
    act = Act.CONFIRM if review.confirmed else Act.CORRECT
    return Change(job_id=job.id, act=act, revision=None, decision=decision, review=review)


def refusal(job: Job, change: Change) -> Conflict | None:
    """Return why a change cannot be made; None when it can. An `Overtaken` does not know yet by whom."""
    if job.status is not Status.DONE or job.decision is None:
        return WrongStatus(f"The job is {job.status}: only a done job can be changed.")
    if change.revision is not None and change.revision != job.handling.revision:
        return overtaken(job.id, None)
    return None


def twice() -> Conflict:
    """Return the error for a mail that one call names again."""
    return WrongStatus("The mail is named twice: one change a mail.")


def overtaken(job_id: str, last: Event | None) -> Overtaken:
    """Return the error for a mail that somebody changed meanwhile; `last` is the line of its history that says so."""
    if last is None:
        return Overtaken("Somebody changed the mail meanwhile: look at it again.", job_id=job_id)
    return Overtaken(
        f"The mail was changed meanwhile ({last.kind}, by {last.actor}): look at it again.",
        actor=last.actor,
        kind=last.kind,
        at=last.at,
        job_id=job_id,
    )


def last_word(history: Iterable[Event]) -> Event | None:
    """Return the last line of a history (oldest first) that a human wrote."""
    return next((event for event in reversed(tuple(history)) if event.kind in KINDS), None)


def detail(change: Change) -> str:
    """Return what the history says of a change beside its kind."""
    return bounds.bounded(change.detail, bounds.ERROR)


def hour(job: Job) -> float | None:
    """Return the hour (Unix seconds) whose figures a job belongs to."""
    return None if job.decided_at is None else job.decided_at // 3600 * 3600


def counts_anew(before: Job, after: Job) -> bool:
    """Say whether the figures of the job's hour change: its label, or whether a human looked at it."""
    labels = [job.decision and job.decision.label for job in (before, after)]
    return labels[0] != labels[1] or before.reviewed != after.reviewed
