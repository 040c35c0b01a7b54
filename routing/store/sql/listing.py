"""The desk's lists: routed mails by what they are, in an order, a page at a time.

Whatever a list asks for, it is read from an index that has its order, from where the page before ended, and no further
than the page goes: a page costs the same with a million mails behind it. A list over several queues is put together
from what each queue begins with; one of both states, or with mails that no model was asked about, likewise.

A search is read from the index of words where few mails have them, and from the list where many have: then the page is
soon full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from routing.desk import JobPage, ListFilter, Order, State
from routing.search import terms_of
from routing.store import bounds, changes, cursors
from routing.store.cursors import Cursor
from routing.store.schema import HANDLED, OPEN
from routing.store.schema_console import WORDS
from routing.store.sql import rows
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement

FEW = 3_000
"""Mails with the words of a search up to which these are looked up and sorted; beyond, the list is read in its order
until the page is full: both cost some milliseconds where they meet, at a million mails."""

_COLUMNS = f"{rows.JOB}, interest, rank"
_STATES = {State.OPEN: ("open",), State.HANDLED: ("handled",), State.ANY: ("open", "handled")}
_CONDITION = {"open": OPEN, "handled": HANDLED}
_SORTS = {
    Order.PRESSING: ("pressing", "rank, arrived_at, id", ">"),
    Order.NEWEST: ("arrived", "arrived_at DESC, id DESC", "<"),
    Order.OLDEST: ("arrived", "arrived_at, id", ">"),
    Order.UNSURE: ("unsure", "confidence, id", ">"),
    Order.USEFUL: ("useful", "interest DESC, id DESC", "<"),
}
_CONDITIONS = {
    "queue": "queue = :queue",
    "label": "label = :label",
    "language": "language = :language",
    "decided_by": "decided_by = :decided_by",
    "rank": "rank = :rank",
    "assignee": "assignee = :assignee",
    "nobody": "assignee IS NULL",
    "confidence_from": "confidence >= :confidence_from",
    "confidence_below": "confidence < :confidence_below",
    "arrived_after": "arrived_at >= :arrived_after",
    "arrived_before": "arrived_at < :arrived_before",
    "reviewed": "reviewed",
    "unreviewed": "NOT reviewed",
    "model_label": "model_label = :model_label",
    "model_version": "model_version = :model_version",
}
_COUNT = Statement(
    "SELECT count(*) FROM (SELECT 1 FROM texts_index WHERE texts_index MATCH :match LIMIT :most) AS few",
    postgresql=f"SELECT count(*) FROM (SELECT 1 FROM texts WHERE {WORDS} @@ :match::tsquery LIMIT :most) AS few",  # noqa: S608  (constant)
)
_LETTERS = "abcdefghij"
"""What tells the words of a search apart in the names of parameters: as many as `routing.search.TERMS`."""
_THROUGH_INDEXES = Statement("SELECT 1", postgresql="SET LOCAL enable_seqscan = off")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """What a list's statement depends on; the values are parameters."""

    state: State
    order: Order
    given: tuple[str, ...]
    """Names of `_CONDITIONS`."""
    cursor: bool
    unasked: bool
    """The page before ended among mails that no model was asked about."""
    terms: int = 0
    """Words that are searched for."""
    few: bool = False
    """They are in few mails."""


class SqlListing:
    """The lists of the agents' desk."""

    _database: Database

    def listing(self, where: ListFilter, *, order: Order, after: str | None = None, limit: int = 50) -> JobPage:
        """List routed mails from where a page before ended; see the port."""
        cursor = None if after is None else cursors.read(after, order)
        given = _given(where)
        values = given | _values(cursor) | {"limit": limit + 1}
        terms = terms_of(where.words)
        if not terms:
            return _page(self._database.read(_statement(_shape(where, order, given, cursor)), values), order, limit)
        values |= {f"term_{letter}": f" {term}" for letter, term in zip(_LETTERS, terms, strict=False)}

        def work(transaction: Transaction) -> list[Row]:
            few = _few(transaction, terms, values)
            shape = _shape(where, order, given, cursor)
            return transaction.rows(_statement(replace(shape, terms=len(terms), few=few)), values)

        return _page(self._database.look(work), order, limit)


def _shape(where: ListFilter, order: Order, given: Mapping[str, Any], cursor: Cursor | None) -> _Shape:
    return _Shape(
        state=where.state,
        order=order,
        given=tuple(sorted(given)),
        cursor=cursor is not None,
        unasked=cursor is not None and cursor.keys[0] is None,
    )


def _page(found: list[Row], order: Order, limit: int) -> JobPage:
    page = found[:limit]
    return JobPage(
        jobs=tuple(rows.job(row) for row in page),
        next_cursor=cursors.written(_place(page[-1], order)) if page and len(found) > limit else None,
    )


def _given(where: ListFilter) -> dict[str, Any]:
    """Return the conditions that a filter sets, by name, with their values."""
    texts = ("queue", "label", "language", "decided_by", "model_label", "model_version")
    numbers = ("confidence_from", "confidence_below", "arrived_after", "arrived_before")
    given: dict[str, Any] = {name: bounds.clean(text) for name in texts if (text := getattr(where, name))}
    given |= {name: float(number) for name in numbers if (number := getattr(where, name)) is not None}
    if where.priority is not None:
        given["rank"] = changes.RANKS[where.priority.value]
    if where.assignee is not None:
        given["assignee" if where.assignee else "nobody"] = bounds.clean(where.assignee)
    if where.reviewed is not None:
        given["reviewed" if where.reviewed else "unreviewed"] = True
    return given


def _values(cursor: Cursor | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    keys = {f"key_{'ab'[place]}": key for place, key in enumerate(cursor.keys) if key is not None}
    return keys | {"after_id": cursor.job_id}


def _place(row: Row, order: Order) -> Cursor:
    """Return where a list goes on after this row."""
    arrived_at, confidence, interest, rank = row[33], row[17], row[-2], row[-1]
    keys = {
        Order.PRESSING: (rank, arrived_at),
        Order.NEWEST: (arrived_at,),
        Order.OLDEST: (arrived_at,),
        Order.UNSURE: (confidence,),
        Order.USEFUL: (interest,),
    }
    return Cursor(order=order, keys=keys[order], job_id=row[0])


def _few(transaction: Transaction, terms: tuple[str, ...], values: dict[str, Any]) -> bool:
    """Say whether few mails have these words; sets the parameters that ask for them."""
    if transaction.postgresql:
        values["match"] = " & ".join(f"'{term}':*" for term in terms)
        transaction.run(_THROUGH_INDEXES)
    else:
        values["match"] = " ".join(f'"{term}"*' for term in terms)
    values["most"] = FEW + 1
    found = transaction.row(_COUNT, values)
    return found is not None and found[0] <= FEW


@lru_cache(maxsize=1024)
def _statement(shape: _Shape) -> Statement:
    """Return the statement of a list: of its only part, or of all its parts in one order."""
    parts = [
        _part(shape, state, asked=asked)
        for state in _STATES[shape.state]
        for asked in ((None,) if shape.order is not Order.UNSURE else (False,) if shape.unasked else (True, False))
    ]
    if len(parts) == 1:
        return Statement(*parts[0])
    sort = _SORTS[shape.order][1]
    sort = f"confidence IS NULL, {sort}" if shape.order is Order.UNSURE else sort
    together = (" UNION ALL ".join(f"SELECT * FROM ({part[dialect]}) AS part" for part in parts) for dialect in (0, 1))  # noqa: S608  (constants)
    return Statement(*(f"SELECT * FROM ({text}) AS parts ORDER BY {sort} LIMIT :limit" for text in together))  # noqa: S608  (constants)


def _part(shape: _Shape, state: str, *, asked: bool | None) -> tuple[str, str]:
    """Return what is in one order in one index, for SQLite and PostgreSQL."""
    name, sort, comparison = _SORTS[shape.order]
    conditions = [*(_CONDITIONS[condition] for condition in shape.given), _CONDITION[state]]
    if asked is not None:
        conditions.append("confidence >= 0" if asked else "confidence IS NULL")
    if shape.cursor and asked is False:
        conditions += ["id > :after_id"] if shape.unasked else []
    elif shape.cursor:
        keys = sort.replace(" DESC", "")
        places = ":key_a, :key_b, :after_id" if shape.order is Order.PRESSING else ":key_a, :after_id"
        conditions.append(f"({keys}) {comparison} ({places})")
    tail = f"ORDER BY {sort} LIMIT :limit"
    if shape.few:
        return _from_words(" AND ".join(conditions), tail)
    sqlite, postgresql = (" AND ".join([*conditions, *_words(shape.terms, found)]) for found in ("instr", "strpos"))
    index = _index(shape, state)
    if index is None and "queue" not in shape.given:
        return _over_queues(sqlite, postgresql, f"jobs_{state}_{name}", tail)
    index = index or f"jobs_{state}_{name}"
    return (
        f"SELECT {_COLUMNS} FROM jobs INDEXED BY {index} WHERE {sqlite} {tail}",  # noqa: S608  (constants)
        f"SELECT {_COLUMNS} FROM jobs WHERE {postgresql} {tail}",  # noqa: S608  (constants)
    )


def _index(shape: _Shape, state: str) -> str | None:
    """Return the index for what is few or has a label, whatever the queue; None for the one in the list's order."""
    given = set(shape.given)
    if "assignee" in given and state == "open":
        return "jobs_open_taken"
    if {"reviewed", "model_label"} <= given:
        return "jobs_reviewed"
    if "label" in given and "queue" not in given:
        return f"jobs_{state}_labelled"
    return None


def _words(terms: int, found: str) -> list[str]:
    """Return the condition that a mail's words begin with the terms, read from the mail's own row."""
    if not terms:
        return []
    has = " AND ".join(f"{found}(' ' || texts.content, :term_{_LETTERS[place]}) > 0" for place in range(terms))
    return [f"EXISTS (SELECT 1 FROM texts WHERE texts.job_id = jobs.id AND {has})"]  # noqa: S608  (constants)


def _from_words(conditions: str, tail: str) -> tuple[str, str]:
    """Return the statement that begins at the index of words, for SQLite and PostgreSQL."""
    hits = "(SELECT rowid AS number FROM texts_index WHERE texts_index MATCH :match) AS hits"
    texts = f"{hits} CROSS JOIN texts ON texts.number = hits.number CROSS JOIN jobs ON jobs.id = texts.job_id"
    sqlite = f"SELECT {_COLUMNS} FROM {texts} WHERE {conditions} {tail}"  # noqa: S608  (constants)
    hits = f"SELECT job_id FROM texts WHERE {WORDS} @@ :match::tsquery LIMIT :most"  # noqa: S608  (constants)
    found = f"SELECT {_COLUMNS} FROM hits JOIN jobs ON jobs.id = hits.job_id WHERE {conditions} {tail}"  # noqa: S608  (constants)
    return sqlite, f"WITH hits AS MATERIALIZED ({hits}) {found}"


def _over_queues(sqlite: str, postgresql: str, index: str, tail: str) -> tuple[str, str]:
    """Return the statement that puts a list together from what each queue begins with."""
    queues = "(SELECT queue AS name FROM queue_state) AS queues"
    of_one = "WHERE jobs.queue = queues.name AND"
    ids = f"SELECT id FROM jobs INDEXED BY {index} {of_one} {sqlite} {tail}"  # noqa: S608  (constants)
    page = f"SELECT {_COLUMNS} FROM jobs {of_one} {postgresql} {tail}"  # noqa: S608  (constants)
    return (
        f"SELECT {_COLUMNS} FROM {queues} CROSS JOIN jobs WHERE jobs.id IN ({ids}) {tail}",  # noqa: S608  (constants)
        f"SELECT {_COLUMNS} FROM {queues} CROSS JOIN LATERAL ({page}) AS page {tail}",  # noqa: S608  (constants)
    )
