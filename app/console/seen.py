"""What tells that a user is still as a form showed them, so that no stale form undoes what somebody else changed."""

from __future__ import annotations

import hashlib

from routing.people import User


def seen_of(shown: User) -> str:
    """Return the value of the form's hidden field `seen`: another one once anything changed that two people may set."""
    said = (shown.disabled_at, shown.full_name, shown.role.value, *shown.queues)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
