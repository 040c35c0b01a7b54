"""How likely a text is in each of 142 languages: naive Bayes over n-grams of bytes (Lui and Baldwin 2012).

The table is that of `py3langid`, written by `model.training.language_table` in a form that takes 16 MB of memory
instead of 76, and a tenth of a second to load instead of half a one. There an automaton of 104,583 states says after
each byte which n-gram ends there. Its states are the n-grams that it knows and their beginnings, six bytes at most, so
looking for the longest of them that ends at a byte comes to the same.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "languages.npz"
_BYTE = np.uint64(8)


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageTable:
    """What is known of the n-grams of each language."""

    languages: tuple[str, ...]
    """The column's language; one that is written in several scripts may have several."""
    priors: NDArray[np.float32]
    """Logarithms, one a language."""
    grams: tuple[NDArray[np.uint64], ...]
    """For each length in bytes from one: the known n-grams as numbers, first byte highest, ascending."""
    rows: tuple[NDArray[np.int32], ...]
    """For each of them its row among the weights; -1 for a mere beginning of others."""
    weights: NDArray[np.uint8]
    """A row for each feature, a column for each language: logarithms in steps, from an offset that cancels out."""
    step: float
    """Of the weights."""

    @classmethod
    def load(cls, file: Path = FILE) -> Self:
        """Read a table."""
        with np.load(file, allow_pickle=False) as kept:
            ends = np.cumsum(kept["lengths"])[:-1]
            return cls(
                languages=tuple(kept["languages"].tolist()),
                priors=kept["priors"],
                grams=tuple(np.split(kept["grams"], ends)),
                rows=tuple(np.split(kept["rows"], ends)),
                weights=np.ascontiguousarray(kept["weights"].T),
                step=float(kept["step"]),
            )

    def save(self, file: Path) -> None:
        """Write the table; the same table gives the same bytes."""
        np.savez_compressed(
            file,
            languages=np.array(self.languages),
            priors=self.priors,
            lengths=np.array([len(each) for each in self.grams]),
            grams=np.concatenate(self.grams),
            rows=np.concatenate(self.rows),
            # A language after the other: what is alike lies together, and takes a quarter less.
            weights=np.ascontiguousarray(self.weights.T),
            step=np.float64(self.step),
        )

    def probabilities(self, text: str) -> dict[str, float]:
        """Return the probability of each language, all alike for a text without any known n-gram."""
        data = unicodedata.normalize("NFC", text).encode("utf-8", errors="surrogatepass")
        found = self._features(np.frombuffer(data, dtype=np.uint8))
        scores: NDArray[np.floating] = np.zeros(len(self.languages))
        if len(found):
            features, counts = np.unique(found, return_counts=True)
            weights = self.weights[features].astype(np.float32)
            scores = self.step * (np.log1p(counts.astype(np.float32)) @ weights) + self.priors
        # A text of n bytes is not n independent witnesses: the root keeps short and long ones comparably sure.
        scores = scores / math.sqrt(len(data) or 1)
        likely = np.exp(scores - scores.max())
        shares: dict[str, float] = {}
        for language, share in zip(self.languages, (likely / likely.sum()).tolist(), strict=True):
            shares[language] = shares.get(language, 0.0) + share
        return shares

    def _features(self, data: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return, for each byte at which a feature ends, the row of the longest."""
        longest = np.full(len(data), -1, dtype=np.int32)
        starts = np.arange(len(data))
        keys = data.astype(np.uint64)
        for length, (grams, rows) in enumerate(zip(self.grams, self.rows, strict=True), start=1):
            if length > 1:
                within = starts + length <= len(data)
                starts = starts[within]
                keys = (keys[within] << _BYTE) | data[starts + (length - 1)]
            places = np.minimum(np.searchsorted(grams, keys), len(grams) - 1)
            known = grams[places] == keys
            # Whatever is known has a known beginning, so the others need not be looked at any further.
            starts, keys = starts[known], keys[known]
            longest[starts + (length - 1)] = rows[places[known]]
        return longest[longest >= 0]
