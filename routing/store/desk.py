"""The store's chapter for the agents' desk; part of the port, see `routing.store.port`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from routing.desk import Change, JobPage, ListFilter, Looker, Order, QueueState
from routing.job import Job


class Desk(Protocol):
    """Routed mail as people work on it. Each method is one transaction."""

    def listing(self, where: ListFilter, *, order: Order, after: str | None = None, limit: int = 50) -> JobPage:
        """List routed mails from where a page before ended (`after`); keyset pagination, never an offset.

        A page may be short, or empty, although the list goes on (`JobPage.cut`).

        Raises InvalidInput when `after` is no cursor of this order.
        """

    def some(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist, by id."""

    def change(self, wanted: Sequence[Change], *, batch: str, actor: str, now: float) -> list[Job | Exception]:
        """Do what agents ask, all in one transaction; one answer each, in order: the job as it is now, or why not.

        `batch` (a UUIDv7) names them together for `undo`. Answers that are errors: NotFound; WrongStatus when the job
        is not done; `Overtaken` when its revision is another one, which says who changed it, how and when. A new queue
        sets `arrived_at`. Each change is a line of history by `actor` (`user NAME`), of the kind that the act has.
        """

    def undo(self, batch: str, *, actor: str, now: float) -> list[Job | Exception]:
        """Put the mails of a batch back as they were before it, and take back its reviews.

        One answer each, like `change`; a mail that somebody touched since is left as it is (`Overtaken`). Raises
        NotFound when there is no such batch of this actor, or it was undone before.
        """

    def queue_states(self) -> tuple[QueueState, ...]:
        """Return every queue that ever held a mail, by name. Costs the same with a million mails."""

    def recount(self) -> None:
        """Count the queues anew, in case an older program wrote past the counters during an upgrade."""

    def arrived(self, since: Mapping[str, float], *, most: int = 100) -> Mapping[str, int]:
        """Count the open mails of each queue that arrived in it at or after its time, `most` at most of each."""

    def look(self, job_id: str, *, user: str, now: float) -> None:
        """Note that somebody has the mail open. Nothing happens when there is no such job."""

    def lookers(self, job_id: str, *, seen_after: float) -> tuple[Looker, ...]:
        """Return who has the mail open, by name."""
