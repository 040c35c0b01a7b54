"""Charts as SVG that needs no script, no style attribute and no colour to be read.

A chart has no view box: it is as wide as its place, lengths along it are per cents, and heights and letters keep their
size in pixels, so that it reads the same on a telephone. Series differ by pattern, dash and marker (`DEFINITIONS`, once
a page); colours are the style sheet's and only help. A browser shows a column's numbers when a pointer rests on it; for
everybody, and for whoever does not see it, there is the table behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

STYLES: Final = 7
"""How many series can be told apart: the last is for all others together."""
HEIGHT: Final = 180
"""Pixels from a chart's lowest to its highest line."""
TOP: Final = 14
"""Room for the highest line's number."""
FOOT: Final = 24
"""Room for the names of columns."""
SHORT: Final = 4
"""Letters of a name that there is room for at its line's end."""
APART: Final = 13
"""Pixels between two of these."""
MOST_NAMES: Final = 6
"""Columns that are named below a chart; on a telephone every second of them."""

_PATTERNS = (
    "",
    '<path class="ink" d="M-1 7 7-1M-1 1 1-1M5 7 7 5"/>',
    '<circle class="ink-fill" cx="3" cy="3" r="1.4"/>',
    '<path class="ink" d="M0 3h6"/>',
    '<path class="ink" d="M3 0v6"/>',
    '<path class="ink" d="M0 0 6 6M6 0 0 6"/>',
    '<path class="ink faint" d="M0 3h6M3 0v6"/>',
)
_MARKERS = (
    '<circle r="4"/>',
    '<path d="M-4-4h8v8h-8z"/>',
    '<path d="M0-5 5 4h-10z"/>',
    '<path d="M0-5.5 5.5 0 0 5.5-5.5 0z"/>',
    '<path d="M0 5 5-4h-10z"/>',
    '<path d="M-4-1.5h2.5v-2.5h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5z"/>',
    '<circle r="2"/>',
)
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 4", "12 3", "4 2 1 2")

DEFINITIONS: Final = Markup(  # noqa: S704  (constants)
    '<svg class="hidden" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
    + "".join(
        f'<pattern id="p{number}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect class="series-{number}" width="6" height="6"/>{drawn}</pattern>'
        for number, drawn in enumerate(_PATTERNS)
    )
    + "".join(f'<g id="m{number}" class="marker series-{number}">{drawn}</g>' for number, drawn in enumerate(_MARKERS))
    + "</defs></svg>"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One line, or one layer of bars."""

    name: str
    values: Sequence[float | None]
    """One a column; None: nothing is known there."""
    style: int = 0
    """Which pattern, dash and marker, 0 to 6."""
    ranges: Sequence[tuple[float, float] | None] = ()
    """Between what the true value lies, one a column, if that is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """What a chart has beside its series."""

    id: str
    """Unique on its page."""
    title: str
    about: str
    """What a reader who does not see it needs to know."""
    columns: Sequence[str]
    """Their names, in order."""
    write: Callable[[float], str]
    """How a value is written, on the axis and in the pointer's texts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Where values lie on the paper."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def y(self, value: float) -> float:
        """Return the distance of a value from the top, in pixels."""
        if self.logarithmic:
            part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return round(TOP + HEIGHT * (1 - min(max(part, 0.0), 1.0)), 1)


def from_zero(highest: float) -> Scale:
    """Return a scale from 0 to a round number above the highest value, with ticks at round numbers."""
    if highest <= 0:
        return Scale(low=0, high=1, ticks=(0, 1))
    size = 10 ** math.floor(math.log10(highest / 4)) if highest >= 4 else 1  # noqa: PLR2004  (four steps)
    step = next(size * each for each in (1, 2, 5, 10) if size * each * 4 >= highest)
    count = math.ceil(highest / step)
    return Scale(low=0, high=step * count, ticks=tuple(step * number for number in range(count + 1)))


def shares(lowest: float) -> Scale:
    """Return a scale of shares up to 1 from a round one below the lowest; 0 unless all are over a half."""
    low = next(each for each in (0.9, 0.8, 0.5, 0.0) if each <= lowest or each == 0)
    step = {0.9: 0.02, 0.8: 0.05, 0.5: 0.1, 0.0: 0.25}[low]
    count = round((1 - low) / step)
    return Scale(low=low, high=1, ticks=tuple(low + step * number for number in range(count + 1)))


def logarithmic(lowest: float, highest: float, steps: Sequence[float]) -> Scale:
    """Return a scale on which equal factors are equal distances, between two of these steps, with ticks at those."""
    low = max((step for step in steps[:-1] if step <= lowest), default=steps[0])
    high = min((step for step in steps if step >= highest and step > low), default=steps[-1])
    return Scale(low=low, high=high, ticks=tuple(s for s in steps if low <= s <= high), logarithmic=True)


def stacked(chart: Chart, series: Sequence[Series]) -> Markup:
    """Return bars, one a column, each of a layer a series; the first lies lowest."""
    totals = [sum(each.values[place] or 0 for each in series) for place in range(len(chart.columns))]
    scale = from_zero(max(totals, default=0))
    width = 100 / max(len(chart.columns), 1)
    drawn = []
    for place, name in enumerate(chart.columns):
        base, layers, told = 0.0, [], []
        across = f'x="{width * (place + 0.12):.2f}%" width="{width * 0.76:.2f}%"'
        for each in series:
            value = each.values[place] or 0
            if value:
                top, height = scale.y(base + value), max(scale.y(base) - scale.y(base + value), 0.5)
                layers.append(
                    f'<rect class="bar-part" fill="url(#p{each.style})" {across} y="{top}" height="{height:g}"/>'
                )
                told.append(f"{each.name}: {chart.write(value)}")
            base += value
        if layers:
            head = f"{name}: {chart.write(totals[place])}"
            drawn.append(_column([head, *reversed(told)] if len(series) > 1 else [head], layers))
    return _svg(chart, scale, drawn)


def lines(chart: Chart, series: Sequence[Series], scale: Scale) -> Markup:
    """Return a line a series, a marker a value, and its range as a stroke through the marker."""
    number, height = max(len(chart.columns), 1), TOP + HEIGHT
    drawn = [
        f'<svg class="run" width="100%" height="{height}" viewBox="0 0 {number} {height}" preserveAspectRatio="none">'
        f'<path class="line series-{each.style}" d="{_path(each, scale)}" stroke-dasharray="{_DASHES[each.style]}" '
        'vector-effect="non-scaling-stroke"/></svg>'
        for each in series
    ]
    for place, name in enumerate(chart.columns):
        layers, told = [], [name]
        x = f"{100 * (place + 0.5) / number:.2f}%"
        for each in series:
            value, known = each.values[place], each.ranges[place] if each.ranges else None
            if value is None:
                continue
            told.append(f"{each.name}: {chart.write(value)}")
            if known is not None:
                low, high = known
                layers.append(f'<line class="range" x1="{x}" x2="{x}" y1="{scale.y(high)}" y2="{scale.y(low)}"/>')
                told[-1] += f" ({chart.write(low)}…{chart.write(high)})"
            layers.append(f'<use href="#m{each.style}" x="{x}" y="{scale.y(value)}"/>')
        if layers:
            drawn.append(_column(told, layers))
    return _svg(chart, scale, drawn, ends=_ends(series, scale))


def spark(values: Sequence[int]) -> Markup:
    """Return small bars for a name that has its numbers beside it; nothing for who does not see them."""
    highest, each = max(values, default=0), 100 / max(len(values), 1)
    bars = "".join(
        f'<rect x="{each * place:.2f}%" y="{24 - height}" width="{each * 0.8:.2f}%" height="{height}"/>'
        for place, value in enumerate(values)
        if value and (height := max(1, round(24 * value / highest)))
    )
    return Markup(f'<svg class="spark" width="100%" height="24" aria-hidden="true">{bars}</svg>')  # noqa: S704  (numbers)


def whisker(rate: float | None, interval: tuple[float, float]) -> Markup:
    """Return a share and its interval on a line from 0 to 1; nothing for who does not see it."""
    if rate is None:
        return Markup("")
    low, high = interval
    return Markup(  # noqa: S704  (numbers)
        '<svg class="whisker" width="100%" height="16" aria-hidden="true">'
        '<line class="grid" x1="0" x2="100%" y1="8" y2="8"/>'
        f'<line class="range" x1="{100 * low:.1f}%" x2="{100 * high:.1f}%" y1="8" y2="8"/>'
        f'<use href="#m0" x="{100 * rate:.1f}%" y="8"/></svg>'
    )


def swatch(style: int, *, line: bool = False) -> Markup:
    """Return what stands beside a series' name in a legend."""
    if line:
        return Markup(  # noqa: S704  (numbers)
            '<svg class="swatch" width="28" height="14" aria-hidden="true">'
            f'<path class="line series-{style}" d="M0 7h28" stroke-dasharray="{_DASHES[style]}"/>'
            f'<use href="#m{style}" x="14" y="7"/></svg>'
        )
    return Markup(  # noqa: S704  (numbers)
        '<svg class="swatch" width="18" height="14" aria-hidden="true">'
        f'<rect class="bar-part" x="1" y="1" width="16" height="12" fill="url(#p{style})"/></svg>'
    )


def _svg(chart: Chart, scale: Scale, drawn: Sequence[str], ends: str = "") -> Markup:
    return Markup(  # noqa: S704  (texts are escaped)
        f'<svg class="chart" role="img" aria-labelledby="{chart.id}-title {chart.id}-about" width="100%" '
        f'height="{TOP + HEIGHT + FOOT}"><title id="{chart.id}-title">{escape(chart.title)}</title>'
        f'<desc id="{chart.id}-about">{escape(chart.about)}</desc>'
        f"{_grid(chart, scale)}{''.join(drawn)}{_names(chart.columns)}{ends}</svg>"
    )


def _grid(chart: Chart, scale: Scale) -> str:
    return "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        f'<text class="tick" x="-6" y="{y}" dy="4">{escape(chart.write(tick))}</text>'
        for tick in scale.ticks
        for y in (scale.y(tick),)
    )


def _names(columns: Sequence[str]) -> str:
    """Name some columns below the chart, evenly; every second of these only where there is room."""
    number = len(columns)
    every = max(1, math.ceil(number / MOST_NAMES))
    return "".join(
        f'<text class="name{" spare" if turn % 2 else ""}" x="{100 * (place + 0.5) / number:.2f}%" '
        f'y="{TOP + HEIGHT + 17}">{escape(columns[place])}</text>'
        for turn, place in enumerate(range(0, number, every))
    )


def _ends(series: Sequence[Series], scale: Scale) -> str:
    """Write the names of lines at their ends, where they are short and apart."""
    placed: list[float] = []
    drawn = []
    for each in series:
        y = next((scale.y(value) for value in reversed(each.values) if value is not None), None)
        if y is not None and len(each.name) <= SHORT and all(abs(y - other) >= APART for other in placed):
            placed.append(y)
            drawn.append(f'<text class="end-name" x="100%" y="{y}" dx="4" dy="4">{escape(each.name)}</text>')
    return "".join(drawn)


def _column(told: Sequence[str], layers: Sequence[str]) -> str:
    return f"<g><title>{escape(chr(10).join(told))}</title>{''.join(layers)}</g>"


def _path(series: Series, scale: Scale) -> str:
    """Return a line through the values; it is broken where nothing is known."""
    steps, pen = [], "M"
    for place, value in enumerate(series.values):
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{place + 0.5} {scale.y(value)}")
        pen = "L"
    return "".join(steps)
