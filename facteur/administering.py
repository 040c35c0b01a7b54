"""What the commands share that change who may do what: the store, lines of the audit, days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from routing.people import AuditEntry
from routing.settings import Settings
from routing.store.opening import open_store
from routing.store.port import Store

ACTOR = "command line"


@contextmanager
def settings_store() -> Iterator[tuple[Store, Settings]]:
    """Open the store that the environment's settings name, and close it after use; the settings come with it.

    Raises:
        ConfigurationError: A setting cannot be used, or the database is of another version.
    """
    settings = Settings.from_environ()
    store = open_store(settings.resolved_database_url)
    try:
        store.check()
        yield store, settings
    finally:
        store.close()


def line(kind: str, subject: str, detail: str = "") -> AuditEntry:
    """Return a line of the audit, of now, by the command line."""
    return AuditEntry(at=time.time(), actor=ACTOR, kind=kind, subject=subject, detail=detail)


def day(moment: float | None) -> str:
    """Return a time (Unix seconds) as lists show it; nothing for None."""
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
