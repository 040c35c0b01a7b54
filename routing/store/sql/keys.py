"""API keys, and workers' signs of life."""

from __future__ import annotations

import json
from collections.abc import Sequence

from routing.errors import NotFound, WrongStatus
from routing.people import AuditEntry
from routing.store import bounds
from routing.store.port import ApiKey, WorkerBeat
from routing.store.sql import rows
from routing.store.sql.audit import write_audit
from routing.store.sql.database import Database, Transaction
from routing.store.sql.statement import Statement, insert

_ADD = insert("api_keys", tuple(rows.KEY.split(", ")), otherwise="ON CONFLICT DO NOTHING")
_BY_HASH = Statement(
    f"SELECT {rows.KEY} FROM api_keys WHERE secret_hash = :hash AND revoked_at IS NULL"  # noqa: S608  (constant)
)
_ALL = Statement(f"SELECT {rows.KEY} FROM api_keys ORDER BY created_at, id")  # noqa: S608  (constant)
_REVOKE = Statement("UPDATE api_keys SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL")
_BEAT = insert(
    "workers",
    ("name", "model_version", "started_at", "seen_at", "model"),
    otherwise="""
        ON CONFLICT (name) DO UPDATE SET model_version = excluded.model_version, started_at = excluded.started_at,
            seen_at = excluded.seen_at, model = excluded.model
    """,
)
_SEEN = Statement(
    "SELECT name, model_version, started_at, seen_at, COALESCE(model, '') FROM workers WHERE seen_at > :seen_after"
)


class Keys:
    """The store's keys."""

    _database: Database

    def add_key(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a key; see the port."""

        def work(transaction: Transaction) -> None:
            row = {
                "id": key.id,
                "name": bounds.bounded(key.name, bounds.NAME),
                "secret_hash": bounds.clean(key.secret_hash),
                "scopes": json.dumps(sorted(key.scopes)),
                "created_at": key.created_at,
                "revoked_at": key.revoked_at,
            }
            if transaction.run(_ADD, row) != 1:
                raise WrongStatus(f"A key named {key.name!r} is in use: revoke it, or choose another name.")
            write_audit(transaction, audit)

        self._database.write(work)

    def key_by_hash(self, secret_hash: str) -> ApiKey | None:
        """Return the key with this hash that is not revoked, or None."""
        found = self._database.read(_BY_HASH, {"hash": bounds.clean(secret_hash)})
        return rows.api_key(found[0]) if found else None

    def keys(self) -> tuple[ApiKey, ...]:
        """Return all keys, revoked ones too, oldest first."""
        return tuple(rows.api_key(row) for row in self._database.read(_ALL))

    def revoke_key(self, name: str, *, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Revoke the key in use of this name; see the port."""

        def work(transaction: Transaction) -> None:
            if transaction.run(_REVOKE, {"name": bounds.bounded(name, bounds.NAME), "now": now}) == 0:
                raise NotFound(f"No key in use is named {name!r}.")
            write_audit(transaction, audit)

        self._database.write(work)


class Workers:
    """The store's record of who is at work."""

    _database: Database

    def beat(self, beat: WorkerBeat) -> None:
        """Record a worker's sign of life."""

        def work(transaction: Transaction) -> None:
            row = {
                "name": bounds.bounded(beat.name, bounds.NAME),
                "model_version": bounds.bounded(beat.model_version, bounds.NAME),
                "started_at": beat.started_at,
                "seen_at": beat.seen_at,
                "model": bounds.clean(beat.model),
            }
            transaction.run(_BEAT, row)

        self._database.write(work)

    def workers(self, *, seen_after: float) -> tuple[WorkerBeat, ...]:
        """Return the workers heard from after that time, by name."""
        found = self._database.read(_SEEN, {"seen_after": seen_after})
        return tuple(sorted((rows.beat(row) for row in found), key=lambda beat: beat.name))
