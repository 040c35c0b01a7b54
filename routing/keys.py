"""API keys: how a secret is made, what of it is kept, and what a key may do."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from routing.errors import Forbidden, InvalidInput
from routing.ids import uuid7

PREFIX = "fct_"
"""What every secret begins with, so that scanners for leaked secrets can know one."""

_SECRET = re.compile(r"fct_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Scope(StrEnum):
    """What a key may do."""

    SUBMIT = "submit"
    """Hand in mails, and take back its own."""
    READ = "read"
    """Read jobs, mails and queues, of every source."""
    REVIEW = "review"
    """Confirm and correct decisions, retry failed jobs."""
    ADMIN = "admin"
    """All of it, and erase what others handed in."""


SCOPES = tuple(Scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A caller's key. The secret itself is never stored, only its SHA-256 (secrets carry 256 bits of randomness)."""

    id: str
    name: str
    """Unique among keys that are not revoked; the `source` of what it submits."""
    secret_hash: str
    scopes: frozenset[str]
    created_at: float
    revoked_at: float | None = None


def new_key(name: str, scopes: Iterable[str], *, now: float) -> tuple[ApiKey, str]:
    """Make a key and its secret: `fct_` and 43 URL-safe characters, 256 bits of randomness.

    The secret is shown once and kept nowhere.

    Raises:
        InvalidInput: the name or a scope is not one.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot name a key; use 1 to 64 letters, digits, dots, hyphens and underscores.", field="/name"
        )
    wanted = frozenset(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        what = f"{unknown[0]!r} is not a scope" if unknown else "A key needs a scope"
        raise InvalidInput(f"{what}; the scopes are {', '.join(SCOPES)}.", field="/scopes")
    secret = PREFIX + secrets.token_urlsafe(32)
    return (
        ApiKey(
            id=uuid7(now),
            name=name,
            secret_hash=hash_secret(secret),
            scopes=frozenset(map(str, wanted)),
            created_at=now,
        ),
        secret,
    )


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, 64 hexadecimal digits.

    A fast hash is right here: there is nothing to guess in 256 random bits. And since keys are looked up by it, the
    time of a comparison tells nothing about a secret.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(text: str) -> bool:
    """Say whether `text` has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


def allows(key: ApiKey, scope: Scope) -> bool:
    """Say whether a key may do what `scope` stands for."""
    return scope in key.scopes or Scope.ADMIN in key.scopes


def require(key: ApiKey, scope: Scope) -> None:
    """Raise Forbidden when the key may not do what `scope` stands for."""
    if not allows(key, scope):
        raise Forbidden(f"The key {key.name!r} does not have the scope {scope.value!r}; use one that has it.")
