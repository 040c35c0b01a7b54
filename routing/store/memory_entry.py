"""What the in-memory store knows of one job."""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.decision import Decision
from routing.job import Job, Status, Submission
from routing.store.port import JobFilter, StoredMail


@dataclass(kw_only=True, slots=True)
class Entry:
    """A job and what only the store knows of it."""

    job: Job
    submission: Submission
    due_at: float
    mail: StoredMail | None
    alone: bool = False
    grouped: bool = False
    lease: str = ""
    lease_until: float = 0.0
    worker: str = ""
    ended_at: float | None = None
    routed: Decision | None = None
    interest: float = 0.0
    words: str = ""
    """What a search looks into; gone with the mail."""

    def ends(self, status: Status, now: float, error: str | None = None) -> None:
        """Take the job out of the queue of what is to be decided."""
        self.job = replace(self.job, status=status, updated_at=now, error=error)
        self.lease, self.ended_at = "", now

    def queues(self, now: float, due_at: float, attempts: int, error: str | None) -> None:
        """Put the job back into the queue of what is to be decided."""
        self.job = replace(self.job, status=Status.QUEUED, updated_at=now, attempts=attempts, error=error)
        self.lease, self.ended_at, self.due_at = "", None, due_at

    def forgets_mail(self) -> None:
        """Delete the mail, and what was taken from its text."""
        self.mail, self.words, self.job = None, "", replace(self.job, excerpt="")

    def ended_before(self, at: float) -> bool:
        """Say whether the job was done, failed or cancelled before a time."""
        return self.ended_at is not None and self.ended_at < at


def matches(job: Job, where: JobFilter) -> bool:
    """Say whether a filter of the API lets a job pass."""
    decision = job.decision
    return all(
        (
            where.status is None or job.status is where.status,
            where.source is None or job.source == where.source,
            where.queue is None or (decision is not None and decision.queue == where.queue),
            where.label is None or (decision is not None and decision.label == where.label),
            where.decided_by is None or (decision is not None and decision.decided_by == where.decided_by),
            where.reviewed is None or job.reviewed is where.reviewed,
            where.created_after is None or job.created_at >= where.created_after,
            where.created_before is None or job.created_at < where.created_before,
        )
    )
