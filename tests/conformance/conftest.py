"""A store of each kind, empty, for every test; and short ways to say what is put into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.ids import uuid7
from routing.job import Decided, Failure, MailFormat, Review, Submission
from routing.store.memory import MemoryStore
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.schema import metadata


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server, schema_of):
    with schema_of(postgres_server) as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as sweeper:
            yield url, sweeper


@pytest.fixture
def postgres_url(migrated_postgres):
    """The URL of an empty store on PostgreSQL."""
    url, sweeper = migrated_postgres
    yield url
    # TRUNCATE writes new files for every table and index, and waits for the disk: a hundred times what this takes.
    sweeper.execute("; ".join(str(table.delete()) for table in reversed(metadata.sorted_tables)))


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite_file, tmp_path):
    """The URL of an empty store on SQLite."""
    return f"sqlite:///{shutil.copyfile(migrated_sqlite_file, tmp_path / 'store.db')}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request):
    """The URL of an empty store on each database."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database_url(request, tmp_path):
    """The URL of a database without tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'new.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def sql_store(database_url):
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request):
    """An empty store of every kind."""
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = open_store(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
    yield opened
    opened.close()


class Make:
    """Values with everything filled in that a test does not care about."""

    root = Path(__file__).parents[2]

    def submission(self, name="1", **fields):
        given = {
            "source": "gate",
            "content": f"Subject: {name}\r\n\r\nBonjour".encode(),
            "format": MailFormat.RFC822,
            "message_id": f"<{name}@example.org>",
            "digest": f"digest of {name}",
            "subject": f"mail {name}",
            "sender": "anne@example.org",
        }
        return Submission(**(given | fields))

    def decision(self, **fields):
        given = {
            "label": "claim_motor",
            "confidence": 0.75,
            "alternatives": (Score(label="quote", probability=0.125),),
            "queue": "motor",
            "priority": Priority.HIGH,
            "decided_by": DecidedBy.MODEL,
            "reason": "The model is sure enough.",
            "rule": None,
            "model_version": "insurance-0123456789ab",
        }
        return Decision(**(given | fields))

    def decided(self, claim, **fields):
        given = {
            "job_id": claim.job_id,
            "lease": claim.lease,
            "decision": self.decision(),
            "timings": Timings(queued=1.5, parse=0.25, classify=8.0, total=9.75),
            "subject": "as read",
            "sender": "read@example.org",
            "message_id": "<read@example.org>",
            "defects": ("no date",),
        }
        return Decided(**(given | fields))

    def failure(self, claim, *, retry_at=None, error="ValueError: no"):
        return Failure(job_id=claim.job_id, lease=claim.lease, error=error, retry_at=retry_at)

    def review(self, job_id, **fields):
        given = {
            "id": uuid7(5_000.0),
            "job_id": job_id,
            "at": 5_000.0,
            "reviewer": "anne",
            "confirmed": False,
            "label_before": "claim_motor",
            "queue_before": "motor",
            "label": "quote",
            "queue": "sales",
            "note": "asks for a price",
        }
        return Review(**(given | fields))

    def accepted(self, store, *names, now=1_000.0, **fields):
        """Submit mails of these names; return the ids of their jobs, in order."""
        return [one.job.id for one in store.submit([self.submission(name, **fields) for name in names], now=now)]

    def claim(self, store, *, now, limit=10, worker="node/1", lease_seconds=60.0):
        return store.claim(worker=worker, limit=limit, lease_seconds=lease_seconds, now=now)

    def done(self, store, *names, now=1_000.0, **fields):
        """Submit mails and decide them; return the ids of their jobs, in order."""
        ids = self.accepted(store, *names, now=now, **fields)
        store.record([self.decided(claim) for claim in self.claim(store, now=now)], worker="node/1", now=now)
        return ids


@pytest.fixture(scope="session")
def make():
    return Make()
