"""Passwords in addresses, such as the one in `postgresql://facteur:PASSWORD@db.example/facteur`.

Documents and tests need such addresses. What counts is where the address leads and what the password is, not what else
stands in the line: an address of nobody, or a password that says itself that it is none.
"""

from __future__ import annotations

import re

ADDRESS = re.compile(
    # Unlike RFC 3986, with slashes in the password, since libraries take them; not for a port and a path.
    r"://(?P<user>[^\s/?#:@\"'<>`]*):(?!\d+[/?#])(?P<password>[^\s\"'<>`]+)@(?P<host>\[[0-9a-f:]+\]|[\w.${}-]+)",
    flags=re.IGNORECASE,
)
NOBODYS = re.compile(
    # RFC 2606 and RFC 6761 keep these names, and nobody else reaches this machine by those.
    r"(?:.+\.)?(?:localhost|example|test|invalid|example\.(?:com|net|org))|127(?:\.\d+){3}|\[::1\]",
    flags=re.IGNORECASE,
)
STAND_IN = re.compile(r"PASSWORD|\*+|\.{3}|…|\$\w+|\$\(\w+\)|\$?\{.*\}|%\(?\w+\)?s?")
"""What stands where a password is to come."""
BESIDE = {"db", "host", "postgres", "redis"}
"""Names that a service has for those beside it, in a test or in a composition."""
WELL_KNOWN = {"password", "postgres", "secret", "test", "hunter2"}


def holds_password(line: str) -> bool:
    """Say whether a line holds an address with a password that may open something."""
    return any(_opens(found["user"], found["password"], found["host"]) for found in ADDRESS.finditer(line))


def _opens(user: str, password: str, host: str) -> bool:
    if STAND_IN.fullmatch(password) or NOBODYS.fullmatch(host):
        return False
    return host.lower() not in BESIDE or password not in {user, *WELL_KNOWN}
