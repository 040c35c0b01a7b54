"""The statements of the desk's lists.

Whatever a list asks for, it is read from an index that has its order, from where the page before ended, and no further
than the page goes: a page costs the same with a million mails behind it. A list over several queues is put together
from what each queue begins with; one of both states, or with mails that no model was asked about, likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    columns: str = COLUMNS

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
    return Statement(*(f"SELECT * FROM ({text}) AS parts ORDER BY {sort} LIMIT :limit" for text in together))  # noqa: S608  (constants)


def _parts(shape: Shape) -> tuple[str, ...]:
    """Return the conditions that split a list into parts, each of which an index has in the list's order."""
    if shape.order is Order.UNSURE:
        return (UNASKED,) if shape.unasked else (ASKED, UNASKED)
    if shape.order in {Order.NEWEST, Order.OLDEST} and _index(shape, "open") == "jobs_open_labelled":
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
    where, tail = " AND ".join(conditions), f"ORDER BY {sort} LIMIT :limit"
    if shape.over_queues:
        return _over_queues(shape.columns, where, f"jobs_{state}_{name}", tail)
    index = _index(shape, state) or f"jobs_{state}_{name}"
    indexed = "" if "ids" in shape.given else f"INDEXED BY {index}"
    text = f"SELECT {shape.columns} FROM jobs {indexed} WHERE {where} {tail}"  # noqa: S608  (constants)
    return text, text


def _index(shape: Shape, state: str) -> str | None:
    """Return the index for what is few or has a label, whatever the queue; None for the one in the list's order."""
    given = set(shape.given)
    if "ids" in given:
        return "jobs_pkey"
    if "assignee" in given and shape.state is State.OPEN:
        return "jobs_open_taken"
    if {"reviewed", "model_label"} <= given:
        return "jobs_reviewed"
    if "label" in given and "queue" not in given:
        return f"jobs_{state}_labelled"
    return None


def _over_queues(columns: str, where: str, index: str, tail: str) -> tuple[str, str]:
    """Return the statement that puts a list together from what each queue begins with."""
    queues = "(SELECT queue AS name FROM queue_state) AS queues"
    of_one = f"WHERE jobs.queue = queues.name AND {where} {tail}"
    ids = f"SELECT id FROM jobs INDEXED BY {index} {of_one}"  # noqa: S608  (constants)
    page = f"SELECT {columns} FROM jobs {of_one}"  # noqa: S608  (constants)
    return (
        f"SELECT {columns} FROM {queues} CROSS JOIN jobs WHERE jobs.id IN ({ids}) {tail}",  # noqa: S608  (constants)
        f"SELECT {columns} FROM {queues} CROSS JOIN LATERAL ({page}) AS page {tail}",  # noqa: S608  (constants)
    )
