"""One row of any table (JSON Lines, CSV, Parquet) read as an example."""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from model.corpus.example import Example
from model.corpus.layout import COLUMNS, Layout
from routing.errors import ConfigurationError

TEXT_CHARACTERS = 10_000_000
"""Longest text of a mail that is taken."""


# What others call these columns, for the advice when one is missing.
_CALLED = {
    "label": {
        "category",
        "categorie",
        "intent",
        "class",
        "classe",
        "etiquette",
        "tag",
        "motif",
        "target",
        "queue",
        "y",
    },
    "text": {"body", "corps", "message", "contenu", "content", "mail", "email", "description", "texte", "utterance"},
    "subject": {"objet", "title", "titre", "sujet"},
}


class UnusableRow(ValueError):
    """A row that is no example; the message says why, without the place."""


def example_of_row(row: Mapping[str, Any], layout: Layout, *, place: str) -> Example:
    """Return the example that a row describes.

    Args:
        row: Column to value; values are strings, numbers or None.
        layout: Which column is what.
        place: `file:line`, kept for messages, and the example's id when the row has none.

    Raises:
        UnusableRow: It has no label, nothing to read, or a value that is no text.
    """
    given = {name: _text(row.get(layout.column(name)), layout.column(name)) for name in COLUMNS}
    label = given["label"].strip()
    if layout.labelled and not label:
        raise UnusableRow(f"has no label ({layout.column('label')}): give it one or take it out")
    if not (given["subject"].strip() or given["text"].strip()):
        raise UnusableRow("has nothing to read (neither subject nor text): complete it or take it out")
    attachments = row.get("attachments")
    return Example(
        id=given["id"].strip() or place,
        label=label,
        language=given["language"].strip().lower(),
        subject=given["subject"],
        text=given["text"],
        author=given["author"].strip(),
        group=given["group"].strip(),
        attachments=tuple(str(name).encode(errors="replace").decode() for name in attachments)
        if isinstance(attachments, list)
        else (),
        place=place,
    )


def check_columns(names: Iterable[str], layout: Layout, *, place: str) -> None:
    """Raise ConfigurationError when a table lacks the columns that an example needs."""
    there = set(names)
    text, subject, label = (layout.column(name) for name in ("text", "subject", "label"))
    for wanted, ours in (
        *((theirs, ours) for ours, theirs in layout.columns.items()),
        (label, "label"),
        (text, "text"),
    ):
        if wanted in there or (wanted == text and subject in there) or (ours == "label" and not layout.labelled):
            continue
        plain = {_plain(name): name for name in there}
        close = [name for name in plain if name in _CALLED.get(ours, ())]
        close = close or difflib.get_close_matches(_plain(wanted), plain, n=1)
        near = plain[close[0]] if close else ""
        raise ConfigurationError(
            f"{place} has no column {wanted!r}; its columns are {', '.join(sorted(there)) or 'none'}: "
            f"name it in the first row, or say which one it is with --column {ours}={near or 'NAME'}."
        )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def _text(value: Any, name: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        if len(value) > TEXT_CHARACTERS:
            raise UnusableRow(f"has {len(value)} characters in {name}, over {TEXT_CHARACTERS}: is it one mail?")
        # JSON can hold half a surrogate pair, which no file, terminal or tokenizer takes.
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, bool | list | dict | bytes):
        raise UnusableRow(f"has a {type(value).__name__} where {name} is one text")
    return str(value)
