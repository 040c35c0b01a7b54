"""The desk's lists: routed mails by what they are and say, in an order, a page at a time.

What many mails say is searched for in the list itself, read in its order, keeping what has the words: the page is soon
full, or the list short. What is rarer is looked up in the index of words.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from routing.desk import JobPage, ListFilter, Order
from routing.job import Job
from routing.search import TERMS, terms_of
from routing.store import bounds, changes, cursors
from routing.store.cursors import Cursor
from routing.store.schema_console import WORDS
from routing.store.sql import rows
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.pages import CONDITIONS, KEYS, Shape, statement, whole
from routing.store.sql.statement import Statement

LOOKS = (200, 800, 1_000)
"""Mails of a list that are looked at for words before the index of words is asked which mails have them: the first step
always, the others when the words seem to be common. Some milliseconds."""
LOOKS_OVER_QUEUES = (80, 320, 400)
"""The same where each queue gives as many, to choose from."""
SHORT = 2
"""Characters of a word whose beginnings are taken for common without asking."""
COMMON = 500
"""Mails with the words of a search from which on they seem to be common."""
FEW = 3_000
"""Mails with the words of a search up to which all are looked up and sorted; with more the list is read on until the
page is full. Where they meet, both cost some ten milliseconds at a million mails."""
STEP, STEP_OVER_QUEUES = 5_000, 1_000
"""Mails read on at a time."""
LOOKED, LOOKED_OF_A_QUEUE = 20_000, 500
"""Mails of a list of handled mails that are looked at for a page when no index has the filter: all queues together, or
at least so many of each. Fifty to a hundred milliseconds at a million mails."""

_LETTERS = "abcdefghij"[:TERMS]
"""What tells the words of a search apart in the names of parameters."""
_HITS = Statement(
    "SELECT texts.job_id FROM (SELECT rowid AS number FROM texts_index WHERE texts_index MATCH :match LIMIT :most) "
    "AS hits CROSS JOIN texts ON texts.number = hits.number",
    postgresql=f"SELECT job_id FROM texts WHERE {WORDS} @@ :match::tsquery LIMIT :most",  # noqa: S608  (constant)
)
_COUNT = Statement(
    "SELECT count(*) FROM (SELECT 1 FROM texts_index WHERE texts_index MATCH :match LIMIT :most) AS few",
    postgresql=f"SELECT count(*) FROM (SELECT 1 FROM texts WHERE {WORDS} @@ :match::tsquery LIMIT :most) AS few",  # noqa: S608  (constant)
)
AFTER, UNTIL = ("key_a", "key_b", "after_id"), ("until_a", "until_b", "until_id")
"""The parameters that say where a list goes on, and where it ends."""
_QUEUES = Statement("SELECT count(*) FROM queue_state")
_SOME = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id IN :ids")  # noqa: S608  (constant)
_THROUGH_INDEXES = Statement("SELECT 1", postgresql="SET LOCAL enable_seqscan = off")

# PostgreSQL reads all of an index's answer before it gives the first row; this lets it read some of it.
_ROUGHLY = Statement("SELECT 1", postgresql="SET LOCAL gin_fuzzy_search_limit = 2000")
_EXACTLY = Statement("SELECT 1", postgresql="SET LOCAL gin_fuzzy_search_limit = 0")


class SqlListing:
    """The lists of the agents' desk."""

    _database: Database

    def listing(self, where: ListFilter, *, order: Order, after: str | None = None, limit: int = 50) -> JobPage:
        """List routed mails from where a page before ended; see the port."""
        cursor = None if after is None else cursors.read(after, order)
        given = _given(where)
        terms = terms_of(where.words)
        if terms:
            return self._database.look(
                lambda transaction: _Search(transaction, where, order, terms).page(cursor, limit)
            )
        shape = _shape(where, order, given, cursor)
        values = given | _values(cursor) | {"limit": limit + 1}
        if whole(shape) is None:
            return _page(self._database.read(statement(shape), values), order, limit)

        def work(transaction: Transaction) -> JobPage:
            until = _until(transaction, shape, values)
            found = transaction.rows(statement(_ended(shape, until)), values | _values(until, UNTIL))
            return _page(found, order, limit, until)

        return self._database.look(work)


class _Search:
    """One search: a list of which only what has the words is kept."""

    def __init__(self, transaction: Transaction, where: ListFilter, order: Order, terms: tuple[str, ...]) -> None:
        self._transaction = transaction
        self._where = where
        self._order = order
        self._terms = terms
        self._kept: list[Row] = []
        self._place: Cursor | None = None
        self._read = False
        self._until: Cursor | None = None
        self._given = _given(where)
        self._has = _with_words(len(terms))
        self._values = {f"term_{letter}": f" {term}" for letter, term in zip(_LETTERS, terms, strict=False)}

    def page(self, cursor: Cursor | None, limit: int) -> JobPage:
        """Return a page of what has the words."""
        shape = _shape(self._where, self._order, self._given, cursor)
        self._until = _until(self._transaction, shape, self._given | _values(cursor))
        over_queues = shape.over_queues
        looks = LOOKS_OVER_QUEUES if over_queues else LOOKS
        if self._reads(cursor, limit, looks[:1]):
            return self._shown(limit)
        if self._is_common() and self._reads(cursor, limit, looks[1:]):
            return self._shown(limit)
        hits = self._hits()
        if len(hits) <= FEW:
            return self._chosen(hits, cursor, limit)
        self._reads(cursor, limit, itertools.repeat(STEP_OVER_QUEUES if over_queues else STEP))
        return self._shown(limit)

    def _reads(self, cursor: Cursor | None, limit: int, steps: Iterable[int]) -> bool:
        """Read the list in steps, from where it was read to; say whether the page is full or all of the list read."""
        for most in () if self._read else steps:
            place = self._place or cursor
            shape = replace(_shape(self._where, self._order, self._given, place), columns=KEYS)
            values = self._given | _values(place) | _values(self._until, UNTIL) | {"limit": most}
            found = self._transaction.rows(statement(_ended(shape, self._until)), values)
            ids = self._transaction.array([row[0] for row in found])
            having = {row[0] for row in self._transaction.rows(self._has, self._values | {"ids": ids})}
            self._kept += [row for row in found if row[0] in having]
            self._read = len(found) < most
            self._place = _place(found[-1], self._order) if found else None
            if len(self._kept) > limit:
                return True
            if self._read:
                return self._until is None
        return False

    def _is_common(self) -> bool:
        """Guess whether many mails have these words, from what is cheap to know: whole words, and few of the mails."""
        if all(len(term) <= SHORT for term in self._terms):
            return True
        if self._transaction.postgresql:
            self._transaction.run(_THROUGH_INDEXES)
            self._transaction.run(_ROUGHLY)
        match = self._match("'{}'", " & ") if self._transaction.postgresql else self._match('"{}"', " ")
        found = self._transaction.row(_COUNT, {"match": match, "most": COMMON})
        self._transaction.run(_EXACTLY)
        return found is not None and found[0] >= COMMON

    def _match(self, word: str, join: str) -> str:
        return join.join(word.format(term) for term in self._terms)

    def _hits(self) -> list[str]:
        """Return the ids of all mails with the words, or somewhat more of them than `FEW`."""
        if self._transaction.postgresql:
            self._transaction.run(_THROUGH_INDEXES)
        match = self._match("'{}':*", " & ") if self._transaction.postgresql else self._match('"{}"*', " ")
        return [row[0] for row in self._transaction.rows(_HITS, {"match": match, "most": FEW + 1})]

    def _chosen(self, hits: list[str], cursor: Cursor | None, limit: int) -> JobPage:
        """Return a page of these mails."""
        given = self._given | {"ids": self._transaction.array(hits)}
        shape = replace(_shape(self._where, self._order, given, cursor), columns=KEYS)
        found = self._transaction.rows(statement(shape), given | _values(cursor) | {"limit": limit + 1})
        self._kept, self._until = found, None
        return self._shown(limit)

    def _shown(self, limit: int) -> JobPage:
        """Return the page of what was kept."""
        page = self._kept[:limit]
        ids = self._transaction.array([row[0] for row in page])
        jobs = {row[0]: rows.job(row) for row in self._transaction.rows(_SOME, {"ids": ids})}
        more = page and len(self._kept) > limit
        return _ending(
            tuple(jobs[row[0]] for row in page), _place(page[-1], self._order) if more else None, self._until
        )


def _with_words(terms: int) -> Statement:
    """Return the statement that says which of some mails have words that begin with the terms."""
    found = [f"instr(' ' || content, :term_{_LETTERS[place]}) > 0" for place in range(terms)]
    having = f"SELECT job_id FROM texts WHERE job_id IN :ids AND {' AND '.join(found)}"  # noqa: S608  (constants)
    return Statement(having, postgresql=having.replace("instr(", "strpos("))


def _given(where: ListFilter) -> dict[str, Any]:
    """Return the conditions that a filter sets, by name, with their values."""
    texts = ("queue", "label", "language", "decided_by", "model_label", "model_version")
    times = ("arrived_after", "arrived_before", "decided_after", "decided_before")
    given: dict[str, Any] = {name: bounds.clean(text) for name in texts if (text := getattr(where, name))}
    given |= {
        name: float(number)
        for name in ("confidence_from", "confidence_below", *times)
        if (number := getattr(where, name)) is not None
    }
    if where.priority is not None:
        given["rank"] = changes.RANKS[where.priority.value]
    if where.assignee is not None:
        given["assignee" if where.assignee else "nobody"] = bounds.clean(where.assignee)
    if where.reviewed is not None:
        given["reviewed" if where.reviewed else "unreviewed"] = True
    return given


def _shape(where: ListFilter, order: Order, given: Mapping[str, Any], cursor: Cursor | None) -> Shape:
    return Shape(
        state=where.state,
        order=order,
        given=tuple(sorted(name for name in given if name in CONDITIONS)),
        cursor=cursor is not None,
        unasked=cursor is not None and cursor.keys[0] is None,
    )


def _values(cursor: Cursor | None, names: tuple[str, str, str] = AFTER) -> dict[str, Any]:
    """Return a place as parameters of a statement, by these names."""
    if cursor is None:
        return {}
    keys = {name: key for name, key in zip(names, cursor.keys, strict=False) if key is not None}
    return keys | {names[-1]: cursor.job_id}


def _until(transaction: Transaction, shape: Shape, values: Mapping[str, Any]) -> Cursor | None:
    """Return the place up to which a list is read; None when it is read to its end, if need be."""
    all_of_it = whole(shape)
    if all_of_it is None:
        return None
    looked = LOOKED
    if all_of_it.over_queues:
        queues = transaction.row(_QUEUES)
        looked = max(LOOKED // max(queues[0] if queues else 1, 1), LOOKED_OF_A_QUEUE)
    ahead = replace(all_of_it, ahead=True, columns=KEYS)
    found = transaction.row(statement(ahead), {**values, "looked": looked})
    return None if found is None else _place(found, shape.order)


def _ended(shape: Shape, until: Cursor | None) -> Shape:
    return shape if until is None else replace(shape, until=True, until_unasked=until.keys[0] is None)


def _place(row: Row, order: Order) -> Cursor:
    """Return where a list goes on after a row with the columns `KEYS`."""
    job_id, arrived_at, confidence, interest, rank = row
    keys = {
        Order.PRESSING: (rank, arrived_at),
        Order.NEWEST: (arrived_at,),
        Order.OLDEST: (arrived_at,),
        Order.UNSURE: (confidence,),
        Order.USEFUL: (interest,),
    }
    return Cursor(order=order, keys=keys[order], job_id=job_id)


def _page(found: list[Row], order: Order, limit: int, until: Cursor | None = None) -> JobPage:
    page = found[:limit]
    last = page[-1] if page and len(found) > limit else None
    place = None if last is None else _place((last[0], last[33], last[17], last[-2], last[-1]), order)
    return _ending(tuple(rows.job(row) for row in page), place, until)


def _ending(jobs: tuple[Job, ...], place: Cursor | None, until: Cursor | None) -> JobPage:
    """Return a page that goes on after the place of its last mail, or else after what was looked at."""
    goes_on = place or until
    return JobPage(
        jobs=jobs, next_cursor=cursors.written(goes_on) if goes_on else None, cut=place is None and until is not None
    )
