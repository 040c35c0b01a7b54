"""Webhooks that are owed. Claiming one moves the time at which it is due to the end of its lease.

A new one is due at time 0, so before those that are tried again: a receiver that does not answer holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from routing.ids import is_uuid
from routing.store import bounds
from routing.store.port import Delivery, DeliveryOutcome
from routing.store.sql import rows
from routing.store.sql.database import Database, Transaction
from routing.store.sql.statement import Statement

_DUE = Statement("""
    SELECT id, job_id, url, attempts, created_at FROM deliveries WHERE status = 'owed' AND due_at <= :now
    ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_HOLD = Statement("""
    UPDATE deliveries SET lease = :lease, due_at = :lease_until, attempts = attempts + 1 WHERE id IN :ids
""")
_LATER = Statement("""
    UPDATE deliveries SET lease = NULL, due_at = :retry_at, error = :error
    WHERE id = :id AND lease = :lease AND status = 'owed'
""")
_END = Statement("""
    UPDATE deliveries SET lease = NULL, status = :status, ended_at = :now, error = :error
    WHERE id = :id AND lease = :lease AND status = 'owed'
""")
_JOB_OF = Statement("SELECT job_id FROM deliveries WHERE id = :id")


class Deliveries:
    """The store's outgoing half."""

    _database: Database

    def claim_deliveries(self, *, limit: int, lease_seconds: float, now: float) -> list[Delivery]:
        """Take up to `limit` due deliveries under a lease; see the port."""

        def work(transaction: Transaction) -> list[Delivery]:
            found = transaction.rows(_DUE, {"now": now, "limit": limit})
            if not found:
                return []
            lease = uuid4().hex
            ids = transaction.array([row[0] for row in found])
            transaction.run(_HOLD, {"ids": ids, "lease": lease, "lease_until": now + lease_seconds})
            return [
                Delivery(id=row[0], job_id=row[1], url=row[2], attempts=row[3] + 1, created_at=row[4], lease=lease)
                for row in found
            ]

        return self._database.write(work)

    def record_deliveries(self, outcomes: Sequence[DeliveryOutcome], *, now: float) -> None:
        """Record what came of attempts; see the port."""

        def work(transaction: Transaction) -> None:
            for outcome in outcomes:
                if not is_uuid(outcome.delivery_id):
                    continue
                key = {"id": outcome.delivery_id, "lease": bounds.clean(outcome.lease)}
                error = {"error": bounds.maybe(outcome.error, bounds.ERROR)}
                if outcome.retry_at is not None and not outcome.delivered:
                    transaction.run(_LATER, key | error | {"retry_at": outcome.retry_at})
                else:
                    status = "delivered" if outcome.delivered else "given_up"
                    if transaction.run(_END, key | error | {"status": status, "now": now}):
                        _tell(transaction, outcome, now)

        if outcomes:
            self._database.write(work)


def _tell(transaction: Transaction, outcome: DeliveryOutcome, now: float) -> None:
    """Write how a callback ended into its job's history, where whoever misses it will look."""
    for (job_id,) in transaction.rows(_JOB_OF, {"id": outcome.delivery_id}):
        kind = bounds.CALLBACK_DELIVERED if outcome.delivered else bounds.CALLBACK_GIVEN_UP
        line = rows.event(job_id, kind, at=now, actor=bounds.ERRANDS, detail=outcome.error or "")
        transaction.run(rows.INSERT_EVENT, line)
