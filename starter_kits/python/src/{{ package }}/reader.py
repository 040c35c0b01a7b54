"""Reads a file of claims line by line; a bad line is set aside with its reason and never stops the others."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from .claim import Claim

COLUMNS = tuple(field.name for field in fields(Claim))
CLAIM = TypeAdapter(Claim)


class UnreadableFileError(Exception):
    """The file as a whole cannot be read; the message is one sentence that says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A line that is no claim."""

    line: int  # of the file, its header being 1
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What a file held."""

    claims: tuple[Claim, ...]
    rejected: tuple[Rejected, ...]

    @property
    def rows(self) -> int:
        """How many rows the file has, good and bad."""
        return len(self.claims) + len(self.rejected)


def read_claims(path: Path) -> Batch:
    """Read claims from a CSV file with a header, in UTF-8, separated by commas or semicolons.

    A claim is one line: a quote that is never closed spoils its own line and not the rest of the file.

    Raises:
        UnreadableFileError: There is no such file, it is no UTF-8 text, or a column is missing.
    """
    header_line, *lines = _text_of(path).split("\n")
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    header = [name.strip().lower() for name in header_line.replace('"', "").split(delimiter)]
    if missing := [name for name in COLUMNS if name not in header]:
        raise UnreadableFileError(f"{path} lacks the column {missing[0]}; its header must name {', '.join(COLUMNS)}.")

    claims: dict[str, Claim] = {}
    line_of: dict[str, int] = {}
    rejected: list[Rejected] = []
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            claim = _claim_of(header, line, delimiter)
        except ValueError as error:
            rejected.append(Rejected(line=number, reason=_reason(error)))
            continue
        if claim.claim_id in claims:
            first = line_of[claim.claim_id]
            rejected.append(Rejected(line=number, reason=f"claim_id: {claim.claim_id} was already on line {first}"))
            continue
        claims[claim.claim_id] = claim
        line_of[claim.claim_id] = number
    return Batch(claims=tuple(claims.values()), rejected=tuple(rejected))


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {(error.strerror or 'no reason given').lower()}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"{path} is not UTF-8 text; export it again as UTF-8.") from error


def _claim_of(header: Sequence[str], line: str, delimiter: str) -> Claim:
    try:
        [cells] = csv.reader([line], delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from error
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells instead of {len(header)}")
    return CLAIM.validate_python(dict(zip(header, cells, strict=True)))


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    details = error.errors(include_url=False, include_context=False)
    parts = [
        (".".join(str(part) for part in detail["loc"]), detail["msg"].removeprefix("Value error, "))
        for detail in details
    ]
    return "; ".join(f"{place}: {text}" if place else text for place, text in parts)
