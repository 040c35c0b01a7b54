"""Words and numbers as a reader of one language expects them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from model.evaluation.intervals import Interval
from model.report.words import english, french

FRENCH: Final = "fr"
ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, FRENCH)

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_DASH = "\N{EN DASH}"
_SPACE_BEFORE = re.compile(r" (?=[;:?!%])")
_MINUS = "\N{MINUS SIGN}"
_THOUSAND = 1_000
_CERTAIN = 0.001
"""p-values below are not worth telling apart."""


def _typeset(words: Mapping[str, str]) -> Mapping[str, str]:
    """Put the spaces and hyphens of French print where a line must not break."""
    hyphen = "\N{NON-BREAKING HYPHEN}"
    return {
        key: _SPACE_BEFORE.sub(_NARROW_SPACE, text).replace("-mail", f"{hyphen}mail") for key, text in words.items()
    }


WORDS: Mapping[str, Mapping[str, str]] = {ENGLISH: english.WORDS, FRENCH: _typeset(french.WORDS)}


class Wording:
    """Says things in one language; keys are those of `WORDS`."""

    def __init__(self, language: str) -> None:
        """Choose a language of `LANGUAGES`."""
        self.language = language
        self._words = WORDS[language]

    def __call__(self, key: str, **values: object) -> str:
        """Say what `key` stands for, its places filled in."""
        return self._words[key].format(**values)

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share in per cent; never rounded to all or to nothing."""
        least = 10**-digits
        value = share * 100
        if 0 < share < 1:
            value = min(max(value, least), 100 - least)
        return f"{self._decimal(value, digits)}{self._percent_sign}"

    def span(self, interval: Interval, digits: int = 0) -> str:
        """Return an interval of shares in per cent."""
        low, high = (self._decimal(value * 100, digits) for value in (interval.low, interval.high))
        return f"{low}{_DASH}{high}{self._percent_sign}"

    def points(self, difference: float) -> str:
        """Return a difference of shares in percentage points, signed."""
        return self.signed(difference) + _NARROW_SPACE + self("points")

    def points_span(self, interval: Interval) -> str:
        """Return an interval of differences in percentage points."""
        return self("from_to", low=self.signed(interval.low), high=self.signed(interval.high))

    def share(self, value: float) -> str:
        """Return a figure between 0 and 1 that is no percentage to its readers, such as an F1."""
        return self._decimal(value, 3)

    def count(self, number: float) -> str:
        """Return a whole number, its thousands apart."""
        text = f"{number:,.0f}"
        return text.replace(",", _NARROW_SPACE) if self.language == FRENCH else text

    def compact(self, number: int) -> str:
        """Return a whole number in little room."""
        return self.count(number) if number < _THOUSAND else f"{self._decimal(number / _THOUSAND, 1)}k"

    def p(self, value: float) -> str:
        """Return a p-value, with its sign of relation."""
        return f"p < {self._decimal(_CERTAIN, 3)}" if value < _CERTAIN else f"p = {self._decimal(value, 3)}"

    def chance(self, value: float) -> str:
        """Return a p-value in per cent, for a sentence."""
        return f"< {self.percent(_CERTAIN)}" if value < _CERTAIN else self.percent(value)

    def slice_name(self, name: str) -> str:
        """Return a language or a length in words; a name that is neither is returned as it is."""
        if not name:
            return self("language_unknown")
        return self._words.get(f"slice_{name}", name)

    @property
    def _percent_sign(self) -> str:
        return f"{_NARROW_SPACE}%" if self.language == FRENCH else "%"

    def signed(self, share: float) -> str:
        """Return a difference of shares in percentage points, signed, without their name."""
        text = self._decimal(abs(share) * 100, 1)
        if not any(digit in text for digit in "123456789"):
            return text
        return (_MINUS if share < 0 else "+") + text

    def _decimal(self, value: float, digits: int) -> str:
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == FRENCH else text
