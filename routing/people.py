"""Who uses the console, and what each may do there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from routing.errors import InvalidInput
from routing.ids import uuid7
from routing.password_faults import password_fault
from routing.passwords import hash_password

MOST_VIEWS = 50
"""How many lists a user can save."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FULL_NAME_CHARACTERS = 200


class Role(StrEnum):
    """What a user may do; each role includes the ones before it."""

    AGENT = "agent"
    """Work in the queues: read, take, correct, move, handle."""
    SUPERVISOR = "supervisor"
    """See the figures, retry failed jobs, read the policy and try out changes to it."""
    ADMINISTRATOR = "administrator"
    """Change the policy, users and API keys."""

    def includes(self, other: Role) -> bool:
        """Say whether this role may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person who signs in to the console."""

    id: str
    """UUIDv7."""
    name: str
    """What one signs in with, unique for ever: letters, digits, dots, hyphens and underscores."""
    full_name: str
    """What colleagues read."""
    password: str
    """The password's hash (scrypt, with its parameters and salt); the password itself is kept nowhere."""
    role: Role
    queues: tuple[str, ...] = ()
    """The user's own queues, shown first."""
    language: str | None = None
    """`fr` or `en`; None: as the browser asks."""
    time_zone: str | None = None
    """An IANA name, such as `Europe/Paris`; None: the service's."""
    shortcuts: bool = True
    """Whether single keys act in lists (WCAG 2.1.4: they can be switched off)."""
    epoch: int = 0
    """Counts what ends all sessions of the user: signing out, a new password, a new role, being disabled."""
    created_at: float
    disabled_at: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A list that a user saved: a name and the query string that shows it."""

    id: str
    user_id: str
    name: str
    query: str
    created_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One line of the record of what was changed about the service itself: policy, users, keys."""

    at: float
    actor: str
    """`user NAME`, `key NAME`, or `command line`."""
    kind: str
    """Such as `policy saved`, `user created`, `role changed`, `key revoked`."""
    subject: str
    """What it was done to."""
    detail: str = ""


def new_user(name: str, full_name: str, role: Role, password: str, *, now: float) -> User:
    """Make a user who can sign in with this name and password; `routing.passwords` says what makes a good one.

    Raises:
        InvalidInput: name, full name or password is not one; `field` says which.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot name a user; use 1 to 64 letters without accents, digits, dots, hyphens and underscores, "
            "with a letter or digit first.",
            field="/name",
        )
    if len(full_name) > FULL_NAME_CHARACTERS:
        raise InvalidInput(f"A full name has at most {FULL_NAME_CHARACTERS} characters.", field="/full_name")
    kept = keep_password(password, name)
    return User(id=uuid7(now), name=name, full_name=full_name.strip() or name, password=kept, role=role, created_at=now)


def is_user_name(name: str) -> bool:
    """Say whether somebody could sign in with this name."""
    return _NAME.fullmatch(name) is not None


def with_password(user: User, password: str) -> User:
    """Return the user with another password; all sessions end. Raises InvalidInput when it is not a good one."""
    return replace(user, password=keep_password(password, user.name), epoch=user.epoch + 1)


def with_role(user: User, role: Role) -> User:
    """Return the user with another role; all sessions end."""
    return user if role is user.role else replace(user, role=role, epoch=user.epoch + 1)


def signed_out(user: User) -> User:
    """Return the user with all sessions ended."""
    return replace(user, epoch=user.epoch + 1)


def disabled(user: User, *, now: float) -> User:
    """Return the user disabled: nobody signs in with the name any more, and all sessions end."""
    return user if user.disabled_at is not None else replace(user, disabled_at=now, epoch=user.epoch + 1)


def enabled(user: User) -> User:
    """Return the user able to sign in again."""
    return user if user.disabled_at is None else replace(user, disabled_at=None, epoch=user.epoch + 1)


def is_lasting_administrator(user: User) -> bool:
    """Say whether the user may sign in and change everything: there is always one such."""
    return user.role is Role.ADMINISTRATOR and user.disabled_at is None


def keep_password(password: str, name: str) -> str:
    """Return what is kept of a good password. Raises InvalidInput when it is not one, and says why."""
    fault = password_fault(password, name)
    if fault is not None:
        raise InvalidInput(fault.sentence, field="/password")
    return hash_password(password)
