"""The store port: every transition of a job's life, each in one transaction.

One conformance suite (`tests/conformance/`) holds for the in-memory store, SQLite and PostgreSQL.
All times are Unix seconds. Every method may raise `StoreUnavailable`.

Callers bring the time with them, and their clocks need not agree for mail to flow: a new or returned job, and a new
delivery, is due whatever the clock of the one who asks says. Where one machine's time is compared with another's, they
must agree. A lease is written by a worker's clock and ended by the sweeper's: they may differ by the lease less the
time after which a hung process is killed (60 s and 30 s unless set otherwise). If the sweeper's is further ahead, mails
are taken from workers that still work on them, and decided by the next one: more work, but never two decisions. If it
is behind, what a dead worker held comes back that much later. What was put off (`Failure.retry_at`,
`DeliveryOutcome.retry_at`) is late or early by as much as two workers' clocks differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routing.decision import Decision
from routing.job import Claim, Event, Job, MailFormat, Outcome, Review, Status, Submission
from routing.keys import ApiKey
from routing.people import AuditEntry
from routing.store.desk import Desk
from routing.store.figures import Figures
from routing.store.people import People
from routing.store.policies import Policies
from routing.store.running import Running


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The answer to one submission: its job, and whether this call created it (False: a repeat)."""

    job: Job
    created: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFilter:
    """Which jobs to list; None means any."""

    status: Status | None = None
    queue: str | None = None
    label: str | None = None
    source: str | None = None
    decided_by: str | None = None
    reviewed: bool | None = None
    created_after: float | None = None
    created_before: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some jobs, newest first, and the id to ask from for the next page (None: no more)."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDepth:
    """A team's queue: how many open mails are in it, and since when the oldest waits."""

    queue: str
    depth: int
    """Routed mails in this queue that nobody has handled."""
    unreviewed: int
    """Those of them that no human confirmed or corrected."""
    oldest_at: float | None
    """Acceptance of its oldest open mail; None when there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """What is still to be decided."""

    queued: int
    running: int
    failed: int
    oldest_queued_at: float | None
    """Since when the first of the queued ones waits for a worker: since its acceptance, but since its retry was due
    where it was put off, which may be in the future. None when there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredMail:
    """A mail as it was handed in."""

    content: bytes
    format: MailFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerBeat:
    """A worker's sign of life."""

    name: str
    """Node name, unique among the workers alive."""
    model_version: str
    started_at: float
    seen_at: float
    model: str = ""
    """What its model can give, as `routing.policy.models` writes it; empty from programs that do not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A webhook that is owed to a caller: created with the outcome, in the same transaction."""

    id: str
    """UUIDv7; the `webhook-id`, the same in every attempt."""
    job_id: str
    url: str
    attempts: int
    created_at: float
    lease: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryOutcome:
    """What came of one attempt: delivered, to be tried at `retry_at`, or given up (both None and False)."""

    delivery_id: str
    lease: str
    delivered: bool
    retry_at: float | None = None
    error: str | None = None


class Store(Desk, People, Policies, Figures, Running, Protocol):
    """Every transition of a job's life. Each method is one transaction, committed when it returns.

    Texts are stored as `routing.store.bounds` says: without NUL and lone surrogates, at most so many characters.
    """

    # -- accepting ------------------------------------------------------------------------------------------------

    def submit(self, submissions: Sequence[Submission], *, now: float) -> list[Accepted | Exception]:
        """Store mails durably; one answer each, in order, all in one transaction.

        A repeat gives the job that exists: the same idempotency key of the same source (`KeyReused` is the answer,
        not raised, when the digest differs), else the same Message-ID of the same source. Repeats inside one call
        are recognised too, and so is one that another process commits at the same moment.
        """

    # -- reading --------------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Job:
        """Return one job. Raises NotFound."""

    def mail(self, job_id: str) -> StoredMail:
        """Return the mail of a job as it was handed in. Raises NotFound."""

    def jobs(self, where: JobFilter, *, before: str | None = None, limit: int = 50) -> Page:
        """List jobs, newest id first, from below the id `before`; keyset pagination, never an offset.

        `created_after` includes its time, `created_before` does not. Raises InvalidInput when `before` is no id.
        """

    def history(self, job_id: str) -> tuple[Event, ...]:
        """Return a job's events, oldest first; of an erased job the one that says so. Raises NotFound without any."""

    def reviews(self, job_id: str) -> tuple[Review, ...]:
        """Return a job's reviews, oldest first."""

    def queues(self) -> tuple[QueueDepth, ...]:
        """Return every queue that ever held a mail, by name. Costs the same with a million mails."""

    def backlog(self) -> Backlog:
        """Count what is still to be decided."""

    # -- deciding -------------------------------------------------------------------------------------------------

    def claim(self, *, worker: str, limit: int, lease_seconds: float, now: float) -> list[Claim]:
        """Take up to `limit` queued jobs that are due, oldest first, and hold them under one lease each.

        Every job is due but one that was put off to a time that `now` has not reached; when it is due, it takes its
        old place again. Two workers never get the same job. A job whose lease expired before is claimed alone: when
        the oldest due job is such a one, it is the only one returned; otherwise such jobs are passed over in this
        call. A job whose mail the database lost fails here. `attempts` is counted up here. An answer shorter than
        `limit` does not mean that nothing is left: such a lone job is one reason, another that a claim stops growing
        at 32 MB of mail. Only an empty answer means that.
        """

    def record(self, outcomes: Sequence[Outcome], *, worker: str, now: float) -> frozenset[str]:
        """Record results in one transaction; return the ids of the jobs that took them.

        An outcome counts only when the job is running under the very lease that the outcome names; others are
        dropped silently (their lease expired and the job belongs to somebody else). A decided or failed job with a
        callback URL gets a `Delivery` in the same transaction.
        """

    def release(self, worker: str, *, max_attempts: int, now: float) -> int:
        """End at once the leases of a worker (or worker process) known to be dead; return how many jobs that was.

        The jobs are treated as by `expire_leases`. A name that ends in `/` ends the leases of all its processes.
        """

    def expire_leases(self, *, max_attempts: int, now: float) -> int:
        """Return jobs whose lease ended to the queue; return how many.

        A job that was claimed together with others is not charged: its attempt is taken back, and it will be
        claimed alone. One that was alone and reached `max_attempts` becomes failed, with an error that says that
        its worker died or hung on it; a callback is owed for it like for any other failure.
        """

    # -- callers and humans ---------------------------------------------------------------------------------------

    def cancel(self, job_id: str, *, actor: str, now: float) -> Job:
        """Take back a queued job. Raises NotFound; WrongStatus when it is not queued."""

    def erase(self, job_id: str, *, actor: str, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Delete a done, failed or cancelled job with its mail, reviews, deliveries and history.

        Raises NotFound; WrongStatus when it is queued or running. One event without personal data
        remains, and the lines of the audit are written in the same transaction.
        """

    def retry(self, job_id: str, *, actor: str, now: float) -> Job:
        """Queue a failed job again with no attempts counted; one whose lease ever ended is still claimed alone.

        Raises NotFound; WrongStatus when it is not failed, or retention has deleted its mail.
        """

    def review(self, review: Review, *, decision: Decision, actor: str) -> Job:
        """Record a human's word and make `decision` the job's decision, if the job is still as the review saw it.

        The history names `actor`, who called; `review.reviewer` is what the caller says of itself, so it is a detail.

        Raises NotFound; WrongStatus when the job is not done, or its label or queue are no longer the ones that
        `review.label_before` and `review.queue_before` name (somebody else was faster).
        """

    # -- deliveries -----------------------------------------------------------------------------------------------

    def claim_deliveries(self, *, limit: int, lease_seconds: float, now: float) -> list[Delivery]:
        """Take up to `limit` due deliveries under a lease, counting their attempts up; expired leases are due again."""

    def record_deliveries(self, outcomes: Sequence[DeliveryOutcome], *, now: float) -> None:
        """Record what came of attempts; an outcome under a lease that is no longer held is dropped."""

    # -- keys and workers -----------------------------------------------------------------------------------------

    def add_key(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a key, and lines of the audit with it. Raises WrongStatus when a key of that name is in use."""

    def key_by_hash(self, secret_hash: str) -> ApiKey | None:
        """Return the key with this hash that is not revoked, or None."""

    def keys(self) -> tuple[ApiKey, ...]:
        """Return all keys, revoked ones too, oldest first."""

    def revoke_key(self, name: str, *, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Revoke the key in use of this name, and write lines of the audit with it. Raises NotFound."""

    def beat(self, beat: WorkerBeat) -> None:
        """Record a worker's sign of life."""

    def workers(self, *, seen_after: float) -> tuple[WorkerBeat, ...]:
        """Return the workers heard from after that time, by name."""

    # -- itself ---------------------------------------------------------------------------------------------------

    def purge(self, *, mails_before: float, jobs_before: float, now: float) -> Mapping[str, int]:
        """Retention: delete the mails of jobs that ended before `mails_before`, and whole jobs before `jobs_before`.

        Returns counts by kind ("mails", "jobs"). A job whose mail is gone keeps its decision. Workers not heard from
        for a day are forgotten, who looked at a mail before that, and how to undo an act after a week. On a database
        this is many short transactions, so that nobody waits for it.
        """

    def check(self) -> None:
        """Ask the database a trivial question: its schema's version.

        A newer schema passes when it says that this program may still run on it, so that a running deployment
        outlives the migration to the next version. Raises StoreUnavailable; ConfigurationError on any other schema.
        """

    def close(self) -> None:
        """Give back every connection."""


NO_FILTER = JobFilter()

__all__ = [
    "NO_FILTER",
    "Accepted",
    "ApiKey",
    "Backlog",
    "Delivery",
    "DeliveryOutcome",
    "JobFilter",
    "Page",
    "QueueDepth",
    "Store",
    "StoredMail",
    "WorkerBeat",
]
