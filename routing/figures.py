"""What supervisors read off: how much mail came, how much of it went its way alone, how often the router was right.

Volumes are of decisions as the router made them; what humans changed later is told by verdicts. A *verdict* is a mail
that a human confirmed, moved or corrected, with what the model had said of it and the label that it has now: few mails
get one, so every share of verdicts comes with its number and its interval.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from routing.span import Span

HOUR = 3600.0
"""Seconds; what tallies are kept by."""
GRACE = 900.0
"""Seconds after an hour's end until it is counted: by then every worker, however slow or late its clock, has written
what it decided in that hour."""
LIVE = 6 * HOUR
"""How much of the time that is not yet counted is looked up mail by mail. Errands that are down for longer leave a gap,
which the page names, rather than a page that takes seconds."""
STEPS = 4
"""Buckets of the time to route a doubling: a percentile is less than 19 % off."""
BUCKETS = 112
"""The last but one ends after 2.6 days."""
BUCKET_ENDS = tuple(2 ** (bucket / STEPS) for bucket in range(BUCKETS))
"""The longest time in each bucket, in milliseconds; the last bucket has no end."""
NORMAL_95 = 1.959964
"""The normal distribution's two-sided 95 % quantile."""

Key = TypeVar("Key", bound=Hashable)


class Grouping(StrEnum):
    """What one column of a chart stands for."""

    DAY = "day"
    WEEK = "week"
    """From Monday to Sunday."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """How many mails of a kind were routed on a day or in a week."""

    day: date
    """The first one."""
    queue: str
    label: str | None
    decided_by: str
    mails: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How many mails of a week, on which the model had spoken, humans looked at, and to which label they came."""

    week: date
    """The Monday of the week in which the mails were routed, not looked at: it is the model of then that is judged."""
    model_version: str
    model_label: str
    label: str | None
    mails: int

    @property
    def right(self) -> bool:
        """Whether the model's label is the one that the mail has now."""
        return self.label == self.model_label


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteTime:
    """How many mails of a day or a week took how long from acceptance to decision."""

    day: date
    """The first one."""
    bucket: int
    """See `bucket_of`."""
    mails: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(part=self.part + other.part, whole=self.whole + other.whole)

    @property
    def rate(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the true share lies with 95 % confidence: Wilson's score interval (1927), honest at any size."""
        if not self.whole:
            return 0.0, 1.0
        size, square = self.whole, NORMAL_95**2
        rate = self.part / size
        middle = (rate + square / (2 * size)) / (1 + square / size)
        half = NORMAL_95 * math.sqrt(rate * (1 - rate) / size + square / (4 * size * size)) / (1 + square / size)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """How often the model said one label and humans another, or the same."""

    labels: tuple[str | None, ...]
    """All that occur, by name; None (no label) last, only ever a human's."""
    cells: Mapping[tuple[str, str | None], int]
    """By the model's label and the mail's label now."""

    def mistakes(self, most: int) -> list[tuple[str, str | None, int]]:
        """Return the cells in which they differ, the most frequent first."""
        found = [(said, now, mails) for (said, now), mails in self.cells.items() if said != now]
        return sorted(found, key=lambda cell: (-cell[2], cell[0], cell[1] or ""))[:most]


def columns(span: Span, grouping: Grouping) -> tuple[date, ...]:
    """Return the first day of every column; a first week begins on its Monday even when the span does not."""
    return tuple(dict.fromkeys(column(day, grouping) for day in span.days()))


def column(day: date, grouping: Grouping) -> date:
    """Return the first day of the column that a day is in."""
    return day if grouping is Grouping.DAY else day - timedelta(days=day.weekday())


def counts(volumes: Iterable[Volume], key: Callable[[Volume], Key], grouping: Grouping) -> dict[Key, Counter[date]]:
    """Count mails by a key and column, the most frequent key first."""
    found: defaultdict[Key, Counter[date]] = defaultdict(Counter)
    for volume in volumes:
        found[key(volume)][column(volume.day, grouping)] += volume.mails
    return dict(sorted(found.items(), key=lambda item: (-item[1].total(), str(item[0]))))


def alone(volumes: Iterable[Volume], grouping: Grouping, *, triage: str) -> dict[date, Share]:
    """Return by column the share that no human was needed for: decided by model or rule, and not sent to triage."""
    parts: Counter[date] = Counter()
    wholes: Counter[date] = Counter()
    for volume in volumes:
        place = column(volume.day, grouping)
        wholes[place] += volume.mails
        if volume.decided_by in ("model", "rule") and volume.queue != triage:
            parts[place] += volume.mails
    return {place: Share(part=parts[place], whole=whole) for place, whole in wholes.items()}


def accuracy(verdicts: Iterable[Verdict], key: Callable[[Verdict], Key]) -> dict[Key, Share]:
    """Return by a key the share of mails with a verdict that agrees with the model."""
    parts: Counter[Key] = Counter()
    wholes: Counter[Key] = Counter()
    for verdict in verdicts:
        kind = key(verdict)
        wholes[kind] += verdict.mails
        if verdict.right:
            parts[kind] += verdict.mails
    return {kind: Share(part=parts[kind], whole=whole) for kind, whole in wholes.items()}


def confusion(verdicts: Iterable[Verdict]) -> Confusion:
    """Count what the model said against what humans say."""
    cells: Counter[tuple[str, str | None]] = Counter()
    for verdict in verdicts:
        cells[verdict.model_label, verdict.label] += verdict.mails
    names = {said for said, _ in cells} | {now for _, now in cells}
    return Confusion(labels=tuple(sorted(names, key=lambda name: (name is None, name or ""))), cells=dict(cells))


def total(shares: Iterable[Share]) -> Share:
    """Add shares up."""
    return sum(shares, Share())


def bucket_of(milliseconds: float) -> int:
    """Return the bucket of a time: the first whose end is not before it, `BUCKETS` beyond them all."""
    return bisect.bisect_left(BUCKET_ENDS, milliseconds)


def percentile(times: Mapping[int, int], share: float) -> float | None:
    """Return the time within which this share of mails was routed, in milliseconds; None without mails.

    Args:
        times: mails by bucket.
        share: 0 to 1.
    """
    mails = sum(times.values())
    if not mails:
        return None
    wanted, before = share * mails, 0
    for bucket in sorted(times):
        inside = times[bucket]
        if inside and before + inside >= wanted:
            # On a logarithmic scale inside the bucket, as the buckets themselves are.
            return float(2 ** ((bucket - 1 + (wanted - before) / inside) / STEPS)) if bucket else BUCKET_ENDS[0]
        before += inside
    raise AssertionError("The last bucket completes every share up to 1.")  # pragma: no cover


def by_column(times: Iterable[RouteTime], grouping: Grouping) -> dict[date, Counter[int]]:
    """Add up mails by column and bucket."""
    found: defaultdict[date, Counter[int]] = defaultdict(Counter)
    for time in times:
        found[column(time.day, grouping)][time.bucket] += time.mails
    return dict(found)
