"""A mail's HTML made safe to stand in a page of ours. nh3 (the ammonia sanitizer) is known to this module alone.

Three passes, each in one go over the document:

1. `_prepared` reads the tags as they stand and keeps of each only its name, in our terms, and the few attributes that
   have a meaning here. It decides nothing about safety; it bounds what the second pass has to do, whose work grows
   with the square of depth and of attributes.
2. nh3 builds the tree and drops every element, attribute and address that is not on the lists below. What it returns
   is well-formed, in one canonical form.
3. `_Finish` reads that form, and no other: a tag that does not look exactly as nh3 writes them is shown as text. It
   takes out what is not to be seen, and puts right what a screen reader stumbles over: links without words, lists
   with other children than items, images that are not shown and have words instead.

No style, class, id or name survives, so a mail can neither lay itself over the page nor borrow its looks. Headings
become bold lines, since the page has its own outline.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import nh3

from routing.mail.charset import one_line, storable
from routing.mail.html import ATTRIBUTE, SOURCE, hides

TAGS = 8_000
"""Most `<` of a document that is shown; newsletters have up to about 3,000. The worst arrangements known take half a
second: paragraphs after a few of each element that is made anew in every one of them."""

CHARACTERS = 1_000_000
"""Most characters of a document that are read."""

_LABEL = 200
"""Longest text put in for an image, in characters."""

# fmt: off
_TAGS = {
    "a", "abbr", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "del", "div", "em", "hr", "img", "ins",
    "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "thead", "tr", "u", "ul", "var",
}
_DROPPED = {
    "audio", "canvas", "embed", "iframe", "math", "noembed", "noframes", "noscript", "object", "script", "select",
    "style", "svg", "template", "textarea", "title", "video", "xmp",
}
_RENAMED = {
    **dict.fromkeys((
        "address", "article", "aside", "body", "center", "dd", "details", "dialog", "dir", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "header", "legend", "main", "menu", "nav", "section", "summary",
    ), "div"),
    # An element like <b> is made anew in every paragraph after one that it was not closed in: there must be few kinds.
    **dict.fromkeys(("font", "big", "small", "nobr"), "span"),
    "b": "strong", "i": "em", "tt": "code", "strike": "s", "acronym": "abbr", "image": "img", "th": "td",
}
# fmt: on
_BOLD = {"h1", "h2", "h3", "h4", "h5", "h6"}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    **{tag: {"dir"} for tag in ("blockquote", "div", "li", "p", "table", "ul")},
}
_NUMBER = re.compile(r"[0-9]{1,4}\Z")
_SCHEMES = {"http", "https", "mailto", "tel"}
_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]{0,15})((?: [a-z]{1,16}=\"[^\"<>]*+\")*+)>")
_GIVEN = re.compile(r" ([a-z]{1,16})=\"([^\"<>]*+)\"")
_VOID = frozenset({"br", "hr", "img"})
_LISTS = frozenset({"ul", "ol"})


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeHtml:
    """What may be put into a page as it stands."""

    html: str
    remote_images: int
    """How many images lie on other hosts, shown or not."""


def safe_html(document: str, *, images: Mapping[str, str], remote: bool = False) -> SafeHtml | None:
    """Return a mail's HTML made safe; None when it is too intricate to be shown.

    Args:
        document: The HTML part, decoded.
        images: For each Content-ID, without angle brackets, the address of ours where that image is.
        remote: Whether images on other hosts are shown (over https only), or left out and counted.
    """
    document = storable(document[:CHARACTERS])
    if document.count("<") > TAGS:
        return None
    pictures = _Pictures(images, remote=remote)
    cleaned = nh3.clean(
        SOURCE.sub(_prepared, document),
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes={**_ATTRIBUTES, "*": {"hidden"}},
        attribute_filter=pictures.filtered,
        url_schemes=_SCHEMES | {"cid"},
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
    )
    return SafeHtml(html=_Finish().of(cleaned), remote_images=pictures.remote_images)


def _prepared(found: re.Match[str]) -> str:
    """Return a tag in our terms; an empty comment for what is no tag, so that its neighbours cannot become one."""
    closing, name, attributes = found[2], found[3], found[4]
    if name is None:
        return "<!---->"
    name = name.lower()
    name = _RENAMED.get(name, name)
    if name in _BOLD:
        return "</strong></div>" if closing else "<div><strong>"
    if closing or not attributes:
        return f"<{closing}{name}>"
    wanted = _ATTRIBUTES.get(name, ())
    kept: dict[str, str] = {}
    for given, value in ATTRIBUTE.findall(attributes):
        if given.lower() in wanted:
            kept.setdefault(given.lower(), value)
    mark = ' hidden=""' if hides(attributes) else ""
    return f"<{name}{mark}{''.join(f' {given}{value}' for given, value in kept.items())}>"


class _Pictures:
    """Decides on attributes: which images are shown, and what numbers and addresses may be."""

    def __init__(self, images: Mapping[str, str], *, remote: bool) -> None:
        self._images = images
        self._remote = remote
        self.remote_images = 0

    def filtered(self, tag: str, name: str, value: str) -> str | None:
        """Return what stays of an attribute; None when it goes. Called by nh3."""
        if tag == "img" and name == "src":
            return self._source(value.strip())
        if name == "href":
            return value if _is_link(value) else None
        if name == "dir":
            return value if value in {"ltr", "rtl", "auto"} else None
        if name in {"width", "height", "colspan", "rowspan", "start"}:
            return value if _NUMBER.match(value) else None
        return value

    def _source(self, value: str) -> str | None:
        scheme, _, rest = value.partition(":")
        scheme = scheme.lower()
        if scheme == "cid":
            return self._images.get(unquote(rest))
        if scheme in {"http", "https"} or value.startswith(("//", "\\\\")):
            self.remote_images += 1
            return value if self._remote and scheme == "https" else None
        return None


def _is_link(value: str) -> bool:
    """Say whether an address names its scheme: what is relative would lead into our own pages."""
    return value.strip().partition(":")[0].lower() in _SCHEMES


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    name: str
    written: str
    """What closes it in our output."""
    link: str = ""
    says: bool = False
    """Whether a link has words."""


class _Finish:
    """Reads nh3's output tag by tag; see the module's docstring."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._unseen = 0
        """How many open elements stand within one that is not to be seen, it included."""

    def of(self, document: str) -> str:
        """Return the document put right."""
        position = 0
        for token in _TOKEN.finditer(document):
            self._text(document[position : token.start()])
            position = token.end()
            if token[1]:
                self._leave(token[2])
            elif token[2] in _TAGS:
                self._enter(token[2], dict(_GIVEN.findall(token[3])))
        self._text(document[position:])
        while self._open:
            self._close()
        return "".join(self._out)

    def _text(self, text: str) -> None:
        if not text or self._unseen:
            return
        if not text.strip():
            self._out.append(text)
            return
        text = text.replace("<", "&lt;").replace(">", "&gt;")
        self._say()
        in_list = self._open and self._open[-1].name in _LISTS
        self._out.append(f"<li>{text}</li>" if in_list else text)

    def _say(self) -> None:
        for element in reversed(self._open):
            if element.name == "a":
                element.says = True
                return

    def _enter(self, name: str, given: dict[str, str]) -> None:
        if self._unseen or "hidden" in given:
            if name not in _VOID:
                self._unseen += 1
                self._open.append(_Open(name=name, written=""))
            return
        parent = self._open[-1].name if self._open else ""
        if name == "img" and "src" not in given:
            self._text(html.escape(one_line(html.unescape(given.get("alt", "")))[:_LABEL]))
            return
        before, after = ("<li>", "</li>") if parent in _LISTS and name != "li" else ("", "")
        if name == "li" and parent not in _LISTS:
            name = "div"
        if name == "img":
            given.setdefault("alt", "")
            if given["alt"].strip():
                self._say()
        shown = "" if name == "a" and "href" not in given else name
        attributes = "".join(f' {key}="{value}"' for key, value in given.items())
        self._out.append(f"{before}<{shown}{attributes}>" if shown else before)
        if name in _VOID:
            self._out.append(after)
            return
        link = given.get("href", "") if name == "a" else ""
        self._open.append(_Open(name=name, written=(f"</{shown}>" if shown else "") + after, link=link))

    def _leave(self, name: str) -> None:
        if self._open and (self._open[-1].name == name or {self._open[-1].name, name} == {"div", "li"}):
            self._close()

    def _close(self) -> None:
        element = self._open.pop()
        if self._unseen:
            self._unseen -= 1
            return
        if element.link and not element.says:
            self._out.append(html.escape(_shown_address(html.unescape(element.link))))
        self._out.append(element.written)


def _shown_address(address: str) -> str:
    """Return what a link without words is called: the host, or the whole of what is no web address."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    return (host or address)[:_LABEL]
