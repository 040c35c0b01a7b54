"""A database of many routed mails, written past the service by bulk insert: weeks of work in a minute or two.

Everything follows from a seed. Of the mails the newest are open, the rest handled; one in twenty was corrected by a
human. Texts are those of the samples, told apart by sender, contract number and town, so that some words of a search
are in every twentieth mail and some in one. Only open mails keep their content, as after the days of retention.
"""

from __future__ import annotations

import json
import math
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from mails import texts
from sqlalchemy import make_url

from routing.mail import Mail
from routing.mail.excerpt import excerpt_of
from routing.policy.reading import read_policy
from routing.search import content_of
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.schema import metadata

MODEL = "bundled-0123456789ab"
FIRST = ("Adèle", "Bruno", "Chloé", "Driss", "Élodie", "Farid", "Gaëlle", "Hugo", "Inès", "Jules", "Karim", "Léa")
LAST = ("Aubry", "Benoît", "Caron", "Diallo", "Esnault", "Fabre", "Guérin", "Haddad", "Jacquet", "Noël", "Perrin")
TOWNS = ("Fictiville", "Bourg-Exemple", "Port-Modèle", "Saint-Essai", "Val-Témoin", "Mont-Échantillon")
AGENTS = ("camille", "yanis", "sophie")
RANKS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
MAILS_A_DAY = 20_000.0
DAY = 86_400.0

JOBS = [
    *("id", "status", "source", "created_at", "updated_at", "ended_at", "digest", "message_id", "subject", "sender"),
    *("size", "metadata", "due_at", "alone", "grouped", "attempts", "label", "confidence", "alternatives", "queue"),
    *("priority", "decided_by", "reason", "model_version", "decided_at", "queued_ms", "parse_ms", "classify_ms"),
    *("total_ms", "reviewed", "excerpt", "language", "model_label", "model_confidence", "novelty", "interest", "rank"),
    *("routed_queue", "routed_label", "routed_by", "arrived_at", "assignee", "taken_at", "handled_at", "handled_by"),
    "revision",
]
REVIEWS = ["id", "job_id", "at", "reviewer", "confirmed", "label_before", "queue_before", "label", "queue", "note"]
EVENTS = ["job_id", "at", "kind", "actor", "detail"]

Rows = dict[str, list[tuple[object, ...]]]


@dataclass
class _Said:
    """A sample's text, and what of it does not change from mail to mail."""

    subject: str
    text: str

    def __post_init__(self) -> None:
        found = excerpt_of(Mail(subject=self.subject, text=self.text))
        self.content = content_of(self.subject, found.words)
        self.excerpt = found.start
        self.language = "en" if " the " in self.text else "fr"


@dataclass
class Million:
    """Makes rows of all tables, some thousand mails at a time."""

    mails: int
    open: int
    seed: int
    now: float
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.policy = read_policy()
        self.labels = list(self.policy.labels)
        self.said = [_Said(subject=subject.replace("\n", " "), text=text) for subject, text in texts()]
        self.folded = {name: content_of(name) for name in (*FIRST, *LAST, *TOWNS)}

    def batches(self, size: int = 10_000) -> Iterator[Rows]:
        for begin in range(0, self.mails, size):
            rows: Rows = {"jobs": [], "texts": [], "mails": [], "reviews": [], "events": []}
            for number in range(begin, min(begin + size, self.mails)):
                self._mail(number, rows)
            yield rows

    def _identifier(self, at: float) -> str:
        time, rest = f"{int(at * 1000):012x}", f"{self.draw.getrandbits(72):018x}"
        return f"{time[:8]}-{time[8:]}-7{rest[:3]}-8{rest[3:6]}-{rest[6:]}"

    def _mail(self, number: int, rows: Rows) -> None:
        draw = self.draw
        created = self.now - (self.mails - number) / MAILS_A_DAY * DAY
        decided = created + 0.05 + draw.expovariate(3)
        job_id = self._identifier(created)
        said = draw.choice(self.said)
        first, last, town = draw.choice(FIRST), draw.choice(LAST), draw.choice(TOWNS)
        address = f"{first}.{last}{number % 5000}@example.org".lower()
        contract = f"C-{draw.randrange(10**8):08d}"
        place = draw.randrange(len(self.labels))
        model_label, *others = (self.labels[(place + step) % len(self.labels)] for step in (0, 1, 3, 7))
        confidence = round(1 - draw.random() ** 4, 4)
        alternatives = json.dumps(
            [(label, round((1 - confidence) / (rank + 2), 4)) for rank, label in enumerate(others)]
        )
        known = self.policy.labels[model_label]
        sure = known.threshold is not None and confidence >= known.threshold
        queue = known.queue if sure else self.policy.triage
        is_open = number >= self.mails - self.open
        label, decided_by, reviewed, handled_at, user = model_label, "model", False, None, draw.choice(AGENTS)
        routed_queue = queue
        if not is_open:
            handled_at = decided + draw.random() * DAY
            reviewed = draw.random() < (0.05 if sure else 0.9)
            corrected = reviewed and draw.random() < 0.5
            if corrected:
                label, decided_by = others[0], "human"
                queue = self.policy.labels[label].queue
            if reviewed:
                review_id = self._identifier(handled_at)
                before = (model_label, routed_queue)
                rows["reviews"].append((review_id, job_id, handled_at, user, not corrected, *before, label, queue, ""))
        taken = is_open and draw.random() < 0.1
        priority = self.policy.labels[label].priority.value
        rows["jobs"].append(
            (
                *(job_id, "done", "mail-system", created, handled_at or decided, decided, "0"),
                *(
                    f"<{number}@example.org>",
                    f"{said.subject} ({contract})",
                    address,
                    len(said.text),
                    "{}",
                    0.0,
                    False,
                    True,
                    1,
                ),
                *(label, confidence, alternatives, queue, priority, decided_by, f"The model is {confidence:.0%} sure."),
                *(MODEL, decided, 20.0, 1.5, 9.0, (decided - created) * 1000, reviewed, said.excerpt),
                *(said.language, model_label, confidence, draw.random(), 1 - confidence),
                *(RANKS[priority], routed_queue, model_label, "model", decided),
                *(user if taken else None, decided + 60 if taken else None, handled_at),
                *(user if handled_at else None, int(bool(taken or handled_at))),
            )
        )
        names = " ".join(self.folded[name] for name in (first, last, town))
        rows["texts"].append((number + 1, job_id, f"{said.content} {names} {contract[2:]} {number}"))
        rows["events"].append((job_id, decided, "decided", "worker then", ""))
        if is_open:
            head = (
                f"From: {first} {last} <{address}>\r\nSubject: {number}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            )
            body = f"{head}\r\n{said.text}\n\n{contract}, {town}\n"
            rows["mails"].append((job_id, "rfc822", body.encode()))


COLUMNS = {
    "jobs": JOBS,
    "texts": ["number", "job_id", "content"],
    "mails": ["job_id", "format", "content"],
    "reviews": REVIEWS,
    "events": EVENTS,
}


def build(url: str, million: Million) -> None:
    """Make the tables and fill them; indexes are made last, and the counters by the store itself."""
    migrate(url)
    if make_url(url).get_backend_name() == "sqlite":
        _fill_sqlite(str(make_url(url).database), million)
    else:
        _fill_postgresql(url, million)
    store = open_store(url)
    store.recount()
    while store.tally(now=million.now, kept_since=-math.inf):  # as an errand does
        pass
    store.close()


def _fill_sqlite(path: str, million: Million) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    kept = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
        "AND tbl_name IN ('jobs', 'texts', 'mails', 'reviews', 'events')"
    ).fetchall()
    for kind, name, _ in kept:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("BEGIN")
    for rows in million.batches():
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows[table])
    connection.execute("COMMIT")
    connection.execute("INSERT INTO texts_index (texts_index) VALUES ('rebuild')")
    for _, _, sql in kept:
        connection.execute(sql)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _fill_postgresql(url: str, million: Million) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        keys = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        ).fetchall()
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s) "
            "AND indexname NOT LIKE '%%_pkey'",
            [list(COLUMNS)],
        ).fetchall()
        for table, name, _ in keys:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for rows in million.batches():
            for table, columns in COLUMNS.items():
                with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in rows[table]:
                        copy.write_row(row)
        connection.execute("SELECT setval(pg_get_serial_sequence('texts', 'number'), %s)", [million.mails])
        connection.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            connection.execute(definition)
        for table, name, definition in keys:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for table in metadata.tables:  # as the server does by itself after a while
            connection.execute(f"VACUUM ANALYZE {table}")
