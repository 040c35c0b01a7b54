"""HTML as text, for classification: words and line breaks, no layout.

Built on selectolax (the lexbor parser), which only this package may import. A tree builder's work grows with the depth
of the tree (lexbor needs 0.01 s for 3,000 elements within each other and 0.1 s for 10,000), so documents with very many
tags are read by a scanner instead, in one pass and without a tree.

It also grows with attributes: each is compared with those before it in its tag, `<body>` collects those of every
`<body>`, and elements like `<b>` that differ in them are made anew in every paragraph (HTML, section 13.2.4.3), a
million out of ten kilobytes. So the tree builder never sees any: they are read before, and all that is left of them is
whether an element is hidden.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from routing.mail.charset import storable

TAGS = 3_000
"""Most `<` that are given to the tree builder, all documents of a mail together; a long newsletter has about as many.
The worst arrangement of them known (elements closed in the wrong order) takes a tenth of a second."""

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
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15}+)[^<>]*+>")
_HUGE = re.compile(r"&#(?:[0-9]{8,}+|[xX][0-9a-fA-F]{8,}+);?")
"""References to characters that do not exist, of which the longest cannot even be read as a number."""

# Attributes as browsers read them (HTML, sections 13.2.5.32 to 39): quotes count only after the equals sign, and what
# is never closed reaches to the end.
_NAME = r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_VALUE = r"""[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+)?+"""
_ATTRIBUTES = rf"(?:[\t\n\f\r /]++|{_NAME}(?:{_VALUE})?+)*+"
ATTRIBUTE = re.compile(rf"({_NAME})({_VALUE})?+")
SOURCE = re.compile(
    # A comment, or an element whose content is no markup and that is dropped; else a tag.
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(script|style|title|textarea|iframe)(?=[\t\n\f\r />]){_ATTRIBUTES}>"
    rf".*?(?:</\1(?=[\t\n\f\r />]){_ATTRIBUTES}(?:>|\Z)|\Z)"
    rf"|<(/?)([a-z][^\t\n\f\r />]*+)({_ATTRIBUTES})(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def html_to_text(document: str, tags: int = TAGS) -> str:
    r"""Return the text of an HTML document as a reader sees it; lines end in `\n`, paragraphs in an empty line.

    Scripts, styles, comments and hidden elements are left out; list items begin with `- `; the cells of a row share a
    line; a link is its text.

    Args:
        document: The HTML.
        tags: From how many `<` on the document is read without a tree, which does not recognise what is hidden.
    """
    document = storable(document[:CHARACTERS])
    lines = _Lines()
    bare = SOURCE.sub(_bare, document)
    if document.count("<") > tags:
        _scan(bare, lines)
    else:
        root = LexborHTMLParser(bare).root
        if root is not None:
            _walk(root, lines, hides="hidden" in bare)
    return lines.text()


def _bare(found: re.Match[str]) -> str:
    """Return a tag without its attributes, and an empty comment for what is no tag.

    Something is left of each, so that what stands on both sides cannot become a tag that nobody looked at.
    """
    closing, name, attributes = found[2], found[3], found[4]
    if name is None:
        return "<!---->"
    if not attributes:
        return f"<{closing}{name}>"
    mark = " hidden" if not closing and hides(attributes) else ""
    return f"<{closing}{name}{mark}{'/' if attributes.endswith('/') else ''}>"


def hides(attributes: str) -> bool:
    """Say whether an element with these attributes (as `SOURCE` finds them) is not to be seen."""
    lower = attributes.lower()
    if "hidden" not in lower and "none" not in lower:
        return False
    given: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(lower):
        given.setdefault(name, value)
    return "hidden" in given or "display:none" in "".join(given.get("style", "").split())


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
    return "hidden" in node.attributes


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
        lines.add(_unescape(without_comments[position : match.start()]))
        position = match.end()
        if match[1]:
            _leave(tag, lines)
        elif tag in {"script", "style", "head", "title"}:
            skipping = tag
        else:
            _enter(tag, lines)
    if not skipping:
        lines.add(_unescape(without_comments[position:]))


def _unescape(text: str) -> str:
    return html.unescape(_HUGE.sub("\ufffd", text) if "&#" in text else text)
