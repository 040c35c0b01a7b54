"""The dashboard's charts: which series they show, and what they tell a reader who does not see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup

from app.console import charts
from app.console.board import PERCENTILES, Board
from app.console.charts import Chart, Series
from app.console.language import gettext as _
from app.console.language import label_name, percent, write_number
from app.console.tables import NOTHING, duration, write_day
from routing import figures
from routing.figures import Grouping, Share

TIME_STEPS = (1, 10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 36_000_000, 86_400_000, 864_000_000)
"""Milliseconds at which a line of the grid may lie: as people count seconds, minutes, hours and days."""
NAMED = charts.STYLES - 1
"""Series with a pattern of their own; the rest are one."""


def queue_series(board: Board) -> list[Series]:
    """Return the fullest queues as layers, all others as one."""
    return _layers(board.by_queue, board.columns)


def queues(board: Board, series: Sequence[Series]) -> Markup:
    """Return how many mails each queue got over time."""
    about = _(
        "Bars, one a %(column)s, each of a layer a queue. The table below has the numbers.", column=_column(board)
    )
    return charts.stacked(_chart(board, "queues", _("Mails routed to each queue"), about), series)


def labels(board: Board) -> list[tuple[str, int, int, Markup, str]]:
    """Return each label's name, its mails in all, its most mails in one column, its small bars and its list."""
    found = []
    for label, kind in board.by_label.items():
        values = [kind[column] for column in board.columns]
        address = board.mails(label=label) if label is not None else ""
        found.append((label_name(label), sum(values), max(values), charts.spark(values), address))
    return found


def alone(board: Board) -> Markup:
    """Return the share that no human was needed for over time."""
    share = figures.total(board.alone.values())
    values = [board.alone.get(column, Share()).rate for column in board.columns]
    about = _("A line over time; %(share)s in all. The table below has the numbers.", share=percent(share.rate))
    chart = _chart(board, "alone", _("Mails routed without a human"), about, shares=True)
    line = Series(name=_("Without a human"), values=values)
    return charts.lines(chart, [line], charts.shares(min((each for each in values if each is not None), default=0)))


def version_series(board: Board) -> list[Series]:
    """Return how often each version was right, week by week, with intervals; the six latest versions."""
    found = []
    for style, version in enumerate(board.versions[-NAMED:]):
        judged = [board.right_by_week.get((version, week)) for week in board.weeks]
        values = [share.rate if share else None for share in judged]
        ranges = [share.interval if share else None for share in judged]
        found.append(Series(name=version or _("unknown model"), values=values, ranges=ranges, style=style))
    return found


def versions(board: Board, series: Sequence[Series]) -> Markup:
    """Return how often agents agreed with the model, by week and version."""
    about = _(
        "Points, one a week and version of the model, each with the interval in which the true share lies. "
        "The table below has the numbers."
    )
    chart = Chart(
        id="weeks",
        title=_("How often agents agreed with the model"),
        about=about,
        columns=[write_day(week) for week in board.weeks],
        write=percent,
    )
    lowest = min((known[0] for each in series for known in each.ranges if known is not None), default=0.0)
    return charts.lines(chart, series, charts.shares(lowest))


def time_series(board: Board) -> list[Series]:
    """Return the percentiles of the time to route over time."""
    spent = [board.spent.get(column, Counter()) for column in board.columns]
    return [
        Series(name=f"p{round(100 * share)}", values=[figures.percentile(each, share) for each in spent], style=style)
        for style, share in enumerate(PERCENTILES)
    ]


def times(board: Board, series: Sequence[Series]) -> Markup:
    """Return how long routing took over time."""
    about = _(
        "Three lines over time: within p50 half of the mails were routed, within p95 and p99 all but 5%% and 1%%. "
        "The grid's lines are six to ten times the one below. The table below has the numbers."
    )
    known = [value for each in series for value in each.values if value is not None]
    scale = charts.logarithmic(min(known, default=1), max(known, default=1), TIME_STEPS)
    chart = Chart(
        id="times",
        title=_("Time from acceptance to decision"),
        about=about,
        columns=[write_day(column) for column in board.columns],
        write=duration,
    )
    return charts.lines(chart, series, scale)


def legend(series: Sequence[Series], *, line: bool = False) -> Markup:
    """Return what stands for which series."""
    entries = Markup("").join(
        Markup("<li>{}{}</li>").format(charts.swatch(each.style, line=line), each.name) for each in series
    )
    return Markup('<ul class="legend">{}</ul>').format(entries)


def whisker(share: Share) -> Markup:
    """Return a share and its interval as a small picture."""
    return charts.whisker(share.rate, share.interval)


def shade(mails: int, most: int) -> int:
    """Return how dark a cell is, 0 to 4: by fourths of the root, so that rare mistakes show too."""
    return 0 if not mails or not most else max(1, min(4, round(4 * (mails / most) ** 0.5)))


def range_text(board: Board) -> str:
    """Return the first and the last day."""
    first, last = board.span.first, board.span.last
    return write_day(first) if first == last else f"{write_day(first)} {NOTHING} {write_day(last)}"


def _chart(board: Board, name: str, title: str, about: str, *, shares: bool = False) -> Chart:
    return Chart(
        id=name,
        title=title,
        about=about,
        columns=[write_day(column) for column in board.columns],
        write=percent if shares else lambda value: write_number(round(value)),
    )


def _layers(kinds: Mapping[str, Counter[date]], columns: Sequence[date]) -> list[Series]:
    few = len(kinds) <= charts.STYLES
    named = list(kinds)[: charts.STYLES if few else NAMED]
    found = [
        Series(name=name, values=[kinds[name][column] for column in columns], style=style)
        for style, name in enumerate(named)
    ]
    if not few:
        others = [sum(kind[column] for name, kind in kinds.items() if name not in named) for column in columns]
        found.append(Series(name=_("all others"), values=others, style=NAMED))
    return found


def _column(board: Board) -> str:
    return _("day") if board.grouping is Grouping.DAY else _("week")
