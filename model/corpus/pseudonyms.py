"""Names that stand for authors where a corpus goes: one for each, and in every corpus another."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

_BYTES = 6
"""Enough to tell a million authors apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pseudonyms:
    """Gives an author the same pseudonym as long as it lives; whoever has the corpus cannot work out whose it is."""

    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, author: str) -> str:
        """Return the pseudonym of an author, whatever the case of the letters; empty for nobody."""
        hashed = hashlib.blake2b(author.lower().encode("utf-8", "replace"), key=self._salt, digest_size=_BYTES)
        return hashed.hexdigest() if author else ""
