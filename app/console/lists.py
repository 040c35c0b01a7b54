"""Which mails a list shows: read from its address, and written back into one.

The query string is the whole state of a list, so that it can be linked, saved as a view and gone back to; forms of a
list are GET forms. Empty values are none, because a form sends the fields that were left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pydantic import Field, field_validator
from werkzeug.datastructures import MultiDict

from app.schemas.strict import Strict, read_query
from routing.decision import DecidedBy, Priority
from routing.desk import ListFilter, Order, State
from routing.errors import InvalidInput
from routing.job import Job
from routing.search import terms_of

NAME_CHARACTERS = 200
WORDS_CHARACTERS = 200
ALL = "/mails"
QUEUES = "/queues/"

HOUR, DAY = 3600.0, 86_400.0
LATEST = 253_402_214_400.0
"""The last day of the year 9999, Unix seconds: calendars end there."""


class Mine(StrEnum):
    """Whose mails."""

    ME = "me"
    NOBODY = "nobody"


class Age(StrEnum):
    """For how long a mail has been in its queue."""

    OVER_HOUR = "over-1h"
    OVER_4_HOURS = "over-4h"
    OVER_DAY = "over-1d"
    OVER_3_DAYS = "over-3d"
    OVER_7_DAYS = "over-7d"
    UNDER_HOUR = "under-1h"
    UNDER_DAY = "under-1d"

    @property
    def over(self) -> bool:
        """Whether the limit is the least age; else it is the most."""
        return self.value.startswith("over")

    @property
    def seconds(self) -> float:
        """The limit."""
        number, unit = self.value.split("-")[1][:-1], self.value[-1]
        return int(number) * (HOUR if unit == "h" else DAY)


class ListQuery(Strict):
    """The address of a list, as values."""

    queue: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    q: str = Field(default="", max_length=WORDS_CHARACTERS)
    label: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    language: Literal["fr", "en", "other"] | None = None
    by: DecidedBy | None = None
    confidence_from: float | None = Field(default=None, ge=0, le=1)
    confidence_below: float | None = Field(default=None, ge=0, le=1)
    priority: Priority | None = None
    age: Age | None = None
    mine: Mine | None = None
    state: State = State.OPEN
    sort: Order = Order.PRESSING
    model_label: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    model_version: str | None = Field(default=None, max_length=NAME_CHARACTERS)
    reviewed: bool | None = None
    arrived_after: float | None = Field(default=None, ge=0, le=LATEST)
    arrived_before: float | None = Field(default=None, ge=0, le=LATEST)
    decided_after: float | None = Field(default=None, ge=0, le=LATEST)
    decided_before: float | None = Field(default=None, ge=0, le=LATEST)
    cursor: str | None = Field(default=None, max_length=400)

    @field_validator("q")
    @classmethod
    def _no_signs_alone(cls, words: str) -> str:
        """Leave out a search without a letter or digit: it asks for nothing, and no page should say it was searched."""
        return words if terms_of(words) else ""

    def where(self, *, user: str, now: float) -> ListFilter:
        """Return what to ask the store for; `user` is the name of the one who looks."""
        after, before = self.arrived_after, self.arrived_before
        if self.age is not None:
            limit = now - self.age.seconds
            if self.age.over:
                before = limit if before is None else min(before, limit)
            else:
                after = limit if after is None else max(after, limit)
        return ListFilter(
            state=self.state,
            queue=self.queue,
            label=self.label,
            language=self.language,
            decided_by=self.by,
            priority=self.priority,
            assignee=None if self.mine is None else user if self.mine is Mine.ME else "",
            confidence_from=self.confidence_from,
            confidence_below=self.confidence_below,
            arrived_after=after,
            arrived_before=before,
            decided_after=self.decided_after,
            decided_before=self.decided_before,
            reviewed=self.reviewed,
            model_label=self.model_label,
            model_version=self.model_version,
            words=self.q.strip(),
        )

    def url(self, **changed: Any) -> str:
        """Return the address of this list with some conditions changed; its first page unless a cursor is given."""
        values = self.given() | {"cursor": None} | changed
        values.pop("queue", None)
        query = urlencode({name: value for name, value in values.items() if value not in (None, "")})
        return self.path + ("?" + query if query else "")

    @property
    def path(self) -> str:
        """The address of all mails of this list's queue, or of all queues, without any condition."""
        return QUEUES + quote(self.queue, safe="") if self.queue else ALL

    def query(self) -> str:
        """Return the query string that shows this list from its first page, with the queue in it, as views keep it."""
        return urlencode(self.given())

    def given(self) -> dict[str, str]:
        """Return the values that are not the usual ones, as an address has them, without the cursor."""
        values = self.model_dump(exclude_defaults=True, exclude={"cursor"}, mode="json")
        return {name: _text(value) for name, value in values.items() if value not in (None, "")}


def read_list(values: MultiDict[str, str], queue: str | None = None) -> ListQuery:
    """Read a list's query string; `queue` is the one that the path names. Raises InvalidFields."""
    full = MultiDict((name, value) for name, value in values.items(multi=True) if value.strip())
    if queue is not None:
        full.setlist("queue", [queue])
    return read_query(ListQuery, full)


def read_address(address: str) -> ListQuery | None:
    """Return the list that an address of this host shows; None when it shows something else or nothing readable."""
    parts = urlsplit(address)
    if parts.netloc:
        return None
    if parts.path == ALL:
        queue = None
    elif parts.path.startswith(QUEUES) and parts.path != QUEUES:
        queue = unquote(parts.path.removeprefix(QUEUES))
    else:
        return None
    try:
        return read_list(MultiDict(parse_qsl(parts.query, keep_blank_values=True)), queue)
    except InvalidInput:
        return None


def read_view(query: str) -> ListQuery | None:
    """Return the list that a saved view shows; None when an older version saved what this one does not read."""
    return read_address(ALL + "?" + query)


def belongs(job: Job, where: ListFilter) -> bool:
    """Say whether a mail is still one that the list shows, after an act; what acts leave alone is not looked at."""
    decision, handling = job.decision, job.handling
    if decision is None:
        return False
    wanted: Mapping[str, tuple[Any, Any]] = {
        "queue": (where.queue, decision.queue),
        "label": (where.label, decision.label),
        "decided_by": (where.decided_by, decision.decided_by),
        "priority": (where.priority, decision.priority),
        "assignee": (where.assignee, handling.assignee or ""),
        "reviewed": (where.reviewed, job.reviewed),
    }
    if any(asked is not None and asked != is_now for asked, is_now in wanted.values()):
        return False
    handled = handling.handled_at is not None
    return where.state is State.ANY or handled is (where.state is State.HANDLED)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
