"""Counting in memory: tallies in counters, kept when their jobs are gone, as on a database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from routing.decision import Decision
from routing.figures import GRACE, HOUR, LIVE, Grouping, RouteTime, Verdict, Volume, bucket_of, column
from routing.job import Job
from routing.span import Span, local_day

Kind = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """A done job and the decision as the router made it."""

    job: Job
    first: Decision


@dataclass(kw_only=True, slots=True)
class Tallies:
    """What was counted so far, by the beginning of an hour and a kind."""

    until: float | None = None
    volumes: Counter[tuple[float, Kind]] = field(default_factory=Counter)
    verdicts: Counter[tuple[float, Kind]] = field(default_factory=Counter)
    times: Counter[tuple[float, Kind]] = field(default_factory=Counter)
    changed: list[float] = field(default_factory=list)
    """Hours whose verdicts people changed."""

    def volumes_of(self, done: Iterable[Routed], span: Span, by: Grouping, now: float) -> tuple[Volume, ...]:
        """Count by queue, label and who decided; see the port."""
        counted = self._days(self.volumes, done, _volume, span, now)
        return tuple(
            Volume(day=column(day, by), queue=queue, label=label, decided_by=who, mails=mails)
            for (day, (queue, label, who)), mails in counted.items()
        )

    def verdicts_of(self, done: Iterable[Routed], span: Span, now: float) -> tuple[Verdict, ...]:
        """Count what humans made of the model's answers; see the port."""
        counted = self._days(self.verdicts, done, _verdict, span, now)
        return tuple(
            Verdict(week=column(day, Grouping.WEEK), model_version=version, model_label=said, label=label, mails=mails)
            for (day, (version, said, label)), mails in counted.items()
        )

    def times_of(self, done: Iterable[Routed], span: Span, by: Grouping, now: float) -> tuple[RouteTime, ...]:
        """Count by how long routing took; see the port."""
        counted = self._days(self.times, done, _time, span, now)
        return tuple(
            RouteTime(day=column(day, by), bucket=kind[0], mails=mails) for (day, kind), mails in counted.items()
        )

    def step(self, done: list[Routed], now: float, kept_since: float) -> bool:
        """Count one hour, or one hour's verdicts anew; see the port."""
        if self.until is None:
            oldest = min(map(_at, done), default=None)
            if oldest is None:
                return False
            self.until = hour_of(oldest)
        over = hour_of(now - GRACE)
        hour = min((at for each in done if (at := hour_of(_at(each))) >= self.until), default=over)
        if hour < over:
            for tallies, kind in ((self.volumes, _volume), (self.times, _time), (self.verdicts, _verdict)):
                tallies.update((hour, made) for made in _kinds(done, kind, hour, hour + HOUR))
            self.until = hour + HOUR
            return True
        self.until = max(self.until, over)
        return self._recount(done, kept_since)

    def _recount(self, done: list[Routed], kept_since: float) -> bool:
        if not self.changed:
            return False
        hour = self.changed[0]
        self.changed = [each for each in self.changed if each != hour]
        if self.until is not None and kept_since <= hour < self.until:
            for key in [key for key in self.verdicts if key[0] == hour]:
                del self.verdicts[key]
            self.verdicts.update((hour, made) for made in _kinds(done, _verdict, hour, hour + HOUR))
        return True

    def _days(
        self,
        counted: Counter[tuple[float, Kind]],
        done: Iterable[Routed],
        kind: Callable[[Routed], Kind | None],
        span: Span,
        now: float,
    ) -> Counter[tuple[date, Kind]]:
        found: Counter[tuple[date, Kind]] = Counter()
        for (hour, made), mails in counted.items():
            if span.since <= hour < span.until:
                found[local_day(hour, span.zone), made] += mails
        lately = now - LIVE if self.until is None else max(self.until, now - LIVE)
        jobs = list(done)
        for day, begin, end in span.segments(max(lately, span.since)):
            found.update((day, made) for made in _kinds(jobs, kind, begin, end))
        return found


class MemoryFigures:
    """Tallies in memory; the store of the jobs says which are done, and which hours people changed."""

    _lock: threading.RLock
    _tallies: Tallies

    def _routed(self) -> list[Routed]:
        """Return the done jobs."""
        raise NotImplementedError

    def _judged(self, job: Job) -> None:
        """Note that a human's word on a job was recorded or taken back."""
        self._tallies.changed.append(hour_of(job.decided_at or 0.0))

    def volumes(self, span: Span, *, by: Grouping, now: float) -> tuple[Volume, ...]:
        """Count routed mails by day, queue, label and who decided; see the port."""
        with self._lock:
            return self._tallies.volumes_of(self._routed(), span, by, now)

    def verdicts(self, span: Span, *, now: float) -> tuple[Verdict, ...]:
        """Count what humans made of the model's answers; see the port."""
        with self._lock:
            return self._tallies.verdicts_of(self._routed(), span, now)

    def route_times(self, span: Span, *, by: Grouping, now: float) -> tuple[RouteTime, ...]:
        """Count mails by how long they took; see the port."""
        with self._lock:
            return self._tallies.times_of(self._routed(), span, by, now)

    def counted_until(self) -> float | None:
        """Return up to when mail is counted; see the port."""
        return self._tallies.until

    def tally(self, *, now: float, kept_since: float) -> bool:
        """Count one hour, or one hour's verdicts anew; see the port."""
        with self._lock:
            return self._tallies.step(self._routed(), now, kept_since)


def hour_of(at: float) -> float:
    """Return the beginning of the hour that a time is in."""
    return at // HOUR * HOUR


def _at(each: Routed) -> float:
    return each.job.decided_at or 0.0


def _kinds(done: Iterable[Routed], kind: Callable[[Routed], Kind | None], since: float, until: float) -> Iterator[Kind]:
    for each in done:
        if since <= _at(each) < until and (made := kind(each)) is not None:
            yield made


def _volume(each: Routed) -> Kind:
    return each.first.queue, each.first.label, str(each.first.decided_by)


def _verdict(each: Routed) -> Kind | None:
    job = each.job
    if not job.reviewed or job.model_label is None or job.decision is None:
        return None
    return job.decision.model_version or "", job.model_label, job.decision.label


def _time(each: Routed) -> Kind | None:
    return (bucket_of(each.job.timings.total),) if each.job.timings else None
