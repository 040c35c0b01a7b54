"""Reviewing: a human confirms a decision or corrects it. Corrections are what the next model learns from."""

from __future__ import annotations

from dataclasses import replace

from routing.decision import DecidedBy, Decision, Priority
from routing.errors import InvalidInput, WrongStatus
from routing.ids import uuid7
from routing.job import Job, Review
from routing.policy import Policy
from routing.store.port import Store

NOTE_CHARACTERS = 2000


def review(  # noqa: PLR0913 - every word of a review is one
    store: Store,
    policy: Policy,
    job_id: str,
    *,
    label: str | None,
    queue: str | None,
    reviewer: str,
    actor: str,
    note: str,
    now: float,
) -> Job:
    """Record a human's word on a done job.

    Without `label` and `queue` the decision is confirmed as it stands. A new label moves the mail to that label's
    queue unless `queue` names another. `reviewer` is who is said to have looked; `actor`, which the history names, who
    is known to have called (`key NAME`).

    Raises:
        NotFound: there is no such job.
        WrongStatus: it is not done, or somebody else changed it in between.
        InvalidInput: the label or the queue is not one of the policy's.
    """
    job = store.job(job_id)
    said, decision = word_on(job, policy, label=label, queue=queue, reviewer=reviewer, note=note, now=now)
    return store.review(said, decision=decision, actor=actor)


def word_on(  # noqa: PLR0913 - every word of a review is one
    job: Job, policy: Policy, *, label: str | None, queue: str | None, reviewer: str, note: str, now: float
) -> tuple[Review, Decision]:
    """Return a human's word on a done job, and what the decision becomes by it.

    Raises:
        WrongStatus: The job is not decided.
        InvalidInput: The label or the queue is not one of the policy's, or the note is too long.
    """
    before = job.decision
    if before is None:
        raise WrongStatus(f"The job is {job.status}; only a done one can be reviewed.")
    if queue is not None and queue not in policy.queues:
        raise InvalidInput(f"{queue!r} is not a queue; the queues are {', '.join(policy.queues)}.", field="/queue")
    if len(note) > NOTE_CHARACTERS:
        raise InvalidInput(f"The note has more than {NOTE_CHARACTERS} characters.", field="/note")
    new_label = policy.label(label).key if label is not None else before.label
    new_queue = queue or (policy.label(label).queue if label is not None else before.queue)
    confirmed = (new_label, new_queue) == (before.label, before.queue)
    said = Review(
        id=uuid7(now),
        job_id=job.id,
        at=now,
        reviewer=reviewer,
        confirmed=confirmed,
        label_before=before.label,
        queue_before=before.queue,
        label=new_label,
        queue=new_queue,
        note=note,
    )
    if confirmed:
        return said, before
    return said, replace(
        before if label is None else before.relabelled(label, _priority(before, policy, label)),
        queue=new_queue,
        decided_by=DecidedBy.HUMAN,
        reason=f"{'Corrected' if new_label != before.label else 'Moved'} by {reviewer}." + (f" {note}" if note else ""),
    )


def _priority(before: Decision, policy: Policy, label: str) -> Priority:
    """Return the new label's priority, unless a rule or a human had said how pressing this mail is.

    That is taken to be so when the mail's priority is not the one that the policy gives its label today.
    """
    own = policy.labels.get(before.label or "")
    if own is not None and before.priority is not own.priority:
        return before.priority
    return policy.label(label).priority
