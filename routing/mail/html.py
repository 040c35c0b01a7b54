"""HTML as text, for classification: words and line breaks, no layout.

Built on selectolax (the lexbor parser), which only this package may import. A tree builder's work grows with the depth
of the tree (lexbor needs 0.01 s for 3,000 elements within each other and 0.1 s for 10,000), so documents with very many
tags are read by a scanner instead, in one pass and without a tree.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from routing.mail.charset import storable

TAGS = 3_000
"""Most `<` of a document that is given to the tree builder; a long newsletter has about as many. A megabyte of such
documents, each as deep as it can be, takes under a second."""

CHARACTERS = 2_000_000
"""Most characters of a document that are read."""

# fmt: off
_DROPPED = frozenset({
    "script", "style", "head", "title", "template", "noscript", "object", "svg", "math", "iframe", "select",
    "audio", "video", "textarea", "-comment",
})
_BLOCKS = frozenset({
    "address", "article", "aside", "body", "br", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav", "pre", "section",
    "summary", "tbody", "tfoot", "thead", "tr",
})
_PARAGRAPHS = frozenset({
    "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "table", "ul",
})
# fmt: on
_CELLS = frozenset({"td", "th"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})[^<>]*>")


def html_to_text(document: str) -> str:
    r"""Return the text of an HTML document as a reader sees it; lines end in `\n`, paragraphs in an empty line.

    Scripts, styles, comments and hidden elements are left out; list items begin with `- `; the cells of a row share a
    line; a link is its text.
    """
    document = storable(document[:CHARACTERS])
    lines = _Lines()
    if document.count("<") > TAGS:
        _scan(document, lines)
    else:
        root = LexborHTMLParser(document).root
        if root is not None:
            _walk(root, lines, hides="none" in document or "hidden" in document.lower())
    return lines.text()


class _Lines:
    """Text being put together; breaks are collected until words follow."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._breaks = 0
        self._space = False

    def end_line(self, breaks: int = 1) -> None:
        self._breaks = max(self._breaks, breaks)

    def space(self) -> None:
        self._space = True

    def add(self, text: str) -> None:
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        if self._breaks:
            if self._pieces:
                self._pieces.append("\n" * self._breaks)
            self._breaks = 0
        elif (self._space or text[0].isspace()) and self._pieces:
            self._pieces.append(" ")
        self._pieces.append(" ".join(words))
        self._space = text[-1].isspace()

    def add_lines(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.add(first)
        for line in rest:
            self.end_line(min(self._breaks + 1, 2))
            self.add(line)

    def text(self) -> str:
        return "".join(self._pieces)


def _enter(tag: str, lines: _Lines) -> None:
    if tag in _PARAGRAPHS:
        lines.end_line(2)
    elif tag == "li":
        lines.end_line()
        lines.add("- ")
    elif tag in _BLOCKS:
        lines.end_line()
    elif tag in _CELLS:
        lines.space()


def _leave(tag: str, lines: _Lines) -> None:
    if tag in _PARAGRAPHS:
        lines.end_line(2)
    elif tag in _BLOCKS:
        lines.end_line()


def _walk(root: LexborNode, lines: _Lines, *, hides: bool) -> None:
    """Read a tree, without recursion: mail nests deeper than the interpreter's stack."""
    open_tags: list[str] = []
    preformatted = 0
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        child = None
        if tag == "-text":
            text = node.text_content or ""
            if preformatted:
                lines.add_lines(text)
            else:
                lines.add(text)
        elif tag not in _DROPPED and not (hides and _hidden(node)):
            _enter(tag, lines)
            child = node.first_child
            if child is None:
                _leave(tag, lines)
        if child is not None:
            open_tags.append(tag)
            preformatted += tag == "pre"
            node = child
            continue
        while open_tags and node is not None and node.next is None:
            node = node.parent
            closed = open_tags.pop()
            preformatted -= closed == "pre"
            _leave(closed, lines)
        node = node.next if open_tags and node is not None else None


def _hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and "display:none" in "".join((style or "").lower().split())


def _scan(document: str, lines: _Lines) -> None:
    """Read a document tag by tag; hidden elements are not recognised."""
    without_comments = "".join(
        piece if number == 0 else piece.partition("-->")[2] for number, piece in enumerate(document.split("<!--"))
    )
    position = 0
    skipping = ""
    for match in _TAG.finditer(without_comments):
        tag = match[2].lower()
        if skipping:
            if match[1] and tag == skipping:
                skipping, position = "", match.end()
            continue
        lines.add(html.unescape(without_comments[position : match.start()]))
        position = match.end()
        if match[1]:
            _leave(tag, lines)
        elif tag in {"script", "style", "head", "title"}:
            skipping = tag
        else:
            _enter(tag, lines)
    if not skipping:
        lines.add(html.unescape(without_comments[position:]))
