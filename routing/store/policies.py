"""The store's chapter for saved policies, and for the mails that a change is tried out on.

Part of the port, see `routing.store.port`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routing.errors import Overtaken
from routing.job import Job, MailFormat
from routing.people import AuditEntry

MOST_READ = 3
"""How many jobs `answers` looks at for each answer that it may return: not every mail was shown to a model."""

MOST_BYTES = 512 * 1024
"""Of a mail that a change is tried out on; what rules look at is the beginning of it anyway."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedPolicy:
    """One version of the policy, as it was saved."""

    number: int
    """1 for the first."""
    version: str
    """The digest that decisions and `GET /v1/taxonomy` name it by; the same text has the same."""
    content: str
    """The YAML document."""
    author: str
    """`user NAME` or `command line`."""
    at: float
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a model once said of a mail, and what became of it."""

    label: str
    """What the model said first."""
    confidence: float
    """Its probability, 0 to 1."""
    novelty: float | None
    """1 and above: the model had learnt from no such mail."""
    right: bool | None
    """Whether the label is still that one after a human looked at it; None: nobody did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMail:
    """A routed mail together with what was handed in."""

    job: Job
    content: bytes
    format: MailFormat


class Policies(Protocol):
    """Versions of the policy. Each method is one transaction."""

    def save_policy(self, saved: SavedPolicy, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a version with its lines of the audit; its number is that of the newest plus 1.

        Raises Overtaken when another one was saved meanwhile.
        """

    def policy_head(self) -> int:
        """Return the number of the newest version; 0 when none was saved. One row, whatever is stored."""

    def policy_version(self, number: int) -> SavedPolicy:
        """Return a version. Raises NotFound."""

    def policy_versions(self, *, before: int | None = None, limit: int = 50) -> tuple[SavedPolicy, ...]:
        """Return versions, newest first, from below the number `before`."""

    def answers(self, *, since: float, limit: int) -> tuple[Answer, ...]:
        """Return what models said of mails accepted at or after a time, newest first, `limit` at most.

        The cost is bounded by `limit`, not by the mails there are: no more than `MOST_READ * limit` jobs are looked at.
        """

    def kept_mails(
        self, *, before: str | None = None, limit: int = 50, most_bytes: int = MOST_BYTES
    ) -> tuple[KeptMail, ...]:
        """Return routed mails whose content is still stored, newest id first, from below the id `before`.

        Mails larger than `most_bytes` are passed over, so that a page of them fits the memory.
        """

    def labels_given(self, *, since: float) -> Mapping[str, int]:
        """Count the reviews at or after a time that stand, by reviewer."""


def overtaken(newest: SavedPolicy | None) -> Overtaken:
    """Return the error for a version that does not follow the newest one."""
    if newest is None:
        return Overtaken("No version of the policy was saved yet; look again.")
    return Overtaken(
        f"Version {newest.number} of the policy was saved meanwhile by {newest.author}; compare and save again.",
        actor=newest.author,
        kind="policy saved",
        at=newest.at,
    )
