"""Accepting mail: check, store durably, and only then say yes.

Most of what accepting costs is the disk's word that the mail is there. Threads that accept at the same time share it:
while one transaction is on its way to the disk the others queue, and the next one carries them all. Nobody waits for
company: a thread that is alone commits at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from routing.errors import FacteurError, InvalidInput, Overloaded, TooLarge
from routing.job import Submission
from routing.store.port import Accepted, Store

IDEMPOTENCY_KEY_CHARACTERS = 255
BACKLOG_SECONDS = 1.0
"""How old the count of queued mails may be when the limit is checked."""


@dataclass(slots=True)
class _Ticket:
    """What one thread wants stored, and what became of it."""

    submissions: Sequence[Submission]
    answers: list[Accepted | Exception] | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.answers is not None or self.error is not None


@dataclass(slots=True)
class Intake:
    """The way in: one for each process, shared by its threads."""

    store: Store
    max_mail_bytes: int
    max_queued: int
    """0: no limit."""
    _queued: int = 0
    _counted_at: float = float("-inf")
    _tickets: deque[_Ticket] = field(default_factory=deque)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, submissions: Sequence[Submission], *, now: float) -> list[Accepted | Exception]:
        """Store mails in one transaction; what this returns may be answered with 202.

        Returns:
            One answer for each submission, in order: its job, or the error that is its own (the others are stored).

        Raises:
            Overloaded: more is queued than allowed; nothing was stored.
            StoreUnavailable: the database does not answer; nothing was stored.
        """
        self._check_backlog(now)
        answers: list[Accepted | Exception] = [self._fault(each) or _PENDING for each in submissions]
        sound = [each for each, answer in zip(submissions, answers, strict=True) if answer is _PENDING]
        stored = iter(self._store(sound, now) if sound else ())
        return [next(stored) if answer is _PENDING else answer for answer in answers]

    def _store(self, submissions: Sequence[Submission], now: float) -> list[Accepted | Exception]:
        """Store submissions in a transaction that other threads may share."""
        ticket = _Ticket(submissions)
        self._tickets.append(ticket)
        with self._turn:
            if not ticket.settled:
                # Everything that queued up during the last transaction, this ticket too.
                self._settle([self._tickets.popleft() for _ in range(len(self._tickets))], now)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.answers is not None, "a ticket is settled when its thread's turn ends"  # noqa: S101
        return ticket.answers

    def _settle(self, tickets: Sequence[_Ticket], now: float) -> None:
        try:
            answers = iter(self.store.submit([each for ticket in tickets for each in ticket.submissions], now=now))
        except Exception as error:  # noqa: BLE001 - it is raised again, in the threads that it concerns
            if len(tickets) == 1 or isinstance(error, FacteurError):
                for ticket in tickets:
                    ticket.error = error
                return
            # One of them is at fault in a way that nobody foresaw: it must not cost the others their mail.
            for ticket in tickets:
                self._settle([ticket], now)
            return
        for ticket in tickets:
            ticket.answers = [next(answers) for _ in ticket.submissions]

    def _fault(self, submission: Submission) -> Exception | None:
        if not submission.content.strip():
            return InvalidInput("The mail is empty; send at least one header line or some text.")
        if len(submission.content) > self.max_mail_bytes:
            return TooLarge(
                f"The mail has {len(submission.content)} bytes; the limit is {self.max_mail_bytes}.",
                limit=self.max_mail_bytes,
            )
        key = submission.idempotency_key
        if key is not None and not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARACTERS:
            return InvalidInput(
                f"Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_CHARACTERS} characters.", field="Idempotency-Key"
            )
        return None

    def _check_backlog(self, now: float) -> None:
        """Refuse when too much waits. The count may be a second old: the limit protects, it is not exact."""
        if not self.max_queued:
            return
        if not 0 <= now - self._counted_at <= BACKLOG_SECONDS:  # a clock that was set back counts again too
            self._counted_at = now
            self._queued = self.store.backlog().queued
        if self._queued >= self.max_queued:
            raise Overloaded(
                f"{self._queued} mails wait to be decided, the limit is {self.max_queued}; send this one again later.",
                retry_after=30,
            )


_PENDING = Exception("not stored yet")
