"""Which parts of a message are what its sender wrote, and which came along.

Text parts that are neither attachments nor named files are the body; everything else, embedded messages included, is an
attachment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from routing.mail.charset import decode, storable
from routing.mail.flowed import unflow
from routing.mail.headers import content_id_of
from routing.mail.html import TAGS, html_to_text
from routing.mail.message import Attachment
from routing.mail.mime import Part
from routing.mail.transfer import without_uuencoded

CHARACTERS = 1_000_000
"""Most characters of body text, and of HTML, that are kept."""

_STUB = 400
"""Longest text that may be a mere notice that the mail is in HTML, in characters."""

# A letter or a digit of any script, or a symbol: a thumb up is an answer, a row of dashes is none.
_SAYS = re.compile(r"[^\W_]|[\u203c-\u2bff\U0001f000-\U0001faff]")
_NOTICES = (
    "support html",
    "supports html",
    "supporte pas le html",
    "supporte pas l'html",
    "supporte pas les messages html",
    "supporte pas le format html",
    "pas compatible html",
    "compatible html",
    "html compatible",
    "html-compatible",
    "html capable",
    "html-capable",
    "html enabled",
    "html-enabled",
    "html email",
    "html e-mail",
    "html message",
    "message html",
    "format html",
    "html format",
    "affichage html",
    "view the message",
    "view this email",
    "view this message",
    "visualiser ce message",
    "voir ce message",
    "version en ligne",
    "lire ce message",
    "afficher ce message",
)
_HTML = re.compile(r"\s*+<(?:!doctype html|html|head|body|p|div|table|br|span|font|center|b|h1)\b", re.IGNORECASE)
_META = re.compile(rb"<meta[^<>]{1,200}?charset=[\"']?([a-z0-9_-]{1,40})", re.IGNORECASE)
_META_WITHIN = 2048
"""How far into an HTML document its charset is looked for, in bytes; browsers look at 1,024."""

_COMPARED = 200
"""How much of a plain text is looked for in an HTML text to see whether they say the same, in characters."""


def best_text(plain: str, html: str) -> str:
    """Return what a mail with these two alternatives says, cut at `CHARACTERS`: the plain one, if it says anything."""
    contents = [_Content(pieces=[_Piece(plain)])]
    if html:
        contents.append(_Content(pieces=[_Piece(html, is_html=True)], html=[html]))
    return _best(contents).text()[:CHARACTERS]


class _Piece:
    """One part's text, and what is asked of it: found out once, when it is first asked, however many parts ask."""

    def __init__(self, source: str, *, is_html: bool = False, tags: int = TAGS) -> None:
        self._source = source
        self._tags = tags
        self.is_html = is_html

    @cached_property
    def text(self) -> str:
        return html_to_text(self._source, self._tags) if self.is_html else self._source.strip()

    @cached_property
    def says(self) -> bool:
        return _SAYS.search(self.text) is not None

    @cached_property
    def squeezed(self) -> str:
        """The text without its white space."""
        return "".join(self.text.split())


@dataclass(kw_only=True, slots=True)
class _Content:
    """What some parts say: their pieces in order, and the HTML among them as it came."""

    pieces: list[_Piece] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    @property
    def says(self) -> bool:
        return any(piece.says for piece in self.pieces)

    def text(self) -> str:
        return "\n\n".join(piece.text for piece in self.pieces if piece.text)


class Body:
    """The body and the attachments of a message."""

    def __init__(self, root: Part, defects: list[str], tags: int = TAGS) -> None:
        self.attachments: list[Attachment] = []
        self.contents: list[Part | bytes] = []
        """What is in each of the attachments: a part of the message, or what was found within a text."""
        self.charset = ""
        """The charset that the first text part declares."""
        self._defects = defects
        self._root = root
        # How many more tags of this mail a tree is built of.
        self._tags = tags
        # What is read when nothing else says anything: embedded messages, and text that has a file name.
        self._embedded: list[Part] = []
        self._named: list[Part] = []
        content = self._read(root)
        if self._named and not content.says:
            content = _together([content, *map(self._leaf, self._named)])
        self.text = content.text()
        self.html = "\n".join(content.html)
        if self._embedded and not content.says:
            # A forward that is nothing but its attached message: that message is what the sender says.
            inner = Body(self._embedded[0].children[0], defects, self._tags)
            self.text, self.html = inner.text, inner.html
        self.text = self._cut(self.text, "text")
        self.html = self._cut(self.html, "HTML")

    def _cut(self, text: str, what: str) -> str:
        if len(text) <= CHARACTERS:
            return text
        self._defects.append(f"{what} cut at {CHARACTERS} characters")
        return text[:CHARACTERS]

    def _read(self, part: Part) -> _Content:
        if part.media_type.startswith("multipart/") and part.children:
            contents = [self._read(child) for child in part.children]
            return _best(contents) if part.media_type == "multipart/alternative" else _together(contents)
        if part.embeds and part.children:
            self._attach(part)
            self._embedded.append(part)
            return _Content()
        if not self._is_body(part):
            self._attach(part)
            if part.media_type in _TEXTS and (part.disposition != "attachment" or part is self._root):
                self._named.append(part)
            return _Content()
        return self._leaf(part)

    def _is_body(self, part: Part) -> bool:
        if part is self._root and part.media_type.startswith("text/"):
            return part.disposition != "attachment"
        if part.media_type.startswith("multipart/"):
            return True  # one that could not be split: its text is all there is
        return part.media_type in _TEXTS and part.disposition != "attachment" and not part.file_name

    def _attach(self, part: Part) -> None:
        self.attachments.append(
            Attachment(
                name=part.file_name,
                content_type=part.media_type,
                size=part.size(),
                content_id=content_id_of(part.first.get(b"content-id", b"")),
            )
        )
        self.contents.append(part)

    def _leaf(self, part: Part) -> _Content:
        data, damaged = part.content()
        charset = part.given.get("charset", "") or _meta_charset(part, data)
        self.charset = self.charset or charset
        text, doubtful = decode(data, charset)
        self._defects.extend(filter(None, (damaged, doubtful)))
        text = storable(text)
        if part.media_type in _MARKED_UP:
            return _Content(pieces=[self._markup(text)])
        if part.media_type == "text/html" or _is_markup(text):
            return _Content(pieces=[self._markup(text)], html=[text])
        text, files = without_uuencoded(text)
        self.attachments.extend(Attachment(name=name, size=len(content)) for name, content in files)
        self.contents.extend(content for _, content in files)
        if part.given.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.given.get("delsp", "").lower() == "yes")
        return _Content(pieces=[_Piece(text)])

    def _markup(self, text: str) -> _Piece:
        piece = _Piece(text, is_html=True, tags=self._tags)
        tags = text.count("<")
        if tags <= self._tags:
            self._tags -= tags
        return piece


def _meta_charset(part: Part, data: bytes) -> str:
    """Return the charset that an HTML document names itself, when its mail names none."""
    found = _META.search(data, 0, _META_WITHIN) if part.media_type == "text/html" else None
    return found[1].decode("ascii") if found else ""


_MARKED_UP = frozenset({"text/enriched", "text/richtext"})
"""RFC 1896 and its ancestor: tags in angle brackets, near enough to HTML for their words."""

_TEXTS = frozenset({"text/plain", "text/html", "text/markdown", *_MARKED_UP})


def _best(contents: list[_Content]) -> _Content:
    """Choose between alternatives: the plain one if it says anything of its own, else the richest."""
    rich = next((content for content in reversed(contents) if content.html), None)
    plain = next((content for content in contents if not content.html and content.says), None)
    if rich is None:
        return plain or contents[0]
    if plain is None or _is_stub(plain.text(), rich):
        return rich
    return _Content(pieces=plain.pieces, html=rich.html)


def _together(contents: list[_Content]) -> _Content:
    """Put parts one after another, leaving out HTML that only repeats the plain text before it."""
    whole = _Content()
    for content in contents:
        whole.html.extend(content.html)
        plain = next((piece for piece in whole.pieces if not piece.is_html and piece.says), None)
        if content.html and plain is not None and _repeats(plain, content):
            continue
        whole.pieces.extend(content.pieces)
    return whole


def _is_stub(text: str, rich: _Content) -> bool:
    if len(text) > _STUB:
        return False
    folded = " ".join(text.lower().replace("\u2019", "'").split())
    return any(notice in folded for notice in _NOTICES) and len(rich.text()) > len(text)


def _repeats(plain: _Piece, rich: _Content) -> bool:
    return plain.squeezed[:_COMPARED] in "".join(piece.squeezed for piece in rich.pieces)


def _is_markup(text: str) -> bool:
    """Say whether text that is called plain is HTML."""
    return bool(_HTML.match(text)) and "</" in text
