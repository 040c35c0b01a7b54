"""The part of the in-memory store that has nothing to do with jobs: API keys and workers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from routing.errors import NotFound, WrongStatus
from routing.people import AuditEntry
from routing.store import bounds, people_bounds
from routing.store.port import ApiKey, WorkerBeat


class MemoryKeys:
    """Keys and workers in memory; `MemoryStore` is the rest."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._keys: list[ApiKey] = []
        self._workers: dict[str, WorkerBeat] = {}
        self._audit: list[AuditEntry] = []

    def add_key(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a key; see the port."""
        key = replace(key, name=bounds.bounded(key.name, bounds.NAME), secret_hash=bounds.clean(key.secret_hash))
        with self._lock:
            taken = (one.secret_hash == key.secret_hash or _in_use(one, key.name) for one in self._keys)
            if any(taken):
                raise WrongStatus(f"A key named {key.name!r} is in use: revoke it, or choose another name.")
            self._keys.append(key)
            self._note(audit)

    def key_by_hash(self, secret_hash: str) -> ApiKey | None:
        """Return the key with this hash that is not revoked, or None."""
        secret_hash = bounds.clean(secret_hash)
        with self._lock:
            found = (key for key in self._keys if key.secret_hash == secret_hash and key.revoked_at is None)
            return next(found, None)

    def keys(self) -> tuple[ApiKey, ...]:
        """Return all keys, revoked ones too, oldest first."""
        with self._lock:
            return tuple(sorted(self._keys, key=lambda key: (key.created_at, key.id)))

    def revoke_key(self, name: str, *, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Revoke the key in use of this name; see the port."""
        name = bounds.bounded(name, bounds.NAME)
        with self._lock:
            if not any(_in_use(key, name) for key in self._keys):
                raise NotFound(f"No key in use is named {name!r}.")
            self._keys = [replace(key, revoked_at=now) if _in_use(key, name) else key for key in self._keys]
            self._note(audit)

    def _note(self, entries: Sequence[AuditEntry]) -> None:
        self._audit.extend(map(people_bounds.audit_entry, entries))

    def beat(self, beat: WorkerBeat) -> None:
        """Record a worker's sign of life."""
        name, version = bounds.bounded(beat.name, bounds.NAME), bounds.bounded(beat.model_version, bounds.NAME)
        with self._lock:
            self._workers[name] = replace(beat, name=name, model_version=version, model=bounds.clean(beat.model))

    def workers(self, *, seen_after: float) -> tuple[WorkerBeat, ...]:
        """Return the workers heard from after that time, by name."""
        with self._lock:
            return tuple(beat for _, beat in sorted(self._workers.items()) if beat.seen_at > seen_after)

    def _forget_workers(self, seen_before: float) -> None:
        self._workers = {name: beat for name, beat in self._workers.items() if beat.seen_at >= seen_before}


def _in_use(key: ApiKey, name: str) -> bool:
    return key.name == name and key.revoked_at is None
