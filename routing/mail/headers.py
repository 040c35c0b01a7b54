"""The header block: where it ends, and its fields (RFC 5322, section 2.2), as bytes.

`fields_of` reads all of it for the parser, `peek` only what the API's accept path needs, in a few microseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from routing.mail.address import first_mailbox
from routing.mail.charset import one_line
from routing.mail.words import decode_raw, header_text

BLOCK = 1 << 18
"""Most bytes of a header block that are read; mail systems take about 100 kB."""

FIELDS = 1000
"""Most fields of a header block that are read."""

PEEKED = 10_000
"""Most bytes of a field that `peek` decodes."""

MESSAGE_ID = 998
"""Longest Message-ID kept, in characters: the longest line that RFC 5322 allows."""

Field = tuple[bytes, bytes]
"""A field's name as written, and its value still folded and encoded."""

_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:(.*+(?:\n[ \t].*+)*+)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_CERTAIN = re.compile(
    rb"^(?:content-type|content-transfer-encoding|mime-version|message-id|received|return-path)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_ID = re.compile(r"<[^\s<>@]{1,994}+@[^\s<>]{1,994}+>")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """What the header says about a mail before it is read; empty where it says nothing."""

    message_id: str = ""
    subject: str = ""
    sender: str = ""
    """The address in From."""


def begin_of(raw: bytes, start: int = 0) -> int:
    """Return where the header of a message at `start` begins: after what some programs put before it.

    That is a byte-order mark, empty lines, an mbox separator (`From …`).
    """
    start += 3 if raw.startswith(b"\xef\xbb\xbf", start) else 0
    limit = start + BLOCK
    while start < limit and raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    if raw.startswith((b"From ", b">From "), start):
        newline = raw.find(b"\n", start, start + BLOCK)
        start = newline + 1 if newline >= 0 else start
    return start


def fields_of(raw: bytes, start: int, end: int, defects: list[str]) -> tuple[list[Field], int]:
    """Return the fields of the header block at `start`, and where the body begins.

    A line that is no field ends the block and begins the body, as if the empty line had been forgotten, unless fields
    that are certainly a header's come after it: then it was folded without its white space and belongs to the field
    before it.

    Args:
        raw: The whole message; lines end in LF, with or without CR.
        start: Where the block begins.
        end: Where the part ends that the block belongs to.
        defects: What was wrong is added to it.
    """
    block_end, body = _block(raw, start, end)
    if block_end - start > BLOCK:
        defects.append(f"header block over {BLOCK} bytes: the rest of it is not read")
        block_end = start + BLOCK
    fields: list[Field] = []
    strays: list[bytes] = []
    last_certain = -1
    position = start
    while position < block_end:
        field = _FIELD.match(raw, position, block_end)
        if field:
            if len(fields) >= FIELDS:
                defects.append(f"over {FIELDS} header fields: the rest is not read")
                break
            _take_in(strays, fields)
            fields.append((field[1], field[2]))
            position = field.end() + 1
            continue
        newline = raw.find(b"\n", position, block_end)
        next_line = newline + 1 if newline >= 0 else block_end
        line = raw[position:next_line].strip()
        if line:
            if last_certain < 0:
                last_certain = max((match.start() for match in _CERTAIN.finditer(raw, position, block_end)), default=0)
            if last_certain <= position or line.startswith(b"--"):
                defects.append("no empty line between header and body")
                return fields, position
            defects.append("header line folded without white space")
            strays.append(line)
        position = next_line
    _take_in(strays, fields)
    return fields, body


def _take_in(strays: list[bytes], fields: list[Field]) -> None:
    """Give lines that were folded without white space to the field before them; before the first there is none."""
    if strays and fields:
        name, value = fields[-1]
        fields[-1] = (name, b" ".join((value, *strays)))
    strays.clear()


def _block(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header block at `start` ends, and where the body begins."""
    if raw.startswith(b"\n", start):
        return start, min(start + 1, end)
    if raw.startswith(b"\r\n", start):
        return start, min(start + 2, end)
    empty = _EMPTY_LINE.search(raw, start, end)
    return (empty.start(), empty.end()) if empty else (end, end)


def message_id_of(value: bytes) -> str:
    """Return the Message-ID in a field's value, as `message_id_in` does; looks at no more than `PEEKED` bytes of it."""
    return message_id_in(header_text(value[:PEEKED]))


def message_id_in(text: str) -> str:
    """Return the first Message-ID in a field's text, with its angle brackets; empty when there is none.

    An identifier is `<left@right>` (RFC 5322, section 3.6.4), whatever stands on either side but white space and angle
    brackets; `right` may hold another `@`, which mail systems write. Anything else (`<>`, a word, a number) comes from
    programs that give every mail the same, so it says nothing about which mail this is.
    """
    return next((found[0] for found in _ID.finditer(text) if len(found[0]) <= MESSAGE_ID), "")


def content_id_of(value: bytes) -> str:
    """Return the identifier in a Content-ID (RFC 2045, section 7), without its angle brackets; none when overlong."""
    if not value:
        return ""
    text = one_line(decode_raw(value[:PEEKED])).strip("<> ")
    return text if len(text) <= MESSAGE_ID else ""


def address_text(value: bytes, hint: str = "") -> str:
    """Return an address field's value as text on one line, its encoded words still encoded."""
    return one_line(decode_raw(value, hint))


def peek(raw: bytes) -> Envelope:
    """Return Message-ID, subject and sender of a raw message without reading the rest of it.

    Costs a few microseconds, never raises, and looks at no more than the first `BLOCK` bytes.
    """
    start = begin_of(raw)
    empty = _EMPTY_LINE.search(raw, start, start + BLOCK)
    block = raw[start : empty.start() if empty else start + BLOCK]
    lower = b"\n" + block.lower()
    sender = _value(block, lower, b"from")
    return Envelope(
        message_id=message_id_of(_value(block, lower, b"message-id")),
        subject=header_text(_value(block, lower, b"subject")),
        sender=first_mailbox(address_text(sender)).address if sender else "",
    )


def _value(block: bytes, lower: bytes, name: bytes) -> bytes:
    """Return the first value of the field `name`; `lower` is the block in lower case after one line feed."""
    at = lower.find(b"\n" + name)
    while at >= 0:
        field = _FIELD.match(block, at)
        if field and len(field[1]) == len(name):
            return field[2][:PEEKED]
        at = lower.find(b"\n" + name, at + 1)
    return b""
