"""HTML and SVG that cannot be broken by what is put into them: text is escaped unless it was made here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_EMPTY = frozenset({"meta", "wbr"})
_STRANGE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What would hide, turn round or break a page or a terminal: control characters, marks of direction, half pairs."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def visible(text: str) -> str:
    """Return `text` with a replacement character for each one that no reader should be served."""
    return _STRANGE.sub("\N{REPLACEMENT CHARACTER}", text)


def element(name: str, /, *content: object, **attributes: str | float | None) -> Markup:
    """Return an element.

    Args:
        name: Of the element.
        content: Markup, text (which is escaped), None (nothing), or iterables of them.
        attributes: `class_` is written class, `stroke_width` stroke-width; those that are None are left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(visible(_number(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{together(*content)}</{name}>")


def breakable(name: str) -> Markup:
    """Return a name such as a label, which a line may break behind its underscores."""
    return Markup(element("wbr").join(together(part) for part in re.split("(?<=_)", name)))


def together(*content: object) -> Markup:
    """Return pieces one after the other, escaped where they are not markup."""
    return Markup("".join(map(_piece, content)))


def _piece(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, Iterable) and not isinstance(content, str):
        return together(*content)
    return escape(visible(str(content)), quote=False)


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
