"""Users as every page of the console sees them: looked up in the store, remembered for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.sessions import Session
from routing.people import User
from routing.store.people import People

REMEMBERED_SECONDS = 3.0
"""A session that was ended works this much longer at most, in processes other than the one that ended it."""
MOST_REMEMBERED = 10_000
NAMES_SECONDS = 60.0
"""How long what colleagues are called is remembered."""


class Roster:
    """Finds the user of a session."""

    def __init__(self, people: People, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Args: stopwatch: seconds that only go forward: by a clock set back, an ended session would work on."""
        self._people = people
        self._stopwatch = stopwatch
        self._known: dict[str, tuple[User, float]] = {}
        self._names: tuple[dict[str, str], float] = ({}, -NAMES_SECONDS)

    def user_of(self, session: Session) -> User | None:
        """Return whose session this is; None when it was ended; see `User.epoch`."""
        user = self._user(session.user_id)
        if user is None or user.disabled_at is not None or user.epoch != session.epoch:
            return None
        return user

    def forget(self, user_id: str) -> None:
        """Look this user up anew at the next request: something about them was changed."""
        self._known.pop(user_id, None)

    def called(self, name: str) -> str:
        """Return what colleagues call the user who signs in by this name; the name itself when there is no such user.

        Costs one look at all users now and then, whoever and however many are asked for.
        """
        now = self._stopwatch()
        names, since = self._names
        if now - since >= NAMES_SECONDS:
            names = {user.name: user.full_name for user in self._people.users()}
            self._names = names, now
        return names.get(name) or name

    def _user(self, user_id: str) -> User | None:
        now = self._stopwatch()
        known = self._known.get(user_id)
        if known is not None and now < known[1]:
            return known[0]
        user = self._people.user(user_id)
        if user is None:
            self._known.pop(user_id, None)
            return None
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[user_id] = (user, now + REMEMBERED_SECONDS)
        return user
