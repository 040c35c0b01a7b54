"""Where mails lie on disk: `.eml` files, mbox files, maildirs, folders of `.eml` files, standard input."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from routing.errors import InvalidInput

STANDARD_INPUT = "-"
MBOX_MARK = b"From "
"""How every message of an mbox file begins (RFC 4155)."""

_ESCAPED = re.compile(rb">+From ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One raw message and what to call it."""

    name: str
    content: bytes


def mails_in(places: list[str]) -> Iterator[Found]:
    """Yield every message of the given places, in order.

    Raises:
        InvalidInput: a place does not exist, cannot be read, or is a folder without mail.
    """
    for place in places:
        if place == STANDARD_INPUT:
            yield from _messages("standard input", sys.stdin.buffer)
            continue
        path = Path(place)
        try:
            yield from _in_folder(path) if path.is_dir() else _in_file(path)
        except OSError as error:
            raise InvalidInput(f"{place} cannot be read: {error.strerror}.") from error


def _in_file(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        yield from _messages(_name(path), file)


def _in_folder(path: Path) -> Iterator[Found]:
    is_maildir = (path / "cur").is_dir() and (path / "new").is_dir()
    files = (
        sorted(file for part in ("new", "cur") for file in (path / part).iterdir() if file.is_file())
        if is_maildir
        else sorted(file for file in path.iterdir() if file.suffix.lower() == ".eml" and file.is_file())
    )
    if not files and not is_maildir:
        raise InvalidInput(f"{path} is neither a maildir nor a folder with .eml files.")
    for file in files:
        yield Found(name=_name(file), content=file.read_bytes())


def _name(path: Path) -> str:
    """Return a file's name as text, whatever its bytes."""
    return os.fsencode(path.name).decode(errors="replace")


def _messages(name: str, file: BinaryIO) -> Iterator[Found]:
    """Yield the messages of a file that is one message or an mbox, of which no more than one is in memory.

    A line that begins with `From ` separates messages only after an empty line or at the start, so that a sentence
    within a paragraph does not; the empty line before it belongs to it. Quoted ones lose one `>` (the "mboxrd" form).
    """
    first = file.readline()
    if not first.startswith(MBOX_MARK):
        yield Found(name=name, content=first + file.read())
        return
    number = 1
    lines: list[bytes] = []
    for line in file:
        if line.startswith(MBOX_MARK) and lines and _is_empty(lines[-1]):
            yield Found(name=f"{name}:{number}", content=_message(lines))
            number += 1
            lines = []
        else:
            lines.append(line[1:] if _ESCAPED.match(line) else line)
    yield Found(name=f"{name}:{number}", content=_message(lines))


def _message(lines: list[bytes]) -> bytes:
    return b"".join(lines[:-1] if lines and _is_empty(lines[-1]) else lines)


def _is_empty(line: bytes) -> bool:
    return line in (b"\n", b"\r\n")
