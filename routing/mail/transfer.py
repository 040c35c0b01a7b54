"""Content-Transfer-Encodings undone (RFC 2045, section 6), damaged ones as far as they go."""

from __future__ import annotations

import binascii
import string

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
_OUTSIDE = bytes(set(range(256)) - set(_ALPHABET))
_OUTSIDE_PADDED = bytes(set(_OUTSIDE) - set(b"="))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")

IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


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
    """Return how many bytes `undo` gives, without decoding large base64."""
    if encoding == "base64":
        clean = data.translate(None, b"\r\n \t")
        body = clean.rstrip(b"=")
        if b"=" not in body and not body.translate(None, _ALPHABET):
            return len(body) * 3 // 4
    return len(undo(data, encoding)[0])


def _decode_uuencode(data: bytes) -> tuple[bytes, str]:
    """Decode the first uuencoded file in `data`: the lines between `begin MODE NAME` and `end`."""
    lines = iter(data.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    else:
        return data, "uuencoded part without its first line"
    decoded = bytearray()
    defect = "uuencoded part without its last line"
    for line in lines:
        if line.strip() == b"end":
            defect = ""
            break
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            # A known broken encoder pads its lines; the first character says how many bytes count.
            length = ((line[0] - 32) & 63) if line else 0
            try:
                decoded += binascii.a2b_uu(line[: (length * 4 + 5) // 3])
            except binascii.Error:
                defect = "damaged uuencoded part"
    return bytes(decoded), defect
