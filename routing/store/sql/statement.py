"""SQL written once, spelled for both databases.

Statements are text on the driver's own cursor, not SQLAlchemy expressions: storing one mail took 0.13 ms of CPU that
way, most of it the commit, and 0.26 ms through compiled expressions. The tables themselves, their migrations and the
connection pool are SQLAlchemy's.
"""

from __future__ import annotations

import re

_ARRAY = re.compile(r"IN :(\w+)")
_INDEXED = re.compile(r" INDEXED BY \w+")
_NAME = re.compile(r"(?<!:):([a-z_]+)")


class Statement:
    """One statement with `:name` parameters.

    `IN :ids` takes an array (see `Transaction.array`); `FOR UPDATE` and what follows it is left out on SQLite, where
    a writing transaction has the database to itself. `INDEXED BY name` is left out on PostgreSQL: SQLite knows nothing
    of how many rows an index leaves, so that it has to be told where two could be used. `postgresql` is the text for
    PostgreSQL, where one text cannot be said to both.
    """

    __slots__ = ("postgresql", "sqlite")

    def __init__(self, text: str, postgresql: str | None = None) -> None:
        text = " ".join(text.split())
        self.sqlite = _ARRAY.sub(r"IN (SELECT value FROM json_each(:\1))", text.partition(" FOR UPDATE")[0])
        text = text if postgresql is None else " ".join(postgresql.split())
        self.postgresql = _NAME.sub(r"%(\1)s", _ARRAY.sub(r"= ANY(:\1::uuid[])", _INDEXED.sub("", text)))


def insert(table: str, columns: tuple[str, ...], *, otherwise: str = "") -> Statement:
    """Return the statement that inserts one row; `otherwise` is what follows the values."""
    names, values = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return Statement(f"INSERT INTO {table} ({names}) VALUES ({values}) {otherwise}")  # noqa: S608  (constants)
