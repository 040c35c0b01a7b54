"""What templates can say beside Jinja's own: texts, numbers and moments for the reader, tokens, addresses of files."""

from __future__ import annotations

from flask import Flask
from markupsafe import Markup, escape

from app.auth import signed_in
from app.console.language import (
    LANGUAGES,
    age,
    day,
    gettext,
    label_name,
    language,
    moment,
    ngettext,
    percent,
    when,
    whole,
    write_number,
)
from app.console.navigation import navigation
from app.console.page import csrf_token, flashed, this_address
from app.envelope import request_id
from app.text import in_order


def install(app: Flask) -> None:
    """Give the templates their words."""
    shared = {
        "age": age,
        "code": code,
        "day": day,
        "in_order": in_order,
        "label_name": label_name,
        "moment": moment,
        "number": write_number,
        "percent": percent,
        "when": when,
        "whole": whole,
    }
    app.jinja_env.filters.update(shared)
    app.jinja_env.globals.update(
        shared,
        _=_text,
        gettext=_text,
        ngettext=_texts,
        csrf_token=csrf_token,
        flashed=flashed,
        language=language,
        languages=LANGUAGES,
        navigation=navigation,
        request_id=request_id,
        signed_in=signed_in,
        this_address=this_address,
    )


def code(text: str | None) -> Markup:
    """Return text as HTML, what stands between backticks as code."""
    pieces = (text or "").split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if odd % 2 and odd < len(pieces) - 1 else escape(piece)
        for odd, piece in enumerate(pieces)
    )


def _text(msgid: str, /, **values: object) -> Markup:
    """Return a text as markup: what is filled into it is escaped."""
    return Markup(gettext(msgid, **{name: escape(value) for name, value in values.items()}))  # noqa: S704 - texts are ours


def _texts(singular: str, plural: str, number: int, /, **values: object) -> Markup:
    """Return the text that fits a number as markup: what is filled into it is escaped."""
    escaped = {name: escape(value) for name, value in values.items()}
    return Markup(ngettext(singular, plural, number, **escaped))  # noqa: S704 - texts are ours
