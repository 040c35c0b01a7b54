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


def apart(spans: Iterable[Span], length: int) -> list[Span]:
    """Return the spans that overlap no earlier one of the iterable, in the order of the text."""
    taken = bytearray(length)
    kept = []
    for span in spans:
        if span.start < span.end and not taken.find(1, span.start, span.end) >= 0:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
