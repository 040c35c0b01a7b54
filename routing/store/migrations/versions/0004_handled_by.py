"""An index of the handled mails of one agent: what everybody asks for in the evening, of a million."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_since_0001"
down_revision = "0003_since_0001"
branch_labels = None
depends_on = None

CONDITION = "status = 'done' AND handled_at IS NOT NULL AND assignee IS NOT NULL"


def upgrade() -> None:
    """Add the index."""
    where = sa.text(CONDITION)
    op.create_index(
        "jobs_handled_taken",
        "jobs",
        ["assignee", "rank", "arrived_at", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
