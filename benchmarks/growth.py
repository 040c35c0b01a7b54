"""What a mail takes in the database: bytes by table, with and without its content, and what the server writes for it.

python benchmarks/growth.py [--mails N] [--seed S] [--write]

Mails go the whole way by the code that runs in production, in this process: accepted one a transaction, claimed and
recorded 16 at a time with the stand-in for the model (whose answers take the same room), dealt with by agents, one in
twenty corrected, and counted for the dashboard. PostgreSQL is measured where
FACTEUR_TEST_POSTGRES_URL names a server, in a schema of its own; results are written only then.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import os
import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "integration")]

from bench import machine  # noqa: E402
from mails import rfc822  # noqa: E402

from model.registry import load_classifier  # noqa: E402
from routing.acts import act  # noqa: E402
from routing.desk import Act  # noqa: E402
from routing.ids import uuid7  # noqa: E402
from routing.job import MailFormat, Submission  # noqa: E402
from routing.people import Role, User  # noqa: E402
from routing.policy.reading import read_policy  # noqa: E402
from routing.route import Router  # noqa: E402
from routing.store.migrations import migrate  # noqa: E402
from routing.store.opening import open_store  # noqa: E402
from routing.store.port import Store  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "growth.json"
CLAIM = 16
AT_ONCE = 500
SECONDS_APART = 4.3
"""20,000 mails a day."""
OF_THE_MAIL = {"mails", "texts"}
"""Tables whose rows retention deletes with the mail; the words to search are among them."""
OF_A_WEEK = {"acts"}
"""What undoing needs; deleted after a week."""
FIGURES = ("content_bytes", "bytes_of_the_mail", "bytes_of_a_week", "bytes_of_the_decision", "log_bytes")
Sizes = dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A database to measure, and how."""

    url: str
    sizes: Callable[[], Sizes]
    written: Callable[[], int]
    """Bytes of the log that the server has written since ever; 0 where there is no server."""
    seconds: Callable[[], float]
    """The processor's time of the processes that serve us; 0 where there is no server."""


@dataclass
class Life:
    """Brings mails from their acceptance to their end, in one store."""

    store: Store
    draw: random.Random
    attachment: int
    """Bytes of an attachment that cannot be compressed, on every mail; 0: none."""
    clock: float = 1_790_000_000.0

    def __post_init__(self) -> None:
        self.policy = read_policy()
        self.router = Router(
            classifier=load_classifier("keywords"),
            policy=self.policy,
            max_attempts=3,
            clock=lambda: self.clock,
            stopwatch=time.perf_counter,
        )
        self.agent = User(
            id=uuid7(self.clock), name="camille", full_name="Camille", password="", role=Role.AGENT, created_at=0.0
        )
        self.mails = self.bytes = 0

    def live(self, mails: int) -> None:
        for _ in range(0, mails, AT_ONCE):
            self._accept(AT_ONCE)
            self._decide()
        while self.store.tally(now=self.clock, kept_since=-math.inf):
            pass

    def _accept(self, mails: int) -> None:
        for _ in range(mails):
            self.clock += SECONDS_APART
            content = rfc822(self.draw, self.mails)
            if self.attachment:
                content += base64.encodebytes(self.draw.randbytes(self.attachment))
            self.store.submit(
                [
                    Submission(
                        source="mail-system",
                        content=content,
                        format=MailFormat.RFC822,
                        message_id=f"<{self.draw.getrandbits(64):x}@example.org>",
                        digest=hashlib.sha256(content).hexdigest(),
                    )
                ],
                now=self.clock,
            )
            self.mails += 1
            self.bytes += len(content)

    def _decide(self) -> None:
        while claims := self.store.claim(worker="growth/1", limit=CLAIM, lease_seconds=60.0, now=self.clock):
            self.store.record(self.router.route(claims), worker="growth/1", now=self.clock)
            self._deal_with([claim.job_id for claim in claims])

    def _deal_with(self, ids: list[str]) -> None:
        """What agents do a while later, mail by mail."""
        for job_id in ids:
            job = self.store.job(job_id)
            if self.draw.random() < 0.05:
                label = self.draw.choice(sorted(self.policy.labels))
                self._act(job_id, job.handling.revision, Act.CORRECT, label=label)
            self._act(job_id, self.store.job(job_id).handling.revision, Act.HANDLE)

    def _act(self, job_id: str, revision: int, what: Act, **words: Any) -> None:
        act(self.store, self.policy, what, [(job_id, revision)], user=self.agent, now=self.clock, **words)


def of_sqlite(path: Path) -> Sizes:
    """Bytes by table, its indexes included."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = connection.execute(
            "SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) "
            "FROM dbstat s LEFT JOIN sqlite_master m USING (name) GROUP BY 1"
        ).fetchall()
    connection.close()
    return {name: int(size) for name, size in rows}


def of_postgresql(connection: psycopg.Connection[Any]) -> Sizes:
    """Bytes by table, with its indexes and what is kept beside it, after the server's own cleaning."""
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
    ]
    for name in tables:
        connection.execute(f"VACUUM {name}")  # as the server does by itself
    return {
        name: connection.execute("SELECT pg_total_relation_size(%s::regclass)", [name]).fetchone()[0] for name in tables
    }


def grouped(sizes: Sizes) -> Sizes:
    """Bytes by room: what goes with the mail, and what stays with the decision."""
    found: Sizes = {}
    for name, size in sizes.items():
        room = "texts" if name.startswith("texts") else name
        found[room] = found.get(room, 0) + size
    return found


@contextmanager
def a_sqlite() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="facteur-growth-") as folder:
        path = Path(folder) / "facteur.sqlite"
        yield Server(url=f"sqlite:///{path}", sizes=lambda: of_sqlite(path), written=lambda: 0, seconds=lambda: 0.0)


@contextmanager
def a_postgresql(server: str) -> Iterator[Server]:
    name = f"growth_{uuid.uuid4().hex[:8]}"
    # Nobody waits for the disk: sizes stay the same.
    options = {"options": f"-csearch_path={name} -csynchronous_commit=off", "application_name": name}
    url = make_url(server).set(drivername="postgresql").update_query_dict(options)
    plain = url.render_as_string(hide_password=False).replace("+", "%20")  # as libpq reads it
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")

        def written() -> int:
            (bytes_,) = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
            return int(bytes_)

        def seconds() -> float:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name]).fetchall()
            return sum(sum(psutil.Process(pid).cpu_times()[:2]) for (pid,) in rows if psutil.pid_exists(pid))

        try:
            yield Server(url=plain, sizes=lambda: of_postgresql(connection), written=written, seconds=seconds)
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def measured(database: Any, mails: int, seed: int, attachment: int) -> dict[str, Any]:
    """What the second half of the mails added: the first half fills what every database has."""
    with database as server:
        migrate(server.url)
        store = open_store(server.url)
        life = Life(store=store, draw=random.Random(seed), attachment=attachment)
        life.live(mails // 2)
        before, content = grouped(server.sizes()), life.bytes
        log, served, begin = server.written(), server.seconds(), time.process_time()
        life.live(mails - mails // 2)
        cpu, served, log = time.process_time() - begin, server.seconds() - served, server.written() - log
        after = grouped(server.sizes())
        added = life.mails - mails // 2
        by_table = {name: (after[name] - before.get(name, 0)) / added for name in after}
        store.close()
    return {
        "mails": added,
        "content_bytes": (life.bytes - content) / added,
        "bytes_of_the_mail": sum(by_table[name] for name in OF_THE_MAIL),
        "bytes_of_a_week": sum(by_table[name] for name in OF_A_WEEK),
        "bytes_of_the_decision": sum(by_table[name] for name in by_table.keys() - OF_THE_MAIL - OF_A_WEEK),
        "log_bytes": log / added,
        "server_cpu_ms": served / added * 1000,
        "client_cpu_ms": cpu / added * 1000,
        "by_table": {
            name: round(size) for name, size in sorted(by_table.items(), key=lambda each: -each[1]) if size >= 1
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    server = os.environ.get("FACTEUR_TEST_POSTGRES_URL")
    databases: dict[str, Callable[[], Any]] = {"sqlite": a_sqlite}
    if server:
        databases["postgresql"] = lambda: a_postgresql(server)
    described, results = machine(), {}
    table = Table(
        "Database",
        "Mail itself",
        "Kept with the mail",
        "a week",
        "with the decision",
        "Server's log",
        "Server's CPU",
        box=None,
    )
    for name, database in databases.items():
        for attachment, mails in ((0, options.mails), (100_000, max(AT_ONCE * 2, options.mails // 20))):
            row = measured(database(), mails, options.seed, attachment)
            results[f"{name}{', with an attachment' if attachment else ''}"] = row
            figures = (row[key] for key in FIGURES)
            table.add_row(name, *(f"{figure:,.0f}" for figure in figures), f"{row['server_cpu_ms']:.2f} ms")
    console = Console(width=120, highlight=False)
    console.print(table)
    console.print("Bytes a mail, indexes included.")
    if not server:
        console.print("PostgreSQL was NOT measured, and nothing is written: FACTEUR_TEST_POSTGRES_URL names no server.")
    elif options.write:
        OUT.write_text(json.dumps({"machine": described, "seed": options.seed, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
