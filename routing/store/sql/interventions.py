"""What callers and humans do to a job: take it back, erase it, try it again, correct its decision."""

from __future__ import annotations

from collections.abc import Sequence

from routing.decision import Decision
from routing.errors import Conflict, WrongStatus
from routing.ids import is_uuid
from routing.job import Job, Review, Status
from routing.people import AuditEntry
from routing.store import bounds, changes
from routing.store.sql import rows
from routing.store.sql.audit import write_audit
from routing.store.sql.counters import Counters
from routing.store.sql.database import Database, Transaction
from routing.store.sql.desk import Writing
from routing.store.sql.jobs import absent
from routing.store.sql.statement import Statement

_HELD = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id = :id FOR UPDATE")  # noqa: S608  (constant)
_HAS_MAIL = Statement("SELECT 1 FROM mails WHERE job_id = :id")
_JOB = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id = :id")  # noqa: S608  (constant)
_CANCEL = Statement("UPDATE jobs SET status = 'cancelled', updated_at = :now, ended_at = :now WHERE id = :id")
_RETRY = Statement("""
    UPDATE jobs SET status = 'queued', attempts = 0, due_at = :at_once, updated_at = :now, ended_at = NULL
    WHERE id = :id
""")
_FORGET = Statement("DELETE FROM events WHERE job_id = :id")
_ERASE = Statement("DELETE FROM jobs WHERE id = :id")


class Interventions:
    """The store's half for callers and humans."""

    _database: Database

    def cancel(self, job_id: str, *, actor: str, now: float) -> Job:
        """Take back a queued job; see the port."""

        def work(transaction: Transaction) -> Job:
            _expect(transaction, job_id, Status.QUEUED, "cancelled")
            transaction.run(_CANCEL, {"id": job_id, "now": now})
            transaction.run(rows.INSERT_EVENT, rows.event(job_id, "cancelled", at=now, actor=actor))
            return _job(transaction, job_id)

        return self._database.write(work)

    def erase(self, job_id: str, *, actor: str, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Delete a job that has ended, with all that belongs to it; see the port."""

        def work(transaction: Transaction) -> None:
            job = _find(transaction, job_id)
            if job.status in (Status.QUEUED, Status.RUNNING):
                raise WrongStatus(f"The job is {job.status}: only a done, failed or cancelled job can be erased.")
            transaction.run(_FORGET, {"id": job_id})
            transaction.run(_ERASE, {"id": job_id})
            transaction.run(rows.INSERT_EVENT, rows.event(job_id, "erased", at=now, actor=actor))
            counters = Counters()
            counters.leaves(changes.standing(job))
            counters.write(transaction)
            write_audit(transaction, audit)

        self._database.write(work)

    def retry(self, job_id: str, *, actor: str, now: float) -> Job:
        """Queue a failed job again; see the port."""

        def work(transaction: Transaction) -> Job:
            _expect(transaction, job_id, Status.FAILED, "tried again")
            if transaction.row(_HAS_MAIL, {"id": job_id}) is None:
                raise WrongStatus("The job cannot be tried again: its mail was deleted by the retention policy.")
            transaction.run(_RETRY, {"id": job_id, "now": now, "at_once": bounds.AT_ONCE})
            transaction.run(rows.INSERT_EVENT, rows.event(job_id, "retried", at=now, actor=actor))
            return _job(transaction, job_id)

        return self._database.write(work)

    def review(self, review: Review, *, decision: Decision, actor: str) -> Job:
        """Record a human's word, if the job is still as the review saw it; see the port."""

        def work(transaction: Transaction) -> Job:
            job = _expect(transaction, review.job_id, Status.DONE, "reviewed")
            change = changes.reviewing(job, review, decision)
            desk = Writing(transaction, actor=actor, now=review.at)
            reviewed = desk.change(job, change, batch=None)
            if isinstance(reviewed, Exception):  # pragma: no cover  (the job is held, and done)
                raise reviewed
            desk.event(job.id, changes.REVIEWED, bounds.reviewed(review, bounds.decision(decision).queue))
            desk.write()
            return reviewed

        return self._database.write(work)


def _find(transaction: Transaction, job_id: str) -> Job:
    found = transaction.row(_HELD, {"id": job_id}) if is_uuid(job_id) else None
    if found is None:
        raise absent(job_id)
    return rows.job(found)


def _expect(transaction: Transaction, job_id: str, wanted: Status, verb: str) -> Job:
    """Lock the job and return it. Raises NotFound, WrongStatus."""
    job = _find(transaction, job_id)
    if job.status is not wanted:
        raise wrong_status(job.status, wanted, verb)
    return job


def wrong_status(status: Status, wanted: Status, verb: str) -> Conflict:
    """Return the error for a job that is in another status than the call needs."""
    return WrongStatus(f"The job is {status}: only a {wanted} job can be {verb}.")


def _job(transaction: Transaction, job_id: str) -> Job:
    found = transaction.row(_JOB, {"id": job_id})
    if found is None:  # pragma: no cover  (the transaction holds the row)
        raise absent(job_id)
    return rows.job(found)
