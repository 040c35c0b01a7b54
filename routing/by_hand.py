"""Deciding by hand what no worker could: a failed job goes to a queue because a human says so."""

from __future__ import annotations

from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.errors import InvalidInput, WrongStatus
from routing.ids import uuid7
from routing.job import Decided, Job, Review, Status
from routing.policy import Policy
from routing.review import NOTE_CHARACTERS
from routing.store.port import Store

NOBODY_WAITS = Timings(queued=0.0, parse=0.0, classify=0.0, total=0.0)


def decide_by_hand(  # noqa: PLR0913 - every word of a decision is one
    store: Store, policy: Policy, job_id: str, *, label: str | None, queue: str | None, user: str, note: str, now: float
) -> Job:
    """Make a failed job a routed mail, by a user's word; it counts as a review, and its callback is owed.

    The mail itself is not read: what failed on it may fail here too, and this is where people work. So the list shows
    subject and sender as they were handed in, and a search looks into these.

    Args:
        store: where the job is.
        policy: whose labels and queues are meant.
        job_id: the failed job.
        label: of the policy, or None when none fits.
        queue: of the policy; None: the label's.
        user: the name of who decides; the history names them.
        note: what they say about it.
        now: Unix time in seconds.

    Raises:
        NotFound: there is no such job.
        WrongStatus: it is not failed, perhaps no longer.
        InvalidInput: label or queue is not one of the policy's, or neither was given.
    """
    job = store.job(job_id)
    if job.status is not Status.FAILED:
        raise WrongStatus(f"The job is {job.status}: only a failed job can be decided by hand.")
    if queue is not None and queue not in policy.queues:
        raise InvalidInput(f"{queue!r} is not a queue; the queues are {', '.join(policy.queues)}.", field="/queue")
    if len(note) > NOTE_CHARACTERS:
        raise InvalidInput(f"The note has more than {NOTE_CHARACTERS} characters.", field="/note")
    chosen = None if label is None else policy.label(label)
    where = queue or (chosen.queue if chosen is not None else None)
    if where is None:
        raise InvalidInput("Name a queue or a label.", field="/queue")
    decision = Decision(
        label=chosen.key if chosen is not None else None,
        confidence=None,
        alternatives=(),
        queue=where,
        priority=chosen.priority if chosen is not None else Priority.NORMAL,
        decided_by=DecidedBy.HUMAN,
        reason=f"Decided by {user}, after no worker could." + (f" {note}" if note else ""),
        rule=None,
        model_version=None,
    )
    outcome = Decided(
        job_id=job_id,
        lease="",
        decision=decision,
        timings=NOBODY_WAITS,
        subject=job.subject,
        sender=job.sender,
        message_id=job.message_id,
    )
    word = Review(
        id=uuid7(now),
        job_id=job_id,
        at=now,
        reviewer=user,
        confirmed=False,
        label_before=None,
        queue_before="",
        label=decision.label,
        queue=where,
        note=note,
    )
    return store.settle(outcome, word, actor=f"user {user}")
