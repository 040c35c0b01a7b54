"""The console's users, what they saved and saw, and the audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from routing.errors import NotFound
from routing.ids import is_uuid
from routing.people import MOST_VIEWS, AuditEntry, Role, User, View, is_lasting_administrator
from routing.store import bounds, people_bounds
from routing.store.sql.audit import write_audit
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement, insert

# ruff: noqa: S608  (the columns are constants)
_USER = "id, name, full_name, password, role, queues, language, time_zone, shortcuts, epoch, created_at, disabled_at"
_VIEW = "id, user_id, name, query, created_at"
_ADD = insert("users", (*_USER.split(", "), "key"), otherwise="ON CONFLICT DO NOTHING")
_BY_ID = Statement(f"SELECT {_USER} FROM users WHERE id = :id")
_LOCKED = Statement(f"SELECT {_USER} FROM users WHERE id = :id FOR UPDATE")
_BY_NAME = Statement(f"SELECT {_USER} FROM users WHERE key = :key")
_ALL = Statement(f"SELECT {_USER} FROM users")
# All of them, always in one order: of two calls that would each leave the other's administrator, the second to lock
# sees what the first one did.
_ADMINISTRATORS = Statement("""
    SELECT id FROM users WHERE role = 'administrator' AND disabled_at IS NULL ORDER BY id FOR UPDATE
""")
_SAVE = Statement("""
    UPDATE users SET full_name = :full_name, password = :password, role = :role, queues = :queues,
        language = :language, time_zone = :time_zone, shortcuts = :shortcuts, epoch = :epoch,
        disabled_at = :disabled_at
    WHERE id = :id
""")
_VIEWS = Statement(f"SELECT {_VIEW} FROM views WHERE user_id = :user_id")
_ADD_VIEW = insert("views", tuple(_VIEW.split(", ")))
_REPLACE_VIEW = Statement("UPDATE views SET query = :query, created_at = :created_at WHERE id = :id")
_DELETE_VIEW = Statement("DELETE FROM views WHERE id = :id AND user_id = :user_id")
_SEE = Statement("""
    INSERT INTO seen_queues (user_id, queue, at) SELECT id, :queue, :at FROM users WHERE id = :user_id
    ON CONFLICT (user_id, queue) DO UPDATE SET at = excluded.at WHERE excluded.at > seen_queues.at
""")
_SEEN = Statement("SELECT queue, at FROM seen_queues WHERE user_id = :user_id")
_AUDIT = "SELECT id, at, actor, kind, subject, detail FROM audit WHERE id < :before"
_NEWEST = "ORDER BY id DESC LIMIT :limit"
_EVERY_LINE = Statement(f"{_AUDIT} {_NEWEST}")
_LINES_OF_A_KIND = Statement(f"{_AUDIT} AND kind = :kind {_NEWEST}")
_KINDS = Statement("SELECT DISTINCT kind FROM audit ORDER BY kind")

_LATEST = 2**63 - 1


class SqlPeople:
    """The store's people."""

    _database: Database

    def add_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a user; see the port."""

        def work(transaction: Transaction) -> None:
            if transaction.run(_ADD, _user_row(people_bounds.user(user))) != 1:
                raise people_bounds.user_name_taken(user.name)
            write_audit(transaction, audit)

        self._database.write(work)

    def save_user(self, user: User, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Replace a user; see the port."""

        def work(transaction: Transaction) -> None:
            administrators = [row[0] for row in transaction.rows(_ADMINISTRATORS)]
            found = transaction.row(_LOCKED, {"id": user.id}) if is_uuid(user.id) else None
            if found is None:
                raise NotFound("There is no such user.")
            people_bounds.check_epoch(_user(found), user)
            if administrators == [user.id] and not is_lasting_administrator(user):
                raise people_bounds.last_administrator()
            transaction.run(_SAVE, _user_row(people_bounds.user(user)))
            write_audit(transaction, audit)

        self._database.write(work)

    def user(self, user_id: str) -> User | None:
        """Return a user by id."""
        found = self._database.read(_BY_ID, {"id": user_id}) if is_uuid(user_id) else []
        return _user(found[0]) if found else None

    def user_by_name(self, name: str) -> User | None:
        """Return a user by the name to sign in with; case does not count."""
        found = self._database.read(_BY_NAME, {"key": bounds.clean(name).casefold()})
        return _user(found[0]) if found else None

    def users(self) -> tuple[User, ...]:
        """Return all users by name, disabled ones too."""
        return tuple(sorted(map(_user, self._database.read(_ALL)), key=lambda user: user.name.casefold()))

    def save_view(self, view: View) -> None:
        """Store a view; see the port."""
        kept = people_bounds.view(view)
        row = {column: getattr(kept, column) for column in _VIEW.split(", ")}

        def work(transaction: Transaction) -> None:
            if not is_uuid(view.user_id) or transaction.row(_LOCKED, {"id": view.user_id}) is None:
                raise NotFound("There is no such user.")
            known = {one.name: one for one in map(_view, transaction.rows(_VIEWS, {"user_id": view.user_id}))}
            if kept.name in known:
                transaction.run(_REPLACE_VIEW, row | {"id": known[kept.name].id})
            elif len(known) >= MOST_VIEWS:
                raise people_bounds.too_many_views()
            else:
                transaction.run(_ADD_VIEW, row)

        self._database.write(work)

    def delete_view(self, view_id: str, *, user_id: str) -> None:
        """Delete a user's view. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            known = is_uuid(view_id) and is_uuid(user_id)
            if not known or transaction.run(_DELETE_VIEW, {"id": view_id, "user_id": user_id}) == 0:
                raise NotFound("There is no such saved list.")

        self._database.write(work)

    def views(self, user_id: str) -> tuple[View, ...]:
        """Return a user's views by name."""
        found = self._database.read(_VIEWS, {"user_id": user_id}) if is_uuid(user_id) else []
        return tuple(sorted(map(_view, found), key=lambda view: view.name))

    def seen(self, user_id: str, queue: str, *, at: float) -> None:
        """Note that the user looked at a queue; see the port."""
        row = {"user_id": user_id, "queue": bounds.bounded(queue, bounds.NAME), "at": at}

        def work(transaction: Transaction) -> None:
            transaction.run(_SEE, row)

        if is_uuid(user_id):
            self._database.write(work)

    def seen_queues(self, user_id: str) -> Mapping[str, float]:
        """Return when the user last looked at each queue."""
        found = self._database.read(_SEEN, {"user_id": user_id}) if is_uuid(user_id) else []
        return {row[0]: row[1] for row in found}

    def add_audit(self, entry: AuditEntry) -> None:
        """Write a line of the audit."""
        self._database.write(lambda transaction: write_audit(transaction, [entry]))

    def audit(
        self, *, before: int | None = None, limit: int = 50, kind: str | None = None
    ) -> tuple[tuple[AuditEntry, ...], int | None]:
        """Return lines of the audit, newest first; see the port."""
        where: dict[str, Any] = {"before": _LATEST if before is None else before, "limit": limit + 1}
        if kind is None:
            found = self._database.read(_EVERY_LINE, where)
        else:
            found = self._database.read(_LINES_OF_A_KIND, where | {"kind": bounds.clean(kind)})
        shown = found[:limit]
        entries = (AuditEntry(at=row[1], actor=row[2], kind=row[3], subject=row[4], detail=row[5]) for row in shown)
        return tuple(entries), shown[-1][0] if len(found) > len(shown) > 0 else None

    def audit_kinds(self) -> tuple[str, ...]:
        """Return the kinds that the audit has lines of, by name."""
        return tuple(sorted(row[0] for row in self._database.read(_KINDS)))


def _user_row(user: User) -> dict[str, Any]:
    row = {column: getattr(user, column) for column in _USER.split(", ")}
    return row | {"queues": json.dumps(user.queues), "role": user.role.value, "key": user.name.casefold()}


def _user(row: Row) -> User:
    return User(
        id=row[0],
        name=row[1],
        full_name=row[2],
        password=row[3],
        role=Role(row[4]),
        queues=tuple(json.loads(row[5])),
        language=row[6],
        time_zone=row[7],
        shortcuts=bool(row[8]),
        epoch=row[9],
        created_at=row[10],
        disabled_at=row[11],
    )


def _view(row: Row) -> View:
    return View(id=row[0], user_id=row[1], name=row[2], query=row[3], created_at=row[4])
