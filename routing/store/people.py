"""The store's chapter for the console's users; part of the port, see `routing.store.port`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from routing.people import AuditEntry, User, View


class People(Protocol):
    """Users, what they saved and saw, and the audit. Each method is one transaction.

    What `audit` names is written in the transaction of what it tells: neither is there without the other.
    """

    def add_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a user. Raises WrongStatus when one of that name is there, disabled or not; case does not count."""

    def save_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Replace a user by id; name and `created_at` stay as they are.

        A new password or role, disabling and enabling come with the next `epoch`, everything else with the same one.
        Raises NotFound; Overtaken when it was made from an older epoch; WrongStatus when it would leave no
        administrator who may sign in.
        """

    def user(self, user_id: str) -> User | None:
        """Return a user by id."""

    def user_by_name(self, name: str) -> User | None:
        """Return a user by the name to sign in with; case does not count."""

    def users(self) -> tuple[User, ...]:
        """Return all users by name, disabled ones too."""

    def save_view(self, view: View) -> None:
        """Store a view; one of the same name of the same user is replaced.

        Raises NotFound when there is no such user; WrongStatus when a user has 50.
        """

    def delete_view(self, view_id: str, *, user_id: str) -> None:
        """Delete a user's view. Raises NotFound."""

    def views(self, user_id: str) -> tuple[View, ...]:
        """Return a user's views by name."""

    def seen(self, user_id: str, queue: str, *, at: float) -> None:
        """Note that the user looked at a queue; a time before the noted one changes nothing."""

    def seen_queues(self, user_id: str) -> Mapping[str, float]:
        """Return when the user last looked at each queue."""

    def add_audit(self, entry: AuditEntry) -> None:
        """Write a line of the audit. Nothing deletes one."""

    def audit(
        self, *, before: int | None = None, limit: int = 50, kind: str | None = None
    ) -> tuple[tuple[AuditEntry, ...], int | None]:
        """Return lines of the audit, newest first, and where the next ones begin (None: no more)."""

    def audit_kinds(self) -> tuple[str, ...]:
        """Return the kinds that the audit has lines of, by name."""
