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

_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, in order, with repetitions."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)))
    return [word[:WORD] for word in _WORD.findall(text.casefold())]


def content_of(*texts: str) -> str:
    """Return the words by which these texts are found, each once, parted by one space; `CONTENT` characters at most."""
    content = " ".join(dict.fromkeys(word for text in texts for word in words_of(text[:READ])))
    return content if len(content) <= CONTENT else content[:CONTENT].rpartition(" ")[0]


def terms_of(search: str) -> tuple[str, ...]:
    """Return the beginnings of words that a search asks for, each once; none asks for anything."""
    return tuple(dict.fromkeys(words_of(search[:READ])))[:TERMS]
