"""Deleting what has been kept long enough, a few rows at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

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
# SQLite's index of words only notes that a row is gone, and drops its words when it merges the parts that it is written
# in. Some of that with every run: after a day or two nothing of a deleted mail is left in the file.
_MERGE = Statement("INSERT INTO texts_index(texts_index, rank) VALUES ('merge', :pages)")
_PARTS = Statement("SELECT count(DISTINCT segid) FROM texts_index_idx")
MERGES, PAGES = 20, 200
"""Steps of a run, each a transaction of its own, and the pages (4 kB) that one writes: a second of work in all."""
_FORGET_WORKERS = Statement("DELETE FROM workers WHERE seen_at < :before")
_FORGET_LOOKS = Statement("DELETE FROM viewers WHERE at < :before")

_FORGET_ACTS = Statement(
    "DELETE FROM acts WHERE id IN (SELECT id FROM acts WHERE id < :last_id ORDER BY id LIMIT :batch)"
)


class Retention:
    """The store's forgetting half."""

    _database: Database

    def purge(self, *, mails_before: float, jobs_before: float, now: float) -> Mapping[str, int]:
        """Delete old mails and old jobs, in transactions of a few hundred rows; see the port."""
        kept_from = max(mails_before, jobs_before)
        mails = self._delete(_OLD_MAILS, _forget_mails, kept_from)
        self._delete(_OLD_TEXTS, _forget_mails, kept_from)
        jobs = self._delete(_OLD_JOBS, _forget_jobs, jobs_before)
        silent = {"before": now - bounds.SILENCE}
        for forget in (_FORGET_WORKERS, _FORGET_LOOKS):
            self._database.write(partial(Transaction.run, statement=forget, parameters=silent))
        acts = {"last_id": rows.first_id(now - bounds.UNDOABLE), "batch": BATCH}
        while self._database.write(partial(Transaction.run, statement=_FORGET_ACTS, parameters=acts)):
            pass
        self._forget_words()
        return {"mails": mails, "jobs": jobs}

    def _forget_words(self) -> None:
        if self._database.postgresql:
            return  # its vacuum does that
        for step in range(MERGES):
            # A negative number takes all parts together, whatever their size; then the work goes on where it was.
            pages = PAGES if step else -PAGES
            if self._database.write(partial(_merge, pages=pages)) <= 1:
                break

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


def _merge(transaction: Transaction, *, pages: int) -> int:
    """Write some pages of the index of words anew; return in how many parts it is."""
    transaction.run(_MERGE, {"pages": pages})
    found = transaction.row(_PARTS)
    return 0 if found is None else int(found[0])


def _run(transaction: Transaction, found: list[Row], *deletions: Statement) -> None:
    ids = transaction.array([row[0] for row in found])
    for deletion in deletions:
        transaction.run(deletion, {"ids": ids})
