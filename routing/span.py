"""A range of local days, and how it lies in the time that everything is stored in.

A day is a day where the reader lives: 23 or 25 hours long when the clocks change. Tallies are kept by the hour, so in
the few zones that are half an hour off (India, the Marquesas) a counted day begins at the full hour before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from routing.errors import InvalidInput

MOST_DAYS = 366
"""A longer range would make the database read more than a page can wait for."""
EPOCH = date(1970, 1, 1).toordinal()
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a span in which the clocks do not change."""

    since: float
    """Unix seconds, included."""
    until: float
    """Unix seconds, not included."""
    offset: int
    """Seconds that local time is ahead of UTC: `(unix + offset) // 86400` is the local day, counted from 1970-01-01."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Local days, the first and the last included. Raises InvalidInput when they are none, or too many."""

    first: date
    last: date
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidInput("The range ends before it begins.", field="to")
        if (self.last - self.first).days >= MOST_DAYS:
            raise InvalidInput(f"The range is longer than {MOST_DAYS} days.", field="from")

    @property
    def since(self) -> float:
        """Unix time of the first day's beginning."""
        return beginning(self.first, self.zone)

    @property
    def until(self) -> float:
        """Unix time of the last day's end."""
        return beginning(self.last + DAY, self.zone)

    def days(self) -> tuple[date, ...]:
        """Return every day, in order."""
        return tuple(self.first + DAY * number for number in range((self.last - self.first).days + 1))

    def pieces(self) -> tuple[Piece, ...]:
        """Return the span cut where the clocks change."""
        cuts = [self.since]
        for day in self.days():
            begin, end = beginning(day, self.zone), beginning(day + DAY, self.zone)
            if _offset(begin, self.zone) != _offset(end, self.zone):
                cuts.append(_change(begin, end, self.zone))
        cuts.append(self.until)
        return tuple(
            Piece(since=since, until=until, offset=_offset(since, self.zone))
            for since, until in itertools.pairwise(cuts)
            if since < until
        )

    def segments(self, since: float) -> Iterator[tuple[date, float, float]]:
        """Yield each day that ends after `since`: the day, its beginning or `since` when that is later, its end."""
        day = max(self.first, local_day(since, self.zone))
        while day <= self.last:
            yield day, max(since, beginning(day, self.zone)), beginning(day + DAY, self.zone)
            day += DAY


def latest(days: int, *, now: float, zone: tzinfo) -> Span:
    """Return the span of this many days that ends today."""
    today = local_day(now, zone)
    return Span(first=today - DAY * (days - 1), last=today, zone=zone)


def local_day(at: float, zone: tzinfo) -> date:
    """Return the date that it is in a zone."""
    return datetime.fromtimestamp(at, zone).date()


def beginning(day: date, zone: tzinfo) -> float:
    """Return the Unix time at which a day begins in a zone; where clocks skip midnight, when they do so."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def day_of_number(number: int) -> date:
    """Return the day of a number counted from 1970-01-01."""
    return date.fromordinal(EPOCH + number)


def _offset(at: float, zone: tzinfo) -> int:
    found = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return 0 if found is None else int(found.total_seconds())


def _change(begin: float, end: float, zone: tzinfo) -> float:
    """Return the second at which the clocks change between two times that have different offsets."""
    low, high = int(begin), int(end)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == _offset(begin, zone):
            low = middle
        else:
            high = middle
    return float(high)
