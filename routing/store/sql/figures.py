"""Tallies of routed mail: written hour by hour by an errand and added up by the day, read by ranges of days.

Whoever writes them holds the one row of `counted`, so errands take turns. Reviews never wait for that: each leaves a
line in `recounts` beside its change, in the same transaction, and whoever reads the line sees the change as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from routing.figures import BUCKET_ENDS, BUCKETS, GRACE, HOUR, LIVE, Grouping, RouteTime, Verdict, Volume, column
from routing.span import Piece, Span, day_of_number
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement

ONLY = {"id": 1}
DAY_SECONDS = 86_400


def _bucket(low: int = 0, high: int = BUCKETS) -> str:
    """Return SQL that finds the bucket of `total_ms` by bisection, with bounds as `routing.figures` computes them."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    less, more = _bucket(low, middle), _bucket(middle + 1, high)
    return f"CASE WHEN total_ms <= {BUCKET_ENDS[middle]!r} THEN {less} ELSE {more} END"


_BETWEEN = "FROM jobs WHERE status = 'done' AND decided_at >= :since AND decided_at < :until"
_JUDGED = f"{_BETWEEN} AND reviewed AND model_label IS NOT NULL"
# A worker older than these columns leaves them empty, all three.
_ROUTED = """
    coalesce(routed_queue, queue), coalesce(CASE WHEN routed_by IS NULL THEN label ELSE routed_label END, ''),
    coalesce(routed_by, decided_by)
"""
_VERDICT = "coalesce(model_version, ''), model_label, coalesce(label, '')"

_FIRST = Statement("INSERT INTO counted (id, until) VALUES (:id, :until) ON CONFLICT (id) DO NOTHING")
_HOLD = Statement("SELECT until FROM counted WHERE id = :id FOR UPDATE")
_UNTIL = Statement("SELECT until FROM counted WHERE id = :id")
_MOVE_ON = Statement("UPDATE counted SET until = :until WHERE id = :id")
_OLDEST = Statement(
    "SELECT decided_at FROM jobs WHERE status = 'done' AND decided_at >= :since ORDER BY decided_at LIMIT 1"
)
_COUNT = (
    Statement(f"""
        INSERT INTO tallies (hour, queue, label, decided_by, model_version, mails)
        SELECT CAST(:hour AS DOUBLE PRECISION), {_ROUTED}, coalesce(model_version, ''), count(*)
        {_BETWEEN} GROUP BY 2, 3, 4, 5
    """),
    Statement(f"""
        INSERT INTO route_times (hour, bucket, mails)
        SELECT CAST(:hour AS DOUBLE PRECISION), {_bucket()}, count(*) {_BETWEEN} AND total_ms IS NOT NULL GROUP BY 2
    """),
)
_COUNT_VERDICTS = Statement(f"""
    INSERT INTO verdicts (hour, model_version, model_label, label, mails)
    SELECT CAST(:hour AS DOUBLE PRECISION), {_VERDICT}, count(*) {_JUDGED} GROUP BY 2, 3, 4
""")
_DROP_VERDICTS = Statement("DELETE FROM verdicts WHERE hour = :hour")
_CHANGED_HOUR = Statement("SELECT hour FROM recounts ORDER BY id LIMIT 1")
_FORGET_CHANGES = Statement("DELETE FROM recounts WHERE hour = :hour")

_ADD_TO_DAY = (
    Statement("""
        INSERT INTO daily_tallies (day, queue, label, decided_by, mails)
        SELECT CAST(:hour AS BIGINT) / 86400, queue, label, decided_by, sum(mails) FROM tallies WHERE hour = :hour
        GROUP BY queue, label, decided_by
        ON CONFLICT (day, queue, label, decided_by) DO UPDATE SET mails = daily_tallies.mails + excluded.mails
    """),
    Statement("""
        INSERT INTO daily_route_times (day, bucket, mails)
        SELECT CAST(:hour AS BIGINT) / 86400, bucket, mails FROM route_times WHERE hour = :hour
        ON CONFLICT (day, bucket) DO UPDATE SET mails = daily_route_times.mails + excluded.mails
    """),
)
_DAY_OF_VERDICTS = (
    Statement("DELETE FROM daily_verdicts WHERE day = CAST(:hour AS BIGINT) / 86400"),
    Statement("""
        INSERT INTO daily_verdicts (day, model_version, model_label, label, mails)
        SELECT CAST(:hour AS BIGINT) / 86400, model_version, model_label, label, sum(mails) FROM verdicts
        WHERE hour >= CAST(:hour AS BIGINT) / 86400 * 86400 AND hour < (CAST(:hour AS BIGINT) / 86400 + 1) * 86400
        GROUP BY model_version, model_label, label
    """),
)


def _counted(table: str, kind: str, period: str) -> Statement:
    """Return what reads a kind of figures by the local day, or by a longer period of these.

    Days that lie wholly within the range are read as they were added up, from midnight to midnight UTC. The hours of
    these that belong to another day where the reader lives are moved there: taken away here, added there. The hours
    before the first and after the last of these days are added. All in whole numbers: PostgreSQL rounds where SQLite
    cuts.
    """
    local = period.format("(CAST(hour AS BIGINT) + CAST(:offset AS BIGINT)) / 86400")
    days = f"daily_{table} WHERE day >= :first_day AND day < :end_day"
    moved = f"""
        FROM (SELECT DISTINCT day FROM {days}) AS days
        JOIN {table} ON hour >= day * 86400 + :moved_from AND hour < day * 86400 + :moved_to GROUP BY 1, {kind}
    """  # noqa: S608  (constants)
    begin, end = "hour >= :since AND hour < :first_midnight", "hour >= :last_midnight AND hour < :until"
    hours = f"SELECT {local}, {kind}, sum(mails) FROM {table}"  # noqa: S608  (constants)
    return Statement(f"""
        SELECT {period.format("day")}, {kind}, sum(mails) FROM {days} GROUP BY 1, {kind}
        UNION ALL SELECT {period.format("day")}, {kind}, -sum(mails) {moved}
        UNION ALL SELECT {local}, {kind}, sum(mails) {moved}
        UNION ALL {hours} WHERE {begin} GROUP BY 1, {kind}
        UNION ALL {hours} WHERE {end} GROUP BY 1, {kind}
    """)  # noqa: S608  (constants)


_WEEK = "({} + 3) / 7 * 7 - 3"
"""The number of a day's Monday: 1970-01-01 was a Thursday."""
_PERIODS = {Grouping.DAY: "{}", Grouping.WEEK: _WEEK}
_VOLUMES = {by: _counted("tallies", "queue, label, decided_by", period) for by, period in _PERIODS.items()}
_VOLUMES_LIVE = Statement(f"SELECT {_ROUTED}, count(*) {_BETWEEN} GROUP BY 1, 2, 3")
_VERDICTS = _counted("verdicts", "model_version, model_label, label", _WEEK)
_VERDICTS_LIVE = Statement(f"SELECT {_VERDICT}, count(*) {_JUDGED} GROUP BY 1, 2, 3")
_TIMES = {by: _counted("route_times", "bucket", period) for by, period in _PERIODS.items()}
_TIMES_LIVE = Statement(f"SELECT {_bucket()}, count(*) {_BETWEEN} AND total_ms IS NOT NULL GROUP BY 1")


class SqlFigures:
    """The store's counting half."""

    _database: Database

    def volumes(self, span: Span, *, by: Grouping, now: float) -> tuple[Volume, ...]:
        """Count routed mails by day, queue, label and who decided; see the port."""
        return tuple(
            Volume(day=column(day, by), queue=queue, label=label or None, decided_by=decided_by, mails=int(mails))
            for day, queue, label, decided_by, mails in self._days(span, now, _VOLUMES[by], _VOLUMES_LIVE)
        )

    def verdicts(self, span: Span, *, now: float) -> tuple[Verdict, ...]:
        """Count what humans made of the model's answers; see the port."""
        return tuple(
            Verdict(
                week=column(day, Grouping.WEEK),
                model_version=version,
                model_label=said,
                label=label or None,
                mails=int(mails),
            )
            for day, version, said, label, mails in self._days(span, now, _VERDICTS, _VERDICTS_LIVE)
        )

    def route_times(self, span: Span, *, by: Grouping, now: float) -> tuple[RouteTime, ...]:
        """Count mails by how long they took; see the port."""
        return tuple(
            RouteTime(day=column(day, by), bucket=bucket, mails=int(mails))
            for day, bucket, mails in self._days(span, now, _TIMES[by], _TIMES_LIVE)
        )

    def counted_until(self) -> float | None:
        """Return up to when mail is counted; see the port."""
        found = self._database.read(_UNTIL, ONLY)
        return found[0][0] if found else None

    def tally(self, *, now: float, kept_since: float) -> bool:
        """Count one hour, or one hour's verdicts anew; see the port."""
        return self._database.write(lambda transaction: _tally(transaction, now, kept_since))

    def _days(self, span: Span, now: float, counted: Statement, live: Statement) -> Iterator[tuple[Any, ...]]:
        """Yield day, kind and mails: what is counted up to now, and of the rest what was decided lately."""
        found: Counter[tuple[Any, ...]] = Counter()
        until = self.counted_until()
        for piece in span.pieces():
            if until is not None and piece.since < until:
                for number, *kind, mails in self._database.read(counted, _where(piece, until)):
                    found[number, *kind] += int(mails)
        for (number, *kind), mails in found.items():
            if mails:
                yield day_of_number(number), *kind, mails
        lately = now - LIVE if until is None else max(until, now - LIVE)
        yield from _each(span, lately, now, lambda since, to: self._database.read(live, {"since": since, "until": to}))


def _where(piece: Piece, counted: float) -> dict[str, float]:
    """Return the parameters of a statement made by `_counted`, for what is counted of a piece of a span."""
    until = min(piece.until, counted)
    first_day = math.ceil(piece.since / DAY_SECONDS)
    end_day = max(first_day, int(until // DAY_SECONDS))
    first_midnight = min(until, first_day * DAY_SECONDS)
    return {
        "since": piece.since,
        "until": until,
        "offset": piece.offset,
        "first_day": first_day,
        "end_day": end_day,
        "first_midnight": first_midnight,
        "last_midnight": max(first_midnight, end_day * DAY_SECONDS),
        "moved_from": DAY_SECONDS - piece.offset if piece.offset > 0 else 0,
        "moved_to": DAY_SECONDS if piece.offset > 0 else -piece.offset,
    }


def _each(
    span: Span, since: float, now: float, read: Callable[[float, float], Sequence[Row]]
) -> Iterator[tuple[date, *tuple[Any, ...]]]:
    for day, begin, end in span.segments(max(since, span.since)):
        if begin > now + HOUR:  # nothing is decided in days to come, but for a clock that is ahead
            return
        for row in read(begin, end):
            yield day, *row


def _tally(transaction: Transaction, now: float, kept_since: float) -> bool:
    held = transaction.row(_HOLD, ONLY)
    if held is None:
        oldest = transaction.row(_OLDEST, {"since": 0.0})
        if oldest is None:
            return False
        transaction.run(_FIRST, ONLY | {"until": _hour(oldest[0])})
        held = transaction.row(_HOLD, ONLY)
    until: float = held[0] if held else 0.0
    return _count_next(transaction, until, now) or _recount(transaction, until, kept_since)


def _count_next(transaction: Transaction, until: float, now: float) -> bool:
    """Count the next hour that has mail in it, if it is over; hours without any are passed over."""
    over = _hour(now - GRACE)
    oldest = transaction.row(_OLDEST, {"since": until})
    hour = over if oldest is None else min(_hour(oldest[0]), over)
    if hour < over:
        where = {"hour": hour, "since": hour, "until": hour + HOUR}
        for statement in (*_COUNT, *_ADD_TO_DAY, _COUNT_VERDICTS, *_DAY_OF_VERDICTS):
            transaction.run(statement, where)
        transaction.run(_MOVE_ON, ONLY | {"until": hour + HOUR})
        return True
    if hour > until:
        transaction.run(_MOVE_ON, ONLY | {"until": hour})
    return False


def _recount(transaction: Transaction, until: float, kept_since: float) -> bool:
    """Count the verdicts of the hour that was changed first anew; of an hour not yet counted, forget the change."""
    changed = transaction.row(_CHANGED_HOUR)
    if changed is None:
        return False
    hour = changed[0]
    # First: a line that is committed after this statement stays, whether or not the count sees its change.
    transaction.run(_FORGET_CHANGES, {"hour": hour})
    if kept_since <= hour < until:
        for statement in (_DROP_VERDICTS, _COUNT_VERDICTS, *_DAY_OF_VERDICTS):
            transaction.run(statement, {"hour": hour, "since": hour, "until": hour + HOUR})
    return True


def _hour(at: float) -> float:
    return at // HOUR * HOUR
