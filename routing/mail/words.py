"""Header text: RFC 2047 encoded words and raw 8-bit bytes, as senders really write them.

Decoded although the RFC forbids it, because mail systems write it: words within quoted strings, words glued to text or
to each other, spaces and unescaped characters within a word, characters split over two words, a last word without its
end. Work is linear in the length of the header.
"""

from __future__ import annotations

import re

from routing.mail.charset import decode, one_line
from routing.mail.transfer import decode_base64, decode_quoted_printable

_CHARSET_NAME = 60
"""Longest charset (with an RFC 2231 language) that is believed to start an encoded word, in characters."""

_MARK = re.compile(r"\?=|=\?=?")
"""What ends an encoded word: its own end, or the beginning of the next one."""


def header_text(value: bytes, hint: str = "") -> str:
    """Return a header's value as text on one line, encoded words decoded.

    Args:
        value: The field's bytes after the colon, folded or not.
        hint: The charset of the message's body, for headers in raw 8-bit bytes that are not UTF-8.
    """
    # Unfolded first: white space within a folded word must not end it.
    if value.isascii():
        text = " ".join(value.decode("ascii").split())
        if not text.isprintable():
            text = one_line(decode_raw(value, hint))
    else:
        text = one_line(decode_raw(value, hint))
    return one_line(decode_words(text)) if "=?" in text else text


def decode_raw(value: bytes, hint: str = "") -> str:
    """Return header bytes as text, encoded words untouched: as UTF-8 (RFC 6532) if they are that, else by `hint`."""
    try:
        return value.decode("utf-8") if b"\x1b" not in value else decode(value, hint)[0]
    except UnicodeDecodeError:
        return decode(value, hint)[0]


def decode_words(text: str) -> str:
    """Return `text` with its encoded words decoded, and everything else as it was."""
    decoded: list[str] = []
    run = bytearray()
    run_charset = ""
    position = 0
    start = text.find("=?")
    while start >= 0:
        word = _word(text, start)
        if word is None:
            start = text.find("=?", start + 2)
            continue
        charset, data, end = word
        between = text[position:start]
        # White space between two encoded words is folding, not text (RFC 2047, section 6.2), and bytes are joined
        # before they are decoded, because some senders split a character over two words.
        if not run or charset != run_charset or (between and not between.isspace()):
            decoded.append(decode(bytes(run), run_charset)[0])
            if not run or not between.isspace():
                decoded.append(between)
            run.clear()
        run += data
        run_charset = charset
        position = end
        start = text.find("=?", position)
    decoded.append(decode(bytes(run), run_charset)[0])
    decoded.append(text[position:])
    return "".join(decoded)


def word_end(text: str, start: int) -> int | None:
    """Return the end of the encoded word at `start` of `text`, or None when there is none."""
    word = _word(text, start)
    return word[2] if word else None


def _word(text: str, start: int) -> tuple[str, bytes, int] | None:
    """Return charset, bytes and end of the encoded word at `start`, or None when there is none."""
    mark = text.find("?", start + 2, start + 2 + _CHARSET_NAME)
    if mark < start + 2 or text[mark + 2 : mark + 3] != "?":
        return None
    encoding = text[mark + 1].lower()
    if encoding not in {"b", "q"}:
        return None
    charset = text[start + 2 : mark].partition("*")[0].strip().lower()
    begin = mark + 3
    # One search for whatever comes first: looking for each mark by itself would read on to the end for every word.
    found = _MARK.search(text, begin)
    end = found.start() if found else len(text)
    after = found.end() if found else end
    if found and found[0] == "=?":
        after = end  # the word's own end is missing: it reaches to the next word
    elif found and found[0] == "=?=":
        end += 1  # base64 padding before the word's end
    content = text[begin:end].encode("utf-8", "surrogatepass")
    if encoding == "b":
        return charset, decode_base64(content)[0], after
    return charset, decode_quoted_printable(content.replace(b"_", b" ")), after
