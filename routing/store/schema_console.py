"""The tables of the agents' console; `routing.store.schema` has those of the mail's own way."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    event,
)

from routing.store.metadata import Identifier, metadata, owner

Number = BigInteger().with_variant(Integer, "sqlite")

# What a search looks into: the words of subject, sender and text, folded by `routing.search`, each parted from the next
# by one space; written once, with the decision, and deleted with the mail. Both databases split at that space and do
# nothing else to the words, so that they find the same.
texts = Table(
    "texts",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    owner(),
    Column("content", Text, nullable=False),
    Index("texts_of_a_job", "job_id", unique=True),
)
WORDS = "array_to_tsvector(string_to_array(content, ' '))"
"""PostgreSQL's form of the words: without a parser, which would know better what a word is."""

_GIN = f"CREATE INDEX texts_words ON texts USING gin ({WORDS})"
# ASCII: whatever is no ASCII sign belongs to a word. Neither positions nor lengths are asked for.
_FTS5 = """CREATE VIRTUAL TABLE texts_index USING
    fts5(content, content='texts', content_rowid='number', tokenize='ascii', detail='none', columnsize=0)"""
_ADDED = """CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
    INSERT INTO texts_index(rowid, content) VALUES (new.number, new.content);
END"""
_GONE = """CREATE TRIGGER texts_gone AFTER DELETE ON texts BEGIN
    INSERT INTO texts_index(texts_index, rowid, content) VALUES ('delete', old.number, old.content);
END"""


def _with_texts(moment: str, statement: str, dialect: str) -> None:
    event.listen(texts, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]  # theirs


_with_texts("after_create", _GIN, "postgresql")
_with_texts("after_create", _FTS5, "sqlite")
_with_texts("after_create", _ADDED, "sqlite")
_with_texts("after_create", _GONE, "sqlite")
_with_texts("before_drop", "DROP TABLE IF EXISTS texts_index", "sqlite")

# What agents did, with what it takes to undo it.
acts = Table(
    "acts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("batch", Identifier, nullable=False),
    owner(),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # the job's revision after it
    Column("before", Text, nullable=False),  # JSON: the columns it changed, as they were
    Column("review_id", Identifier),
    Column("undone_at", Double),
    Index("acts_of_a_batch", "batch"),
    Index("acts_of_a_job", "job_id", "id"),
)

# Who has a mail open.
viewers = Table(
    "viewers",
    metadata,
    owner(primary=True),
    Column("name", Text, primary_key=True),
    Column("at", Double, nullable=False),
)

# Each queue's counters, kept with every transition, in its transaction: depths cost one row, not a count.
queue_state = Table(
    "queue_state",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("open", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("unreviewed", Integer, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),  # the name without case: what one signs in with
    Column("full_name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("queues", Text, nullable=False),  # JSON
    Column("language", Text),
    Column("time_zone", Text),
    Column("shortcuts", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
    CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name="role_known"),
    Index("users_keys", "key", unique=True),
)

views = Table(
    "views",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("views_of_a_user", "user_id", "name", unique=True),
)

seen_queues = Table(
    "seen_queues",
    metadata,
    Column("user_id", Identifier, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("at", Double, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

# Every policy that was ever in force; the last is.
policies = Table(
    "policies",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("version", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("note", Text, nullable=False),
)

# The figures, added up by the hour; "" stands for none.
tallies = Table(
    "tallies",
    metadata,
    Column("hour", Double, primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("decided_by", Text, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
route_times = Table(
    "route_times",
    metadata,
    Column("hour", Double, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
verdicts = Table(
    "verdicts",
    metadata,
    Column("hour", Double, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("model_label", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# The same by the day, from midnight UTC: a day's number since 1970. What a local day has beyond or less than that is
# taken from the hours.
daily_tallies = Table(
    "daily_tallies",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("queue", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("decided_by", Text, primary_key=True),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
daily_route_times = Table(
    "daily_route_times",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
daily_verdicts = Table(
    "daily_verdicts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("model_version", Text, primary_key=True),
    Column("model_label", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# Up to when is counted: one row, which whoever counts holds.
counted = Table(
    "counted",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("until", Double, nullable=False),
)
# Hours whose figures a human's word changed since they were added up; only appended to, so that nobody waits.
recounts = Table(
    "recounts",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("hour", Double, nullable=False),
)
