"""Accepting mail: check, store durably, and only then say yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.errors import InvalidInput, Overloaded, TooLarge
from routing.job import Submission
from routing.store.port import Accepted, Store

IDEMPOTENCY_KEY_CHARACTERS = 255
BACKLOG_SECONDS = 1.0
"""How old the count of queued mails may be when the limit is checked."""


@dataclass(slots=True)
class Intake:
    """The way in: one for each process, shared by its threads."""

    store: Store
    max_mail_bytes: int
    max_queued: int
    """0: no limit."""
    _queued: int = 0
    _counted_at: float = float("-inf")

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
        stored = iter(self.store.submit(sound, now=now) if sound else ())
        return [next(stored) if answer is _PENDING else answer for answer in answers]

    def _fault(self, submission: Submission) -> Exception | None:
        if not submission.content.strip():
            return InvalidInput("The mail is empty; send at least one header line or some text.")
        if len(submission.content) > self.max_mail_bytes:
            return TooLarge(
                f"The mail has {len(submission.content)} bytes; the limit is {self.max_mail_bytes}.",
                limit=self.max_mail_bytes,
            )
        return key_fault(submission.idempotency_key)

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


def key_fault(key: str | None) -> InvalidInput | None:
    """Return what is wrong with an idempotency key of a caller's, if something is."""
    if key is None or 1 <= len(key) <= IDEMPOTENCY_KEY_CHARACTERS:
        return None
    return InvalidInput(
        f"Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_CHARACTERS} characters.", field="Idempotency-Key"
    )


_PENDING = Exception("not stored yet")
