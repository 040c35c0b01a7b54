"""The part of the in-memory store that keeps versions of the policy."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from routing.errors import InvalidInput, NotFound
from routing.ids import is_uuid
from routing.job import Job, Review, Status
from routing.people import AuditEntry
from routing.store import bounds, people_bounds
from routing.store.policies import MOST_BYTES, MOST_READ, Answer, KeptMail, SavedPolicy, overtaken
from routing.store.port import StoredMail


class MemoryPolicies:
    """Versions of the policy in memory."""

    _lock: threading.RLock
    _reviews: list[Review]
    _audit: list[AuditEntry]

    def __init__(self) -> None:
        super().__init__()
        self._policies: list[SavedPolicy] = []

    def _newest(self) -> Iterable[tuple[Job, StoredMail | None]]:
        """Yield every job and its mail, newest id first."""
        raise NotImplementedError

    def save_policy(self, saved: SavedPolicy, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a version; see the port."""
        with self._lock:
            if saved.number != len(self._policies) + 1:
                raise overtaken(self._policies[-1] if self._policies else None)
            kept = replace(
                saved,
                version=bounds.bounded(saved.version, bounds.NAME),
                content=bounds.clean(saved.content),
                author=bounds.bounded(saved.author, bounds.NAME),
                note=bounds.bounded(saved.note, bounds.NOTE),
            )
            self._policies.append(kept)
            self._audit.extend(map(people_bounds.audit_entry, audit))

    def policy_head(self) -> int:
        """Return the number of the newest version; 0 when none was saved."""
        with self._lock:
            return len(self._policies)

    def policy_version(self, number: int) -> SavedPolicy:
        """Return a version; see the port."""
        with self._lock:
            if not 1 <= number <= len(self._policies):
                raise NotFound(f"There is no version {number} of the policy.")
            return self._policies[number - 1]

    def policy_versions(self, *, before: int | None = None, limit: int = 50) -> tuple[SavedPolicy, ...]:
        """Return versions, newest first; see the port."""
        with self._lock:
            found = [saved for saved in reversed(self._policies) if before is None or saved.number < before]
            return tuple(found[:limit])

    def answers(self, *, since: float, limit: int) -> tuple[Answer, ...]:
        """Return what models said of mails lately; see the port."""
        with self._lock:
            jobs = [job for job, _ in self._newest() if job.created_at >= since][: MOST_READ * limit]
            return tuple(
                Answer(
                    label=job.model_label,
                    confidence=job.model_confidence,
                    novelty=job.novelty,
                    right=job.decision.label == job.model_label if job.reviewed and job.decision else None,
                )
                for job in jobs
                if job.status is Status.DONE and job.model_label is not None and job.model_confidence is not None
            )[:limit]

    def kept_mails(
        self, *, before: str | None = None, limit: int = 50, most_bytes: int = MOST_BYTES
    ) -> tuple[KeptMail, ...]:
        """Return routed mails whose content is still stored; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        with self._lock:
            found = [
                KeptMail(job=job, content=mail.content, format=mail.format)
                for job, mail in self._newest()
                if mail is not None
                and job.status is Status.DONE
                and job.size <= most_bytes
                and (before is None or job.id < before)
            ]
            return tuple(found[:limit])

    def labels_given(self, *, since: float) -> Mapping[str, int]:
        """Count reviews by reviewer; see the port."""
        with self._lock:
            return dict(Counter(word.reviewer for word in self._reviews if word.at >= since))
