"""What failed, how a human decides it, and the database itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from routing.desk import JobPage
from routing.errors import InvalidInput
from routing.ids import is_uuid, uuid7
from routing.job import Decided, Job, Review, Status
from routing.store import bounds, changes, people_bounds
from routing.store.running import ERROR_HEAD, MOST_KINDS, DatabaseFacts, FailureKind, error_kind
from routing.store.sql import rows
from routing.store.sql.counters import Counters
from routing.store.sql.database import Database, Transaction
from routing.store.sql.interventions import wrong_status
from routing.store.sql.jobs import absent
from routing.store.sql.statement import Statement, insert

_CONDITIONS = {
    "source": "source = :source",
    "error": "substr(error, 1, length(:error)) = :error",
    "before": "id < :before",
}
_KINDS = Statement(
    f"SELECT source, substr(error, 1, {ERROR_HEAD}) AS head, count(*) FROM jobs "  # noqa: S608  (constants)
    f"WHERE status = 'failed' GROUP BY source, head ORDER BY count(*) DESC, source, head LIMIT {MOST_KINDS}"
)
_HELD = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id = :id FOR UPDATE")  # noqa: S608  (constant)
_SETTLE = Statement("""
    UPDATE jobs SET status = 'done', updated_at = :now, ended_at = :now, decided_at = :now, error = NULL,
        reviewed = TRUE, subject = :subject, sender = :sender, message_id = :message_id, defects = :defects,
        label = :label, confidence = :confidence, alternatives = :alternatives, queue = :queue, priority = :priority,
        decided_by = :decided_by, reason = :reason, rule = :rule, model_version = :model_version,
        excerpt = :excerpt, language = :language, rank = :rank, arrived_at = :now,
        routed_queue = :queue, routed_label = :label, routed_by = :decided_by, revision = revision + 1
    WHERE id = :id
""")
_FIND = insert("texts", ("job_id", "content"), otherwise="ON CONFLICT (job_id) DO NOTHING")
_REVIEW = insert("reviews", tuple(rows.REVIEW.split(", ")))
_OWE = insert("deliveries", ("id", "job_id", "url", "status", "attempts", "created_at", "due_at"))
_FACTS = Statement(
    """
    SELECT 'SQLite ' || sqlite_version(), version_num, (SELECT page_count * page_size
        FROM pragma_page_count(), pragma_page_size()) FROM alembic_version
    """,
    postgresql="""
    SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1), version_num,
        pg_database_size(current_database()) FROM alembic_version
    """,
)


class SqlRunning:
    """The store's chapter for those who keep it running."""

    _database: Database

    def failed(
        self, *, source: str | None = None, error: str | None = None, before: str | None = None, limit: int = 50
    ) -> JobPage:
        """List failed jobs, newest first; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        given: dict[str, Any] = {} if before is None else {"before": before}
        given |= {name: bounds.clean(text) for name, text in (("source", source), ("error", error)) if text is not None}
        found = self._database.read(_listing(tuple(given)), given | {"limit": limit + 1})
        shown = tuple(rows.job(row) for row in found[:limit])
        return JobPage(jobs=shown, next_cursor=shown[-1].id if shown and len(found) > limit else None)

    def failure_kinds(self) -> tuple[FailureKind, ...]:
        """Count failed jobs by source and kind of error; see the port."""
        counted: Counter[tuple[str, str]] = Counter()
        for source, head, jobs in self._database.read(_KINDS):
            counted[source, error_kind(head or "")] += jobs
        return tuple(
            FailureKind(source=source, error=error, jobs=jobs)
            for (source, error), jobs in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        )

    def settle(self, outcome: Decided, review: Review, *, actor: str) -> Job:
        """Decide a failed job by a human's word; see the port."""

        def work(transaction: Transaction) -> Job:
            found = transaction.row(_HELD, {"id": outcome.job_id}) if is_uuid(outcome.job_id) else None
            if found is None:
                raise absent(outcome.job_id)
            failed = rows.job(found)
            if failed.status is not Status.FAILED:
                raise wrong_status(failed.status, Status.FAILED, "decided by hand")
            transaction.run(_SETTLE, _row(outcome, review.at))
            transaction.run(_FIND, {"job_id": failed.id, "content": bounds.content(outcome)})
            transaction.run(_REVIEW, asdict(bounds.review(review)))
            if failed.callback_url is not None:
                transaction.run(_OWE, _delivery(failed, review.at))
            done = rows.job(transaction.rows(_HELD, {"id": failed.id})[0])
            line = rows.event(
                failed.id, changes.REVIEWED, at=review.at, actor=actor, detail=people_bounds.settled(review)
            )
            transaction.run(rows.INSERT_EVENT, line)
            counters = Counters()
            counters.enters(changes.standing(done))
            counters.write(transaction)
            return done

        return self._database.write(work)

    def database_facts(self) -> DatabaseFacts:
        """Say what database this is."""
        [(kind, schema, size)] = self._database.read(_FACTS)
        return DatabaseFacts(kind=kind, schema=schema, size=size)


@lru_cache(maxsize=8)
def _listing(conditions: tuple[str, ...]) -> Statement:
    where = " AND ".join(("status = 'failed'", *(_CONDITIONS[name] for name in conditions)))
    return Statement(f"SELECT {rows.JOB} FROM jobs WHERE {where} ORDER BY id DESC LIMIT :limit")  # noqa: S608  (constants)


def _row(outcome: Decided, now: float) -> dict[str, Any]:
    defects = bounds.defects(outcome.defects)
    return {
        **rows.decision(outcome.decision),
        "id": outcome.job_id,
        "now": now,
        "rank": changes.RANKS[outcome.decision.priority.value],
        "subject": bounds.bounded(outcome.subject, bounds.SUBJECT),
        "sender": bounds.bounded(outcome.sender, bounds.SENDER),
        "message_id": bounds.bounded(outcome.message_id, bounds.MESSAGE_ID),
        "defects": json.dumps(defects) if defects else None,
        "excerpt": bounds.bounded(outcome.excerpt, bounds.EXCERPT) or None,
        "language": bounds.maybe(outcome.language, bounds.NAME),
    }


def _delivery(failed: Job, now: float) -> dict[str, Any]:
    return {
        "id": uuid7(now),
        "job_id": failed.id,
        "url": failed.callback_url,
        "status": "owed",
        "attempts": 0,
        "created_at": now,
        "due_at": bounds.AT_ONCE,
    }
