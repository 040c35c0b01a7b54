"""Deleting what has been kept long enough, a few rows at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Mapping

from routing.store import bounds
from routing.store.sql import rows
from routing.store.sql.database import Database, Transaction
from routing.store.sql.statement import Statement

BATCH = 500
"""Rows a transaction: some milliseconds, after which other writers get their turn."""

# What has ended before a time was created before it, and ids are in the order of creation: the bound on the id keeps
# these from looking at everything that is younger. The rows are locked: a job that is being tried again at this moment
# is passed over, and one that was since the look at it began no longer has an end; either keeps its mail.
_OLD_MAILS = Statement("""
    SELECT mails.job_id FROM mails JOIN jobs ON jobs.id = mails.job_id
    WHERE mails.job_id < :last_id AND jobs.ended_at < :before ORDER BY mails.job_id LIMIT :batch
    FOR UPDATE OF jobs SKIP LOCKED
""")
_OLD_JOBS = Statement("""
    SELECT id FROM jobs WHERE id < :last_id AND ended_at < :before ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
""")
_DELETE_MAILS = Statement("DELETE FROM mails WHERE job_id IN :ids")
_DELETE_EVENTS = Statement("DELETE FROM events WHERE job_id IN :ids")
_DELETE_JOBS = Statement("DELETE FROM jobs WHERE id IN :ids")
_FORGET_WORKERS = Statement("DELETE FROM workers WHERE seen_at < :before")


class Retention:
    """The store's forgetting half."""

    _database: Database

    def purge(self, *, mails_before: float, jobs_before: float, now: float) -> Mapping[str, int]:
        """Delete old mails and old jobs, in transactions of a few hundred rows; see the port."""
        mails = self._delete(_OLD_MAILS, (_DELETE_MAILS,), max(mails_before, jobs_before))
        jobs = self._delete(_OLD_JOBS, (_DELETE_EVENTS, _DELETE_JOBS), jobs_before)
        self._database.write(lambda transaction: transaction.run(_FORGET_WORKERS, {"before": now - bounds.SILENCE}))
        return {"mails": mails, "jobs": jobs}

    def _delete(self, which: Statement, deletions: tuple[Statement, ...], before: float) -> int:
        where = {"last_id": rows.first_id(before + 1), "before": before, "batch": BATCH}

        def work(transaction: Transaction) -> int:
            ids = [row[0] for row in transaction.rows(which, where)]
            for deletion in deletions if ids else ():
                transaction.run(deletion, {"ids": transaction.array(ids)})
            return len(ids)

        total = 0
        while deleted := self._database.write(work):
            total += deleted
        return total
