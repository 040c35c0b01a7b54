"""The MIME tree of a message (RFC 2046), read where it lies.

A part is a pair of offsets into the raw message: nothing is copied or decoded until somebody asks, and the size of a
base64 attachment is counted, not decoded. Depth and number of parts are bounded, so that the work is linear in the
size of the message, whatever it nests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.mail.charset import one_line
from routing.mail.headers import Field, begin_of, fields_of
from routing.mail.parameters import content_type, parameters
from routing.mail.transfer import IDENTITY, decoded_size, encoding_of, undo
from routing.mail.words import decode_raw, header_text

DEPTH = 30
"""Deepest nesting of parts that is read; real mail has about six."""

PARTS = 500
"""Most parts of a message that are read."""

_FILE_NAME = 255
"""Longest attachment name kept, in characters."""

_GUESSED_BOUNDARY = re.compile(
    # Possessive, so that a line is read once; a line of nothing but white space is no boundary.
    rb"^--(?![ \t]*+\r?\n)([^\r\n]{1,200}+)\r?\nContent-[!-9;-~]{1,50}+:",
    re.IGNORECASE | re.MULTILINE,
)

_EMBEDDED = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(kw_only=True, slots=True)
class Part:
    """One node of the tree: a leaf, a container, or an embedded message with the message in it as its only child."""

    raw: bytes
    start: int
    """Where the body begins in `raw`."""
    end: int
    fields: list[Field]
    first: dict[bytes, bytes]
    """The first value of each field, by its name in lower case."""
    media_type: str = "text/plain"
    given: Mapping[str, str] = field(default_factory=dict)
    """The parameters of the Content-Type."""
    encoding: str = ""
    disposition: str = ""
    file_name: str = ""
    children: list[Part] = field(default_factory=list)

    def content(self) -> tuple[bytes, str]:
        """Return the body with its transfer encoding undone, and the defect found on the way."""
        return undo(self.raw[self.start : self.end], self.encoding)

    def size(self) -> int:
        """Return the size of the body with its transfer encoding undone, in bytes."""
        if self.encoding in IDENTITY:
            return self.end - self.start
        return decoded_size(self.raw[self.start : self.end], self.encoding)

    @property
    def embeds(self) -> bool:
        """Say whether this is a message within the message."""
        return self.media_type in _EMBEDDED


class Reader:
    """Reads one message; `defects` says what was wrong with it, `types` what parts it has, depth first."""

    def __init__(self) -> None:
        self.defects: list[str] = []
        self.types: list[str] = []

    def part(self, raw: bytes, start: int, end: int, *, depth: int = 0, default: str = "text/plain") -> Part:
        """Return the part of `raw` between `start` and `end`, with all that it contains.

        Args:
            raw: The message.
            start: Where the part's header begins.
            end: Where the part ends.
            depth: How many parts it is in.
            default: Its media type when it names none.
        """
        fields, body = fields_of(raw, start, end, self.defects)
        first = {name.lower(): value for name, value in reversed(fields)}
        part = Part(raw=raw, start=body, end=end, fields=fields, first=first, media_type=default)
        self._describe(part)
        self.types.append(part.media_type)
        if part.media_type.startswith("multipart/"):
            self._split(part, depth)
        elif part.embeds:
            self._embedded(part, depth)
        return part

    def _describe(self, part: Part) -> None:
        """Read the Content- fields."""
        value = part.first.get(b"content-type")
        if value is not None:
            part.media_type, part.given, defect = content_type(one_line(decode_raw(value)))
            if defect:
                self.defects.append(defect)
        value = part.first.get(b"content-transfer-encoding")
        if value is not None:
            part.encoding = encoding_of(one_line(decode_raw(value)))
        disposition: Mapping[str, str] = {}
        value = part.first.get(b"content-disposition")
        if value is not None:
            part.disposition, disposition = parameters(one_line(decode_raw(value)))
        given = disposition.get("filename") or part.given.get("name") or disposition.get("name") or ""
        part.file_name = given.replace("\\", "/").rpartition("/")[2][:_FILE_NAME]

    def _split(self, part: Part, depth: int) -> None:
        """Find the parts of a multipart."""
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        if depth >= DEPTH:
            self.defects.append(f"parts nested over {DEPTH} deep are not read")
            return
        if part.encoding not in IDENTITY:
            self._decode_container(part)
        for start, end in self._pieces(part):
            if len(self.types) >= PARTS:
                self.defects.append(f"over {PARTS} parts: the rest is not read")
                return
            part.children.append(self.part(part.raw, start, end, depth=depth + 1, default=default))

    def _embedded(self, part: Part, depth: int) -> None:
        """Read a message within the message."""
        if depth >= DEPTH or len(self.types) >= PARTS:
            self.defects.append(f"parts nested over {DEPTH} deep are not read")
            return
        if part.encoding not in IDENTITY:
            self._decode_container(part)
        start = min(begin_of(part.raw, part.start), part.end)
        part.children.append(self.part(part.raw, start, part.end, depth=depth + 1))
        if not part.file_name:
            part.file_name = header_text(part.children[0].first.get(b"subject", b""))[:_FILE_NAME]

    def _decode_container(self, part: Part) -> None:
        # RFC 2045, section 6.4, forbids it, and it happens.
        part.raw, defect = part.content()
        part.start, part.end, part.encoding = 0, len(part.raw), ""
        self.defects.append(defect or "a container with a transfer encoding")

    def _pieces(self, part: Part) -> list[tuple[int, int]]:
        """Return where each part of a multipart begins and ends."""
        boundary = part.given.get("boundary", "").rstrip()
        if boundary:
            pieces, closed = _between(part, boundary.encode("utf-8", "replace"))
            if pieces:
                if not closed:
                    self.defects.append("multipart without its closing boundary")
                return pieces
        guessed = _GUESSED_BOUNDARY.search(part.raw, part.start, part.end)
        if guessed:
            self.defects.append("multipart with a wrong boundary" if boundary else "multipart without a boundary")
            return _between(part, guessed[1].rstrip(b" \t"))[0]
        self.defects.append("multipart without parts")
        return []


def _between(part: Part, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Return the regions between the lines of `boundary`, and whether the closing one was there."""
    raw, end = part.raw, part.end
    mark = b"\n--" + boundary
    pieces: list[tuple[int, int]] = []
    start: int | None = None
    # The line break before a boundary belongs to the boundary (RFC 2046, section 5.1.1); before the first there may
    # be none within the body.
    at = part.start - 1 if raw.startswith(mark[1:], part.start) else _find(raw, mark, part.start, end)
    while at is not None:
        after = at + len(mark)
        newline = raw.find(b"\n", after, end)
        line_end = newline if newline >= 0 else end
        rest = raw[after:line_end].strip()
        if rest in (b"", b"--"):
            if start is not None and at > start:
                pieces.append((start, at - 1 if raw[at - 1 : at] == b"\r" else at))
            if rest or len(pieces) >= PARTS:
                return pieces, True
            start = min(line_end + 1, end)
        at = _find(raw, mark, line_end, end)
    if start is not None and start < end:
        last = raw.rfind(b"\n", start, end) + 1
        cut = raw[last:end].rstrip()
        # A message that was cut off within its closing boundary.
        truncated = last > start and len(cut) > len(b"--") and (mark[1:] + b"--").startswith(cut)
        pieces.append((start, last if truncated else end))
    return pieces, False


def _find(raw: bytes, mark: bytes, start: int, end: int) -> int | None:
    at = raw.find(mark, start, end)
    return at if at >= 0 else None
