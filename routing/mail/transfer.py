"""Content-Transfer-Encodings undone (RFC 2045, section 6), damaged ones as far as they go."""

from __future__ import annotations

import binascii
import re
import string

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
_OUTSIDE = bytes(set(range(256)) - set(_ALPHABET))
_OUTSIDE_PADDED = bytes(set(_OUTSIDE) - set(b"="))
_UU_BEGIN = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,255})$", re.MULTILINE)
_COUNTED = 10_000
"""Base64 longer than this is not decoded for its size, in bytes."""

_URL_SAFE = bytes.maketrans(b"-_", b"+/")

FILES = 500
"""Most uuencoded files that are taken out of a text."""

IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "8bits", "none", "plain"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


def encoding_of(text: str) -> str:
    """Return a Content-Transfer-Encoding in lower case, its common misspellings mended."""
    name = text.partition(";")[0].strip(" \"'").lower()
    if name.startswith("quoted"):
        return "quoted-printable"
    if name.startswith("base"):
        return "base64"
    return name


def undo(data: bytes, encoding: str) -> tuple[bytes, str]:
    """Return `data` with its transfer encoding undone, and the defect found on the way (empty when there was none).

    Args:
        data: The part's body as it stands in the message.
        encoding: The Content-Transfer-Encoding, lower case.
    """
    if encoding in IDENTITY:
        return data, ""
    if encoding == "quoted-printable":
        return decode_quoted_printable(data), ""
    if encoding == "base64":
        return decode_base64(data)
    if encoding in UUENCODE:
        return _decode_uuencode(data)
    return data, f"unknown transfer encoding {encoding[:40]!r}"


def decode_quoted_printable(data: bytes) -> bytes:
    """Return quoted-printable text decoded; what is no valid escape stays as it stands."""
    return binascii.a2b_qp(data) if b"=" in data else data


def decode_base64(data: bytes) -> tuple[bytes, str]:
    """Return base64 text decoded, and the defect found on the way.

    Padding within the text (encodings put one after another) is honoured; characters outside the alphabet are dropped;
    a last group that is short gives the bytes it holds.
    """
    clean = data.translate(None, b"\r\n \t")
    try:
        return binascii.a2b_base64(clean, strict_mode=True), ""
    except binascii.Error:
        pass
    clean = data.translate(_URL_SAFE).translate(None, _OUTSIDE_PADDED)
    decoded = b"".join(_decode_group(group) for group in clean.split(b"=") if group)
    return decoded, "damaged base64"


def _decode_group(group: bytes) -> bytes:
    # One character alone holds six bits: no byte.
    whole = group[: len(group) - 1] if len(group) % 4 == 1 else group
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def decoded_size(data: bytes, encoding: str) -> int:
    """Return how many bytes `undo` gives.

    Large base64 is counted, not decoded; where it is damaged, the count may differ from what could be decoded.
    """
    if encoding != "base64" or len(data) <= _COUNTED:
        return len(undo(data, encoding)[0])
    body = data.rstrip(b"=\r\n \t")
    return (len(body) - sum(map(body.count, b"\r\n \t"))) * 3 // 4


def _decode_uuencode(data: bytes) -> tuple[bytes, str]:
    """Decode the first uuencoded file in `data`: the lines between `begin MODE NAME` and `end`."""
    lines = iter(data.splitlines())
    if not any(line.startswith(b"begin ") for line in lines):
        return data, "uuencoded part without its first line"
    decoded = bytearray()
    for line in lines:
        if line.strip() == b"end":
            return bytes(decoded), ""
        decoded += _decode_line(line)
    return bytes(decoded), "uuencoded part without its last line"


def _decode_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # A known broken encoder pads its lines; the first character says how many bytes count.
        length = (line[0] - 32) & 63
        try:
            return binascii.a2b_uu(line[: 1 + (length * 4 + 2) // 3])
        except binascii.Error:
            return b""


def without_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return text without the files uuencoded within it, and each file's name and content."""
    if "\nend" not in text:
        return text, []
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    position = 0
    # Only what has a last line is a file, so the search for the next first line starts after it.
    for begin in _UU_BEGIN.finditer(text):
        if begin.start() < position:
            continue
        if len(files) >= FILES:
            break
        end = text.find("\nend", begin.end())
        if end < 0:
            break
        kept.append(text[position : begin.start()])
        data = text[begin.start() : end].encode("ascii", "replace") + b"\nend"
        files.append((begin[1].strip(), _decode_uuencode(data)[0]))
        position = end + len("\nend")
    return "".join([*kept, text[position:]]), files
