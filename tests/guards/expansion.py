"""What in a migration would break, or stall, the version before it, which runs on while it is rolled out.

A migration is run on a real database and every operation of it is looked at. What is not known to be harmless is an
objection: to have none is what "expanding" means. An expanding migration adds what the version before need not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Column, Connection, ForeignKeyConstraint, event

GROWING = {"acts", "deliveries", "events", "jobs", "mails", "reviews", "texts", "viewers"}
"""Tables with rows for every mail: what touches all of these takes minutes, while mail waits."""

_CREATES = re.compile(r"\s*CREATE\s+(?:VIRTUAL\s+)?TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)", re.IGNORECASE)
_INDEXES = re.compile(r"\s*CREATE\s+(UNIQUE\s+)?INDEX\s+(IF NOT EXISTS\s+)?\w+\s+ON\s+(\w+)", re.IGNORECASE)
_TRIGGERS = re.compile(r"\s*CREATE\s+TRIGGER\s+.*?\sON\s+(\w+)", re.IGNORECASE | re.DOTALL)
_WRITES = re.compile(r"\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Objection:
    """Why a migration does not just expand."""

    why: str
    breaks: bool = True
    """Whether the version before would fail; else it would only wait, and its mail with it."""


class Witness:
    """Hears what a migration does, before it is done, and objects to what the version before would notice."""

    def __init__(self) -> None:
        self.objections: list[Objection] = []
        self.made: set[str] = set()
        """Tables that this migration makes: nobody knows them yet, so anything may be done to them."""
        self._depth = 0

    @contextmanager
    def beside(self, operations: Operations) -> Iterator[None]:
        """Hear operations, and SQL that comes past them."""
        invoke, make_anew, connection = operations.invoke, operations.batch_alter_table, operations.get_bind()

        def heard(operation: ops.MigrateOperation) -> Any:
            self.objections += objections_to(operation, self.made)
            self._depth += 1
            try:
                return invoke(operation)
            finally:
                self._depth -= 1

        def heard_to_make_anew(table_name: str, *arguments: Any, **how: Any) -> Any:
            if table_name not in self.made:
                self.objections.append(Objection(why=f"makes {table_name} anew"))
            return make_anew(table_name, *arguments, **how)

        def heard_past_them(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not self._depth:
                self.objections += objections_to(ops.ExecuteSQLOp(statement), self.made)

        operations.invoke = heard
        operations.batch_alter_table = heard_to_make_anew
        if isinstance(connection, Connection):
            event.listen(connection, "before_cursor_execute", heard_past_them)
        yield
        if isinstance(connection, Connection):
            event.remove(connection, "before_cursor_execute", heard_past_them)


def witness(module: ModuleType, context: MigrationContext) -> list[Objection]:
    """Run the migration on a database that those before it made, or into a text; return what there is to object."""
    present = Witness()
    with Operations.context(context) as operations, present.beside(operations):
        module.upgrade()
    if hasattr(module, "downgrade"):
        present.objections.append(Objection(why="has a way down, which would lose what was written since"))
    return present.objections


def complaints(revision: str, before: str, file: str, objections: list[Objection]) -> list[str]:
    """Say what is wrong with a migration: what it does must be what its name and its version promise.

    Args:
        revision: The version that it comes to, `NUMBER_since_NUMBER`.
        before: The version that it starts from; empty for the first.
        file: Its file's name without suffix: `NUMBER_words`, or `NUMBER_contract_words`.
        objections: What was said against it.
    """
    number, _, since = revision.partition("_since_")
    shuts_out = since > (before.partition("_since_")[2] or since)
    contracts = file.startswith(f"{number}_contract_")
    breaking = [objection.why for objection in objections if objection.breaks]
    said = [f"{file} stalls: {objection.why}" for objection in objections if not objection.breaks]
    if breaking and not contracts:
        said += [f"{file} breaks the version before: {why}" for why in breaking]
    if contracts and not shuts_out:
        said.append(f"{file} takes something away and shuts nobody out: call its version {number}_since_{number}")
    if shuts_out and not contracts:
        said.append(f"{file} shuts versions out and is not called {number}_contract_…")
    if not file.startswith(f"{number}_"):
        said.append(f"{file} does not begin with its number, {number}")
    return said


def objections_to(operation: ops.MigrateOperation, made: set[str]) -> Iterator[Objection]:
    """Object to one operation; tables that it makes are added to `made`."""
    if isinstance(operation, ops.ExecuteSQLOp):
        yield from _to_sql(str(operation.sqltext), made)
        return
    table = str(getattr(operation, "table_name", getattr(operation, "source_table", "")))
    if isinstance(operation, ops.CreateTableOp):
        made.add(table)
        for part in operation.columns:
            yield from _to_references(part, made)
    elif table in made:
        if isinstance(operation, ops.CreateForeignKeyOp):
            target = f"{operation.referent_table}.{operation.remote_cols[0]}"
            yield from _to_reference(target, operation.kw.get("ondelete"), made)
    elif isinstance(operation, ops.AddColumnOp):
        yield from _to_column(table, operation.column, made)
    elif isinstance(operation, ops.CreateIndexOp):
        yield from _to_index(table, unique=operation.unique, awaited=bool(operation.if_not_exists))
    elif not isinstance(operation, ops.BulkInsertOp):
        what = type(operation).__name__.removesuffix("Op")
        yield Objection(why=f"{what} on {table}, which the version before uses as it is")


def _to_column(table: str, column: Column[Any], made: set[str]) -> Iterator[Objection]:
    name = f"{table}.{column.name}"
    default = getattr(column.server_default, "arg", None)
    if not column.nullable and default is None:
        yield Objection(why=f"{name} may not be null and has no default, so the version before cannot insert")
    if default is not None and "(" in str(default):
        yield Objection(why=f"{name} is computed for every row there is, while mail waits", breaks=False)
    if column.unique or column.primary_key:
        yield Objection(why=f"{name} is unique, but the version before gives each row the same")
    if any(isinstance(part, CheckConstraint) for part in column.constraints):
        yield Objection(why=f"{name} has a check, which the version before does not know")
    yield from _to_references(column, made)


def _to_references(part: object, made: set[str]) -> Iterator[Objection]:
    """A row that another refers to cannot be deleted by who does not know the other."""
    if isinstance(part, Column):
        for key in part.foreign_keys:
            yield from _to_reference(key.target_fullname, key.ondelete, made)
    elif isinstance(part, ForeignKeyConstraint):
        yield from _to_reference(part.elements[0].target_fullname, part.ondelete, made)


def _to_reference(target: str, ondelete: str | None, made: set[str]) -> Iterator[Objection]:
    table = target.rpartition(".")[0]
    if table not in made and (ondelete or "").upper() not in {"CASCADE", "SET NULL"}:
        yield Objection(why=f"points to {target}: the version before could delete nothing from {table} any more")


def _to_index(table: str, *, unique: bool | None, awaited: bool) -> Iterator[Objection]:
    if unique:
        yield Objection(why=f"forbids in {table} what the version before may write twice")
    elif table in GROWING and not awaited:
        why = f"an index on {table} without if_not_exists, so it cannot be made beforehand, beside the mail"
        yield Objection(why=why, breaks=False)


def _to_sql(statement: str, made: set[str]) -> Iterator[Objection]:
    if found := _CREATES.match(statement):
        made.add(found[1])
    elif found := _INDEXES.match(statement):
        if found[3] not in made:
            yield from _to_index(found[3], unique=bool(found[1]), awaited=bool(found[2]))
    elif found := _TRIGGERS.match(statement):
        if found[1] not in made:
            yield Objection(why=f"a trigger on {found[1]} would act in what the version before does")
    elif found := _WRITES.match(statement):
        yield from _to_writing(found[1].split()[0].upper(), found[2], made)
    elif not re.match(r"\s*(SELECT|PRAGMA)\b", statement, re.IGNORECASE):
        yield Objection(why=f"says in SQL what nobody can judge here: {' '.join(statement.split())[:60]}")


def _to_writing(verb: str, table: str, made: set[str]) -> Iterator[Objection]:
    if table in made or verb == "INSERT":
        return
    if verb == "DELETE":
        yield Objection(why=f"deletes from {table}, which the version before reads")
    elif table in GROWING:
        yield Objection(why=f"changes all of {table} in one transaction, while mail waits", breaks=False)
