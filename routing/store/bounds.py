"""What a store accepts as text: no NUL, no half of a surrogate pair, and a length for every field shown to humans.

Beside it the other bounds and words that all implementations share. PostgreSQL refuses NUL and lone surrogates in
text, SQLite the latter; mail contains both. Every implementation of the port passes what it stores through here, so
that all of them give the same back.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from routing.decision import Decision
from routing.job import Decided, Event, Job, Review, Status, Submission
from routing.search import content_of
from routing.store.port import JobFilter

SUBJECT = 500
"""Characters. A list shows one line of it; the whole subject is in the mail."""
SENDER = 320
"""Characters: the longest address there can be (RFC 5321: 64 + 1 + 255)."""
MESSAGE_ID = 998
"""Characters: the longest line of a message (RFC 5322, section 2.1.1)."""
EXCERPT = 300
"""Characters of a mail's first words: what a list has room for."""
ERROR = 2_000
"""Characters: room for an exception and the line that raised it."""
REASON = 1_000
NOTE = 10_000
NAME = 200
"""Characters of a label, queue, rule, model version, worker or actor."""
CLAIM_BYTES = 32 * 1024 * 1024
"""A claim stops growing at this many bytes of mail, so that a batch of the largest mails fits a worker's memory."""
STEP = 1e-6
"""Seconds between the ids of one call, so that they keep the order of the call (an id resolves a quarter of that)."""
AT_ONCE = 0.0
"""When a new or returned job, or a new delivery, is due: a time of its own would be one machine's clock to another."""
SILENCE = 24 * 3600.0
"""Seconds after which a worker that is no longer heard from is forgotten."""
UNDOABLE = 7 * 24 * 3600.0
"""Seconds for which an act can be undone: what it changed, with the notes that people wrote, is kept as long."""
DEFECTS = 50
"""How many defects of a mail are kept."""
DEFECT = 200
KEY = 200
"""Characters of a repeat's key that are stored as they are: an index row of PostgreSQL holds 2,704 bytes at most."""

CALLBACK_DELIVERED = "callback delivered"
CALLBACK_GIVEN_UP = "callback given up"
ERRANDS = "errands"
"""Kinds and actor of the events that say how a callback ended."""

_REFUSED = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """Return `text` with U+FFFD for each NUL and each half of a surrogate pair."""
    return text if text.isascii() and "\0" not in text else _REFUSED.sub("\N{REPLACEMENT CHARACTER}", text)


def bounded(text: str, limit: int) -> str:
    """Return the clean `text`, at most `limit` characters of it, the last of them an ellipsis when some are missing."""
    return clean(text) if len(text) <= limit else clean(text[: limit - 1]) + "…"


def maybe(text: str | None, limit: int) -> str | None:
    """Return None for None, else the bounded text."""
    return None if text is None else bounded(text, limit)


def key(text: str) -> str:
    """Return what two equal texts share and two others do not, short enough to index: the text or its SHA-256."""
    cleaned = clean(text)
    if cleaned == text and len(text) <= KEY:
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


MAIL_MISSING = "Its mail is not in the store: hand it in again."
LEASE_ENDED = "Its lease ended; it is claimed alone from now on."


def worker_failure(attempts: int, max_attempts: int) -> str:
    """Return the error of a job whose lease ended at the last allowed attempt, when it was alone."""
    return f"Its worker died or hung on it, at attempt {attempts} of {max_attempts}, with no other mail."


def content(outcome: Decided) -> str:
    """Return the words by which a decided mail is found."""
    return content_of(bounded(outcome.subject, SUBJECT), bounded(outcome.sender, SENDER), clean(outcome.words))


def defects(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first of a mail's defects, each bounded."""
    return tuple(bounded(phrase, DEFECT) for phrase in phrases[:DEFECTS])


def decision(made: Decision) -> Decision:
    """Return the decision with every text bounded; most pass as they are."""
    queue, reason = bounded(made.queue, NAME), bounded(made.reason, REASON)
    label, rule, version = maybe(made.label, NAME), maybe(made.rule, NAME), maybe(made.model_version, NAME)
    if (queue, reason, label, rule, version) == (made.queue, made.reason, made.label, made.rule, made.model_version):
        return made
    return replace(made, queue=queue, reason=reason, label=label, rule=rule, model_version=version)


def event(line: Event) -> Event:
    """Return the line of history with its texts bounded."""
    return replace(line, actor=bounded(line.actor, NAME), detail=bounded(line.detail, ERROR))


def review(word: Review) -> Review:
    """Return the review with its texts bounded."""
    return replace(
        word,
        reviewer=bounded(word.reviewer, NAME),
        label=maybe(word.label, NAME),
        queue=bounded(word.queue, NAME),
        note=bounded(word.note, NOTE),
    )


POLICY = ", policy "


def decided(queue: str, policy: str) -> str:
    """Return the detail of the event of a decision: where the mail went, and by which version of the policy."""
    return f"{queue}{POLICY}{policy}" if policy else queue


def reviewed(word: Review, queue: str) -> str:
    """Return the detail of the event of a review: what became of the mail, and who is said to have looked at it."""
    what = "confirmed" if word.confirmed else f"{word.queue_before} → {queue}"
    return f"{what}, by {bounded(word.reviewer, NAME)}" if word.reviewer else what


def job_filter(where: JobFilter) -> JobFilter:
    """Return the filter with clean texts: a database refuses to compare with others, and holds none of them."""
    return replace(
        where,
        queue=where.queue and clean(where.queue),
        label=where.label and clean(where.label),
        source=where.source and clean(where.source),
        decided_by=where.decided_by and clean(where.decided_by),
    )


def accepted(job_id: str, submission: Submission, *, at: float) -> Job:
    """Return the job that a submission becomes when it is new."""
    return Job(
        id=job_id,
        status=Status.QUEUED,
        source=clean(submission.source),
        created_at=at,
        updated_at=at,
        message_id=bounded(submission.message_id, MESSAGE_ID),
        subject=bounded(submission.subject, SUBJECT),
        sender=bounded(submission.sender, SENDER),
        size=len(submission.content),
        callback_url=None if submission.callback_url is None else clean(submission.callback_url),
        metadata=submission.metadata,
    )
