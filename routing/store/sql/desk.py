"""The agents' desk on a database: what they do to mails and undo, the queues' counters, and who looks at what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

from routing.desk import Change, Looker, QueueState
from routing.errors import NotFound, Overtaken
from routing.ids import is_uuid, uuid7
from routing.job import Event, Job
from routing.store import bounds, changes
from routing.store.schema import OPEN
from routing.store.sql import rows
from routing.store.sql.counters import Counters
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.jobs import absent
from routing.store.sql.statement import Statement, insert

_SOME = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id IN :ids")  # noqa: S608  (constant)
_HELD = Statement(f"SELECT {rows.JOB} FROM jobs WHERE id IN :ids ORDER BY id FOR UPDATE")  # noqa: S608  (constant)
_CHANGE = Statement("""
    UPDATE jobs SET updated_at = :now, reviewed = :reviewed, arrived_at = :arrived_at, assignee = :assignee,
        taken_at = :taken_at, handled_at = :handled_at, handled_by = :handled_by, revision = :revision
    WHERE id = :id
""")
_DECIDE = Statement("""
    UPDATE jobs SET updated_at = :now, reviewed = :reviewed, arrived_at = :arrived_at, assignee = :assignee,
        taken_at = :taken_at, handled_at = :handled_at, handled_by = :handled_by, revision = :revision,
        label = :label, confidence = :confidence, alternatives = :alternatives, queue = :queue, priority = :priority,
        rank = :rank, decided_by = :decided_by, reason = :reason, rule = :rule, model_version = :model_version
    WHERE id = :id
""")
_ACT = insert("acts", ("id", "batch", "job_id", "at", "actor", "kind", "revision", "before", "review_id"))
_INSERT_REVIEW = insert("reviews", tuple(rows.REVIEW.split(", ")))
_RECOUNT_HOUR = insert("recounts", ("hour",))
_LAST_WORD = Statement(
    f"SELECT {rows.EVENT} FROM events WHERE job_id = :id "  # noqa: S608  (constants)
    f"AND kind IN ({', '.join(repr(kind) for kind in sorted(changes.KINDS))}) ORDER BY id DESC LIMIT 1"
)
_BATCH = Statement("""
    SELECT id, job_id, kind, revision, before, review_id FROM acts
    WHERE batch = :batch AND actor = :actor AND undone_at IS NULL ORDER BY id
""")
_UNDONE = Statement("UPDATE acts SET undone_at = :now WHERE id = :id")
_TAKE_BACK_REVIEW = Statement("DELETE FROM reviews WHERE id = :id")
_STATES = Statement(
    f"""
    SELECT queue, open, taken, unreviewed,
        (SELECT min(created_at) FROM jobs INDEXED BY jobs_open_oldest
            WHERE jobs.queue = queue_state.queue AND {OPEN}), revision
    FROM queue_state
    """  # noqa: S608  (constant)
)
_ARRIVED = Statement(
    f"""
    SELECT queue, (SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_open_arrived
        WHERE jobs.queue = asked.queue AND {OPEN} AND jobs.arrived_at >= asked.since LIMIT :most) AS few)
    FROM (SELECT key AS queue, value AS since FROM json_each(:since)) AS asked
    """,  # noqa: S608  (constant)
    postgresql=f"""
    SELECT queue, (SELECT count(*) FROM (SELECT 1 FROM jobs
        WHERE jobs.queue = asked.queue AND {OPEN} AND jobs.arrived_at >= asked.since::double precision LIMIT :most)
        AS few)
    FROM json_each_text(:since::json) AS asked (queue, since)
    """,  # noqa: S608  (constant)
)
_LOOK = Statement("""
    INSERT INTO viewers (job_id, name, at) SELECT id, :user, :now FROM jobs WHERE id = :id
    ON CONFLICT (job_id, name) DO UPDATE SET at = excluded.at
""")
_LOOKERS = Statement("SELECT name, at FROM viewers WHERE job_id = :id AND at > :after ORDER BY name")

# Counting anew. The first statement asks, in one look, whether there is anything to do; mostly there is not.
_REAL = f"""
    SELECT queue, count(*) AS open, sum(CASE WHEN assignee IS NULL THEN 0 ELSE 1 END) AS taken,
        sum(CASE WHEN reviewed THEN 0 ELSE 1 END) AS unreviewed
    FROM jobs WHERE {OPEN} GROUP BY queue
"""  # noqa: S608  (constant)
_WRONG = Statement(
    f"""
    SELECT counted.queue, coalesce(real.open, 0) - counted.open, coalesce(real.taken, 0) - counted.taken,
        coalesce(real.unreviewed, 0) - counted.unreviewed
    FROM queue_state AS counted LEFT JOIN ({_REAL}) AS real ON real.queue = counted.queue
    WHERE coalesce(real.open, 0) <> counted.open OR coalesce(real.taken, 0) <> counted.taken
        OR coalesce(real.unreviewed, 0) <> counted.unreviewed
    UNION ALL
    SELECT real.queue, real.open, real.taken, real.unreviewed FROM ({_REAL}) AS real
    WHERE NOT EXISTS (SELECT 1 FROM queue_state WHERE queue_state.queue = real.queue)
    """  # noqa: S608  (constant)
)
_NO_COUNTING = Statement("SELECT 1", postgresql="LOCK TABLE queue_state IN EXCLUSIVE MODE")
_LEFT_OUT = Statement(
    f"SELECT {rows.JOB} FROM jobs INDEXED BY jobs_open_arrived "  # noqa: S608  (constant)
    f"WHERE queue = :queue AND {OPEN} AND arrived_at = 0 ORDER BY id LIMIT 500 FOR UPDATE"
)
_FILL_IN = Statement("""
    UPDATE jobs SET arrived_at = :arrived_at, rank = :rank, routed_queue = :queue, routed_label = :label,
        routed_by = :decided_by
    WHERE id = :id
""")


class SqlDesk:
    """The store's chapter for the agents' desk, but for its lists."""

    _database: Database

    def some(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist; see the port."""
        ids = [job_id for job_id in job_ids if is_uuid(job_id)]
        found = self._database.read(_SOME, {"ids": self._database.array(ids)}) if ids else []
        return {row[0]: rows.job(row) for row in found}

    def change(self, wanted: Sequence[Change], *, batch: str, actor: str, now: float) -> list[Job | Exception]:
        """Do what agents ask, all in one transaction; see the port."""

        def work(transaction: Transaction) -> list[Job | Exception]:
            desk = Writing(transaction, actor=actor, now=now)
            held = desk.hold([change.job_id for change in wanted])
            answers: list[Job | Exception] = []
            for change in wanted:
                job = held.get(change.job_id)
                answers.append(absent(change.job_id) if job is None else desk.change(job, change, batch))
            desk.write()
            return answers

        return self._database.write(work) if wanted else []

    def undo(self, batch: str, *, actor: str, now: float) -> list[Job | Exception]:
        """Put the mails of a batch back as they were before it; see the port."""
        which = {"batch": batch, "actor": bounds.bounded(actor, bounds.NAME)}

        def work(transaction: Transaction) -> list[Job | Exception]:
            desk = Writing(transaction, actor=actor, now=now)
            held = desk.hold([row[1] for row in transaction.rows(_BATCH, which)])
            acts = transaction.rows(_BATCH, which)  # again: the jobs are held now, and nobody else undoes these
            if not acts:
                raise NotFound("There is nothing to undo: it was undone already, or was not done by you.")
            answers = [desk.undo(held[row[1]], row) for row in acts if row[1] in held]
            desk.write()
            return answers

        if not is_uuid(batch):
            raise NotFound("There is no such batch.")
        return self._database.write(work)

    def queue_states(self) -> tuple[QueueState, ...]:
        """Return every queue that ever held a mail, by name; see the port."""
        found = sorted(self._database.read(_STATES), key=lambda row: str(row[0]))
        return tuple(
            QueueState(
                queue=queue, open=opened, taken=taken, unreviewed=unreviewed, oldest_at=oldest, revision=revision
            )
            for queue, opened, taken, unreviewed, oldest, revision in found
        )

    def recount(self) -> None:
        """Count the queues anew; see the port."""
        if self._database.read(_WRONG):
            self._database.write(_count_anew)
        for state in self.queue_states():
            self._database.write(partial(_fill_in, queue=state.queue))

    def arrived(self, since: Mapping[str, float], *, most: int = 100) -> Mapping[str, int]:
        """Count what arrived in queues since; see the port."""
        asked = json.dumps({bounds.clean(queue): at for queue, at in since.items()})
        return {row[0]: row[1] for row in self._database.read(_ARRIVED, {"since": asked, "most": most})}

    def look(self, job_id: str, *, user: str, now: float) -> None:
        """Note that somebody has the mail open; see the port."""
        if is_uuid(job_id):
            row = {"id": job_id, "user": bounds.bounded(user, bounds.NAME), "now": now}
            self._database.write(lambda transaction: transaction.run(_LOOK, row))

    def lookers(self, job_id: str, *, seen_after: float) -> tuple[Looker, ...]:
        """Return who has the mail open, by name; see the port."""
        found = self._database.read(_LOOKERS, {"id": job_id, "after": seen_after}) if is_uuid(job_id) else []
        return tuple(sorted((Looker(user=user, at=at) for user, at in found), key=lambda looker: looker.user))


class Writing:
    """One transaction of changes: jobs are held first, by id; the counters are written last."""

    def __init__(self, transaction: Transaction, *, actor: str, now: float) -> None:
        self._transaction = transaction
        self._actor = bounds.bounded(actor, bounds.NAME)
        self._now = now
        self._counters = Counters()
        self._changed: set[str] = set()

    def hold(self, job_ids: Sequence[str]) -> dict[str, Job]:
        """Lock these jobs, and return them as they are now."""
        ids = self._transaction.array([job_id for job_id in job_ids if is_uuid(job_id)])
        return {row[0]: rows.job(row) for row in self._transaction.rows(_HELD, {"ids": ids})}

    def change(self, job: Job, change: Change, batch: str | None) -> Job | Exception:
        """Make one change, or say why not. Without a batch nothing can undo it, and its history is the caller's."""
        refused = changes.refusal(job, change) if job.id not in self._changed else changes.twice()
        if refused is not None:
            return self._overtaken(job.id) if isinstance(refused, Overtaken) else refused
        after = changes.changed(job, change, actor=self._actor, now=self._now)
        self._save(job, after)
        if change.review is not None:
            self._transaction.run(_INSERT_REVIEW, asdict(bounds.review(change.review)))
        if batch is not None:
            self._transaction.run(
                _ACT,
                {
                    "id": uuid7(self._now + len(self._changed) * bounds.STEP),
                    "batch": batch,
                    "job_id": job.id,
                    "at": self._now,
                    "actor": self._actor,
                    "kind": change.act.value,
                    "revision": after.handling.revision,
                    "before": rows.before(job),
                    "review_id": change.review.id if change.review else None,
                },
            )
            self.event(job.id, change.act.value, changes.detail(change))
        self._changed.add(job.id)
        return after

    def undo(self, job: Job, act: Row) -> Job | Exception:
        """Undo one act, if nobody touched the mail since."""
        act_id, _job_id, kind, revision, before, review_id = act
        self._transaction.run(_UNDONE, {"id": act_id, "now": self._now})
        if job.handling.revision != revision:
            return self._overtaken(job.id)
        after = changes.restored(job, rows.as_before(job, before), now=self._now)
        self._save(job, after)
        if review_id is not None:
            self._transaction.run(_TAKE_BACK_REVIEW, {"id": review_id})
        self.event(job.id, changes.UNDO, kind)
        return after

    def event(self, job_id: str, kind: str, detail: str) -> None:
        """Write a line of history."""
        line = rows.event(job_id, kind, at=self._now, actor=self._actor, detail=detail)
        self._transaction.run(rows.INSERT_EVENT, line)

    def write(self) -> None:
        """Write the counters."""
        self._counters.write(self._transaction)

    def _save(self, before: Job, after: Job) -> None:
        columns = {"id": after.id, "now": self._now, "revision": after.handling.revision, **rows.handling(after)}
        if after.decision is None or after.decision == before.decision:
            self._transaction.run(_CHANGE, columns)
        else:
            self._transaction.run(_DECIDE, columns | rows.decision(after.decision))
        self._counters.leaves(changes.standing(before))
        self._counters.enters(changes.standing(after))
        if changes.counts_anew(before, after):
            self._transaction.run(_RECOUNT_HOUR, {"hour": changes.hour(after)})

    def _overtaken(self, job_id: str) -> Overtaken:
        found = self._transaction.row(_LAST_WORD, {"id": job_id})
        last = None if found is None else Event(job_id=job_id, at=found[1], kind=found[2], actor=found[3])
        return changes.overtaken(job_id, last)


def _count_anew(transaction: Transaction) -> None:
    """Set right what is wrong, while no other transaction counts: those that changed jobs wait to count, or did."""
    transaction.run(_NO_COUNTING)
    counters = Counters()
    for queue, opened, taken, unreviewed in transaction.rows(_WRONG):
        counters.enters(changes.Standing(queue=queue, open=opened, taken=taken, unreviewed=unreviewed))
    counters.write(transaction)


def _fill_in(transaction: Transaction, *, queue: str) -> int:
    """Give what an older program decided the columns that it does not know."""
    found = [rows.job(row) for row in transaction.rows(_LEFT_OUT, {"queue": queue})]
    filled = [
        {"id": job.id, "arrived_at": job.decided_at, **rows.decision(job.decision)} for job in found if job.decision
    ]
    return transaction.many(_FILL_IN, filled)
