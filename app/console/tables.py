"""The tables behind the dashboard's charts, once for the page and for CSV: what is read is what is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale, dates
from markupsafe import Markup, escape

from app.console.csv import Value
from app.console.language import gettext as _
from app.console.language import locale, noted, percent, write_number
from routing.figures import Grouping, Share

UNITS = (
    (86_400_000.0, noted("%(count)s d")),
    (3_600_000.0, noted("%(count)s h")),
    (60_000.0, noted("%(count)s min")),
    (1_000.0, noted("%(count)s s")),
    (1.0, noted("%(count)s ms")),
)
"""Of time, in milliseconds, the longest first."""
NOTHING = "\N{EN DASH}"
"""What stands where nothing is known."""
SMALL = 10
"""Below so many of a unit, a time is written with one decimal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One value, as CSV has it and as a page shows it."""

    value: Value
    shown: str
    address: str | None = None
    """The mails behind it."""
    quantity: bool = True
    """Whether it is set to the right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of cells; the first of each row names it."""

    name: str
    """As addresses have it."""
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def values(self) -> list[list[Value]]:
        """Return the head and the rows for CSV."""
        return [list(self.columns), *([cell.value for cell in row] for row in self.rows)]


def drawn(table: Table) -> Markup:
    """Return a table as HTML; by hand, because there may be thousands of cells."""
    head = "".join(
        f'<th scope="col"{" class=number" if place else ""}>{escape(name)}</th>'
        for place, name in enumerate(table.columns)
    )
    body = "".join(f"<tr>{''.join(map(_drawn, row, range(len(row))))}</tr>" for row in table.rows)
    return Markup(  # noqa: S704  (texts are escaped)
        f'<table><caption class="hidden">{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _drawn(cell: Cell, place: int) -> str:
    shown = escape(cell.shown)
    inside = f'<a href="{escape(cell.address)}">{shown}</a>' if cell.address else shown
    if place == 0:
        return f'<th scope="row">{inside}</th>'
    return f"<td class=number>{inside}</td>" if cell.quantity else f"<td>{inside}</td>"


def words(text: str, address: str | None = None) -> Cell:
    """Return a name."""
    return Cell(value=text, shown=text, address=address, quantity=False)


def count(number: int, address: str | None = None) -> Cell:
    """Return how many."""
    return Cell(value=number, shown=write_number(number), address=address)


def rate(share: float | None) -> Cell:
    """Return a share: 0 to 1 in CSV."""
    return Cell(value=None if share is None else round(share, 4), shown=NOTHING if share is None else percent(share, 1))


def bounds(share: Share) -> tuple[Cell, Cell]:
    """Return between what a share lies; nothing when it is one of nothing."""
    low, high = share.interval
    return (rate(low), rate(high)) if share.whole else (rate(None), rate(None))


def column_name(day: date, grouping: Grouping) -> Cell:
    """Return the name of a day, or of the week that it begins."""
    shown = write_day(day) if grouping is Grouping.DAY else _("week of %(day)s", day=write_day(day))
    return Cell(value=day, shown=shown, quantity=False)


def milliseconds(spent: float | None) -> Cell:
    """Return a time: seconds in CSV."""
    return Cell(value=None if spent is None else round(spent / 1000, 4), shown=duration(spent))


def write_day(day: date) -> str:
    """Return a day of this or a neighbouring year, short."""
    return _write_day(day, locale())


@lru_cache(maxsize=2_000)
def _write_day(day: date, spoken: Locale) -> str:
    # At noon: a bare date is taken for midnight UTC, which is the day before in half of the world.
    at = datetime.combine(day, time(12))
    return str(dates.format_skeleton("MMMd", at, locale=spoken))


def duration(spent: float | None) -> str:
    """Return milliseconds as a reader takes them in: two digits, and the unit that fits."""
    if spent is None:
        return NOTHING
    size, unit = next((each for each in UNITS if spent >= each[0]), UNITS[-1])
    tenths = round(spent / size * 10)
    digits = int(tenths < 10 * SMALL and tenths % 10 != 0 and size > 1)
    return _(unit, count=write_number(tenths / 10 if digits else round(spent / size), digits))
