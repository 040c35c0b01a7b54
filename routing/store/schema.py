"""The tables. SQLAlchemy describes them once, for both databases; migrations must come to exactly this, by test.

Times are Unix seconds in double precision. Identifiers are UUIDv7: PostgreSQL's own type there, 36 characters on
SQLite; their order is the order of arrival, so the primary key is also the order of every list. JSON is kept as text:
it is given back, never queried, and PostgreSQL's `jsonb` refuses U+0000.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from routing.store import schema_console
from routing.store.metadata import Identifier, metadata, owner, where

REVISION = "0004_since_0001"
"""The migration that this code was written for; `facteur migrate` brings a database there.

Its name is its number and the number of the oldest migration whose program still runs on it. A migration that only adds
what older programs need not know (a table, an index, a column that may be null or has a default) takes that second
number over from the one before it; one that takes something away that they use has its own number there.
"""

OPEN = "status = 'done' AND handled_at IS NULL"
HANDLED = "status = 'done' AND handled_at IS NOT NULL"
"""Which mails a list of the desk shows, as the conditions of its indexes: a statement must say them in these words."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    # When it became done, failed or cancelled; retention counts from here.
    Column("ended_at", Double),
    # What repeats are recognised by. `repeat_key` is the Message-ID as it was handed in, short enough to index; the
    # worker corrects `message_id`, which is only shown, and can therefore never collide with another job.
    Column("repeat_key", Text),
    Column("idempotency_key", Text),
    Column("digest", Text, nullable=False),
    # What is shown of the mail before and after it was read.
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("callback_url", Text),
    Column("metadata", Text, nullable=False),
    # The queue: when it may be claimed (0: at once; a time only for what was put off), under which lease it is held.
    Column("due_at", Double, nullable=False),
    Column("alone", Boolean, nullable=False),  # its lease ended once: it is claimed without neighbours from then on
    Column("grouped", Boolean, nullable=False),  # the last claim had neighbours: its attempt may be taken back
    Column("attempts", Integer, nullable=False),
    Column("lease", Text),
    Column("lease_until", Double),
    Column("worker", Text),
    # What came of it.
    Column("error", Text),
    Column("label", Text),
    Column("confidence", Double),
    Column("alternatives", Text),
    Column("queue", Text),
    Column("priority", Text),
    Column("decided_by", Text),
    Column("reason", Text),
    Column("rule", Text),
    Column("model_version", Text),
    Column("decided_at", Double),
    Column("queued_ms", Double),
    Column("parse_ms", Double),
    Column("classify_ms", Double),
    Column("total_ms", Double),
    Column("defects", Text),
    Column("reviewed", Boolean, nullable=False),
    # What a list shows and finds beside the decision; the excerpt goes with the mail.
    Column("excerpt", Text),
    Column("language", Text),
    Column("model_label", Text),
    Column("model_confidence", Double),
    Column("novelty", Double),
    Column("interest", Double, nullable=False, server_default=text("0")),
    Column("rank", Integer, nullable=False, server_default=text("2")),  # the priority as a number, 0 the most urgent
    # The decision as the router made it: no human's word changes these.
    Column("routed_queue", Text),
    Column("routed_label", Text),
    Column("routed_by", Text),
    # What people made of it. An older program leaves the defaults; `recount` mends what follows from them.
    Column("arrived_at", Double, nullable=False, server_default=text("0")),
    Column("assignee", Text),
    Column("taken_at", Double),
    Column("handled_at", Double),
    Column("handled_by", Text),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status_known"),
    CheckConstraint(
        "(status = 'running') = (lease IS NOT NULL AND lease_until IS NOT NULL AND worker IS NOT NULL)",
        name="running_means_leased",
    ),
    CheckConstraint("(status IN ('queued', 'running')) = (ended_at IS NULL)", name="ended_means_out_of_the_queue"),
    CheckConstraint(
        "status <> 'done' OR (queue IS NOT NULL AND priority IS NOT NULL AND decided_by IS NOT NULL "
        "AND reason IS NOT NULL AND decided_at IS NOT NULL)",
        name="done_means_decided",
    ),
    CheckConstraint("attempts >= 0 AND size >= 0", name="counts_not_negative"),
    # A repeat is the same job: by the caller's own key, else by the Message-ID, within one source.
    where("jobs_idempotency", "idempotency_key IS NOT NULL", "source", "idempotency_key", unique=True),
    where("jobs_repeats", "repeat_key IS NOT NULL", "source", "repeat_key", unique=True),
    # What to claim next: holds queued jobs only, so a claim costs the same with a million done jobs behind it. In the
    # order of arrival; what is put off is passed over inside the index.
    where("jobs_due", "status = 'queued'", "id", "due_at"),
    # Which leases have ended.
    where("jobs_leases", "status = 'running'", "lease_until"),
    # A team's queue, newest first; with its depth and its oldest unreviewed mail read from the index alone.
    where("jobs_queue", "status = 'done'", "queue", "id", "reviewed", "created_at"),
    # What a human has to look at; few, and hard to find among the others without this.
    where("jobs_failed", "status = 'failed'", "id"),
    # The desk's lists, an index for each order. Open mails are few beside those that were handled, and what the router
    # writes goes here only; a list over several queues merges what each queue begins with.
    where("jobs_open_arrived", OPEN, "queue", "arrived_at", "id"),
    where("jobs_open_pressing", OPEN, "queue", "rank", "arrived_at", "id"),
    where("jobs_open_unsure", OPEN, "queue", "confidence", "id"),
    where("jobs_open_useful", OPEN, "queue", "interest", "id"),
    # Since when the customer waits, whatever was moved since.
    where("jobs_open_oldest", OPEN, "queue", "created_at"),
    where("jobs_open_taken", f"{OPEN} AND assignee IS NOT NULL", "assignee", "arrived_at", "id"),
    where("jobs_handled_arrived", HANDLED, "queue", "arrived_at", "id"),
    where("jobs_handled_pressing", HANDLED, "queue", "rank", "arrived_at", "id"),
    where("jobs_handled_taken", f"{HANDLED} AND assignee IS NOT NULL", "assignee", "rank", "arrived_at", "id"),
    where("jobs_handled_unsure", HANDLED, "queue", "confidence", "id"),
    where("jobs_handled_useful", HANDLED, "queue", "interest", "id"),
    # What humans said of the model's word: the mails behind a cell of the confusion matrix.
    where("jobs_reviewed", "status = 'done' AND reviewed", "model_label", "label", "arrived_at", "id"),
    # Mails by label, whatever the queue; in the order of their arrival they are put together from four priorities.
    where("jobs_open_labelled", OPEN, "label", "rank", "arrived_at", "id"),
    where("jobs_handled_labelled", HANDLED, "label", "rank", "arrived_at", "id"),
    # What was decided since the figures were last added up.
    where("jobs_decided", "status = 'done'", "decided_at"),
)

# Apart from the job, so that lists never read them and retention deletes them alone.
mails = Table(
    "mails",
    metadata,
    Column("job_id", Identifier, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("format", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("format IN ('rfc822', 'json')", name="format_known"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Identifier, primary_key=True),
    owner(),
    Column("at", Double, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("label_before", Text),
    Column("queue_before", Text, nullable=False),
    Column("label", Text),
    Column("queue", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("reviews_of_a_job", "job_id", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Identifier, primary_key=True),
    owner(),
    Column("url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    # Not to be tried before; while an attempt is under way, the end of its lease.
    Column("due_at", Double, nullable=False),
    Column("lease", Text),
    Column("error", Text),
    Column("ended_at", Double),
    CheckConstraint("status IN ('owed', 'delivered', 'given_up')", name="status_known"),
    CheckConstraint("(status = 'owed') = (ended_at IS NULL)", name="ended_means_not_owed"),
    CheckConstraint("attempts >= 0", name="counts_not_negative"),
    # What to deliver next: holds what is owed only.
    where("deliveries_due", "status = 'owed'", "due_at", "id"),
    Index("deliveries_of_a_job", "job_id"),
)

# No foreign key: the line that says that a job was erased outlives it.
events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("job_id", Identifier, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("events_of_a_job", "job_id", "id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    # A name is free again when its key was revoked.
    where("api_keys_in_use", "revoked_at IS NULL", "name", unique=True),
    Index("api_keys_secret", "secret_hash", unique=True),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("model_version", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("model", Text),  # what its model can give, as JSON; see `routing.policy.models`
)

__all__ = ["HANDLED", "OPEN", "REVISION", "Identifier", "metadata", "schema_console"]
