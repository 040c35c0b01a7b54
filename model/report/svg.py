"""The frame of a plot: both scales from 0, ticks, names of the axes. Colours are the page's, by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.report.markup import Markup, element, together

WIDTH, HEIGHT = 360.0, 300.0
"""Of a plot, in its own units: at 390 px a page shows them one to one, so that 12 is 12 px."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """Where a plot draws: `x` and `y` turn values into places."""

    left: float = 60.0
    right: float = WIDTH - 10.0
    top: float = 10.0
    bottom: float = HEIGHT - 44.0
    most_x: float = 1.0
    most_y: float = 1.0

    def x(self, value: float) -> float:
        """Return where a value lies across."""
        return self.left + (self.right - self.left) * value / self.most_x

    def y(self, value: float) -> float:
        """Return where a value lies up and down; larger is higher."""
        return self.bottom - (self.bottom - self.top) * value / self.most_y

    def axes(
        self,
        *,
        ticks_x: Sequence[float],
        ticks_y: Sequence[float],
        name_x: str,
        name_y: str,
        tick: Callable[[float], str],
    ) -> Markup:
        """Draw grid, ticks and names."""
        middle = (self.top + self.bottom) / 2
        return together(
            (line(self.x(value), self.top, self.x(value), self.bottom, "grid") for value in ticks_x),
            (line(self.left, self.y(value), self.right, self.y(value), "grid") for value in ticks_y),
            (label(self.x(value), self.bottom + 16, tick(value), "middle") for value in ticks_x),
            (label(self.left - 6, self.y(value) + 4, tick(value), "end") for value in ticks_y),
            element("text", name_x, x=(self.left + self.right) / 2, y=self.bottom + 35, class_="name middle"),
            element("text", name_y, class_="name middle", transform=f"translate(13 {middle:.0f}) rotate(-90)"),
        )


def picture(title: str, *content: object, width: float = WIDTH, height: float = HEIGHT, class_: str = "") -> Markup:
    """Return a plot; a reader who cannot see it is told its title, and finds its figures in the table behind it."""
    return element(
        "svg",
        *content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=title,
        class_=f"plot {class_}".rstrip(),
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def label(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    """Return a piece of text; `anchor` is start, middle or end."""
    return element("text", text, x=x, y=y, class_=anchor)


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points."""
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=class_)


def whisker(value: float, low: float, high: float, title: str) -> Markup:
    """Return a share from 0 to 1 as a dot on a line, its interval as a bar; small enough for a cell of a table."""
    width, height = 100.0, 14.0
    inset = 4.0
    place = [inset + (width - 2 * inset) * one for one in (low, high, value)]
    return picture(
        title,
        line(inset, height / 2, width - inset, height / 2, "grid"),
        element("rect", x=place[0], y=4, width=max(place[1] - place[0], 1.0), height=6, rx=3, class_="span"),
        element("circle", cx=place[2], cy=height / 2, r=4, class_="dot"),
        width=width,
        height=height,
        class_="whisker",
    )
