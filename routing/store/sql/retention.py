"""Deleting what has been kept long enough, a few rows at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from routing.job import Status
from routing.store import bounds, changes
from routing.store.sql import rows
from routing.store.sql.counters import Counters
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement

BATCH = 500
"""Rows a transaction: some milliseconds, after which other writers get their turn."""

# What has ended before a time was created before it, and ids are in the order of creation: the bound on the id keeps
# these from looking at everything that is younger. The rows are locked: a job that is being tried again at this moment
# is passed over, and one that was since the look at it began no longer has an end; either keeps its mail.
_OLD_MAILS = Statement("""
    SELECT mails.job_id, jobs.status, jobs.queue FROM mails JOIN jobs ON jobs.id = mails.job_id
    WHERE mails.job_id < :last_id AND jobs.ended_at < :before ORDER BY mails.job_id LIMIT :batch
    FOR UPDATE OF jobs SKIP LOCKED
""")
# What an older program left of a mail that it deleted.
_OLD_TEXTS = Statement("""
    SELECT texts.job_id, jobs.status, jobs.queue FROM texts JOIN jobs ON jobs.id = texts.job_id
    WHERE texts.job_id < :last_id AND jobs.ended_at < :before ORDER BY texts.job_id LIMIT :batch
    FOR UPDATE OF jobs SKIP LOCKED
""")
_OLD_JOBS = Statement(
    f"SELECT {rows.JOB} FROM jobs WHERE id < :last_id AND ended_at < :before "  # noqa: S608  (constant)
    "ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED"
)
_DELETE_TEXTS = Statement("DELETE FROM texts WHERE job_id IN :ids")
_FORGET_EXCERPTS = Statement("UPDATE jobs SET excerpt = NULL WHERE id IN :ids AND excerpt IS NOT NULL")
_DELETE_MAILS = Statement("DELETE FROM mails WHERE job_id IN :ids")
_DELETE_EVENTS = Statement("DELETE FROM events WHERE job_id IN :ids")
_DELETE_JOBS = Statement("DELETE FROM jobs WHERE id IN :ids")
_FORGET_WORKERS = Statement("DELETE FROM workers WHERE seen_at < :before")


class Retention:
    """The store's forgetting half."""

    _database: Database

    def purge(self, *, mails_before: float, jobs_before: float, now: float) -> Mapping[str, int]:
        """Delete old mails and old jobs, in transactions of a few hundred rows; see the port."""
        kept_from = max(mails_before, jobs_before)
        mails = self._delete(_OLD_MAILS, _forget_mails, kept_from)
        self._delete(_OLD_TEXTS, _forget_mails, kept_from)
        jobs = self._delete(_OLD_JOBS, _forget_jobs, jobs_before)
        self._database.write(lambda transaction: transaction.run(_FORGET_WORKERS, {"before": now - bounds.SILENCE}))
        return {"mails": mails, "jobs": jobs}

    def _delete(self, which: Statement, forget: Callable[[Transaction, list[Row]], None], before: float) -> int:
        where = {"last_id": rows.first_id(before + 1), "before": before, "batch": BATCH}

        def work(transaction: Transaction) -> int:
            found = transaction.rows(which, where)
            if found:
                forget(transaction, found)
            return len(found)

        total = 0
        while deleted := self._database.write(work):
            total += deleted
        return total


def _forget_mails(transaction: Transaction, found: list[Row]) -> None:
    """Delete mails, and what was taken from their text."""
    _run(transaction, found, _DELETE_MAILS, _DELETE_TEXTS, _FORGET_EXCERPTS)
    counters = Counters()
    for queue in {row[2] for row in found if row[1] == Status.DONE}:
        counters.touches(queue)
    counters.write(transaction)


def _forget_jobs(transaction: Transaction, found: list[Row]) -> None:
    """Delete jobs with all that is theirs, and count them out of their queues."""
    _run(transaction, found, _DELETE_EVENTS, _DELETE_JOBS)
    counters = Counters()
    for row in found:
        counters.leaves(changes.standing(rows.job(row)))
    counters.write(transaction)


def _run(transaction: Transaction, found: list[Row], *deletions: Statement) -> None:
    ids = transaction.array([row[0] for row in found])
    for deletion in deletions:
        transaction.run(deletion, {"ids": ids})
