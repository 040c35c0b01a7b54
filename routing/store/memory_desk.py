"""The agents' desk in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routing.decision import Decision
from routing.desk import Change, JobPage, ListFilter, Looker, Order, QueueState, State
from routing.errors import NotFound, Overtaken, WrongStatus
from routing.job import Event, Job, Review, Status
from routing.search import terms_of
from routing.store import bounds, changes, cursors
from routing.store.cursors import Cursor
from routing.store.memory_entry import Entry
from routing.store.port import QueueDepth

Place = tuple[float, ...]


@dataclass(kw_only=True, slots=True)
class _Act:
    """One mail's part of a batch, and the mail as it was before."""

    batch: str
    actor: str
    kind: str
    revision: int
    before: Job
    review_id: str | None
    at: float
    undone: bool = False


class MemoryDesk:
    """What people make of routed mail, in memory; `MemoryStore` has the jobs."""

    _lock: threading.RLock
    _entries: dict[str, Entry]
    _reviews: list[Review]
    _events: list[Event]
    _event: Callable[..., None]
    _judged: Callable[[Job], None]

    def __init__(self) -> None:
        super().__init__()
        self._acts: list[_Act] = []
        self._lookers: dict[tuple[str, str], float] = {}
        self._revisions: dict[str, int] = {}

    # -- reading --------------------------------------------------------------------------------------------------

    def listing(self, where: ListFilter, *, order: Order, after: str | None = None, limit: int = 50) -> JobPage:
        """List routed mails from where a page before ended; see the port."""
        cursor = None if after is None else cursors.read(after, order)
        terms = terms_of(where.words)
        with self._lock:
            found = [entry for entry in self._entries.values() if _shows(entry, where, terms)]
        found.sort(key=lambda entry: (_place(entry, order), entry.job.id), reverse=order in _BACKWARDS)
        if cursor is not None:
            place, backwards = (_known(cursor), cursor.job_id), order in _BACKWARDS
            found = [
                entry
                for entry in found
                if ((_place(entry, order), entry.job.id) < place if backwards else _is_after(entry, order, place))
            ]
        page = found[:limit]
        return JobPage(
            jobs=tuple(entry.job for entry in page),
            next_cursor=cursors.written(_cursor(page[-1], order)) if page and len(found) > limit else None,
        )

    def some(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist; see the port."""
        with self._lock:
            return {job_id: self._entries[job_id].job for job_id in job_ids if job_id in self._entries}

    def queue_states(self) -> tuple[QueueState, ...]:
        """Return every queue that ever held a mail; see the port."""
        with self._lock:
            jobs = [entry.job for entry in self._entries.values()]
            return tuple(self._state(queue, jobs) for queue in sorted(self._revisions))

    def _state(self, queue: str, jobs: list[Job]) -> QueueState:
        counts = [(one, job) for job in jobs if (one := changes.standing(job)) is not None and one.queue == queue]
        return QueueState(
            queue=queue,
            open=sum(one.open for one, _ in counts),
            taken=sum(one.taken for one, _ in counts),
            unreviewed=sum(one.unreviewed for one, _ in counts),
            oldest_at=min((job.created_at for one, job in counts if one.open), default=None),
            revision=self._revisions[queue],
        )

    def queues(self) -> tuple[QueueDepth, ...]:
        """Return every queue that ever held a mail; see the port."""
        return tuple(
            QueueDepth(queue=state.queue, depth=state.open, unreviewed=state.unreviewed, oldest_at=state.oldest_at)
            for state in self.queue_states()
        )

    def recount(self) -> None:
        """Do nothing: memory counts when it is asked."""

    def arrived(self, since: Mapping[str, float], *, most: int = 100) -> Mapping[str, int]:
        """Count what arrived in queues since; see the port."""
        counts = dict.fromkeys(since, 0)
        with self._lock:
            for job in (entry.job for entry in self._entries.values()):
                one = changes.standing(job)
                if one is not None and one.open and (job.handling.arrived_at or 0.0) >= since.get(one.queue, 1e300):
                    counts[one.queue] = min(counts[one.queue] + 1, most)
        return counts

    def look(self, job_id: str, *, user: str, now: float) -> None:
        """Note that somebody has the mail open; see the port."""
        with self._lock:
            if job_id in self._entries:
                self._lookers[job_id, bounds.bounded(user, bounds.NAME)] = now

    def lookers(self, job_id: str, *, seen_after: float) -> tuple[Looker, ...]:
        """Return who has the mail open; see the port."""
        with self._lock:
            found = sorted((user, at) for (job, user), at in self._lookers.items() if job == job_id)
        return tuple(Looker(user=user, at=at) for user, at in found if at > seen_after)

    def _forget_looks(self, before: float) -> None:
        self._lookers = {key: at for key, at in self._lookers.items() if at >= before}

    def _forget_acts(self, before: float) -> None:
        self._acts = [act for act in self._acts if act.at >= before]

    # -- changing -------------------------------------------------------------------------------------------------

    def change(self, wanted: Sequence[Change], *, batch: str, actor: str, now: float) -> list[Job | Exception]:
        """Do what agents ask; see the port."""
        actor = bounds.bounded(actor, bounds.NAME)
        answers: list[Job | Exception] = []
        with self._lock:
            seen: set[str] = set()
            for change in wanted:
                answers.append(
                    changes.twice()
                    if change.job_id in seen
                    else self._change(change, batch=batch, actor=actor, now=now)
                )
                if isinstance(answers[-1], Job):
                    seen.add(change.job_id)
        return answers

    def _change(self, change: Change, *, batch: str, actor: str, now: float) -> Job | Exception:
        entry = self._entries.get(change.job_id)
        if entry is None:
            return NotFound(f"There is no job {change.job_id[:36]!r}, or it was erased.")
        before = entry.job
        refused = changes.refusal(before, change)
        if refused is not None:
            return self._overtaken(before.id) if isinstance(refused, Overtaken) else refused
        after = changes.changed(before, change, actor=actor, now=now)
        self._save(entry, after)
        if change.review is not None:
            self._reviews.append(bounds.review(change.review))
        self._acts.append(
            _Act(
                batch=batch,
                actor=actor,
                kind=change.act.value,
                revision=after.handling.revision,
                before=before,
                review_id=change.review.id if change.review else None,
                at=now,
            )
        )
        self._event(before.id, change.act.value, now, actor, changes.detail(change))
        return after

    def undo(self, batch: str, *, actor: str, now: float) -> list[Job | Exception]:
        """Put the mails of a batch back as they were before it; see the port."""
        actor = bounds.bounded(actor, bounds.NAME)
        with self._lock:
            acts = [act for act in self._acts if (act.batch, act.actor, act.undone) == (batch, actor, False)]
            if not acts:
                raise NotFound("There is nothing to undo: it was undone already, or was not done by you.")
            return [self._undo(act, actor, now) for act in acts]

    def _undo(self, act: _Act, actor: str, now: float) -> Job | Exception:
        act.undone = True
        entry = self._entries[act.before.id]
        if entry.job.handling.revision != act.revision:
            return self._overtaken(entry.job.id)
        after = changes.restored(entry.job, act.before, now=now)
        self._save(entry, after)
        self._reviews = [review for review in self._reviews if review.id != act.review_id]
        self._event(after.id, changes.UNDO, now, actor, act.kind)
        return after

    def review(self, review: Review, *, decision: Decision, actor: str) -> Job:
        """Record a human's word; see the port."""
        with self._lock:
            entry = self._entries.get(review.job_id)
            if entry is None:
                raise NotFound(f"There is no job {review.job_id[:36]!r}, or it was erased.")
            if entry.job.status is not Status.DONE:
                raise WrongStatus(f"The job is {entry.job.status}: only a done job can be reviewed.")
            change = changes.reviewing(entry.job, review, decision)
            after = changes.changed(entry.job, change, actor=actor, now=review.at)
            self._save(entry, after)
            self._reviews.append(bounds.review(review))
            what = bounds.reviewed(review, bounds.decision(decision).queue)
            self._event(review.job_id, changes.REVIEWED, review.at, actor, what)
            return after

    def _save(self, entry: Entry, after: Job) -> None:
        before, entry.job = entry.job, after
        self._touch(before, after)
        if changes.counts_anew(before, after):
            self._judged(after)

    def _touch(self, *jobs: Job) -> None:
        """Say that something changed in the queues of these jobs."""
        for queue in {one.queue for job in jobs if (one := changes.standing(job)) is not None}:
            self._revisions[queue] = self._revisions.get(queue, 0) + 1

    def _forget(self, job: Job) -> None:
        """Forget what was done to a job, and who looked at it."""
        self._touch(job)
        self._acts = [act for act in self._acts if act.before.id != job.id]
        self._lookers = {key: at for key, at in self._lookers.items() if key[0] != job.id}

    def _overtaken(self, job_id: str) -> Overtaken:
        mine = (event for event in self._events if event.job_id == job_id)
        return changes.overtaken(job_id, changes.last_word(mine))


_BACKWARDS = frozenset({Order.NEWEST, Order.USEFUL})


def _place(entry: Entry, order: Order) -> Place:
    """Return what a mail is sorted by."""
    arrived_at, decision = entry.job.handling.arrived_at or 0.0, entry.job.decision
    if order is Order.PRESSING:
        return changes.RANKS[decision.priority.value if decision else "normal"], arrived_at
    if order is Order.UNSURE:
        confidence = decision.confidence if decision else None
        return (0, confidence) if confidence is not None else (1, 0.0)
    return (entry.interest,) if order is Order.USEFUL else (arrived_at,)


def _cursor(entry: Entry, order: Order) -> Cursor:
    keys: tuple[float | None, ...] = _place(entry, order)
    if order is Order.UNSURE:
        keys = (keys[1] if keys[0] == 0 else None,)
    return Cursor(order=order, keys=keys, job_id=entry.job.id)


def _known(cursor: Cursor) -> Place:
    """Return the place of a cursor."""
    if cursor.order is Order.UNSURE:
        return (1, 0.0) if cursor.keys[0] is None else (0, cursor.keys[0])
    return tuple(key or 0 for key in cursor.keys)


def _is_after(entry: Entry, order: Order, place: tuple[Place, str]) -> bool:
    return (_place(entry, order), entry.job.id) > place


def _shows(entry: Entry, where: ListFilter, terms: tuple[str, ...]) -> bool:
    """Say whether a list shows a mail."""
    job, decision, handling = entry.job, entry.job.decision, entry.job.handling
    if job.status is not Status.DONE or decision is None:
        return False
    confidence = -1.0 if decision.confidence is None else decision.confidence
    arrived_at = handling.arrived_at or 0.0
    words = f" {entry.words}"
    return all(
        (
            where.state is State.ANY or (where.state is State.OPEN) == (handling.handled_at is None),
            not where.queue or decision.queue == bounds.clean(where.queue),
            not where.label or decision.label == bounds.clean(where.label),
            not where.language or job.language == bounds.clean(where.language),
            not where.decided_by or decision.decided_by == where.decided_by,
            where.priority is None or decision.priority is where.priority,
            where.assignee is None or (handling.assignee or "") == bounds.clean(where.assignee),
            where.confidence_from is None or confidence >= max(where.confidence_from, 0.0),
            where.confidence_below is None or 0 <= confidence < where.confidence_below,
            where.arrived_after is None or arrived_at >= where.arrived_after,
            where.arrived_before is None or arrived_at < where.arrived_before,
            where.decided_after is None or (job.decided_at or 0.0) >= where.decided_after,
            where.decided_before is None or (job.decided_at or 0.0) < where.decided_before,
            where.reviewed is None or job.reviewed is where.reviewed,
            not where.model_label or job.model_label == bounds.clean(where.model_label),
            not where.model_version or decision.model_version == bounds.clean(where.model_version),
            all(f" {term}" in words for term in terms),
        )
    )
