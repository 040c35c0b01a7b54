"""Which mails are near-copies of each other, in time that grows with their number and not with its square.

MinHash signatures (Broder 1997) of the 5-character shingles of each text, cut into bands (Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", chapter 3): texts that agree in one band are compared, exactly. Copies of one
template fill a band by the thousand, so each is compared with the first few different ones there and no others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.corpus.example import Example
from model.text import features_of

SIMILARITY = 0.7
"""Least share of common shingles (Jaccard) at which two mails are near-copies: the same words but for a sentence."""

CHARACTERS = 2_000
"""How much of a text is compared."""

_SHINGLE = 5
_BANDS, _ROWS = 24, 5
"""A pair that shares 0.7 of its shingles meets in some band with probability 0.99, one that shares 0.4 with 0.22."""
_LEADERS = 4
_PRIME = 0x9E3779B1
"""Knuth's multiplier for hashing: 2^32 over the golden ratio."""
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies:
    """Near-copies among some texts, by their numbers."""

    clusters: tuple[int, ...]
    """For each text the number of the first of its cluster: its own when it has no near-copy."""
    pairs: tuple[tuple[int, int], ...]
    """Pairs of near-copies, enough of them to connect each cluster; the smaller number first."""

    def within(self, count: int) -> Copies:
        """Return the same for the first `count` texts; two that only a later text connects stay together."""
        firsts: dict[int, int] = {}
        clusters, pairs = [], []
        for number, first in enumerate(self.clusters[:count]):
            mine = firsts.setdefault(first, number)
            clusters.append(mine)
            if mine != number:
                pairs.append((mine, number))
        return Copies(clusters=tuple(clusters), pairs=tuple(pairs))

    def members(self) -> list[list[int]]:
        """Return the clusters of two and more."""
        found: dict[int, list[int]] = {}
        for number, first in enumerate(self.clusters):
            found.setdefault(first, []).append(number)
        return [numbers for numbers in found.values() if len(numbers) > 1]


def near_copies(examples: Sequence[Example], similarity: float = SIMILARITY) -> Copies:
    """Return which mails are near-copies, by what the model reads of them; see `near_copies_of`."""
    return near_copies_of([features_of(example.mail) for example in examples], similarity)


def near_copies_of(read: Sequence[str], similarity: float = SIMILARITY) -> Copies:
    """Return which texts are near-copies.

    Case, accents, punctuation and the digits of numbers make no difference. 100,000 mails of 60 words take about a
    minute and 200 MB.
    """
    texts = [normalised(text) for text in read]
    union = Union(len(texts))
    pairs: list[tuple[int, int]] = []
    for run in _meetings(texts):
        leaders: list[int] = []
        for number in run:
            for leader in leaders:
                if union.first(number) == union.first(leader):
                    break
                if texts[number] == texts[leader] or _jaccard(texts[number], texts[leader]) >= similarity:
                    union.join(number, leader)
                    pairs.append((min(number, leader), max(number, leader)))
                    break
            else:
                if len(leaders) < _LEADERS:
                    leaders.append(number)
    return Copies(clusters=tuple(union.first(number) for number in range(len(texts))), pairs=tuple(pairs))


class Union:
    """Numbers in sets that can be joined (Tarjan's union-find); a set is known by its smallest number."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def first(self, number: int) -> int:
        """Return the smallest number of the set that `number` is in."""
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Make one set of two."""
        low, high = sorted((self.first(one), self.first(other)))
        self._parents[high] = low


def normalised(text: str) -> bytes:
    """Return what of a text is compared: its words without case and accents, each number as one 0."""
    plain = unicodedata.normalize("NFKD", text[:CHARACTERS]).casefold()
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter)) if not plain.isascii() else plain
    return _DIGITS.sub("0", " ".join(_WORD.findall(letters))).encode()


def _shingles(text: bytes) -> NDArray[np.uint32]:
    """Return the sorted hashes of a text's shingles, each once."""
    codes = np.frombuffer(text.ljust(_SHINGLE), dtype=np.uint8).astype(np.uint32)
    count = len(codes) - _SHINGLE + 1
    hashed = np.zeros(count, dtype=np.uint32)
    for place in range(_SHINGLE):
        hashed = (hashed ^ codes[place : place + count]) * np.uint32(_PRIME)
        hashed ^= hashed >> np.uint32(15)
    return np.unique(hashed)


def _jaccard(one: bytes, other: bytes) -> float:
    left, right = _shingles(one), _shingles(other)
    common = len(np.intersect1d(left, right, assume_unique=True))
    return common / (len(left) + len(right) - common)


def _meetings(texts: Sequence[bytes]) -> Iterator[list[int]]:
    """Yield the numbers of texts that agree in a band, a band after the other."""
    if not texts:
        return
    draw = np.random.default_rng(0)
    size = _BANDS * _ROWS
    factors = draw.integers(1, 2**32, size=(size, 1), dtype=np.uint64).astype(np.uint32) | np.uint32(1)
    offsets = draw.integers(0, 2**32, size=(size, 1), dtype=np.uint64).astype(np.uint32)
    signatures = np.empty((len(texts), size), dtype=np.uint32)
    for number, text in enumerate(texts):
        signatures[number] = (_shingles(text)[np.newaxis, :] * factors + offsets).min(axis=1)
    for band in range(_BANDS):
        keys = np.zeros(len(texts), dtype=np.uint64)
        for column in range(band * _ROWS, (band + 1) * _ROWS):
            keys = (keys ^ signatures[:, column]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
        order = np.argsort(keys, kind="stable")
        for run in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
            if len(run) > 1:
                yield [int(number) for number in run]
