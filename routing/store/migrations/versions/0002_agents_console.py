"""The agents' console: what people make of a routed mail, search, counters, users, policies and figures.

Mails that a human reviewed before count as handled, the others as open. Mails routed before have neither excerpt nor
words to search: these come with what is routed from now on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002_since_0001"
down_revision = "0001_since_0001"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Text().with_variant(sa.UUID(as_uuid=False), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "status = 'done' AND handled_at IS NULL"
HANDLED = "status = 'done' AND handled_at IS NOT NULL"


def upgrade() -> None:
    """Add columns and tables, and fill them from what is there."""
    _jobs()
    _desk()
    _texts()
    _people()
    _policies()
    _figures()


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _owner() -> sa.Column[str]:
    return sa.Column("job_id", IDENTIFIER, nullable=False)


def _of_a_job(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=f"{table}_job_id_fkey", ondelete="CASCADE")


def _of_a_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"{table}_user_id_fkey", ondelete="CASCADE")


def _jobs() -> None:
    for column in (
        sa.Column("excerpt", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("model_label", sa.Text()),
        sa.Column("model_confidence", sa.Double()),
        sa.Column("novelty", sa.Double()),
        sa.Column("interest", sa.Double(), nullable=False, server_default=sa.text("0")),
        sa.Column("rank", sa.Integer(), nullable=False, server_default=sa.text("2")),
        sa.Column("routed_queue", sa.Text()),
        sa.Column("routed_label", sa.Text()),
        sa.Column("routed_by", sa.Text()),
        sa.Column("arrived_at", sa.Double(), nullable=False, server_default=sa.text("0")),
        sa.Column("assignee", sa.Text()),
        sa.Column("taken_at", sa.Double()),
        sa.Column("handled_at", sa.Double()),
        sa.Column("handled_by", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("0")),
    ):
        op.add_column("jobs", column)
    # Before the indexes, so that they are built once. What the model said of a mail that a human corrected is the
    # label before the first correction, unless a rule had put another in its place.
    first = "(SELECT {} FROM reviews WHERE reviews.job_id = jobs.id ORDER BY reviews.at, reviews.id LIMIT 1)"
    asked = "model_version IS NOT NULL AND rule IS NULL"
    op.execute(f"""
        UPDATE jobs SET
            rank = CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END,
            arrived_at = decided_at,
            handled_at = CASE WHEN reviewed THEN updated_at END,
            routed_queue = CASE WHEN reviewed THEN coalesce({first.format("queue_before")}, queue) ELSE queue END,
            routed_label = CASE WHEN reviewed THEN {first.format("label_before")} ELSE label END,
            routed_by = CASE WHEN decided_by <> 'human' THEN decided_by WHEN rule IS NULL THEN 'model' ELSE 'rule' END,
            model_label = CASE WHEN NOT ({asked}) THEN NULL
                WHEN reviewed THEN {first.format("label_before")} ELSE label END,
            model_confidence = CASE WHEN {asked} AND decided_by = 'model' THEN confidence END
        WHERE status = 'done'
    """)  # noqa: S608 - constants
    for name, condition, columns in (
        ("jobs_open_arrived", OPEN, ["queue", "arrived_at", "id"]),
        ("jobs_open_pressing", OPEN, ["queue", "rank", "arrived_at", "id"]),
        ("jobs_open_unsure", OPEN, ["queue", "confidence", "id"]),
        ("jobs_open_useful", OPEN, ["queue", "interest", "id"]),
        ("jobs_open_oldest", OPEN, ["queue", "created_at"]),
        ("jobs_open_taken", f"{OPEN} AND assignee IS NOT NULL", ["assignee", "arrived_at", "id"]),
        ("jobs_handled_arrived", HANDLED, ["queue", "arrived_at", "id"]),
        ("jobs_handled_pressing", HANDLED, ["queue", "rank", "arrived_at", "id"]),
        ("jobs_handled_unsure", HANDLED, ["queue", "confidence", "id"]),
        ("jobs_handled_useful", HANDLED, ["queue", "interest", "id"]),
        ("jobs_reviewed", "status = 'done' AND reviewed", ["model_label", "label", "arrived_at", "id"]),
        ("jobs_open_labelled", OPEN, ["label", "rank", "arrived_at", "id"]),
        ("jobs_handled_labelled", HANDLED, ["label", "rank", "arrived_at", "id"]),
        ("jobs_decided", "status = 'done'", ["decided_at"]),
    ):
        op.create_index(name, "jobs", columns, **_where(condition))


def _desk() -> None:
    op.create_table(
        "acts",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("batch", IDENTIFIER, nullable=False),
        _owner(),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("review_id", IDENTIFIER),
        sa.Column("undone_at", sa.Double()),
        _of_a_job("acts"),
        sa.PrimaryKeyConstraint("id", name="acts_pkey"),
    )
    op.create_index("acts_of_a_batch", "acts", ["batch"])
    op.create_index("acts_of_a_job", "acts", ["job_id", "id"])
    op.create_table(
        "viewers",
        _owner(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        _of_a_job("viewers"),
        sa.PrimaryKeyConstraint("job_id", "name", name="viewers_pkey"),
    )
    op.create_table(
        "queue_state",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("unreviewed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name="queue_state_pkey"),
    )
    op.execute("""
        INSERT INTO queue_state (queue, revision, open, taken, unreviewed)
        SELECT queue, 1, sum(CASE WHEN handled_at IS NULL THEN 1 ELSE 0 END), 0,
            sum(CASE WHEN handled_at IS NULL AND NOT reviewed THEN 1 ELSE 0 END)
        FROM jobs WHERE status = 'done' GROUP BY queue
    """)


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        _owner(),
        sa.Column("content", sa.Text(), nullable=False),
        _of_a_job("texts"),
        sa.PrimaryKeyConstraint("number", name="texts_pkey"),
    )
    op.create_index("texts_of_a_job", "texts", ["job_id"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX texts_words ON texts USING gin (array_to_tsvector(string_to_array(content, ' ')))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE texts_index USING "
        "fts5(content, content='texts', content_rowid='number', tokenize='ascii', detail='none', columnsize=0)"
    )
    # Not through `op.execute`, which would take `:name` for parameters; these have none.
    driver = op.get_bind().exec_driver_sql
    driver(
        "CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN "
        "INSERT INTO texts_index(rowid, content) VALUES (new.number, new.content); END"
    )
    driver(
        "CREATE TRIGGER texts_gone AFTER DELETE ON texts BEGIN "
        "INSERT INTO texts_index(texts_index, rowid, content) VALUES ('delete', old.number, old.content); END"
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("disabled_at", sa.Double()),
        sa.CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name="users_role_known"),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
    )
    op.create_index("users_keys", "users", ["key"], unique=True)
    op.create_table(
        "views",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("user_id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        _of_a_user("views"),
        sa.PrimaryKeyConstraint("id", name="views_pkey"),
    )
    op.create_index("views_of_a_user", "views", ["user_id", "name"], unique=True)
    op.create_table(
        "seen_queues",
        sa.Column("user_id", IDENTIFIER, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        _of_a_user("seen_queues"),
        sa.PrimaryKeyConstraint("user_id", "queue", name="seen_queues_pkey"),
    )
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )


def _policies() -> None:
    op.add_column("workers", sa.Column("model", sa.Text()))
    op.create_table(
        "policies",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="policies_pkey"),
    )


def _figures() -> None:
    op.create_table(
        "tallies",
        sa.Column("hour", sa.Double(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "queue", "label", "decided_by", "model_version", name="tallies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "route_times",
        sa.Column("hour", sa.Double(), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "bucket", name="route_times_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "verdicts",
        sa.Column("hour", sa.Double(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("model_label", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "model_version", "model_label", "label", name="verdicts_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counted",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="counted_pkey"),
    )
    op.create_table(
        "recounts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("hour", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="recounts_pkey"),
    )
