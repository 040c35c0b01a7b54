"""What all implementations of the chapter `routing.store.people` share: bounds of texts, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

from routing.errors import Overtaken, WrongStatus
from routing.job import Review
from routing.people import MOST_VIEWS, AuditEntry, User, View
from routing.store import bounds

QUERY = 2_000
"""Characters of a saved list's query string."""
QUEUES = 200
"""A user's own queues."""


def user(given: User) -> User:
    """Return the user with texts bounded."""
    return replace(
        given,
        name=bounds.bounded(given.name, bounds.NAME),
        full_name=bounds.bounded(given.full_name, bounds.NAME),
        queues=tuple(dict.fromkeys(bounds.bounded(queue, bounds.NAME) for queue in given.queues[:QUEUES])),
        language=bounds.maybe(given.language, bounds.NAME),
        time_zone=bounds.maybe(given.time_zone, bounds.NAME),
    )


def view(given: View) -> View:
    """Return the view with texts bounded."""
    return replace(given, name=bounds.bounded(given.name, bounds.NAME), query=bounds.bounded(given.query, QUERY))


def audit_entry(given: AuditEntry) -> AuditEntry:
    """Return the line of the audit with texts bounded."""
    return AuditEntry(
        at=given.at,
        actor=bounds.bounded(given.actor, bounds.NAME),
        kind=bounds.bounded(given.kind, bounds.NAME),
        subject=bounds.bounded(given.subject, bounds.NAME),
        detail=bounds.bounded(given.detail, bounds.ERROR),
    )


def check_epoch(known: User, given: User) -> None:
    """Raise Overtaken when `given` was made from something older than what is `known`.

    What ends sessions comes with the next epoch; anything else leaves epoch and those fields as they are. So one who
    saves preferences never brings back a role or a password that an administrator has just taken away.
    """
    if given.epoch == known.epoch:
        kept = ("password", "role", "disabled_at")
        if all(getattr(given, field) == getattr(known, field) for field in kept):
            return
    elif given.epoch == known.epoch + 1:
        return
    raise Overtaken(f"Somebody else changed the user {known.name!r} meanwhile; look again.")


def user_name_taken(name: str) -> WrongStatus:
    """Return the error for a name that somebody has."""
    return WrongStatus(f"A user named {name!r} is there already, perhaps disabled; choose another name.")


def last_administrator() -> WrongStatus:
    """Return the error for a change after which nobody could administer."""
    return WrongStatus("That is the last administrator who can sign in; make another one first.")


def too_many_views() -> WrongStatus:
    """Return the error for one saved list too many."""
    return WrongStatus(f"{MOST_VIEWS} lists are saved; delete one first.")


def settled(review: Review) -> str:
    """Return the detail of the history's line that says where a human sent a failed job."""
    return bounds.reviewed(replace(bounds.review(review), queue_before="failed", confirmed=False), review.queue)
