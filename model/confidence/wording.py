"""How surprising a mail's wording is to whoever has read the training mails: a model of pairs of tokens.

A classifier is at ease with any sentence that its labels' words occur in; likelihood is not (Ren et al. 2019,
"Likelihood Ratios for Out-of-Distribution Detection", arXiv:1906.02845, for the idea that each knows what the other
does not). Another language or trade shows here at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEIGHT = 10.0
"""Occurrences of its first token after which a pair is judged half by its own frequency, half by its second token's."""
_UNSEEN = 0.5
"""Added to every token's count."""
_STEPS = 8
"""Counts are stored in a byte: eighths of a power of two."""
_COUNTS = (np.exp2(np.arange(256) / _STEPS) - 1).astype(np.float64)
_FEWEST_BITS, _MOST_BITS = 12, 20
_HASH = np.uint64(0x9E3779B97F4A7C15)
"""Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)."""

Row = Sequence[int] | NDArray[np.int64]
"""The numbers of a mail's tokens, with the tokenizer's own marks at both ends."""


class Wording:
    """Frequencies of tokens and of pairs of neighbours; pairs are hashed, so that the size is bounded."""

    def __init__(self, tokens: NDArray[Any], pairs: NDArray[Any]) -> None:
        """Take the tables of bytes that `tables` gave: by token, and by hashed pair (a power of two of them)."""
        self._tables = {"tokens": tokens, "pairs": pairs}
        self._pairs = pairs
        self._shift = np.uint64(64 - int(pairs.size).bit_length() + 1)
        counts = _COUNTS[tokens]
        self._counts = counts
        self._share = _WEIGHT * (counts + _UNSEEN) / (counts.sum() + _UNSEEN * counts.size)

    @classmethod
    def learn(cls, rows: Sequence[Row], vocabulary: int) -> Wording:
        """Count the tokens (numbers below `vocabulary`) of mails, each with the tokenizer's own marks at its ends."""
        pairs = np.concatenate(
            [_pairs_of(np.asarray(row, dtype=np.uint64)) for row in rows] or [np.zeros(0, np.uint64)]
        )
        distinct, counts = np.unique(pairs, return_counts=True)
        bits = min(max(_FEWEST_BITS, (2 * distinct.size).bit_length()), _MOST_BITS)
        table = np.zeros(1 << bits)
        np.add.at(table, (distinct * _HASH) >> np.uint64(64 - bits), counts)
        tokens = np.bincount(np.concatenate([np.asarray(row, dtype=np.int64) for row in rows]), minlength=vocabulary)
        return cls(_bytes_of(tokens), _bytes_of(table))

    @property
    def tables(self) -> Mapping[str, NDArray[Any]]:
        """What to store."""
        return self._tables

    def surprise(self, row: Row) -> float:
        """Return the mean surprise of a token after its neighbour, in nats. Costs some 20 microseconds a mail."""
        ids = np.minimum(np.asarray(row, dtype=np.int64), self._counts.size - 1)
        if ids.size < 2:  # noqa: PLR2004 - a pair
            return float(-np.log(_UNSEEN / (self._counts.sum() + _UNSEEN * self._counts.size)))
        found = _COUNTS[self._pairs[(_pairs_of(ids.astype(np.uint64)) * _HASH) >> self._shift]]
        # Two pairs may share a place; none occurs more often than its first token.
        first = self._counts[ids[:-1]]
        chance = (np.minimum(found, first) + self._share[ids[1:]]) / (first + _WEIGHT)
        return float(-np.log(np.minimum(chance, 1.0)).mean())


def _pairs_of(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (ids[:-1] << np.uint64(32)) | ids[1:]


def _bytes_of(counts: NDArray[Any]) -> NDArray[np.uint8]:
    return np.minimum(np.round(_STEPS * np.log2(counts + 1.0)), 255).astype(np.uint8)
