"""Tables, and plots with the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.evaluation.intervals import Interval
from model.report.card import card
from model.report.markup import Markup, breakable, element
from model.report.svg import whisker
from model.report.wording import Wording

Cell = object


def table(caption: str, heads: Sequence[object], rows: Iterable[Sequence[Cell]], *, text_columns: int = 1) -> Markup:
    """Return a table whose first column names its rows; all but the first `text_columns` hold figures."""
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element(
                "thead",
                element(
                    "tr",
                    (
                        element("th", head, scope="col", class_="n" if place >= text_columns else None)
                        for place, head in enumerate(heads)
                    ),
                ),
            ),
            element("tbody", (_row(row, text_columns) for row in rows)),
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def _row(row: Sequence[Cell], text_columns: int) -> Markup:
    return element(
        "tr",
        element("th", breakable(row[0]) if type(row[0]) is str else row[0], scope="row"),
        (element("td", cell, class_="n" if place >= text_columns else None) for place, cell in enumerate(row[1:], 1)),
    )


def behind(say: Wording, content: Markup) -> Markup:
    """Fold a table away behind its plot."""
    return element("details", element("summary", say("as_table")), content)


def figure(heading: str, about: str, drawing: Markup, *content: object, class_: str = "") -> Markup:
    """Return a plot under its heading, with what it means and the table behind it."""
    return card(
        heading,
        drawing,
        content,
        about=about,
        class_=class_,
    )


def share_cell(share: float, interval: Interval, mails: int, say: Wording) -> Markup:
    """Return a share with its interval, in figures and drawn; a dash when it is of no mail."""
    if not mails:
        return element("span", "\N{EN DASH}", class_="quiet")
    text = say.percent(share, 0)
    span = say.span(interval)
    return element(
        "span",
        element("span", text, " ", element("small", span)),
        whisker(share, interval.low, interval.high, f"{text}, {span}"),
        class_="share",
    )
