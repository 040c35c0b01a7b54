"""MIME parameters: Content-Type and Content-Disposition taken apart (RFC 2045, RFC 2183, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from routing.mail.charset import decode, one_line
from routing.mail.words import decode_words

_LENGTH = 8000
"""Most characters of a field that are looked at; a file name of 255 characters, percent-encoded, takes 2,300."""

_SECTIONS = 100
"""Most pieces of a continued parameter (RFC 2231, section 3)."""

_NUMBERS = frozenset({"", *map(str, range(_SECTIONS))})

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", re.ASCII)


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Return a field's first word in lower case and its parameters, names in lower case.

    Args:
        value: The field's value, unfolded; encoded words, which RFC 2047 forbids here, are decoded too.
    """
    return _parameters(value[:_LENGTH])


@lru_cache(maxsize=256)
def _parameters(value: str) -> tuple[str, Mapping[str, str]]:
    main, _, rest = value.partition(";")
    found: dict[str, str] = {}
    position = 0
    while position < len(rest):
        name, content, position = _parameter(rest, position)
        if name:
            found.setdefault(name, content)
    if any("*" in name for name in found):
        found = _joined(found)
    else:
        found = {name: _plain(content) for name, content in found.items()}
    return main.strip().lower(), MappingProxyType(found)


def content_type(value: str) -> tuple[str, Mapping[str, str], str]:
    """Return a Content-Type's media type, its parameters, and a defect (empty when there is none).

    What is no media type is text/plain (RFC 2045, section 5.2).
    """
    return _content_type(value[:_LENGTH])


@lru_cache(maxsize=256)
def _content_type(value: str) -> tuple[str, Mapping[str, str], str]:
    found, given = _parameters(value)
    if _TYPE.fullmatch(found):
        return found, given, ""
    if found.replace(" ", "") != found and _TYPE.fullmatch(found.replace(" ", "")):
        return found.replace(" ", ""), given, "white space in the content type"
    if found.startswith("multipart/"):
        return "multipart/mixed", given, f"unreadable content type {one_line(found)[:60]!r}"
    first = _TYPE.match(found)
    if first:
        # `text/html charset=utf-8`, `text/plain, text/html`: the separator is wrong, the type is not.
        charset = found.partition("charset=")[2].strip(" \"'")
        return first[0], ({**given, "charset": charset} if charset else given), "damaged content type"
    if found in {"text", ""}:
        return "text/plain", given, "" if found else "empty content type"
    return "text/plain", given, f"unreadable content type {one_line(found)[:60]!r}"


def _parameter(text: str, position: int) -> tuple[str, str, int]:
    """Return the name and the value of the parameter at `position`, and where the next one begins."""
    semicolon = text.find(";", position)
    equals = text.find("=", position, semicolon if semicolon >= 0 else len(text))
    if equals < 0:
        return "", "", semicolon + 1 if semicolon >= 0 else len(text)
    name = text[position:equals].strip().lower()
    start = equals + 1
    while start < len(text) and text[start].isspace():
        start += 1
    if not text.startswith('"', start):
        # Unquoted values with spaces are common in file names; RFC 2045 would end them at the first one.
        end = text.find(";", start)
        end = len(text) if end < 0 else end
        return name, text[start:end].strip(), end + 1
    content: list[str] = []
    at = start + 1
    while at < len(text) and text[at] != '"':
        # A backslash before anything but a quote or a backslash is a Windows path, not an escape.
        if text[at] == "\\" and text[at + 1 : at + 2] in {'"', "\\"}:
            at += 1
        content.append(text[at])
        at += 1
    end = text.find(";", at)
    return name, "".join(content), len(text) if end < 0 else end + 1


def _plain(content: str) -> str:
    return one_line(decode_words(content) if "=?" in content else content)


def _joined(found: Mapping[str, str]) -> dict[str, str]:
    """Put continued and percent-encoded parameters together (RFC 2231, sections 3 and 4)."""
    whole: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, content in found.items():
        base, star, rest = name.partition("*")
        if not star:
            whole[base] = _plain(content)
            continue
        number, encoded = rest.removesuffix("*"), name.endswith("*")
        if number in _NUMBERS:
            sections.setdefault(base, {})[int(number or 0)] = (content, encoded)
    for base, numbered in sections.items():
        # The extended form is the better one where a sender gives both (RFC 6266, section 4.3).
        whole[base] = one_line(_extended([numbered[number] for number in sorted(numbered)]))
    return whole


def _extended(pieces: list[tuple[str, bool]]) -> str:
    first, encoded = pieces[0]
    charset = ""
    if encoded and first.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
        charset, _, first = first.split("'", 2)
    pieces = [(first, encoded), *pieces[1:]]
    if not any(encoded for _, encoded in pieces):
        return _plain("".join(content for content, _ in pieces))
    data = b"".join(
        unquote_to_bytes(content) if encoded else content.encode("utf-8", "surrogatepass")
        for content, encoded in pieces
    )
    return decode(data, charset)[0]
