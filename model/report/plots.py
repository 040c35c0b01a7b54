"""The plots of a report, each a drawing of what the table behind it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from model.evaluation.assessment import Contestant
from model.evaluation.outcome import Outcome
from model.evaluation.reliability import Bin
from model.report.markup import Markup, element
from model.report.svg import HEIGHT, Frame, label, line, path, picture
from model.report.wording import Wording

_FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_COUNTS_HEIGHT = 56.0
MOST_NAMED = 40
"""Labels that fit beside a confusion matrix; with more, cells alone are drawn."""
_NUMBERED = 26
"""Labels up to which there is room for a number in each cell."""
_PALEST, _DARKEST = 0.06, 0.5
"""Opacity of a cell of no and of all of its row's mails: its number can be read on it by day and by night."""
_LONGEST_NAME = 16
_SETTLED = 0.1
"""Coverage from which the risk counts for the height of the plot; one early error would set it else."""


def reliability(bins: Sequence[Bin], say: Wording) -> Markup:
    """Draw accuracy over confidence, with intervals, above the number of mails in each bin."""
    frame = Frame(bottom=HEIGHT - 44 - _COUNTS_HEIGHT)
    counts = Frame(top=frame.bottom + 38, bottom=HEIGHT - 26, most_y=max(one.mails for one in bins))
    bars: list[Markup] = []
    dots: list[Markup] = []
    for one in bins:
        left, right, middle = frame.x(one.low) + 1.5, frame.x(one.high) - 1.5, frame.x(one.confidence)
        bars += [
            _bar(left, right, frame.y(one.accuracy), frame.bottom, "bar"),
            _bar(left, right, counts.y(one.mails), counts.bottom, "count"),
            element(
                "text", say.compact(one.mails), x=(left + right) / 2, y=counts.y(one.mails) - 3, class_="small middle"
            ),
        ]
        dots += [
            line(middle, frame.y(one.interval.low), middle, frame.y(one.interval.high), "error"),
            element("circle", cx=middle, cy=frame.y(one.accuracy), r=3.5, class_="dot"),
        ]
    return picture(
        say("reliability_alt"),
        frame.axes(
            ticks_x=_FIFTHS, ticks_y=_FIFTHS, name_x="", name_y=say("accuracy"), tick=lambda v: say.percent(v, 0)
        ),
        bars,
        line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), "ideal"),
        dots,
        label((frame.left + frame.right) / 2, HEIGHT - 8, say("confidence_and_mails"), "name middle"),
    )


def _bar(left: float, right: float, top: float, bottom: float, class_: str) -> Markup:
    return element("rect", x=left, y=top, width=right - left, height=bottom - top, class_=class_)


def risk_coverage(contestants: Sequence[tuple[str, str, Contestant]], say: Wording) -> Markup:
    """Draw the share of wrong decisions over the share of mails that are decided alone.

    Args:
        contestants: Of each the class of its line, its name, and its figures.
        say: The words.
    """
    most = max(point.risk for *_, one in contestants for point in one.risk.points if point.coverage >= _SETTLED)
    top = next((step for step in (0.04, 0.08, 0.2, 0.4) if most <= step), 1.0)
    frame = Frame(most_y=top)
    lines = [
        path(
            [(frame.x(point.coverage), max(frame.y(point.risk), frame.top)) for point in one.risk.points],
            f"line {kind}",
        )
        for kind, _, one in contestants
    ]
    legend = []
    for place, (kind, name, _) in enumerate(contestants):
        height = frame.top + 12 + 18 * place
        legend.append(line(frame.left + 10, height, frame.left + 34, height, f"line {kind}"))
        legend.append(label(frame.left + 40, height + 4, name))
    return picture(
        say("risk_alt"),
        frame.axes(
            ticks_x=_FIFTHS,
            ticks_y=[top * step for step in _QUARTERS],
            name_x=say("coverage_axis"),
            name_y=say("risk_axis"),
            tick=lambda value: say.percent(value, 0),
        ),
        reversed(lines),
        legend,
    )


def confusion_matrix(outcomes: Sequence[Outcome], labels: Sequence[str], say: Wording) -> Markup:
    """Draw truths (rows) by what was said (columns); a cell is as dark as its share of the row."""
    counts = Counter((outcome.truth, outcome.said) for outcome in outcomes)
    rows = Counter(outcome.truth for outcome in outcomes)
    named = len(labels) <= MOST_NAMED
    side = 34.0 if len(labels) <= _NUMBERED else max(500 / len(labels), 3.0)
    margin = 7.0 * max(map(len, map(_short, labels))) + 14 if named else 20.0
    size = margin + side * len(labels) + 8
    places = {label: margin + side * place for place, label in enumerate(labels)}
    drawn: list[Markup] = []
    for (truth, said), count in sorted(counts.items()):
        share = count / rows[truth]
        drawn.append(
            element(
                "rect",
                element("title", say("cell", truth=truth, said=said, count=say.count(count))),
                x=places[said] + 0.5,
                y=places[truth] + 0.5,
                width=side - 1,
                height=side - 1,
                class_="right" if truth == said else "wrong",
                fill_opacity=round(_PALEST + (_DARKEST - _PALEST) * share, 2),
            )
        )
        if len(labels) <= _NUMBERED:
            drawn.append(
                element(
                    "text",
                    say.count(count),
                    x=places[said] + side / 2,
                    y=places[truth] + side / 2 + 4,
                    class_="middle",
                )
            )
    return picture(
        say("confusion_alt"),
        element("rect", x=margin, y=margin, width=side * len(labels), height=side * len(labels), class_="field"),
        drawn,
        _names(labels, places, side, margin) if named else None,
        element("text", say("said_axis"), x=margin + side * len(labels) / 2, y=13, class_="name middle"),
        element(
            "text",
            say("truth_axis"),
            class_="name middle",
            transform=f"translate(12 {margin + side * len(labels) / 2:.0f}) rotate(-90)",
        ),
        width=size,
        height=size,
        class_="matrix",
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _names(labels: Sequence[str], places: dict[str, float], side: float, margin: float) -> list[Markup]:
    small = " small" if side < 12 else ""  # noqa: PLR2004 - px of a line of text
    return [
        text
        for name in labels
        for text in (
            element("text", _short(name), x=margin - 6, y=places[name] + side / 2 + 4, class_=f"end{small}"),
            element(
                "text",
                _short(name),
                class_=f"start{small}",
                transform=f"translate({places[name] + side / 2 + 4:.1f} {margin - 6:.1f}) rotate(-90)",
            ),
        )
    ]
