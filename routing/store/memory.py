"""The store in dictionaries behind a lock: public, for tests and demonstrations; gone with its process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from routing.errors import InvalidInput, KeyReused, NotFound, WrongStatus
from routing.ids import is_uuid, uuid7
from routing.job import Claim, Decided, Event, Handling, Job, Outcome, Review, Status, Submission
from routing.people import AuditEntry
from routing.store import bounds, changes
from routing.store.memory_desk import MemoryDesk
from routing.store.memory_entry import Entry, matches
from routing.store.memory_figures import MemoryFigures, Routed, Tallies
from routing.store.memory_people import MemoryPeople
from routing.store.memory_policies import MemoryPolicies
from routing.store.memory_running import MemoryRunning
from routing.store.port import (
    Accepted,
    Backlog,
    Delivery,
    DeliveryOutcome,
    JobFilter,
    Page,
    StoredMail,
)

ENDED = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})


class MemoryStore(MemoryDesk, MemoryPolicies, MemoryPeople, MemoryFigures, MemoryRunning):
    """The store port in memory. Any number of threads may share one."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, Entry] = {}
        self._reviews: list[Review] = []
        self._events: list[Event] = []
        self._deliveries: dict[str, Delivery] = {}
        self._delivery_due: dict[str, float] = {}
        self._tallies = Tallies()

    def _newest(self) -> Iterator[tuple[Job, StoredMail | None]]:
        return ((entry.job, entry.mail) for _, entry in sorted(self._entries.items(), reverse=True))

    def submit(self, submissions: Sequence[Submission], *, now: float) -> list[Accepted | Exception]:
        """Store mails; see the port."""
        with self._lock:
            return [self._submit(one, now, now + step * bounds.STEP) for step, one in enumerate(submissions)]

    def _submit(self, submission: Submission, now: float, id_at: float) -> Accepted | Exception:
        mine = [entry for entry in self._entries.values() if entry.submission.source == submission.source]
        key = submission.idempotency_key
        for entry in mine if key is not None else ():
            if entry.submission.idempotency_key == key:
                if entry.submission.digest != submission.digest:
                    return KeyReused("This idempotency key was used before, with another body: choose a new key.")
                return Accepted(job=entry.job, created=False)
        for entry in mine if submission.message_id else ():
            if entry.submission.message_id == submission.message_id:
                return Accepted(job=entry.job, created=False)
        job = bounds.accepted(uuid7(id_at), submission, at=now)
        mail = StoredMail(content=submission.content, format=submission.format)
        self._entries[job.id] = Entry(job=job, submission=submission, due_at=bounds.AT_ONCE, mail=mail)
        return Accepted(job=job, created=True)

    def job(self, job_id: str) -> Job:
        """Return one job; see the port."""
        with self._lock:
            return self._entry(job_id).job

    def mail(self, job_id: str) -> StoredMail:
        """Return the mail of a job; see the port."""
        with self._lock:
            mail = self._entry(job_id).mail
        if mail is None:
            raise NotFound("The mail was deleted.")
        return mail

    def jobs(self, where: JobFilter, *, before: str | None = None, limit: int = 50) -> Page:
        """List jobs, newest first; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        where = bounds.job_filter(where)
        with self._lock:
            found = [entry.job for entry in self._entries.values() if matches(entry.job, where)]
        found = sorted((job for job in found if before is None or job.id < before), key=lambda job: job.id)[::-1]
        page = tuple(found[:limit])
        return Page(jobs=page, next_cursor=page[-1].id if page and len(found) > limit else None)

    def history(self, job_id: str) -> tuple[Event, ...]:
        """Return a job's events; see the port."""
        with self._lock:
            found = tuple(event for event in self._events if event.job_id == job_id)
            if not found:
                self._entry(job_id)
            return found

    def reviews(self, job_id: str) -> tuple[Review, ...]:
        """Return a job's reviews; see the port."""
        with self._lock:
            return tuple(sorted((r for r in self._reviews if r.job_id == job_id), key=lambda r: (r.at, r.id)))

    def backlog(self) -> Backlog:
        """Count what is still to be decided; see the port."""
        with self._lock:
            found = [(entry.job, entry.due_at) for entry in self._entries.values()]
        jobs = [job for job, _ in found]
        queued = [max(job.created_at, due_at) for job, due_at in found if job.status is Status.QUEUED]
        return Backlog(
            queued=len(queued),
            running=sum(job.status is Status.RUNNING for job in jobs),
            failed=sum(job.status is Status.FAILED for job in jobs),
            oldest_queued_at=min(queued, default=None),
        )

    def claim(self, *, worker: str, limit: int, lease_seconds: float, now: float) -> list[Claim]:
        """Take up to `limit` due jobs under a lease; see the port."""
        with self._lock:
            queued = (entry for entry in self._entries.values() if entry.job.status is Status.QUEUED)
            due = sorted((entry for entry in queued if entry.due_at <= now), key=lambda entry: entry.job.id)
            chosen = due[:1] if due and due[0].alone else _ordinary(due, limit)
            lease = uuid4().hex
            for entry in chosen if limit > 0 else ():
                entry.lease, entry.lease_until = lease, now + lease_seconds
                entry.worker, entry.grouped = bounds.bounded(worker, bounds.NAME), len(chosen) > 1
            return [self._hold(entry, now) for entry in chosen if limit > 0]

    def _hold(self, entry: Entry, now: float) -> Claim:
        job = replace(entry.job, status=Status.RUNNING, attempts=entry.job.attempts + 1, updated_at=now)
        entry.job = job
        mail = entry.mail or StoredMail(content=b"", format=entry.submission.format)
        return Claim(
            job_id=job.id,
            lease=entry.lease,
            content=mail.content,
            format=mail.format,
            created_at=job.created_at,
            claimed_at=now,
            attempt=job.attempts,
            callback_url=job.callback_url,
        )

    def record(self, outcomes: Sequence[Outcome], *, worker: str, now: float) -> frozenset[str]:
        """Record results; see the port."""
        actor = f"worker {worker}"
        with self._lock:
            taken = set()
            for outcome in outcomes:
                entry = self._entries.get(outcome.job_id)
                if entry is None or entry.job.status is not Status.RUNNING or entry.lease != outcome.lease:
                    continue
                taken.add(outcome.job_id)
                if isinstance(outcome, Decided):
                    self._decide(entry, outcome, actor, now)
                elif outcome.retry_at is None:
                    self._fail(entry, outcome.error, actor, now)
                else:
                    error = bounds.bounded(outcome.error, bounds.ERROR)
                    entry.queues(now, outcome.retry_at, entry.job.attempts, error)
                    self._event(outcome.job_id, "requeued", now, actor, error)
            return frozenset(taken)

    def _decide(self, entry: Entry, outcome: Decided, actor: str, now: float) -> None:
        entry.ends(Status.DONE, now)
        entry.job = replace(
            entry.job,
            decision=bounds.decision(outcome.decision),
            decided_at=now,
            timings=outcome.timings,
            subject=bounds.bounded(outcome.subject, bounds.SUBJECT),
            sender=bounds.bounded(outcome.sender, bounds.SENDER),
            message_id=bounds.bounded(outcome.message_id, bounds.MESSAGE_ID),
            defects=bounds.defects(outcome.defects),
            excerpt=bounds.bounded(outcome.excerpt, bounds.EXCERPT),
            language=bounds.maybe(outcome.language, bounds.NAME),
            model_label=bounds.maybe(outcome.model_label, bounds.NAME),
            model_confidence=outcome.model_confidence,
            novelty=outcome.novelty,
            handling=Handling(arrived_at=now),
        )
        entry.interest, entry.words = changes.interest(outcome), bounds.content(outcome)
        self._touch(entry.job)
        entry.routed = entry.job.decision
        self._owe(entry.job, now)
        self._event(entry.job.id, "decided", now, actor, bounds.decided(outcome.decision.queue, outcome.policy))

    def _fail(self, entry: Entry, error: str, actor: str, now: float) -> None:
        entry.ends(Status.FAILED, now, bounds.bounded(error, bounds.ERROR))
        self._owe(entry.job, now)
        self._event(entry.job.id, "failed", now, actor, error)

    def _owe(self, job: Job, now: float) -> None:
        if job.callback_url is not None:
            delivery = Delivery(id=uuid7(now), job_id=job.id, url=job.callback_url, attempts=0, created_at=now)
            self._deliveries[delivery.id], self._delivery_due[delivery.id] = delivery, bounds.AT_ONCE

    def release(self, worker: str, *, max_attempts: int, now: float) -> int:
        """End at once the leases of a worker known to be dead; see the port."""
        node, worker = worker.endswith("/"), bounds.bounded(worker, bounds.NAME)
        with self._lock:
            mine = [
                entry
                for entry in self._entries.values()
                if entry.job.status is Status.RUNNING
                and (entry.worker.startswith(worker) if node else entry.worker == worker)
            ]
            return self._take_back(mine, max_attempts, now)

    def expire_leases(self, *, max_attempts: int, now: float) -> int:
        """Return jobs whose lease ended to the queue; see the port."""
        with self._lock:
            running = (entry for entry in self._entries.values() if entry.job.status is Status.RUNNING)
            return self._take_back([entry for entry in running if entry.lease_until <= now], max_attempts, now)

    def _take_back(self, entries: list[Entry], max_attempts: int, now: float) -> int:
        for entry in entries:
            job, entry.alone = entry.job, True
            if not entry.grouped and job.attempts >= max_attempts:
                self._fail(entry, bounds.worker_failure(job.attempts, max_attempts), "sweep", now)
            else:
                entry.queues(now, bounds.AT_ONCE, job.attempts - entry.grouped, job.error)
                self._event(job.id, "requeued", now, "sweep", bounds.LEASE_ENDED)
        return len(entries)

    def cancel(self, job_id: str, *, actor: str, now: float) -> Job:
        """Take back a queued job; see the port."""
        with self._lock:
            entry = self._entry(job_id, Status.QUEUED)
            entry.ends(Status.CANCELLED, now, entry.job.error)
            self._event(job_id, "cancelled", now, actor)
            return entry.job

    def erase(self, job_id: str, *, actor: str, now: float, audit: Sequence[AuditEntry] = ()) -> None:
        """Delete a job that has ended; see the port."""
        with self._lock:
            if self._entry(job_id).job.status not in ENDED:
                raise WrongStatus("Only a done, failed or cancelled job can be erased.")
            self._delete(job_id)
            self._event(job_id, "erased", now, actor)
            self._note(audit)

    def _delete(self, job_id: str) -> None:
        self._forget(self._entries.pop(job_id).job)
        self._reviews = [review for review in self._reviews if review.job_id != job_id]
        self._events = [event for event in self._events if event.job_id != job_id]
        self._deliveries = {key: one for key, one in self._deliveries.items() if one.job_id != job_id}

    def retry(self, job_id: str, *, actor: str, now: float) -> Job:
        """Queue a failed job again; see the port."""
        with self._lock:
            entry = self._entry(job_id, Status.FAILED)
            if entry.mail is None:
                raise WrongStatus("The job cannot be tried again: its mail was deleted by the retention policy.")
            entry.queues(now, bounds.AT_ONCE, 0, entry.job.error)
            self._event(job_id, "retried", now, actor)
            return entry.job

    def claim_deliveries(self, *, limit: int, lease_seconds: float, now: float) -> list[Delivery]:
        """Take up to `limit` due deliveries under a lease; see the port."""
        with self._lock:
            due = sorted((at, key) for key, at in self._delivery_due.items() if at <= now and key in self._deliveries)
            lease, claimed = uuid4().hex, []
            for _, key in due[:limit]:
                one = self._deliveries[key]
                claimed.append(replace(one, attempts=one.attempts + 1, lease=lease))
                self._deliveries[key], self._delivery_due[key] = claimed[-1], now + lease_seconds
            return claimed

    def record_deliveries(self, outcomes: Sequence[DeliveryOutcome], *, now: float) -> None:
        """Record what came of attempts; see the port."""
        with self._lock:
            for outcome in outcomes:
                delivery = self._deliveries.get(outcome.delivery_id)
                if delivery is None or delivery.lease != outcome.lease:
                    continue
                if outcome.retry_at is not None and not outcome.delivered:
                    self._deliveries[delivery.id] = replace(delivery, lease="")
                    self._delivery_due[delivery.id] = outcome.retry_at
                else:
                    del self._deliveries[delivery.id]
                    kind = bounds.CALLBACK_DELIVERED if outcome.delivered else bounds.CALLBACK_GIVEN_UP
                    self._event(delivery.job_id, kind, now, bounds.ERRANDS, outcome.error or "")

    def purge(self, *, mails_before: float, jobs_before: float, now: float) -> Mapping[str, int]:
        """Delete old mails and old jobs; see the port."""
        with self._lock:
            ended = [entry for entry in self._entries.values() if entry.ended_at is not None]
            mails = [entry for entry in ended if entry.mail and entry.ended_before(max(mails_before, jobs_before))]
            jobs = [entry.job.id for entry in ended if entry.ended_before(jobs_before)]
            for entry in mails:
                entry.forgets_mail()
                self._touch(entry.job)
            for job_id in jobs:
                self._delete(job_id)
            self._forget_workers(now - bounds.SILENCE)
            self._forget_looks(now - bounds.SILENCE)
            self._forget_acts(now - bounds.UNDOABLE)
            return {"mails": len(mails), "jobs": len(jobs)}

    def check(self) -> None:
        """Do nothing: memory answers."""

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def _routed(self) -> list[Routed]:
        done = (entry for entry in self._entries.values() if entry.job.status is Status.DONE)
        return [Routed(job=entry.job, first=entry.routed) for entry in done if entry.routed]

    def _entry(self, job_id: str, wanted: Status | None = None) -> Entry:
        entry = self._entries.get(job_id)
        if entry is None:
            raise NotFound(f"There is no job {job_id[:36]!r}, or it was erased.")
        if wanted is not None and entry.job.status is not wanted:
            raise WrongStatus(f"The job is {entry.job.status}, not {wanted}.")
        return entry

    def _event(self, job_id: str, kind: str, at: float, actor: str, detail: str = "") -> None:
        self._events.append(bounds.event(Event(job_id=job_id, at=at, kind=kind, actor=actor, detail=detail)))


def _ordinary(due: list[Entry], limit: int) -> list[Entry]:
    chosen: list[Entry] = []
    size = 0
    for entry in [entry for entry in due if not entry.alone][: max(limit, 0)]:
        size += entry.job.size
        if chosen and size > bounds.CLAIM_BYTES:
            break
        chosen.append(entry)
    return chosen
