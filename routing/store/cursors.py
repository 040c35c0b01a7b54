"""Where a page of the desk's lists ends: the sort keys of its last mail, opaque to whoever passes them on."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from routing.desk import Order
from routing.errors import InvalidInput
from routing.ids import is_uuid

LONGEST = 400
"""Characters of a cursor."""

Key = int | float | None
"""None: no model was asked, in the order of its confidence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """A place in a list: the mail's keys in its order, and its id, by which equal ones come."""

    order: Order
    keys: tuple[Key, ...]
    job_id: str


def written(cursor: Cursor) -> str:
    """Return the cursor as a word for a URL."""
    text = json.dumps([cursor.order.value, *cursor.keys, cursor.job_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(word: str, order: Order) -> Cursor:
    """Return the place that a word names in a list of this order. Raises InvalidInput."""
    try:
        name, *found, job_id = json.loads(base64.urlsafe_b64decode(word[:LONGEST] + "=" * (-len(word) % 4)))
        cursor = Cursor(order=order, keys=_keys(order, found), job_id=job_id)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _unknown() from error
    if name != order.value or not isinstance(job_id, str) or not is_uuid(job_id):
        raise _unknown()
    return cursor


def _unknown() -> InvalidInput:
    return InvalidInput("The cursor is not one that a page in this order gave.", field="cursor")


def _keys(order: Order, found: list[Key]) -> tuple[Key, ...]:
    """Return the keys with their types. Raises ValueError, TypeError."""
    if order is Order.PRESSING:
        rank, arrived_at = found
        return int(rank or 0), float(arrived_at or 0)
    (key,) = found
    return (None,) if key is None and order is Order.UNSURE else (float(key),)  # type: ignore[arg-type]  # it may raise
