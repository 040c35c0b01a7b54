"""The supervisors' page: how much came, how much went alone, how often the model was right, what waits.

Range and grouping are a GET form, so that what is seen can be linked and comes back with every table's CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import Field

from app.console import pictures
from app.console.board import PERCENTILES, TABLES, Board
from app.console.charts import DEFINITIONS
from app.console.csv import csv_answer
from app.console.language import gettext as _
from app.console.language import time_zone
from app.console.page import page
from app.console.tables import drawn, duration
from app.endpoint import Endpoint, endpoint
from app.schemas.strict import Strict, read_query
from app.services import services
from routing.errors import InvalidInput, NotFound
from routing.figures import Grouping, column, percentile, total
from routing.people import Role
from routing.span import MOST_DAYS, Span, latest, local_day

dashboard = Blueprint("console_dashboard", __name__)

SUPERVISORS = Endpoint(scope=None, role=Role.SUPERVISOR, documented=False)
USUAL_DAYS = 30
MOST_USUAL_COLUMNS = 31
"""Days beyond which a chart shows weeks unless asked otherwise."""
MOST_COLUMNS = 100
"""Days beyond which a chart shows weeks: more bars than that cannot be told apart."""
MOST_MISTAKES = 10


class DashboardQuery(Strict):
    """What a dashboard shows. Empty values are none, because a form sends the fields that were left alone."""

    range: Literal["", "7", "30", "90", "custom"] = ""
    from_: str = Field(default="", alias="from", max_length=10)
    to: str = Field(default="", max_length=10)
    by: Literal["", "day", "week"] = ""
    model: str = Field(default="", max_length=200)
    """The version that a confusion matrix is of; all of them when empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the form asked for, as the page can show it."""

    span: Span
    grouping: Grouping
    query: DashboardQuery
    fault: str = ""
    """Why the range that was asked for is not the one shown."""

    @property
    def range(self) -> str:
        """What the form's range stands at."""
        return self.query.range or str(USUAL_DAYS)

    @property
    def address(self) -> str:
        """The query string that shows the same again; it begins with `?` unless all is as usual."""
        return _address(self.query.model_dump(by_alias=True))

    def preset(self, days: int) -> str:
        """Return the query string for so many days, with all else as it is."""
        return _address(self.query.model_dump(by_alias=True) | {"range": str(days), "from": "", "to": ""})


@dashboard.get("/dashboard")
@endpoint(SUPERVISORS)
def show() -> Response:
    """Answer with the figures of a range of days; 422 with the usual range when there is no such range."""
    choice, board = _read()
    spent = board.spent_in_all
    return page(
        "console/dashboard.html",
        422 if choice.fault else 200,
        choice=choice,
        board=board,
        definitions=DEFINITIONS,
        drawn=drawn,
        table=lambda name: TABLES[name](board),
        pictures=pictures,
        spent=[duration(percentile(spent, share)) for share in PERCENTILES],
        routed=sum(volume.mails for volume in board.volumes),
        alone=total(board.alone.values()),
        right=total(board.right_by_label.values()),
        mistakes=board.confusion.mistakes(MOST_MISTAKES),
        open=sum(state.open for state in board.queues),
        oldest=min((state.oldest_at for state in board.queues if state.oldest_at is not None), default=None),
        most_columns=MOST_COLUMNS,
    )


@dashboard.get("/dashboard/confusion")
@endpoint(SUPERVISORS)
def confusion() -> Response:
    """Answer with how often the model said one label and agents another, of one version or of all."""
    choice, board = _read()
    return page(
        "console/dashboard_confusion.html",
        422 if choice.fault else 200,
        choice=choice,
        board=board,
        pictures=pictures,
        mistakes=board.confusion.mistakes(MOST_MISTAKES),
    )


@dashboard.get("/dashboard/<name>.csv")
@endpoint(SUPERVISORS)
def download(name: str) -> Response:
    """Answer with one table of the dashboard as CSV."""
    if name not in TABLES:
        raise NotFound(f"There is no table {name[:40]!r}.")
    choice, board = _read()
    if choice.fault:
        raise InvalidInput(choice.fault, field="from")
    table = TABLES[name](board)
    return csv_answer(table.values(), f"facteur-{table.name}-{choice.span.first}-{choice.span.last}")


def _address(values: Mapping[str, str]) -> str:
    given = {name: value for name, value in values.items() if value}
    return "?" + urlencode(given) if given else ""


def _read() -> tuple[Choice, Board]:
    provided = services()
    now = provided.clock()
    query = read_query(DashboardQuery, request.args)
    span, fault = latest(USUAL_DAYS, now=now, zone=time_zone()), ""
    if query.range == "custom":
        try:
            span = _span(query, now)
        except (ValueError, InvalidInput):
            fault = _(
                "Choose a first and a last day, the first not after the last, with at most %(days)s days between them.",
                days=MOST_DAYS,
            )
    elif query.range:
        span = latest(int(query.range), now=now, zone=time_zone())
    grouping = Grouping(query.by or (Grouping.DAY if len(span.days()) <= MOST_USUAL_COLUMNS else Grouping.WEEK))
    if grouping is Grouping.WEEK and query.range != "custom":  # a part of a week would look like a quiet one
        span = replace(span, first=column(span.first, grouping))
    if len(span.days()) > MOST_COLUMNS:
        grouping = Grouping.WEEK
    choice = Choice(span=span, grouping=grouping, query=query, fault=fault)
    return choice, Board(provided, span, grouping, model=query.model, now=now)


def _span(query: DashboardQuery, now: float) -> Span:
    """Return the days that were chosen, none of them to come. Raises ValueError, InvalidInput."""
    today = local_day(now, time_zone())
    last = min(date.fromisoformat(query.to), today) if query.to else today
    return Span(first=date.fromisoformat(query.from_), last=last, zone=time_zone())
