"""A job: the processing of one mail.

    queued ──claim──▶ running ──decision──▶ done ──review──▶ done
      ▲ │                │
      │ └─cancel─▶ cancelled
      │                  ├──lease expired, or an error that may pass──▶ queued (tried again)
      │                  └──error at the last attempt──▶ failed
      └───────────────────────retry──────────────────────┘

queued
    Committed and waiting. Its caller was answered 202. Only a claim or a cancellation takes it out of here.
running
    Claimed by a worker under a lease. If the lease ends before the result is recorded, the job is queued again.
done
    Decided, exactly once. Reviews change where it is shown, and are recorded beside the decision.
failed
    Could not be decided in the allowed attempts; its error is kept, a human can retry it.
cancelled
    Taken back by its caller before any worker claimed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from routing.decision import Decision, Timings


class Status(StrEnum):
    """Where a job is in its life; the module's docstring says what each means."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MailFormat(StrEnum):
    """How the stored mail is written."""

    RFC822 = "rfc822"
    """The raw message, byte for byte."""
    JSON = "json"
    """The fields of a JSON submission, as UTF-8 JSON (see `routing.mail.fields`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A mail that somebody hands in, checked but not yet stored."""

    source: str
    """Who hands it in: the name of the API key. Repeats are recognised within one source."""
    content: bytes
    format: MailFormat
    message_id: str = ""
    """The Message-ID header, if any: a repeat from the same source is the same job."""
    idempotency_key: str | None = None
    """The caller's own key: a repeat with the same body is the same job, with another body a conflict."""
    digest: str
    """SHA-256 of the request's body, 64 hexadecimal digits; tells an honest repeat from a reused key."""
    subject: str = ""
    sender: str = ""
    """The sender's address as far as it is known before the mail is read; the worker corrects both."""
    callback_url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The caller's own data: given back, never read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """What people made of a routed mail; see `routing.desk`."""

    arrived_at: float | None = None
    """Since when it is in the queue it is in; Unix seconds."""
    assignee: str | None = None
    """The name of the user who took it."""
    taken_at: float | None = None
    handled_at: float | None = None
    """When it was dealt with; None: it is open."""
    handled_by: str | None = None
    revision: int = 0
    """Counts what people did to it; who acts on an older one is told so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The processing of one mail, as its caller sees it."""

    id: str
    """UUIDv7."""
    status: Status
    source: str
    created_at: float
    """Unix time of acceptance, seconds."""
    updated_at: float
    message_id: str = ""
    subject: str = ""
    sender: str = ""
    size: int = 0
    """Bytes of the stored mail."""
    attempts: int = 0
    """How often a worker claimed it alone or failed on it."""
    error: str | None = None
    """Why the last attempt failed, if it did."""
    decision: Decision | None = None
    decided_at: float | None = None
    timings: Timings | None = None
    reviewed: bool = False
    callback_url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    defects: tuple[str, ...] = ()
    """What was wrong with the message, as its parser saw it."""
    excerpt: str = ""
    """The first words of what the sender wrote now; gone with the mail."""
    language: str | None = None
    """`fr`, `en` or `other`; None before it was read."""
    model_label: str | None = None
    """What the model said first, whatever a rule or a human said since; None when no model was asked."""
    model_confidence: float | None = None
    novelty: float | None = None
    """How unlike all that the model learnt from the mail is; 1 is the limit of what it knows, None: not measured."""
    handling: Handling = Handling()


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One job that a worker holds under a lease, with its mail."""

    job_id: str
    lease: str
    """The lease's token: a result is recorded only under the token that the job carries at that moment."""
    content: bytes
    format: MailFormat
    created_at: float
    claimed_at: float
    attempt: int
    """1 for the first."""
    callback_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """The outcome of a claim that was decided."""

    job_id: str
    lease: str
    decision: Decision
    timings: Timings
    subject: str
    sender: str
    message_id: str
    defects: tuple[str, ...] = ()
    excerpt: str = ""
    """The first words of what the sender wrote now."""
    language: str | None = None
    words: str = ""
    """What a search looks into, beside subject and sender: what the sender wrote now."""
    model_label: str | None = None
    """What the model said, if it was asked."""
    model_confidence: float | None = None
    novelty: float | None = None
    """How unlike all that the model learnt from the mail is; 1 is the limit of what it knows, None: not measured."""
    policy: str = ""
    """The version of the policy that it was decided by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """The outcome of a claim that raised: tried again from `retry_at` on, or failed for good when that is None."""

    job_id: str
    lease: str
    error: str
    retry_at: float | None


Outcome = Decided | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A human's word on a decision."""

    id: str
    job_id: str
    at: float
    reviewer: str
    confirmed: bool
    """True when neither label nor queue was changed."""
    label_before: str | None
    queue_before: str
    label: str | None
    queue: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of a job's history: what happened, when, by whom."""

    job_id: str
    at: float
    kind: str
    """accepted is not recorded (the job's own `created_at` says it); decided, failed, retried, requeued, reviewed,
    cancelled, erased, callback delivered and callback given up are, what agents do (`routing.desk.Act`), and undo."""
    actor: str
    """`worker NAME`, `key NAME`, `user NAME`, `sweep`, `errands`."""
    detail: str = ""
