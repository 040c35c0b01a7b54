"""The store's chapter for those who keep it running: what failed, and the database itself.

Part of the port, see `routing.store.port`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from routing.desk import JobPage
from routing.job import Decided, Job, Review

ERROR_HEAD = 60
"""Characters of an error that tell its kind: they end at the first colon, mostly behind the exception's name."""
MOST_KINDS = 500
"""Kinds of failure that are told apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureKind:
    """Failed jobs of one source whose errors begin alike."""

    source: str
    error: str
    """What the error says up to its first colon, at most `ERROR_HEAD` characters."""
    jobs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseFacts:
    """The database as its operator knows it."""

    kind: str
    """`PostgreSQL 15.4`, `SQLite 3.45.1` or `memory`."""
    schema: str
    """The migration it is at; empty in memory."""
    size: int
    """Bytes on the disk; 0 in memory."""


class Running(Protocol):
    """What failed, and the database itself. Each method is one transaction."""

    def failed(
        self, *, source: str | None = None, error: str | None = None, before: str | None = None, limit: int = 50
    ) -> JobPage:
        """List failed jobs, newest id first, from below the id `before`; None means any.

        `error` is what their errors begin with. Raises InvalidInput when `before` is no id.
        """

    def failure_kinds(self) -> tuple[FailureKind, ...]:
        """Count failed jobs by source and kind of error, most jobs first."""

    def settle(self, outcome: Decided, review: Review, *, actor: str) -> Job:
        """Decide a failed job by a human's word: it becomes done, at `review.at`, and its callback is owed.

        The outcome's lease and timings do not count: nobody holds the job, and no machine was timed. The history says
        `reviewed`, by `actor`. Raises NotFound; WrongStatus when the job is not failed.
        """

    def database_facts(self) -> DatabaseFacts:
        """Say what database this is."""


def error_kind(error: str) -> str:
    """Return what tells an error's kind."""
    return error.partition(":")[0][:ERROR_HEAD]
