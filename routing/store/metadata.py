"""What all tables share: names of constraints, the type of ids, partial indexes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.types import TypeEngine

Identifier: TypeEngine[str] = Text().with_variant(UUID(as_uuid=False), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_name)s",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def where(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """Return a partial index, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


def owner(*, primary: bool = False) -> Column[str]:
    """Return the column that names the job whose row it is; the row goes with the job."""
    return Column("job_id", Identifier, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, primary_key=primary)
