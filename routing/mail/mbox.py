"""The messages of an mbox file (RFC 4155), of which no more than one is in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

MBOX_MARK = b"From "
"""How every message of an mbox file begins."""

_ESCAPED = re.compile(rb">+From ")


def messages(file: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of an mbox whose first line has been read.

    A line that begins with `From ` separates messages only after an empty line or at the start, so that a sentence
    within a paragraph does not; the empty line before it belongs to it. Quoted ones lose one `>` (the "mboxrd" form).
    """
    lines: list[bytes] = []
    for line in file:
        if line.startswith(MBOX_MARK) and lines and _is_empty(lines[-1]):
            yield _message(lines)
            lines = []
        else:
            lines.append(line[1:] if _ESCAPED.match(line) else line)
    yield _message(lines)


def _message(lines: list[bytes]) -> bytes:
    return b"".join(lines[:-1] if lines and _is_empty(lines[-1]) else lines)


def _is_empty(line: bytes) -> bool:
    return line in (b"\n", b"\r\n")
