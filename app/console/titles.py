"""What roles, scopes and the audit's lines are called in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.console.language import gettext, noted
from routing.keys import Scope
from routing.people import AuditEntry, Role

ROLES: Final[Mapping[str, str]] = {
    Role.AGENT: noted("Agent"),
    Role.SUPERVISOR: noted("Supervisor"),
    Role.ADMINISTRATOR: noted("Administrator"),
}
MAY: Final[Mapping[str, str]] = {
    Role.AGENT: noted("works in the queues: reads, takes, corrects, moves, handles"),
    Role.SUPERVISOR: noted("also sees figures, failed mails and the system, reads the policy and tries out changes"),
    Role.ADMINISTRATOR: noted("also changes the policy, users and keys, reads the audit, erases mails"),
}
SCOPES: Final[Mapping[str, str]] = {
    Scope.SUBMIT: noted("hand in mails, and take back its own"),
    Scope.READ: noted("read jobs, mails and queues of every source"),
    Scope.REVIEW: noted("confirm and correct decisions, retry failed jobs"),
    Scope.ADMIN: noted("all of it, and erase what others handed in"),
}
KINDS: Final[Mapping[str, str]] = {
    "user created": noted("User created"),
    "user changed": noted("User changed"),
    "role changed": noted("Role changed"),
    "password changed": noted("Password changed"),
    "user disabled": noted("User disabled"),
    "user enabled": noted("User enabled"),
    "key created": noted("Key created"),
    "key revoked": noted("Key revoked"),
    "mail erased": noted("Mail erased"),
    "policy saved": noted("Policy saved"),
    "policy rolled back": noted("Policy rolled back"),
}
WHO: Final[Mapping[str, str]] = {
    "user": noted("user %(name)s"),
    "key": noted("key %(name)s"),
    "version": noted("version %(name)s"),
    "job": noted("mail %(name)s"),
    "command": noted("command line"),
    "file": noted("the policy file"),
}


def role_name(role: str) -> str:
    """Return what a role is called."""
    return gettext(ROLES[role]) if role in ROLES else role


def role_and_rights(role: Role) -> str:
    """Return what a role is called, and what it adds to those before it."""
    return gettext("%(role)s: %(may)s", role=role_name(role), may=gettext(MAY[role]))


def kind_name(kind: str) -> str:
    """Return what a line of the audit tells of."""
    return gettext(KINDS[kind]) if kind in KINDS else kind


def party(text: str) -> str:
    """Return who did something, or to what it was done: `user NAME`, `key NAME`, `command line` and the like."""
    kind, _, name = text.partition(" ")
    return gettext(WHO[kind], name=name) if kind in WHO else text


def detail(entry: AuditEntry) -> str:
    """Return what else a line says; names of roles in the reader's language."""
    if entry.kind in {"role changed", "user created"}:
        return " → ".join(role_name(each) for each in entry.detail.split(" → "))
    return entry.detail
