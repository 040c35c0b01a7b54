"""What callers and humans do to a job: take it back, erase it, try it again, correct its decision."""

from __future__ import annotations

from dataclasses import asdict

from routing.decision import Decision
from routing.errors import Conflict, WrongStatus
from routing.ids import is_uuid
from routing.job import Job, Review, Status
from routing.store import bounds
from routing.store.sql import rows
from routing.store.sql.database import Database, Transaction
from routing.store.sql.jobs import absent
from routing.store.sql.statement import Statement, insert

_STATUS = Statement("SELECT status, label, queue FROM jobs WHERE id = :id FOR UPDATE")
_HAS_MAIL = Statement("SELECT 1 FROM mails WHERE job_id = :id")
_JOB = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id = :id")  # noqa: S608  (constant)
_CANCEL = Statement("UPDATE jobs SET status = 'cancelled', updated_at = :now, ended_at = :now WHERE id = :id")
_RETRY = Statement("""
    UPDATE jobs SET status = 'queued', attempts = 0, due_at = :at_once, updated_at = :now, ended_at = NULL
    WHERE id = :id
""")
_FORGET = Statement("DELETE FROM events WHERE job_id = :id")
_ERASE = Statement("DELETE FROM jobs WHERE id = :id")
_CORRECT = Statement("""
    UPDATE jobs SET reviewed = TRUE, updated_at = :now, label = :label, confidence = :confidence,
        alternatives = :alternatives, queue = :queue, priority = :priority, decided_by = :decided_by,
        reason = :reason, rule = :rule, model_version = :model_version
    WHERE id = :id
""")
_INSERT_REVIEW = insert("reviews", tuple(rows.REVIEW.split(", ")))


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

    def erase(self, job_id: str, *, actor: str, now: float) -> None:
        """Delete a job that has ended, with all that belongs to it; see the port."""

        def work(transaction: Transaction) -> None:
            status, _, _ = _find(transaction, job_id)
            if status in (Status.QUEUED, Status.RUNNING):
                raise WrongStatus(f"The job is {status}: only a done, failed or cancelled job can be erased.")
            transaction.run(_FORGET, {"id": job_id})
            transaction.run(_ERASE, {"id": job_id})
            transaction.run(rows.INSERT_EVENT, rows.event(job_id, "erased", at=now, actor=actor))

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
            label, queue = _expect(transaction, review.job_id, Status.DONE, "reviewed")
            if (label, queue) != (review.label_before, review.queue_before):
                raise WrongStatus("The job was changed meanwhile: look at it again before reviewing it.")
            columns = rows.decision(decision)
            transaction.run(_CORRECT, {"id": review.job_id, "now": review.at, **columns})
            transaction.run(_INSERT_REVIEW, _review(review))
            what = bounds.reviewed(review, bounds.decision(decision).queue)
            line = rows.event(review.job_id, "reviewed", at=review.at, actor=actor, detail=what)
            transaction.run(rows.INSERT_EVENT, line)
            return _job(transaction, review.job_id)

        return self._database.write(work)


def _find(transaction: Transaction, job_id: str) -> tuple[Status, str | None, str | None]:
    found = transaction.row(_STATUS, {"id": job_id}) if is_uuid(job_id) else None
    if found is None:
        raise absent(job_id)
    return Status(found[0]), found[1], found[2]


def _expect(transaction: Transaction, job_id: str, wanted: Status, verb: str) -> tuple[str | None, str | None]:
    """Lock the job and return its label and queue. Raises NotFound, WrongStatus."""
    status, label, queue = _find(transaction, job_id)
    if status is not wanted:
        raise wrong_status(status, wanted, verb)
    return label, queue


def wrong_status(status: Status, wanted: Status, verb: str) -> Conflict:
    """Return the error for a job that is in another status than the call needs."""
    return WrongStatus(f"The job is {status}: only a {wanted} job can be {verb}.")


def _job(transaction: Transaction, job_id: str) -> Job:
    found = transaction.row(_JOB, {"id": job_id})
    if found is None:  # pragma: no cover  (the transaction holds the row)
        raise absent(job_id)
    return rows.job(found)


def _review(review: Review) -> dict[str, object]:
    return asdict(bounds.review(review))
