"""Reading jobs: one, many, their mail, their history, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from routing.desk import QueueState
from routing.errors import InvalidInput, NotFound
from routing.ids import is_uuid
from routing.job import Event, Job, MailFormat, Review, Status
from routing.store import bounds
from routing.store.port import Backlog, JobFilter, Page, QueueDepth, StoredMail
from routing.store.sql import rows
from routing.store.sql.database import Database
from routing.store.sql.statement import Statement

_JOB = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id = :id")  # noqa: S608  (constant)
_MAIL = Statement("SELECT content, format FROM mails WHERE job_id = :id")
_HISTORY = Statement(f"SELECT {rows.EVENT} FROM events WHERE job_id = :id ORDER BY id")  # noqa: S608  (constant)
_REVIEWS = Statement(f"SELECT {rows.REVIEW} FROM reviews WHERE job_id = :id ORDER BY at, id")  # noqa: S608  (constant)
_BACKLOG = Statement("""
    SELECT (SELECT count(*) FROM jobs WHERE status = 'queued'), (SELECT count(*) FROM jobs WHERE status = 'running'),
        (SELECT count(*) FROM jobs WHERE status = 'failed'),
        (SELECT min(CASE WHEN due_at > created_at THEN due_at ELSE created_at END) FROM jobs WHERE status = 'queued')
""")
_CONDITIONS = {
    "queue": "queue = :queue",
    "label": "label = :label",
    "source": "source = :source",
    "decided_by": "decided_by = :decided_by",
    "reviewed": "reviewed = :reviewed",
    "created_after": "created_at >= :created_after AND id >= :first_id",
    "created_before": "created_at < :created_before AND id < :last_id",
    "before": "id < :before",
}
_OF_DONE_JOBS = {"queue", "label", "decided_by"}


class Jobs:
    """The store's reading half."""

    _database: Database
    queue_states: Callable[[], tuple[QueueState, ...]]

    def job(self, job_id: str) -> Job:
        """Return one job; see the port."""
        found = self._database.read(_JOB, {"id": job_id}) if is_uuid(job_id) else []
        if not found:
            raise absent(job_id)
        return rows.job(found[0])

    def mail(self, job_id: str) -> StoredMail:
        """Return the mail of a job; see the port."""
        found = self._database.read(_MAIL, {"id": job_id}) if is_uuid(job_id) else []
        if not found:
            raise NotFound(f"There is no mail of a job {job_id[:36]!r}, or it was deleted.")
        return StoredMail(content=found[0][0], format=MailFormat(found[0][1]))

    def jobs(self, where: JobFilter, *, before: str | None = None, limit: int = 50) -> Page:
        """List jobs, newest first; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        where = bounds.job_filter(where)
        given = {name: value for name in _CONDITIONS if (value := getattr(where, name, None)) is not None}
        given |= {} if before is None else {"before": before}
        statement = _listing(where.status, tuple(given))
        if where.created_after is not None:
            given["first_id"] = rows.first_id(where.created_after - 1)
        if where.created_before is not None:
            given["last_id"] = rows.first_id(where.created_before + 1)
        found = self._database.read(statement, given | {"limit": limit + 1})
        page = tuple(rows.job(row) for row in found[:limit])
        return Page(jobs=page, next_cursor=page[-1].id if page and len(found) > limit else None)

    def history(self, job_id: str) -> tuple[Event, ...]:
        """Return a job's events, oldest first; see the port."""
        if not is_uuid(job_id):
            raise absent(job_id)
        found = self._database.read(_HISTORY, {"id": job_id})
        if not found:
            self.job(job_id)
        return tuple(Event(job_id=row[0], at=row[1], kind=row[2], actor=row[3], detail=row[4]) for row in found)

    def reviews(self, job_id: str) -> tuple[Review, ...]:
        """Return a job's reviews, oldest first; see the port."""
        found = self._database.read(_REVIEWS, {"id": job_id}) if is_uuid(job_id) else []
        return tuple(rows.review(row) for row in found)

    def queues(self) -> tuple[QueueDepth, ...]:
        """Return every queue that ever held a mail, by name; see the port."""
        return tuple(
            QueueDepth(queue=state.queue, depth=state.open, unreviewed=state.unreviewed, oldest_at=state.oldest_at)
            for state in self.queue_states()
        )

    def backlog(self) -> Backlog:
        """Count what is still to be decided; see the port."""
        queued, running, failed, oldest = self._database.read(_BACKLOG)[0]
        return Backlog(queued=queued, running=running, failed=failed, oldest_queued_at=oldest)


def absent(job_id: str) -> NotFound:
    """Return the error for a job that is not there."""
    return NotFound(f"There is no job {job_id[:36]!r}, or it was erased.")


@lru_cache(maxsize=512)
def _listing(status: Status | None, given: tuple[str, ...]) -> Statement:
    """Return the statement of a list.

    The status is written out, and added where the other conditions imply it: only then are the partial indexes used.
    """
    conditions = [_CONDITIONS[name] for name in given]
    if status is not None:
        conditions.append(f"status = '{status.value}'")
    elif _OF_DONE_JOBS & set(given):
        conditions.append("status = 'done'")
    where = " AND ".join(conditions) or "TRUE"
    return Statement(f"SELECT {rows.JOB} FROM jobs WHERE {where} ORDER BY id DESC LIMIT :limit")  # noqa: S608  (constants)
