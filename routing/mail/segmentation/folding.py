"""Text as the rules compare it: lower case, no accents, one kind of apostrophe and of space."""

from __future__ import annotations

import unicodedata

_LATIN = range(0xC0, 0x250)
_SAID_OTHERWISE = {
    "ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d",
    "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'",  # noqa: RUF001 - what clients write for an apostrophe
    "“": '"', "”": '"', "«": '"', "»": '"', "：": ":", "–": "-", "—": "-", "―": "-",  # noqa: RUF001 - as above
    "\t": " ", "\xa0": " ", "\u2009": " ", "\u202f": " ", "\u2007": " ", "\u3000": " ",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\u2060": "", "\ufeff": "", "\xad": "",
}  # fmt: skip


def _table() -> dict[int, str]:
    table = {
        code: unicodedata.normalize("NFD", chr(code))[0]
        for code in _LATIN
        if len(unicodedata.normalize("NFD", chr(code))) > 1
    }
    table.update(dict.fromkeys(range(768, 880), ""))  # combining accents, from decomposed text
    table.update({ord(character): plain for character, plain in _SAID_OTHERWISE.items()})
    return table


_TABLE = _table()


def fold(text: str) -> str:
    """Return `text` in lower case, without accents, with ASCII apostrophes, quotes, dashes and spaces.

    Other scripts than Latin only lose their capitals. The length may change.
    """
    low = text.lower()
    if low.isascii():
        return low.replace("\t", " ") if "\t" in low else low
    return low.translate(_TABLE)
