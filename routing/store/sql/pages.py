"""The statements of the desk's lists.

Whatever a list asks for, it is read from an index that has its order, from where the page before ended, and no further
than the page goes: a page costs the same with a million mails behind it. A list over several queues is put together
from what each queue begins with; one of both states, or with mails that no model was asked about, likewise.

A filter that no index has and that few of the handled mails fit would read all of them to fill a page: such a list is
read no further than a place in it, which is looked for first, past so many mails of the index, whatever they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from routing.desk import Order, State
from routing.store.changes import RANKS
from routing.store.schema import HANDLED, OPEN
from routing.store.sql import rows
from routing.store.sql.statement import Statement

COLUMNS = f"{rows.JOB}, interest, rank"
KEYS = "id, arrived_at, confidence, interest, rank"

CONDITIONS = {
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
    "decided_after": "decided_at >= :decided_after",
    "decided_before": "decided_at < :decided_before",
    "reviewed": "reviewed",
    "unreviewed": "NOT reviewed",
    "model_label": "model_label = :model_label",
    "model_version": "model_version = :model_version",
    "ids": "id IN :ids",
}
"""What a filter may ask for, by name. `ids`: only these, which are few."""
_STATES = {State.OPEN: ("open",), State.HANDLED: ("handled",), State.ANY: ("open", "handled")}
_CONDITION = {"open": OPEN, "handled": HANDLED}
_SORTS = {
    Order.PRESSING: ("pressing", "rank, arrived_at, id", ">"),
    Order.NEWEST: ("arrived", "arrived_at DESC, id DESC", "<"),
    Order.OLDEST: ("arrived", "arrived_at, id", ">"),
    Order.UNSURE: ("unsure", "confidence, id", ">"),
    Order.USEFUL: ("useful", "interest DESC, id DESC", "<"),
}


_ORDERED = {
    Order.PRESSING: frozenset({"rank"}),
    Order.NEWEST: frozenset({"arrived_after", "arrived_before"}),
    Order.OLDEST: frozenset({"arrived_after", "arrived_before"}),
    Order.UNSURE: frozenset({"confidence_from", "confidence_below"}),
    Order.USEFUL: frozenset[str](),
}
"""Conditions that the index of an order answers beside the queue: they end or begin the reading."""


_RANKED = frozenset({"jobs_open_labelled", "jobs_handled_labelled", "jobs_handled_taken"})
"""Indexes in the order of `Order.PRESSING`; in the order of arrival they are put together from the priorities."""
ASKED, UNASKED = "confidence >= 0", "confidence IS NULL"
"""Not `IS NOT NULL`: SQLite would walk through those without confidence, which come first in the index."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What a list's statement depends on; the values are parameters."""

    state: State
    order: Order
    given: tuple[str, ...]
    """Names of `CONDITIONS`, sorted."""
    cursor: bool
    unasked: bool
    """The page before ended among mails that no model was asked about."""
    until: bool = False
    """The list is read to a place and no further."""
    until_unasked: bool = False
    """That place is among mails that no model was asked about."""
    ahead: bool = False
    """Only the mail that is `:looked` mails on: the first of those of all parts; none where every part is shorter."""
    columns: str = COLUMNS

    @property
    def limit(self) -> str:
        """Which rows there are in all."""
        return "LIMIT 1" if self.ahead else "LIMIT :limit"

    @property
    def over_queues(self) -> bool:
        """Whether the list is put together from several queues."""
        return "queue" not in self.given and _index(self, "open") is None


@lru_cache(maxsize=1024)
def statement(shape: Shape) -> Statement:
    """Return the statement of a list: of its only part, or of all its parts in one order."""
    parts = [_part(shape, state, part) for state in _STATES[shape.state] for part in _parts(shape)]
    if len(parts) == 1:
        return Statement(*parts[0])
    sort = _SORTS[shape.order][1]
    sort = f"confidence IS NULL, {sort}" if shape.order is Order.UNSURE else sort
    together = (" UNION ALL ".join(f"SELECT * FROM ({part[dialect]}) AS part" for part in parts) for dialect in (0, 1))  # noqa: S608  (constants)
    return Statement(*(f"SELECT * FROM ({text}) AS parts ORDER BY {sort} {shape.limit}" for text in together))  # noqa: S608  (constants)


def whole(shape: Shape) -> Shape | None:
    """Return the list of which a list is what fits a filter that no index has; None when an index has what there is.

    Only of handled mails, or both: the open ones are few.
    """
    index = _index(shape, "handled")
    if shape.state is State.OPEN or index not in {None, "jobs_handled_labelled", "jobs_handled_taken"}:
        return None
    if index is not None and shape.order in {Order.UNSURE, Order.USEFUL}:
        return None  # it is sorted, and all that the index has is read
    has = {"queue"} if index is None else {"assignee" if index == "jobs_handled_taken" else "label"}
    kept = tuple(name for name in shape.given if name in has | _ORDERED[shape.order])
    return None if kept == shape.given else replace(shape, state=State.HANDLED, given=kept)


def _parts(shape: Shape) -> tuple[str, ...]:
    """Return the conditions that split a list into parts, each of which an index has in the list's order."""
    if shape.order is Order.UNSURE:
        if shape.until and not shape.until_unasked:
            return (ASKED,)
        return (UNASKED,) if shape.unasked else (ASKED, UNASKED)
    indexes = {_index(shape, state) for state in _STATES[shape.state]}
    if shape.order in {Order.NEWEST, Order.OLDEST} and indexes & _RANKED:
        return tuple(f"rank = {rank}" for rank in RANKS.values())
    return ("",)


def _part(shape: Shape, state: str, part: str) -> tuple[str, str]:
    """Return what is in one order in one index, for SQLite and PostgreSQL."""
    name, sort, comparison = _SORTS[shape.order]
    conditions = [*(CONDITIONS[condition] for condition in shape.given), _CONDITION[state]]
    conditions += [part] if part else []
    if shape.cursor and part == UNASKED:
        conditions += ["id > :after_id"] if shape.unasked else []
    elif shape.cursor:
        keys = sort.replace(" DESC", "")
        places = ":key_a, :key_b, :after_id" if shape.order is Order.PRESSING else ":key_a, :after_id"
        conditions.append(f"({keys}) {comparison} ({places})")
    conditions += _until(shape, part)
    where, first = " AND ".join(conditions), f"ORDER BY {sort} {shape.limit}"
    tail = f"{first} OFFSET :looked" if shape.ahead else first
    if shape.over_queues:
        return _over_queues(shape.columns, where, f"jobs_{state}_{name}", tail, first)
    index = _index(shape, state) or f"jobs_{state}_{name}"
    indexed = "" if "ids" in shape.given else f"INDEXED BY {index}"
    text = f"SELECT {shape.columns} FROM jobs {indexed} WHERE {where} {tail}"  # noqa: S608  (constants)
    return text, text


def _until(shape: Shape, part: str) -> list[str]:
    """Return the condition that ends the reading at a place, if there is one in this part."""
    if not shape.until or (part == ASKED and shape.until_unasked):
        return []
    if part == UNASKED:
        return ["id <= :until_id"]
    _, sort, comparison = _SORTS[shape.order]
    places = ":until_a, :until_b, :until_id" if shape.order is Order.PRESSING else ":until_a, :until_id"
    return [f"({sort.replace(' DESC', '')}) {'<=' if comparison == '>' else '>='} ({places})"]


def _index(shape: Shape, state: str) -> str | None:
    """Return the index for what is few or has a label, whatever the queue; None for the one in the list's order."""
    given = set(shape.given)
    if "ids" in given:
        return "jobs_pkey"
    if "assignee" in given:
        return f"jobs_{state}_taken"
    if {"reviewed", "model_label"} <= given:
        return "jobs_reviewed"
    if "label" in given and "queue" not in given:
        return f"jobs_{state}_labelled"
    return None


def _over_queues(columns: str, where: str, index: str, tail: str, first: str) -> tuple[str, str]:
    """Return the statement that puts a list together from what each queue begins with.

    `tail` is the order and rows of a queue, `first` those of the list.
    """
    queues = "(SELECT queue AS name FROM queue_state) AS queues"
    of_one = f"WHERE jobs.queue = queues.name AND {where} {tail}"
    ids = f"SELECT id FROM jobs INDEXED BY {index} {of_one}"  # noqa: S608  (constants)
    page = f"SELECT {columns} FROM jobs {of_one}"  # noqa: S608  (constants)
    return (
        f"SELECT {columns} FROM {queues} CROSS JOIN jobs WHERE jobs.id IN ({ids}) {first}",  # noqa: S608  (constants)
        f"SELECT {columns} FROM {queues} CROSS JOIN LATERAL ({page}) AS page {first}",  # noqa: S608  (constants)
    )
