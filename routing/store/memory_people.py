"""The part of the in-memory store for the console's users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routing.errors import NotFound
from routing.people import MOST_VIEWS, AuditEntry, User, View, is_lasting_administrator
from routing.store import bounds, people_bounds
from routing.store.memory_keys import MemoryKeys


class MemoryPeople(MemoryKeys):
    """Users, what they saved and saw, and the audit, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[str, User] = {}
        self._views: dict[str, View] = {}
        self._seen: dict[tuple[str, str], float] = {}

    def add_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a user; see the port."""
        with self._lock:
            if user.id in self._users or self.user_by_name(user.name) is not None:
                raise people_bounds.user_name_taken(user.name)
            self._users[user.id] = people_bounds.user(user)
            self._note(audit)

    def save_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Replace a user; see the port."""
        with self._lock:
            known = self._users.get(user.id)
            if known is None:
                raise NotFound("There is no such user.")
            people_bounds.check_epoch(known, user)
            others = (one for one in self._users.values() if one.id != user.id)
            if (
                is_lasting_administrator(known)
                and not is_lasting_administrator(user)
                and not any(map(is_lasting_administrator, others))
            ):
                raise people_bounds.last_administrator()
            self._users[user.id] = replace(people_bounds.user(user), name=known.name, created_at=known.created_at)
            self._note(audit)

    def user(self, user_id: str) -> User | None:
        """Return a user by id."""
        with self._lock:
            return self._users.get(user_id)

    def user_by_name(self, name: str) -> User | None:
        """Return a user by the name to sign in with; case does not count."""
        with self._lock:
            return next((user for user in self._users.values() if user.name.casefold() == name.casefold()), None)

    def users(self) -> tuple[User, ...]:
        """Return all users by name, disabled ones too."""
        with self._lock:
            return tuple(sorted(self._users.values(), key=lambda user: user.name.casefold()))

    def save_view(self, view: View) -> None:
        """Store a view; see the port."""
        view = people_bounds.view(view)
        with self._lock:
            if view.user_id not in self._users:
                raise NotFound("There is no such user.")
            same = next((one for one in self.views(view.user_id) if one.name == view.name), None)
            if same is not None:
                view = replace(view, id=same.id)
            elif len(self.views(view.user_id)) >= MOST_VIEWS:
                raise people_bounds.too_many_views()
            self._views[view.id] = view

    def delete_view(self, view_id: str, *, user_id: str) -> None:
        """Delete a user's view. Raises NotFound."""
        with self._lock:
            view = self._views.get(view_id)
            if view is None or view.user_id != user_id:
                raise NotFound("There is no such saved list.")
            del self._views[view_id]

    def views(self, user_id: str) -> tuple[View, ...]:
        """Return a user's views by name."""
        with self._lock:
            mine = (view for view in self._views.values() if view.user_id == user_id)
            return tuple(sorted(mine, key=lambda view: view.name))

    def seen(self, user_id: str, queue: str, *, at: float) -> None:
        """Note that the user looked at a queue; see the port."""
        key = (user_id, bounds.bounded(queue, bounds.NAME))
        with self._lock:
            if user_id in self._users:
                self._seen[key] = max(at, self._seen.get(key, at))

    def seen_queues(self, user_id: str) -> Mapping[str, float]:
        """Return when the user last looked at each queue."""
        with self._lock:
            return {queue: at for (user, queue), at in self._seen.items() if user == user_id}

    def add_audit(self, entry: AuditEntry) -> None:
        """Write a line of the audit."""
        with self._lock:
            self._note([entry])

    def audit(
        self, *, before: int | None = None, limit: int = 50, kind: str | None = None
    ) -> tuple[tuple[AuditEntry, ...], int | None]:
        """Return lines of the audit, newest first; see the port."""
        with self._lock:
            lines = [
                (number, entry)
                for number, entry in enumerate(self._audit, start=1)
                if (before is None or number < before) and (kind is None or entry.kind == kind)
            ]
        shown = lines[::-1][:limit]
        return tuple(entry for _, entry in shown), shown[-1][0] if len(lines) > len(shown) > 0 else None

    def audit_kinds(self) -> tuple[str, ...]:
        """Return the kinds that the audit has lines of, by name."""
        with self._lock:
            return tuple(sorted({entry.kind for entry in self._audit}))
