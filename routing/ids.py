"""Identifiers: UUID version 7, so that the order of ids is the order of arrival."""

from __future__ import annotations

import os
import time
import uuid


def uuid7(now: float | None = None) -> str:
    """Return a new UUIDv7 as 36 lower-case characters (RFC 9562, section 5.7).

    The first 48 bits are Unix milliseconds and the next 12 the fraction of that millisecond (method 3 of section
    6.2), so that ids made by one process within a millisecond keep their order. The other 62 bits are random.

    Args:
        now: Unix time in seconds; the clock's when None.
    """
    nanoseconds = time.time_ns() if now is None else int(now * 1_000_000_000)
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    tail = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail
    return str(uuid.UUID(int=value))


def is_uuid(text: str) -> bool:
    """Say whether `text` is a UUID in its canonical form (36 characters, lower case)."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
