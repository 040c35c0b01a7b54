"""Accepting mails: the one write that stands between a caller and its 202."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from routing.errors import KeyReused, StoreUnavailable
from routing.ids import uuid7
from routing.job import Job, Status, Submission
from routing.store import bounds
from routing.store.port import Accepted
from routing.store.sql import rows
from routing.store.sql.database import Database, Transaction
from routing.store.sql.statement import Statement, insert

ROUNDS = 3
"""How often a repeat is looked for whose earlier job vanished meanwhile (erased by another process)."""

_INSERT_JOB = insert(
    "jobs",
    (
        *("id", "status", "source", "created_at", "updated_at", "repeat_key", "idempotency_key", "digest"),
        *("message_id", "subject", "sender", "size", "callback_url", "metadata"),
        *("due_at", "alone", "grouped", "attempts", "reviewed"),
    ),
    otherwise="ON CONFLICT DO NOTHING",
)
_INSERT_MAIL = insert("mails", ("job_id", "format", "content"))
_NEW = Statement("SELECT id FROM jobs WHERE id IN :ids")
_BY_KEY = Statement(
    f"SELECT {rows.JOB}, digest FROM jobs WHERE source = :source AND idempotency_key = :key"  # noqa: S608  (constant)
)
_BY_MESSAGE = Statement(
    f"SELECT {rows.JOB} FROM jobs WHERE source = :source AND repeat_key = :key"  # noqa: S608  (constant)
)


class Submissions:
    """The store's accepting half."""

    _database: Database

    def submit(self, submissions: Sequence[Submission], *, now: float) -> list[Accepted | Exception]:
        """Store mails durably; see the port."""
        if not submissions:
            return []
        answers: dict[int, Accepted | Exception] = {}

        def work(transaction: Transaction) -> None:
            answers.clear()
            for _ in range(ROUNDS):
                waiting = [index for index in range(len(submissions)) if index not in answers]
                if not waiting:
                    return
                _submit(transaction, submissions, waiting, answers, now)
            if len(answers) < len(submissions):
                raise StoreUnavailable("A repeat's earlier job comes and goes; try again.")

        self._database.write(work)
        return [answers[index] for index in range(len(submissions))]


def _submit(
    transaction: Transaction,
    submissions: Sequence[Submission],
    waiting: list[int],
    answers: dict[int, Accepted | Exception],
    now: float,
) -> None:
    """Insert what is new and answer repeats; what is neither any more is left without an answer."""
    jobs = {
        index: bounds.accepted(uuid7(now + step * bounds.STEP), submissions[index], at=now)
        for step, index in enumerate(waiting)
    }
    inserted = transaction.many(_INSERT_JOB, _in_turn([_row(job, submissions[index]) for index, job in jobs.items()]))
    if inserted == len(jobs):
        new = jobs
    else:
        ids = transaction.array([job.id for job in jobs.values()])
        created = {row[0] for row in transaction.rows(_NEW, {"ids": ids})}
        new = {index: job for index, job in jobs.items() if job.id in created}
    transaction.many(_INSERT_MAIL, [_mail(job, submissions[index]) for index, job in new.items()])
    for index, job in new.items():
        answers[index] = Accepted(job=job, created=True)
    if len(new) < len(jobs):
        places = {job.id: index for index, job in new.items()}
        for index in jobs.keys() - new.keys():
            later = {job_id for job_id, place in places.items() if place > index}
            answer = _repeat(transaction, submissions[index], later)
            if answer is not None:
                answers[index] = answer


def _repeat(transaction: Transaction, submission: Submission, later: set[str]) -> Accepted | Exception | None:
    """Return the answer to a repeat; a key that only a mail `later` in the same call brought did not count yet."""
    source = bounds.clean(submission.source)
    if submission.idempotency_key is not None:
        key = {"source": source, "key": bounds.key(submission.idempotency_key)}
        row = transaction.row(_BY_KEY, key)
        if row is not None and row[0] not in later:
            if row[-1] != submission.digest:
                return KeyReused("This idempotency key was used before, with another body: choose a new key.")
            return Accepted(job=rows.job(row), created=False)
    if submission.message_id:
        row = transaction.row(_BY_MESSAGE, {"source": source, "key": bounds.key(submission.message_id)})
        if row is not None:
            return Accepted(job=rows.job(row), created=False)
    return None


def _in_turn(new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in the order in which every call inserts them, so that no two calls wait for one another's keys.

    Where two rows of one call share a key, the first as handed in must win: such a call keeps its own order, and is run
    again if the database ends a deadlock with it.
    """
    for name in ("repeat_key", "idempotency_key"):
        keys = [(row["source"], row[name]) for row in new if row[name] is not None]
        if len(set(keys)) < len(keys):
            return new
    return sorted(new, key=lambda row: (row["source"], row["repeat_key"] or "", row["idempotency_key"] or ""))


def _row(job: Job, submission: Submission) -> dict[str, Any]:
    return {
        "id": job.id,
        "status": Status.QUEUED.value,
        "source": job.source,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "repeat_key": bounds.key(submission.message_id) if submission.message_id else None,
        "idempotency_key": None if submission.idempotency_key is None else bounds.key(submission.idempotency_key),
        "digest": submission.digest,
        "message_id": job.message_id,
        "subject": job.subject,
        "sender": job.sender,
        "size": job.size,
        "callback_url": job.callback_url,
        "metadata": json.dumps(submission.metadata) if submission.metadata else "{}",
        "due_at": bounds.AT_ONCE,
        "alone": False,
        "grouped": False,
        "attempts": 0,
        "reviewed": False,
    }


def _mail(job: Job, submission: Submission) -> dict[str, Any]:
    return {"job_id": job.id, "format": submission.format.value, "content": submission.content}
