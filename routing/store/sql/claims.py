"""Claiming jobs under a lease, recording what came of them, and taking back what nobody works on any more.

A lease's end charges an attempt only to a job that was claimed alone: a mail that kills its process takes its
neighbours down with it, and which one it was shows only when each is tried by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from routing.ids import is_uuid, uuid7
from routing.job import Claim, Decided, Failure, MailFormat, Outcome
from routing.store import bounds
from routing.store.changes import Standing, interest
from routing.store.sql import rows
from routing.store.sql.counters import Counters
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement, insert

# By id, which is the order of arrival, and not by the time it is due: what was put off takes its old place again, so
# that new mail, however much of it, cannot keep it waiting.
_HEAD = Statement("""
    SELECT id, alone, size FROM jobs WHERE status = 'queued' AND due_at <= :now
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_ORDINARY = Statement("""
    SELECT id, alone, size FROM jobs WHERE status = 'queued' AND due_at <= :now AND NOT alone
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_HOLD = Statement("""
    UPDATE jobs SET status = 'running', lease = :lease, lease_until = :lease_until, worker = :worker,
        grouped = :grouped, attempts = attempts + 1, updated_at = :now
    WHERE id IN :ids
""")
_HELD_MAILS = Statement("""
    SELECT jobs.id, mails.content, mails.format, jobs.created_at, jobs.attempts, jobs.callback_url
    FROM jobs JOIN mails ON mails.job_id = jobs.id WHERE jobs.id IN :ids
""")
_RUNNING = Statement("""
    SELECT id, lease, callback_url FROM jobs WHERE id IN :ids AND status = 'running' ORDER BY id FOR UPDATE
""")
_DECIDE = Statement("""
    UPDATE jobs SET status = 'done', lease = NULL, lease_until = NULL, worker = NULL, error = NULL,
        updated_at = :now, ended_at = :now, decided_at = :now,
        subject = :subject, sender = :sender, message_id = :message_id, defects = :defects,
        label = :label, confidence = :confidence, alternatives = :alternatives, queue = :queue, priority = :priority,
        decided_by = :decided_by, reason = :reason, rule = :rule, model_version = :model_version,
        excerpt = :excerpt, language = :language, model_label = :model_label, model_confidence = :model_confidence,
        novelty = :novelty, interest = :interest, rank = :rank, arrived_at = :now, routed_queue = :queue,
        routed_label = :label, routed_by = :decided_by,
        queued_ms = :queued_ms, parse_ms = :parse_ms, classify_ms = :classify_ms, total_ms = :total_ms
    WHERE id = :id
""")
_FAIL = Statement("""
    UPDATE jobs SET status = 'failed', lease = NULL, lease_until = NULL, worker = NULL, error = :error,
        alone = alone OR :alone, updated_at = :now, ended_at = :now
    WHERE id = :id
""")
_LATER = Statement("""
    UPDATE jobs SET status = 'queued', lease = NULL, lease_until = NULL, worker = NULL, error = :error,
        updated_at = :now, due_at = :retry_at
    WHERE id = :id
""")
_AGAIN = Statement("""
    UPDATE jobs SET status = 'queued', lease = NULL, lease_until = NULL, worker = NULL, alone = TRUE,
        attempts = attempts - :refund, updated_at = :now, due_at = :at_once
    WHERE id = :id
""")
_FIND = insert("texts", ("job_id", "content"))
_OWE = insert("deliveries", ("id", "job_id", "url", "status", "attempts", "created_at", "due_at"))
# Ordered by the index's own column: by id alone, SQLite would walk through all jobs to save itself a sort.
_ENDED = Statement("""
    SELECT id, attempts, grouped, callback_url FROM jobs WHERE status = 'running' AND lease_until <= :now
    ORDER BY lease_until, id FOR UPDATE SKIP LOCKED
""")
_OF_WORKER = Statement("""
    SELECT id, attempts, grouped, callback_url FROM jobs WHERE status = 'running' AND worker = :worker
    ORDER BY lease_until, id FOR UPDATE SKIP LOCKED
""")
_OF_NODE = Statement("""
    SELECT id, attempts, grouped, callback_url FROM jobs
    WHERE status = 'running' AND substr(worker, 1, length(:worker)) = :worker
    ORDER BY lease_until, id FOR UPDATE SKIP LOCKED
""")


class Claims:
    """The store's deciding half."""

    _database: Database

    def claim(self, *, worker: str, limit: int, lease_seconds: float, now: float) -> list[Claim]:
        """Take up to `limit` due jobs under a lease; see the port."""
        if limit < 1:
            return []
        worker = bounds.bounded(worker, bounds.NAME)

        def work(transaction: Transaction) -> list[Claim]:
            while ids := _choose(transaction, limit, now):
                lease, array = uuid4().hex, transaction.array(ids)
                hold = {"ids": array, "lease": lease, "lease_until": now + lease_seconds, "worker": worker, "now": now}
                transaction.run(_HOLD, hold | {"grouped": len(ids) > 1})
                held = {row[0]: row for row in transaction.rows(_HELD_MAILS, {"ids": array})}
                if len(held) < len(ids):
                    _fail_without_mail(transaction, [job_id for job_id in ids if job_id not in held], worker, now)
                if held:  # an empty answer would say that nothing is left
                    return [_claim(held[job_id], lease, now) for job_id in ids if job_id in held]
            return []

        return self._database.write(work)

    def record(self, outcomes: Sequence[Outcome], *, worker: str, now: float) -> frozenset[str]:
        """Record results in one transaction; see the port."""
        if not outcomes:
            return frozenset()
        # Before the transaction, in which others wait.
        decided = [outcome for outcome in outcomes if isinstance(outcome, Decided)]
        contents = {(outcome.job_id, outcome.lease): bounds.content(outcome) for outcome in decided}

        def work(transaction: Transaction) -> frozenset[str]:
            ids = transaction.array([outcome.job_id for outcome in outcomes if is_uuid(outcome.job_id)])
            running = {row[0]: row for row in transaction.rows(_RUNNING, {"ids": ids})}
            taken: dict[str, Outcome] = {}
            for outcome in outcomes:
                row = running.get(outcome.job_id)
                if row is not None and row[1] == outcome.lease:
                    taken.setdefault(outcome.job_id, outcome)
            results = _Results(now=now, actor=f"worker {worker}", contents=contents)
            for job_id, outcome in taken.items():
                results.add(outcome, running[job_id][2])
            results.write(transaction)
            return frozenset(taken)

        return self._database.write(work)

    def release(self, worker: str, *, max_attempts: int, now: float) -> int:
        """End at once the leases of a worker known to be dead; see the port."""
        statement = _OF_NODE if worker.endswith("/") else _OF_WORKER
        return self._take_back(statement, {"worker": bounds.bounded(worker, bounds.NAME)}, max_attempts, now)

    def expire_leases(self, *, max_attempts: int, now: float) -> int:
        """Return jobs whose lease ended to the queue; see the port."""
        return self._take_back(_ENDED, {"now": now}, max_attempts, now)

    def _take_back(self, statement: Statement, which: dict[str, Any], max_attempts: int, now: float) -> int:
        def work(transaction: Transaction) -> int:
            found = transaction.rows(statement, which)
            results = _Results(now=now, actor="sweep")
            for row in found:
                results.take_back(row, max_attempts)
            results.write(transaction)
            return len(found)

        return self._database.write(work)


def _fail_without_mail(transaction: Transaction, ids: list[str], worker: str, now: float) -> None:
    results = _Results(now=now, actor=f"worker {worker}")
    for job_id, _lease, callback_url in transaction.rows(_RUNNING, {"ids": transaction.array(ids)}):
        results.fail(job_id, bounds.MAIL_MISSING, callback_url, alone=False)
    results.write(transaction)


class _Results:
    """Rows to write for the outcomes of one call, by statement, so that each statement runs once."""

    def __init__(self, *, now: float, actor: str, contents: Mapping[tuple[str, str], str] | None = None) -> None:
        self._contents = contents or {}
        self._now = now
        self._actor = actor
        self._decided: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []
        self._later: list[dict[str, Any]] = []
        self._again: list[dict[str, Any]] = []
        self._deliveries: list[dict[str, Any]] = []
        self._events: list[Any] = []
        self._texts: list[dict[str, Any]] = []
        self._counters = Counters()

    def add(self, outcome: Outcome, callback_url: str | None) -> None:
        if isinstance(outcome, Decided):
            row = _decided(outcome, self._now)
            self._decided.append(row)
            self._texts.append({"job_id": outcome.job_id, "content": self._contents[outcome.job_id, outcome.lease]})
            self._counters.enters(Standing(queue=row["queue"], open=1, taken=0, unreviewed=1))
            self._owe(outcome.job_id, callback_url)
            self._event(outcome.job_id, "decided", bounds.decided(outcome.decision.queue, outcome.policy))
        elif outcome.retry_at is None:
            self.fail(outcome.job_id, outcome.error, callback_url, alone=False)
        else:
            self._put_off(outcome, outcome.retry_at)

    def take_back(self, row: Row, max_attempts: int) -> None:
        job_id, attempts, grouped, callback_url = row
        if not grouped and attempts >= max_attempts:
            self.fail(job_id, bounds.worker_failure(attempts, max_attempts), callback_url, alone=True)
        else:
            self._again.append(
                {"id": job_id, "refund": int(bool(grouped)), "now": self._now, "at_once": bounds.AT_ONCE}
            )
            self._event(job_id, "requeued", bounds.LEASE_ENDED)

    def write(self, transaction: Transaction) -> None:
        transaction.many(_DECIDE, self._decided)
        transaction.many(_FIND, self._texts)
        transaction.many(_FAIL, self._failed)
        transaction.many(_LATER, self._later)
        transaction.many(_AGAIN, self._again)
        transaction.many(_OWE, self._deliveries)
        transaction.many(rows.INSERT_EVENT, self._events)
        self._counters.write(transaction)

    def fail(self, job_id: str, error: str, callback_url: str | None, *, alone: bool) -> None:
        row = {"id": job_id, "error": bounds.bounded(error, bounds.ERROR), "now": self._now, "alone": alone}
        self._failed.append(row)
        self._owe(job_id, callback_url)
        self._event(job_id, "failed", error)

    def _put_off(self, outcome: Failure, retry_at: float) -> None:
        error = bounds.bounded(outcome.error, bounds.ERROR)
        self._later.append({"id": outcome.job_id, "error": error, "now": self._now, "retry_at": retry_at})
        self._event(outcome.job_id, "requeued", outcome.error)

    def _owe(self, job_id: str, url: str | None) -> None:
        if url is not None:
            times = {"created_at": self._now, "due_at": bounds.AT_ONCE}
            row = {"id": uuid7(self._now), "job_id": job_id, "url": url, "status": "owed", "attempts": 0}
            self._deliveries.append(row | times)

    def _event(self, job_id: str, kind: str, detail: str) -> None:
        self._events.append(rows.event(job_id, kind, at=self._now, actor=self._actor, detail=detail))


def _choose(transaction: Transaction, limit: int, now: float) -> list[str]:
    """Return the ids to hold: the oldest due job when it must be alone, else the oldest that need not be."""
    head = transaction.row(_HEAD, {"now": now})
    if head is None:
        return []
    if head[1]:
        return [head[0]]
    ids: list[str] = []
    size = 0
    for job_id, _alone, job_size in transaction.rows(_ORDINARY, {"now": now, "limit": limit}):
        size += job_size
        if ids and size > bounds.CLAIM_BYTES:
            break
        ids.append(job_id)
    return ids


def _claim(row: Row, lease: str, now: float) -> Claim:
    return Claim(
        job_id=row[0],
        lease=lease,
        content=row[1],
        format=MailFormat(row[2]),
        created_at=row[3],
        claimed_at=now,
        attempt=row[4],
        callback_url=row[5],
    )


def _decided(outcome: Decided, now: float) -> dict[str, Any]:
    defects = bounds.defects(outcome.defects)
    timings = outcome.timings
    return {
        "id": outcome.job_id,
        "now": now,
        "subject": bounds.bounded(outcome.subject, bounds.SUBJECT),
        "sender": bounds.bounded(outcome.sender, bounds.SENDER),
        "message_id": bounds.bounded(outcome.message_id, bounds.MESSAGE_ID),
        "defects": json.dumps(defects) if defects else None,
        "excerpt": bounds.bounded(outcome.excerpt, bounds.EXCERPT) or None,
        "language": bounds.maybe(outcome.language, bounds.NAME),
        "model_label": bounds.maybe(outcome.model_label, bounds.NAME),
        "model_confidence": outcome.model_confidence,
        "novelty": outcome.novelty,
        "interest": interest(outcome),
        "queued_ms": timings.queued,
        "parse_ms": timings.parse,
        "classify_ms": timings.classify,
        "total_ms": timings.total,
        **rows.decision(outcome.decision),
    }
