"""A place in a text that says who somebody is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a span holds; the name is what stands in its place."""

    SECRET = "SECRET"  # noqa: S105 - a kind of them
    URL = "URL"
    EMAIL = "EMAIL"
    IBAN = "IBAN"
    NIR = "NIR"
    CARD = "CARD"
    PHONE = "PHONE"
    BIRTHDATE = "BIRTHDATE"
    PLATE = "PLATE"
    ADDRESS = "ADDRESS"
    REFERENCE = "REFERENCE"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text, and what they hold."""

    start: int
    end: int
    kind: Kind


def apart(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return the spans in the order of the text, each without what an earlier one of the iterable has taken."""
    taken = bytearray(len(text))
    kept = []
    for span in spans:
        start = span.start
        while start < span.end:
            end = taken.find(1, start, span.end)
            end = span.end if end < 0 else end
            whole = (start, end) == (span.start, span.end)
            if whole or sum(map(str.isalnum, text[start:end])) > 1:  # what is left of a title is no name
                kept.append(span if whole else _trimmed(text, Span(start, end, span.kind)))
            start = taken.find(0, end, span.end)
            if start < 0:
                break
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    return sorted(kept, key=lambda span: span.start)


def _trimmed(text: str, span: Span) -> Span:
    """Return the span without the spaces and marks at its ends."""
    start, end = span.start, span.end
    while not text[start].isalnum():
        start += 1
    while not text[end - 1].isalnum():
        end -= 1
    return Span(start, end, span.kind)
