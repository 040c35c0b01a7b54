"""Tables as CSV that spreadsheets open rightly: RFC 4180, UTF-8 with a byte order mark, and no text that they run.

A cell that begins like a formula is text all the same: an apostrophe goes before it (OWASP, "CSV injection"), because
labels and queues have names that somebody chose. Numbers are written plainly, whatever the reader's language.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from flask import Response

from app.console.page import private

Value = str | int | float | date | None

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
"""What the text of a formula, or of what some program takes for one, begins with."""


def csv_document(rows: Iterable[Iterable[Value]]) -> str:
    """Return rows as one CSV document; dates as ISO 8601 writes them, nothing for None."""
    opened = io.StringIO(newline="")
    csv.writer(opened).writerows([_cell(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + opened.getvalue()


def csv_answer(rows: Iterable[Iterable[Value]], name: str) -> Response:
    """Return the document as a file to keep; `name` is its name without the ending, plain ASCII."""
    response = Response(csv_document(rows), content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return private(response)


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value if value.lstrip(" ").startswith(FORMULA) or value.startswith(FORMULA) else value
    if isinstance(value, float):
        return format(value, ".6g")
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
