"""The part of the in-memory store for those who keep it running."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from routing.desk import JobPage
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.ids import is_uuid
from routing.job import Decided, Handling, Job, Review, Status
from routing.store import bounds, changes, people_bounds
from routing.store.memory_entry import Entry
from routing.store.running import DatabaseFacts, FailureKind, error_kind


class MemoryRunning:
    """What failed, in memory; `MemoryStore` has the jobs."""

    _lock: threading.RLock
    _entries: dict[str, Entry]
    _reviews: list[Review]
    _owe: Callable[[Job, float], None]
    _event: Callable[..., None]
    _touch: Callable[[Job], None]

    def failed(
        self, *, source: str | None = None, error: str | None = None, before: str | None = None, limit: int = 50
    ) -> JobPage:
        """List failed jobs, newest first; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        with self._lock:
            jobs = [entry.job for entry in self._entries.values() if entry.job.status is Status.FAILED]
        found = [
            job
            for job in sorted(jobs, key=lambda job: job.id, reverse=True)
            if (before is None or job.id < before)
            and (source is None or job.source == bounds.clean(source))
            and (error is None or (job.error or "").startswith(bounds.clean(error)))
        ]
        shown = tuple(found[:limit])
        return JobPage(jobs=shown, next_cursor=shown[-1].id if shown and len(found) > limit else None)

    def failure_kinds(self) -> tuple[FailureKind, ...]:
        """Count failed jobs by source and kind of error; see the port."""
        with self._lock:
            jobs = [entry.job for entry in self._entries.values() if entry.job.status is Status.FAILED]
        counted = Counter((job.source, error_kind(job.error or "")) for job in jobs)
        return tuple(
            FailureKind(source=source, error=error, jobs=number)
            for (source, error), number in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        )

    def settle(self, outcome: Decided, review: Review, *, actor: str) -> Job:
        """Decide a failed job by a human's word; see the port."""
        with self._lock:
            entry = self._entries.get(outcome.job_id)
            if entry is None:
                raise NotFound(f"There is no job {outcome.job_id[:36]!r}, or it was erased.")
            if entry.job.status is not Status.FAILED:
                raise WrongStatus(f"The job is {entry.job.status}: only a failed job can be decided by hand.")
            entry.ends(Status.DONE, review.at)
            entry.job = replace(
                entry.job,
                decision=bounds.decision(outcome.decision),
                decided_at=review.at,
                reviewed=True,
                subject=bounds.bounded(outcome.subject, bounds.SUBJECT),
                sender=bounds.bounded(outcome.sender, bounds.SENDER),
                message_id=bounds.bounded(outcome.message_id, bounds.MESSAGE_ID),
                defects=bounds.defects(outcome.defects),
                excerpt=bounds.bounded(outcome.excerpt, bounds.EXCERPT),
                language=bounds.maybe(outcome.language, bounds.NAME),
                handling=Handling(arrived_at=review.at, revision=entry.job.handling.revision + 1),
            )
            entry.words, entry.routed = bounds.content(outcome), entry.job.decision
            self._reviews.append(bounds.review(review))
            self._touch(entry.job)
            self._owe(entry.job, review.at)
            self._event(entry.job.id, changes.REVIEWED, review.at, actor, people_bounds.settled(review))
            return entry.job

    def database_facts(self) -> DatabaseFacts:
        """Say that this is memory."""
        return DatabaseFacts(kind="memory", schema="", size=0)
