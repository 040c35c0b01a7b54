"""The words of a search: what a mail is found by, and what somebody types to find it.

Both go through `words_of`, and both databases compare the outcome as it stands, so that a search finds the same
everywhere: neither case nor accents nor punctuation count, and every word is found by its beginning.
"""

from __future__ import annotations

import re
import unicodedata

CONTENT = 4_000
"""Characters of folded words kept of a mail: more than what all but a few say."""
READ = 8_000
"""Characters of a text that are looked at: words repeat."""
WORD = 40
"""Characters of a word that count."""
TERMS = 10
"""Words of a search that count."""

_WORD = re.compile("[\\w\u0300-\u036f]+")
_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "_": " "}
"""Letters that Unicode does not take apart, and the sign that a word may have only for programmers."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, in order, each once."""
    text = text.casefold()
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold()
    words = dict.fromkeys(_WORD.findall(text))
    if not text.isascii():
        # Word by word: most have no accent, and many come again.
        words = dict.fromkeys(word if word.isascii() else _MARKS.sub("", word) for word in words)
        words.pop("", None)
    if max(map(len, words), default=0) > WORD:
        words = dict.fromkeys(word[:WORD] for word in words)
    return list(words)


def content_of(*texts: str) -> str:
    """Return the words by which these texts are found, each once, parted by one space; `CONTENT` characters at most."""
    content = " ".join(words_of("\n".join(text[:READ] for text in texts)))
    return content if len(content) <= CONTENT else content[:CONTENT].rpartition(" ")[0]


def terms_of(search: str) -> tuple[str, ...]:
    """Return the beginnings of words that a search asks for, each once; none asks for anything."""
    return tuple(words_of(search[:READ]))[:TERMS]
