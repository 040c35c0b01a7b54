"""The wide part's view of a text: which words, pairs of words and pieces of words occur in it, as hashed numbers.

What TF-IDF with a linear model sees, and an encoder that reads word pieces may overlook: rare words, codes, spellings.
Everything is computed on arrays, a fixed number of passes over the text: some 0.1 ms for a mail of 60 words.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

NOTHING = 0
"""The number that stands for no n-gram: what an empty text has, and what fills up rows of a batch."""

_PIECES = (3, 4, 5)
"""Letters of a piece of a word; the edges of the word count as one each."""

_WORD = re.compile(r"\w+")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)


def ngrams_of(text: str, buckets: int) -> NDArray[np.int64]:
    """Return the numbers (1 to `buckets` - 1, each once, ascending) of the n-grams of `text`; (0,) if it has none.

    N-grams are words, pairs of neighbours, and pieces of three to five letters within a word (as scikit-learn's
    `char_wb`), of the text in small letters without accents, every digit as 0. Different n-grams may share a number
    (Weinberger et al. 2009, "Feature hashing for large scale multitask learning").
    """
    words = _WORD.findall(_plain(text))
    if not words:
        return np.array([NOTHING], dtype=np.int64)
    letters = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    hashes = np.concatenate([*_word_hashes(letters), *_piece_hashes(letters)])
    return np.unique(_mixed(hashes) % np.uint64(buckets - 1)).astype(np.int64) + 1


def _plain(text: str) -> str:
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    if not plain.isascii():
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return plain.lower().translate(_DIGITS)


_DIGITS = dict.fromkeys(map(ord, "123456789"), "0")


def _word_hashes(letters: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """Return the hashes of the words, a polynomial of their letters each, and of the pairs of neighbours."""
    edges = np.flatnonzero(letters == ord(" "))
    starts, lengths = edges[:-1] + 1, np.diff(edges) - 1
    places = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    powers = np.multiply.accumulate(np.full(int(lengths.max()), _BASE, dtype=np.uint64))
    inside = letters != ord(" ")
    words = np.add.reduceat(letters[inside] * powers[places], starts - np.arange(1, len(starts) + 1))
    return [words, words[:-1] * _PAIR + words[1:]]


def _piece_hashes(letters: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """Return the hashes of the pieces of words, by their length."""
    edges = np.concatenate([[0], np.cumsum(letters == ord(" "))])
    hashes = []
    rolling = letters
    for size in range(2, max(_PIECES) + 1):
        rolling = rolling[:-1] * _BASE + letters[size - 1 :]
        if size in _PIECES:
            # No edge of a word within the piece, only at its ends.
            whole = edges[size - 1 : len(edges) - 1] == edges[1 : len(edges) - size + 1]
            hashes.append(rolling[whole] + np.uint64(size))
    return hashes


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    mixed = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
