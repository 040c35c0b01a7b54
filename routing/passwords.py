"""Passwords of the console's users: what is kept of one, and whether one is right.

Kept is the scrypt hash (RFC 7914) with its parameters and its salt in the form `scrypt$N$r$p$salt$hash`, salt and hash
in URL-safe base64. N = 2^15, r = 8, p = 1 takes 32 MiB and a tenth of a second of one core a guess. Parameters stand in
every hash, so raising them later leaves older passwords valid.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata

from routing.password_faults import LONGEST

COST = 2**15
BLOCK = 8
LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32

NOBODY = "scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""The hash of no password: checking against it takes as long as against any, for names that nobody has."""


def hash_password(password: str) -> str:
    """Return what is kept of a password; whether it is a good one is `routing.password_faults`' to say."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(password, salt, COST, BLOCK, LANES)
    return f"scrypt${COST}${BLOCK}${LANES}${_text(salt)}${_text(digest)}"


def check_password(password: str, kept: str) -> bool:
    """Say whether `kept` was made from this password, in the time that its parameters ask for."""
    scheme, cost, block, lanes, salt, digest = kept.split("$")
    if scheme != "scrypt":
        raise ValueError(scheme)
    made = _scrypt(password[: LONGEST + 1], _bytes(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(made, _bytes(digest))


def generate_password() -> str:
    """Return a fresh password of four groups of five letters and digits, 100 bits, none of them easily mistaken."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    """Return the hash of a password as people type it: NFKC, so that every keyboard's accents are the same."""
    written = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(
        written, salt=salt, n=cost, r=block, p=lanes, maxmem=256 * cost * block * lanes, dklen=HASH_BYTES
    )


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
