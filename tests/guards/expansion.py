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
from sqlalchemy import CheckConstraint, Column, Computed, Connection, ForeignKeyConstraint, Identity, event

GROWING = {"acts", "deliveries", "events", "jobs", "mails", "reviews", "texts", "viewers"}
"""Tables with rows for every mail: what touches all of these takes minutes, while mail waits."""

_CREATES = re.compile(r"\s*CREATE\s+(?:VIRTUAL\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
_REFERS = re.compile(r"\bREFERENCES\s+(\w+)(?:\s*\([^)]*\))?(?:\s*ON\s+DELETE\s+(CASCADE|SET\s+NULL))?", re.IGNORECASE)
_INDEXES = re.compile(r"\s*CREATE\s+(UNIQUE\s+)?INDEX\s+(IF NOT EXISTS\s+)?\w+\s+ON\s+(\w+)", re.IGNORECASE)
_TRIGGERS = re.compile(r"\s*CREATE\s+TRIGGER\s+.*?\sON\s+(\w+)", re.IGNORECASE | re.DOTALL)
_WRITES = re.compile(
    r"\s*(?:(INSERT)\s+INTO\s+(\w+)\s*[(SV]|(UPDATE)\s+(\w+)\s+SET\b|(DELETE)\s+FROM\s+(\w+)\s*(?:WHERE\b|$))",
    re.IGNORECASE,
)
_CHANGES = re.compile(r"\s*(?:ALTER|DROP)\s+TABLE\s+(?:IF EXISTS\s+)?(\w+)(?:\s+(.*))?$", re.IGNORECASE | re.DOTALL)
_ADDS_A_COLUMN = re.compile(r"ADD COLUMN(?!.*\b(?:GENERATED|CHECK|UNIQUE|PRIMARY)\b)", re.IGNORECASE | re.DOTALL)
_ADDS_A_KEY = re.compile(r"ADD (?:CONSTRAINT \w+ )?FOREIGN KEY", re.IGNORECASE)
_BODY = re.compile(r"\bBEGIN\b.*?\bEND\b", re.IGNORECASE | re.DOTALL)
_LITERALS = re.compile(r"'(?:[^']|'')*'")
_NAMES = r"(?:ONLY\s+)?[\w.\"]+(?:\s+\w+){0,2}"
_READS = re.compile(rf"\b(?:FROM|JOIN|USING)\s+({_NAMES}(?:\s*,\s*{_NAMES})*)", re.IGNORECASE)
"""What is read: names, with `ONLY` before them or another name behind."""


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
        self._within: ops.MigrateOperation | None = None
        self._objected = False

    @contextmanager
    def beside(self, operations: Operations) -> Iterator[None]:
        """Hear operations, and SQL that comes past them."""
        invoke, make_anew, connection = operations.invoke, operations.batch_alter_table, operations.get_bind()

        def heard(operation: ops.MigrateOperation) -> Any:
            found = list(objections_to(operation, self.made))
            self.objections += found
            before, self._within, self._objected = (self._within, self._objected), operation, bool(found)
            try:
                return invoke(operation)
            finally:
                self._within, self._objected = before

        def heard_to_make_anew(table_name: str, *arguments: Any, **how: Any) -> Any:
            if table_name not in self.made:
                self.objections.append(Objection(why=f"makes {table_name} anew"))
            return make_anew(table_name, *arguments, **how)

        def heard_below_them(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not self._objected and not _is_what_it_says(self._within, statement):
                self.objections += objections_to(ops.ExecuteSQLOp(statement), self.made)

        operations.invoke = heard
        operations.batch_alter_table = heard_to_make_anew
        if isinstance(connection, Connection):
            event.listen(connection, "before_cursor_execute", heard_below_them)
        yield
        if isinstance(connection, Connection):
            event.remove(connection, "before_cursor_execute", heard_below_them)


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
    since_before = before.partition("_since_")[2] or since
    shuts_out = since > since_before
    contracts = file.startswith(f"{number}_contract_")
    breaking = [objection.why for objection in objections if objection.breaks]
    said = [f"{file} stalls: {objection.why}" for objection in objections if not objection.breaks]
    if breaking and not contracts:
        said += [f"{file} breaks the version before: {why}" for why in breaking]
    if contracts and not shuts_out:
        said.append(f"{file} takes something away and shuts nobody out: call its version {number}_since_{number}")
    if shuts_out and not contracts:
        said.append(f"{file} shuts versions out and is not called {number}_contract_…")
    if since < since_before:
        said.append(f"{file} serves versions since {since}, which {before} shut out")
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
        made |= set() if operation.if_not_exists else {table}
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
    by_itself = isinstance(column.server_default, Computed | Identity)
    if not column.nullable and default is None and not by_itself:
        yield Objection(why=f"{name} may not be null and has no default, so the version before cannot insert")
    if by_itself or (default is not None and "(" in str(default)):
        yield Objection(why=f"{name} is computed for every row there is, while mail waits", breaks=False)
    if column.index and not column.unique:
        yield from _to_index(table, unique=False, awaited=False)
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


def _is_what_it_says(operation: ops.MigrateOperation | None, statement: str) -> bool:
    """Whether a statement is what one reads in the operation, so that nothing is left to say of it."""
    if not (found := _CHANGES.match(statement)):
        return False
    if isinstance(operation, ops.AddColumnOp):
        allowed = _ADDS_A_COLUMN.match(found[2] or "") or _ADDS_A_KEY.match(found[2] or "")
        return found[1] == operation.table_name and bool(allowed)
    return False


def _to_sql(statement: str, made: set[str]) -> Iterator[Objection]:
    said = _LITERALS.sub("''", statement)
    trigger = _TRIGGERS.match(said)
    if re.search(r";\s*\S", _BODY.sub("", said) if trigger else said):
        yield Objection(why=f"says several things at once: {' '.join(statement.split())[:60]}")
        return
    if trigger:
        if trigger[1] not in made:
            yield Objection(why=f"a trigger on {trigger[1]} would act in what the version before does")
    elif found := _INDEXES.match(said):
        if found[3] not in made:
            yield from _to_index(found[3], unique=bool(found[1]), awaited=bool(found[2]))
    else:
        yield from _to_change(said, made)
        for target, ondelete in _REFERS.findall(said):
            yield from _to_reference(f"{target}.id", " ".join(ondelete.split()), made)
        if read := _read_by(said, made):
            yield Objection(why=f"reads all of {', '.join(read)}, while mail waits", breaks=False)


def _to_change(said: str, made: set[str]) -> Iterator[Objection]:
    if found := _CREATES.match(said):
        made |= set() if found[1] else {found[2]}  # or it may be there, with rows
    elif found := _WRITES.match(said):
        verb, table = (part for part in found.groups() if part)
        yield from _to_writing(verb.upper(), table, made)
    elif found := _CHANGES.match(said):
        if found[1] not in made:
            yield Objection(why=f"changes {found[1]}, which the version before uses as it is")
    elif not re.match(r"\s*(SELECT|PRAGMA)\b", said, re.IGNORECASE):
        yield Objection(why=f"says in SQL what nobody can judge here: {' '.join(said.split())[:60]}")


def _read_by(said: str, made: set[str]) -> list[str]:
    """Tables of mail that a statement may read."""
    words = {word.lower() for names in _READS.findall(said) for word in re.findall(r"\w+", names)}
    return sorted(words & (GROWING - made))


def _to_writing(verb: str, table: str, made: set[str]) -> Iterator[Objection]:
    if table in made or verb == "INSERT":
        return
    if verb == "DELETE":
        yield Objection(why=f"deletes from {table}, which the version before reads")
    elif table in GROWING:
        yield Objection(why=f"changes all of {table} in one transaction, while mail waits", breaks=False)
