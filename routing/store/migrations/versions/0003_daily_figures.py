"""The figures by the day as well as by the hour, so that a page about a quarter reads a tenth of the rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_since_0001"
down_revision = "0002_since_0001"
branch_labels = None
depends_on = None

KINDS = {
    "tallies": ("queue", "label", "decided_by"),
    "verdicts": ("model_version", "model_label", "label"),
    "route_times": ("bucket",),
}


def upgrade() -> None:
    """Add a table for each kind of figure, filled from what was counted by the hour."""
    for hourly, kind in KINDS.items():
        daily = f"daily_{hourly}"
        op.create_table(
            daily,
            sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
            *(
                sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)
                if name == "bucket"
                else sa.Column(name, sa.Text(), nullable=False)
                for name in kind
            ),
            sa.Column("mails", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("day", *kind, name=f"{daily}_pkey"),
            sqlite_with_rowid=False,
        )
        columns = ", ".join(kind)
        op.execute(
            f"INSERT INTO {daily} (day, {columns}, mails) "  # noqa: S608  (constants)
            f"SELECT CAST(hour AS BIGINT) / 86400, {columns}, sum(mails) FROM {hourly} "
            f"GROUP BY CAST(hour AS BIGINT) / 86400, {columns}"
        )
