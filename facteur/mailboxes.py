"""Where mails lie on disk: `.eml` files, mbox files, maildirs, folders of `.eml` files, standard input."""

from __future__ import annotations

import mailbox
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from routing.errors import InvalidInput

STANDARD_INPUT = "-"
MBOX_MARK = b"From "
"""How every message of an mbox file begins (RFC 4155)."""


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
            yield from _messages("standard input", sys.stdin.buffer.read())
            continue
        path = Path(place)
        try:
            yield from _in_folder(path) if path.is_dir() else _in_file(path)
        except OSError as error:
            raise InvalidInput(f"{place} cannot be read: {error.strerror}.") from error


def _in_file(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        is_mbox = file.read(len(MBOX_MARK)) == MBOX_MARK
    if not is_mbox:
        yield Found(name=_name(path), content=path.read_bytes())
        return
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.keys(), start=1):
            yield Found(name=f"{_name(path)}:{number}", content=box.get_bytes(key))
    finally:
        box.close()


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


def _messages(name: str, content: bytes) -> Iterator[Found]:
    """Yield the messages of bytes that are one message or an mbox."""
    if not content.startswith(MBOX_MARK):
        yield Found(name=name, content=content)
        return
    parts = (b"\n" + content.replace(b"\r\n", b"\n")).split(b"\n\n" + MBOX_MARK)
    parts[0] = parts[0].removeprefix(b"\n" + MBOX_MARK)
    for number, part in enumerate(parts, start=1):
        yield Found(name=f"{name}:{number}", content=part.partition(b"\n")[2].replace(b"\n>From ", b"\nFrom "))
