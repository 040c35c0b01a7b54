"""A part of a page: a heading, and what stands under it."""

from __future__ import annotations

from model.report.markup import Markup, element


def card(heading: object, *content: object, about: str | None = None, class_: str = "") -> Markup:
    """Return a part of a page.

    Args:
        heading: What it is called, or pieces of that.
        content: What stands in it.
        about: A sentence that says what it means.
        class_: How it is laid out, `wide` for instance.
    """
    return element(
        "section",
        element("h2", heading),
        element("p", about, class_="about") if about is not None else None,
        content,
        class_=f"card {class_}".rstrip(),
    )
