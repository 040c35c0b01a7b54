"""Who uses the console, and what each may do there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.keys import Scope


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

    @property
    def scopes(self) -> frozenset[Scope]:
        """What a user of this role may do through the API, signed in with a browser."""
        if self is Role.ADMINISTRATOR:
            return frozenset({Scope.ADMIN})
        return frozenset({Scope.READ, Scope.REVIEW})


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
    """Counts what ends all sessions of the user: a new password, a new role, being disabled."""
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
