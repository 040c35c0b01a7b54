"""Text files line by line, without trust: no line is longer than it may be, and what cannot be read says where."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from routing.errors import ConfigurationError

LINE_BYTES = 32 * 1024 * 1024
"""Longest line that is read: more than the largest mail that the API takes."""

_LOOK = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDE = ("utf-16", "utf-32")

_Line = TypeVar("_Line", str, bytes)


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading. Raises ConfigurationError when that cannot be done."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"The corpus {path} cannot be read: {error.strerror}.") from error


def encoding_of(path: Path, *, guess: bool) -> str:
    """Return the encoding of a text file: by its mark, else UTF-8, else (with `guess`) Windows-1252.

    Excel's "CSV" on a French Windows is Windows-1252: bytes that are not UTF-8 are taken for that, since every byte
    means something in it. Work is one pass over the file.

    Raises:
        ConfigurationError: The file cannot be read, is empty, or holds bytes that no text has.
    """
    with open_bytes(path) as file:
        start = file.read(_LOOK)
        if not start.strip():
            raise ConfigurationError(f"{path} is empty: there is no mail in it.")
        for mark, name in _BOMS:
            if start.startswith(mark):
                return name
        if b"\0" in start:
            raise ConfigurationError(f"{path} is a binary file: give text (JSON Lines, CSV), Parquet or mails.")
        if not guess:
            return "utf-8"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while start:
                decoder.decode(start)
                start = file.read(_LOOK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def text_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line with its end) of a text file, which ends lines with LF or CRLF and nothing else.

    Raises:
        ConfigurationError: A line is too long or not in that encoding; the message names it.
    """
    try:
        known = codecs.lookup(encoding).name
        "a".encode(encoding)  # hex, rot13 and their like are codecs too, but none of text
    except (LookupError, ValueError) as error:
        raise ConfigurationError(
            f"{encoding!r} is no encoding: write utf-8, cp1252 or utf-16, for instance."
        ) from error
    number = 0
    try:
        with open_bytes(path) as file:
            if known.startswith(_WIDE):
                with io.TextIOWrapper(file, encoding=encoding, newline="\n") as text:
                    while line := text.readline(LINE_BYTES + 1):
                        number += 1
                        yield number, _short(line, path, number)
                return
            while raw := file.readline(LINE_BYTES + 1):
                number += 1
                line = _short(raw, path, number).decode("utf-8-sig" if known == "utf-8" and number == 1 else encoding)
                yield number, line
    except UnicodeError as error:
        raise ConfigurationError(
            f"{path}:{number} is not {encoding}: save the file as UTF-8, or say what it is, such as --encoding cp1252."
        ) from error
    except OSError as error:
        raise ConfigurationError(f"The corpus {path} cannot be read: {error.strerror}.") from error


def _short(line: _Line, path: Path, number: int) -> _Line:
    if len(line) > LINE_BYTES:
        raise ConfigurationError(
            f"{path}:{number} is longer than {LINE_BYTES // 1024 // 1024} MB: one mail a line is what is read."
        )
    return line
