"""Lines of the audit, written in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Sequence

from routing.people import AuditEntry
from routing.store import people_bounds
from routing.store.sql.database import Transaction
from routing.store.sql.statement import insert

COLUMNS = ("at", "actor", "kind", "subject", "detail")
_ADD = insert("audit", COLUMNS)


def write_audit(transaction: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Write lines of the audit."""
    kept = map(people_bounds.audit_entry, entries)
    transaction.many(_ADD, [{column: getattr(entry, column) for column in COLUMNS} for entry in kept])
