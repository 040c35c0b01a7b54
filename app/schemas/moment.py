"""Moments: RFC 3339 outside, Unix seconds inside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from routing.job_document import rfc3339

LENGTH = 40


def rfc3339_or_none(moment: float | None) -> str | None:
    """Return a moment as text, or None for none."""
    return None if moment is None else rfc3339(moment)


def unix(text: str) -> float:
    """Return the Unix seconds of an RFC 3339 moment; an offset is needed. Raises ValueError with a sentence."""
    try:
        moment = datetime.fromisoformat(text) if len(text) <= LENGTH else None
        if moment is not None and moment.tzinfo is not None and "T" in text.upper().replace(" ", "T"):
            return moment.timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError("Must be a moment with an offset (RFC 3339), such as 2026-11-20T10:00:00Z.")


def _checked(text: str) -> str:
    unix(text)
    return text


Moment = Annotated[str, AfterValidator(_checked), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment as text that can be read."""

Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment that we wrote."""
