"""The store port on SQLite and PostgreSQL, a module a noun; `routing.store.opening` opens it."""

from routing.store.sql.store import SqlStore

__all__ = ["SqlStore"]
