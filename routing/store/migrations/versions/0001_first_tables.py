"""The first tables: jobs with their mails, reviews, deliveries and history; API keys; workers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001_since_0001"
down_revision = None
branch_labels = None
depends_on = None

IDENTIFIER = sa.Text().with_variant(sa.UUID(as_uuid=False), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make the tables."""
    _jobs()
    _mails()
    _reviews()
    _deliveries()
    _events()
    _api_keys()
    _workers()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("repeat_key", sa.Text()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("callback_url", sa.Text()),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("grouped", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("worker", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("confidence", sa.Double()),
        sa.Column("alternatives", sa.Text()),
        sa.Column("queue", sa.Text()),
        sa.Column("priority", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("model_version", sa.Text()),
        sa.Column("decided_at", sa.Double()),
        sa.Column("queued_ms", sa.Double()),
        sa.Column("parse_ms", sa.Double()),
        sa.Column("classify_ms", sa.Double()),
        sa.Column("total_ms", sa.Double()),
        sa.Column("defects", sa.Text()),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(status = 'running') = (lease IS NOT NULL AND lease_until IS NOT NULL AND worker IS NOT NULL)",
            name="jobs_running_means_leased",
        ),
        sa.CheckConstraint(
            "(status IN ('queued', 'running')) = (ended_at IS NULL)", name="jobs_ended_means_out_of_the_queue"
        ),
        sa.CheckConstraint(
            "status <> 'done' OR (queue IS NOT NULL AND priority IS NOT NULL AND decided_by IS NOT NULL "
            "AND reason IS NOT NULL AND decided_at IS NOT NULL)",
            name="jobs_done_means_decided",
        ),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="jobs_status_known"),
        sa.CheckConstraint("attempts >= 0 AND size >= 0", name="jobs_counts_not_negative"),
        sa.PrimaryKeyConstraint("id", name="jobs_pkey"),
    )
    op.create_index("jobs_due", "jobs", ["id", "due_at"], **_where("status = 'queued'"))
    op.create_index("jobs_failed", "jobs", ["id"], **_where("status = 'failed'"))
    op.create_index(
        "jobs_idempotency", "jobs", ["source", "idempotency_key"], unique=True, **_where("idempotency_key IS NOT NULL")
    )
    op.create_index("jobs_leases", "jobs", ["lease_until"], **_where("status = 'running'"))
    op.create_index("jobs_queue", "jobs", ["queue", "id", "reviewed", "created_at"], **_where("status = 'done'"))
    op.create_index("jobs_repeats", "jobs", ["source", "repeat_key"], unique=True, **_where("repeat_key IS NOT NULL"))


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("format IN ('rfc822', 'json')", name="mails_format_known"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="mails_job_id_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name="mails_pkey"),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("label_before", sa.Text()),
        sa.Column("queue_before", sa.Text(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="reviews_job_id_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="reviews_pkey"),
    )
    op.create_index("reviews_of_a_job", "reviews", ["job_id", "id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("lease", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("ended_at", sa.Double()),
        sa.CheckConstraint("(status = 'owed') = (ended_at IS NULL)", name="deliveries_ended_means_not_owed"),
        sa.CheckConstraint("status IN ('owed', 'delivered', 'given_up')", name="deliveries_status_known"),
        sa.CheckConstraint("attempts >= 0", name="deliveries_counts_not_negative"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="deliveries_job_id_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="deliveries_pkey"),
    )
    op.create_index("deliveries_due", "deliveries", ["due_at", "id"], **_where("status = 'owed'"))
    op.create_index("deliveries_of_a_job", "deliveries", ["job_id"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
    )
    op.create_index("events_of_a_job", "events", ["job_id", "id"])


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="api_keys_pkey"),
    )
    op.create_index("api_keys_in_use", "api_keys", ["name"], unique=True, **_where("revoked_at IS NULL"))
    op.create_index("api_keys_secret", "api_keys", ["secret_hash"], unique=True)


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="workers_pkey"),
    )
