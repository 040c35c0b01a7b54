"""Characters out of bytes whose declared charset is missing, unknown or wrong.

Nothing here raises. The order of attempts follows what senders really do: bytes that are valid UTF-8 nearly always are
UTF-8, whatever a single-byte charset was declared; what is called Latin-1 or ASCII is Windows-1252 (as in the WHATWG
Encoding Standard); a multi-byte charset is believed first, because two of its characters can look like UTF-8.
"""

from __future__ import annotations

import codecs
from functools import lru_cache

_WINDOWS_1252 = "cp1252"

_CHARSET_NAME = 40
"""Longest charset name looked up, in characters; the longest registered one in use has 27."""

# Python's names of the codecs that decode text; the others (rot13, zlib, idna, punycode…) must never see mail.
_TEXT_CODECS = (
    "utf",
    "iso",
    "cp",
    "koi8",
    "mac",
    "big5",
    "gb",
    "euc",
    "shift",
    "hz",
    "johab",
    "tis",
    "ascii",
    "kz1048",
)

_ALIASES = {
    "": _WINDOWS_1252,
    "ascii": _WINDOWS_1252,
    "us-ascii": _WINDOWS_1252,
    "ansi": _WINDOWS_1252,
    "latin1": _WINDOWS_1252,
    "latin-1": _WINDOWS_1252,
    "iso-8859-1": _WINDOWS_1252,
    "iso8859-1": _WINDOWS_1252,
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinesebig5": "cp950",
    "big5": "cp950",
    "x-big5": "cp950",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "euc-kr": "cp949",
    "ks-c-5601-1987": "cp949",
    "ks_c_5601-1987": "cp949",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
}

# Codecs whose encoded text may consist of ASCII bytes only, so that an ASCII look does not settle the matter.
_SEVEN_BIT = frozenset({"utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})

_ESCAPING = ("iso2022_jp_ext", "iso2022_jp_2", "iso2022_kr")
"""Codecs that announce themselves by escape sequences; often undeclared."""

_MULTI_BYTE = (
    "gb",
    "big5",
    "cp932",
    "cp949",
    "cp950",
    "euc",
    "shift",
    "johab",
    "iso2022",
    "hz",
    "utf-7",
    "utf-16",
    "utf-32",
)

_ASCII = bytes(range(0x80))

_CHANCE = 8
"""How many non-ASCII bytes of another charset may be valid UTF-8 by chance: with more, it is UTF-8."""

_REPLACED_SHARE = 0.05
"""Share of characters that may be unreadable before a multi-byte decoding is given up."""


@lru_cache(maxsize=512)
def codec(name: str) -> str | None:
    """Return Python's name of the codec for a charset as mail names it, or None when there is no such text codec."""
    key = name[:_CHARSET_NAME].strip(" \t\r\n\"'").lower()
    wanted = _ALIASES.get(key, key)
    if wanted.startswith(("x-", "3d")) and wanted not in _ALIASES:
        wanted = wanted.removeprefix("x-").removeprefix("3d")
    wanted = _ALIASES.get(wanted, wanted).replace("windows-", "cp")
    if not wanted.isascii() or not wanted.isprintable() or "." in wanted:
        return None
    try:
        found = codecs.lookup(wanted).name
    except (LookupError, ValueError):
        return None
    if not found.startswith(_TEXT_CODECS):
        return None
    return _ALIASES.get(found, found)


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return `data` as text, and the defect found on the way (empty when there was none).

    Args:
        data: Bytes of text, transfer encoding already undone.
        declared: The charset that the mail names; empty when it names none.
    """
    if data.isascii():
        return _decode_ascii(data, declared)
    name = codec(declared)
    defect = f"unknown charset {declared[:_CHARSET_NAME]!r}" if name is None else ""
    name = name or _WINDOWS_1252
    if name.startswith(_MULTI_BYTE) and _believable(data, name):
        try:
            return data.decode(name), defect
        except (UnicodeError, ValueError):
            defect = defect or f"text is not in its declared charset {name}"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_invalid(data, name, declared, defect)
    if declared and name != "utf-8" and not defect:
        defect = f"text declared as {name} is UTF-8"
    return text.removeprefix("\ufeff"), defect


def _believable(data: bytes, name: str) -> bool:
    """Say whether a declared multi-byte charset is to be tried before UTF-8."""
    if name.startswith(("utf-16", "utf-32")):
        return _looks_wide(data)
    if len(data.translate(None, _ASCII)) <= _CHANCE:
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _decode_ascii(data: bytes, declared: str) -> tuple[str, str]:
    """Decode bytes that are all ASCII, which some charsets hide other characters in."""
    name = codec(declared) if declared else _WINDOWS_1252
    candidates: tuple[str, ...] = ()
    defect = ""
    if b"\x1b" in data:
        candidates, defect = _ESCAPING, "unreadable escape sequences"
    elif name is None:
        defect = f"unknown charset {declared[:_CHARSET_NAME]!r}"
    elif name in _SEVEN_BIT and (name in {"utf-7", "hz"} or _looks_wide(data)):
        candidates, defect = (name,), f"text is not in its declared charset {name}"
    for candidate in candidates:
        try:
            return data.decode(candidate), ""
        except (UnicodeError, ValueError):
            continue
    return data.decode("ascii"), defect


def _decode_invalid(data: bytes, name: str, declared: str, defect: str) -> tuple[str, str]:
    """Decode bytes that are not UTF-8: by the declared codec, else by the one that loses least."""
    multi_byte = name.startswith((*_MULTI_BYTE, "utf"))
    if not multi_byte:
        if name == _WINDOWS_1252:
            return windows_1252(data), defect or ("" if declared else "8-bit text without a charset")
        return data.decode(name, "replace"), defect
    for candidate in (name, "utf-8"):
        text = data.decode(candidate, "replace")
        # A cut or damaged character here and there is no reason to distrust the whole.
        if text.count("\ufffd") <= _REPLACED_SHARE * len(text):
            return text, defect or f"text is not entirely in its declared charset {name}"
    return windows_1252(data), defect or f"text is not in its declared charset {name}"


def windows_1252(data: bytes) -> str:
    """Decode Windows-1252, its five unassigned bytes as Latin-1 controls (WHATWG Encoding Standard)."""
    try:
        return data.decode(_WINDOWS_1252)
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_controls_as_windows_1252())


@lru_cache(maxsize=1)
def _controls_as_windows_1252() -> dict[int, str]:
    return {byte: bytes([byte]).decode(_WINDOWS_1252, "ignore") or chr(byte) for byte in range(0x80, 0xA0)}


def _looks_wide(data: bytes) -> bool:
    return b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff"))


def storable(text: str) -> str:
    r"""Return `text` with `\n` line ends, no NUL, and encodable as UTF-8: what a database takes.

    Lone surrogates become U+FFFD; pairs of them become the character that they stand for.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def one_line(text: str) -> str:
    """Return `text` storable and on one line: each run of white space and controls is one space."""
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return storable(" ".join(text.translate(_CONTROLS).split()))


_CONTROLS = dict.fromkeys([*range(0x20), 0x7F], " ")
