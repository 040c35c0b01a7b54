"""Where mails lie on disk: `.eml` files, mbox files, maildirs, folders of `.eml` files, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from routing.errors import InvalidInput
from routing.mail.mbox import MBOX_MARK, messages

STANDARD_INPUT = "-"


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
    """Yield the messages of a file that is one message or an mbox, of which no more than one is in memory."""
    first = file.readline()
    if not first.startswith(MBOX_MARK):
        yield Found(name=name, content=first + file.read())
        return
    for number, content in enumerate(messages(file), 1):
        yield Found(name=f"{name}:{number}", content=content)
