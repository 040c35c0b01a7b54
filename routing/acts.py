"""What agents do: one call for one mail or many, told in the desk's words, and a way back.

The rules of each act are here; that nothing of somebody else's is overwritten is the store's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.decision import Priority
from routing.desk import Act, Change
from routing.errors import InvalidInput, NotFound, Overtaken, WrongStatus
from routing.ids import uuid7
from routing.job import Job
from routing.people import User
from routing.policy import Policy
from routing.review import word_on
from routing.store.port import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What came of an act on some mails: those that changed, as they are now, and those that did not, with the why."""

    id: str
    """What `undo` takes."""
    changed: tuple[Job, ...]
    refused: tuple[tuple[str, Exception], ...]
    """Ids and errors: NotFound, WrongStatus, or Overtaken, which says who was faster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """An act with what it needs to know."""

    act: Act
    user: User
    now: float
    policy: Policy
    label: str | None
    queue: str | None
    priority: Priority | None
    note: str

    def check(self) -> None:
        """Raise InvalidInput when what the act needs is missing; before any mail is touched."""
        if self.act is Act.MOVE and self.queue is None:
            raise InvalidInput("Moving needs a queue.", field="/queue")
        if self.act is Act.CORRECT and self.label is None:
            raise InvalidInput("Correcting needs a label.", field="/label")
        if self.act is Act.PRIORITY and self.priority is None:
            raise InvalidInput("Changing the priority needs one.", field="/priority")

    def change(self, job: Job, revision: int | None) -> Change:
        """Return what becomes of one mail."""
        change = Change(job_id=job.id, act=self.act, revision=revision)
        if self.act is Act.TAKE:
            return replace(change, assignee=self.user.name)
        if self.act is Act.RETURN:
            self._check_mine(job)
            return replace(change, assignee="")
        if self.act in {Act.HANDLE, Act.REOPEN}:
            return replace(change, handled=self.act is Act.HANDLE)
        if self.act is Act.PRIORITY and job.decision is not None and self.priority is not None:
            decision = replace(job.decision, priority=self.priority)
            return replace(change, decision=decision, detail=self.priority.value)
        return self._review(job, change)

    def _check_mine(self, job: Job) -> None:
        """Raise Overtaken when a colleague works on the mail: nobody gives that back for them; one can take it over."""
        handling = job.handling
        if handling.assignee and handling.assignee != self.user.name:
            raise Overtaken(
                f"{handling.assignee} took the mail; take it over to work on it.",
                actor=f"user {handling.assignee}",
                kind=Act.TAKE.value,
                at=handling.taken_at or 0.0,
                job_id=job.id,
            )

    def _review(self, job: Job, change: Change) -> Change:
        """Return the change that moves, corrects or confirms: each is a word on the decision."""
        label = self.label if self.act is Act.CORRECT else None
        decision = job.decision
        if self.act is Act.CONFIRM and decision is not None and decision.queue == self.policy.triage:
            # The guess is right, so the mail is no longer one to triage: it goes where its label goes.
            label = decision.label if decision.label in self.policy.labels else None
        queue = None if self.act is Act.CONFIRM else self.queue
        said, decision = word_on(
            job, self.policy, label=label, queue=queue, reviewer=self.user.name, note=self.note, now=self.now
        )
        moved = said.queue != said.queue_before
        if self.act is Act.MOVE and not moved:
            raise WrongStatus(f"The mail is in the queue {said.queue} already.")
        return replace(
            change,
            decision=None if said.confirmed else decision,
            review=said,
            # Another team's mail is nobody's yet, and waits for that team even if it was dealt with here.
            assignee="" if moved else None,
            handled=False if self.act is Act.MOVE else None,
            detail=_detail(said.label_before, said.label, said.queue_before, said.queue),
        )


def act(  # noqa: PLR0913 - every word of an act is one
    store: Store,
    policy: Policy,
    act: Act,
    seen: Sequence[tuple[str, int]],
    *,
    user: User,
    now: float,
    label: str | None = None,
    queue: str | None = None,
    priority: Priority | None = None,
    note: str = "",
) -> Batch:
    """Do something to mails, all in one transaction; each is refused by itself.

    Args:
        store: Where the mails are.
        policy: Which labels and queues there are.
        act: What to do.
        seen: Each mail's id and the revision that the user saw (`Handling.revision`); older ones are refused.
        user: Who does it.
        now: Unix seconds.
        label: For CORRECT: the right label. The mail goes to that label's queue, or to `queue` if given.
        queue: For MOVE: where to.
        priority: For PRIORITY.
        note: A reviewer's words, for MOVE, CORRECT and CONFIRM.

    Raises:
        InvalidInput: What the act needs is missing, or is not one of the policy's; no mail was touched.
    """
    wish = _Wish(act=act, user=user, now=now, policy=policy, label=label, queue=queue, priority=priority, note=note)
    wish.check()
    jobs = store.some([job_id for job_id, _ in seen])
    refused: list[tuple[str, Exception]] = []
    changes: list[Change] = []
    for job_id, revision in seen:
        job = jobs.get(job_id)
        if job is None:
            refused.append((job_id, NotFound(f"There is no job {job_id[:36]!r}, or it was erased.")))
            continue
        try:
            if job.handling.revision != revision:
                # Whatever is wanted of what the user saw: the store says who was faster.
                changes.append(Change(job_id=job_id, act=act, revision=revision))
            else:
                changes.append(wish.change(job, revision))
        except (Overtaken, WrongStatus) as error:
            refused.append((job_id, error))
    batch = uuid7(now)
    answers = store.change(changes, batch=batch, actor=_actor(user), now=now)
    for change, answer in zip(changes, answers, strict=True):
        if isinstance(answer, Exception):
            refused.append((change.job_id, answer))
    return Batch(
        id=batch, changed=tuple(answer for answer in answers if isinstance(answer, Job)), refused=tuple(refused)
    )


def undo(store: Store, batch: str, *, user: User, now: float) -> list[Job | Exception]:
    """Put back what a batch of this user changed; mails that somebody touched since stay as they are (`Overtaken`).

    Raises:
        NotFound: There is no such batch of this user, or it was undone already.
    """
    return store.undo(batch, actor=_actor(user), now=now)


def _actor(user: User) -> str:
    return f"user {user.name}"


def _detail(label_before: str | None, label: str | None, queue_before: str, queue: str) -> str:
    steps = [] if label == label_before else [f"{label_before or 'no label'} → {label}"]
    return ", ".join(steps + ([] if queue == queue_before else [f"{queue_before} → {queue}"]))
