"""From rows to the domain's values and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from routing import job as domain
from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.store import bounds
from routing.store.changes import RANKS
from routing.store.port import ApiKey, WorkerBeat
from routing.store.sql.database import Parameters, Row
from routing.store.sql.statement import insert

JOB = (
    "id, status, source, created_at, updated_at, message_id, subject, sender, size, attempts, error, decided_at, "
    "reviewed, callback_url, metadata, defects, label, confidence, alternatives, queue, priority, decided_by, reason, "
    "rule, model_version, queued_ms, parse_ms, classify_ms, total_ms, excerpt, language, model_label, "
    "model_confidence, arrived_at, assignee, taken_at, handled_at, handled_by, revision, novelty"
)
REVIEW = "id, job_id, at, reviewer, confirmed, label_before, queue_before, label, queue, note"
EVENT = "job_id, at, kind, actor, detail"
KEY = "id, name, secret_hash, scopes, created_at, revoked_at"

LATEST = 0xFFFF_FFFF_FFFF
"""Milliseconds since 1970: the latest time that an id can carry."""

INSERT_EVENT = insert("events", tuple(EVENT.split(", ")))


def job(row: Row) -> domain.Job:
    """Return the job of a row with the columns `JOB` (more may follow)."""
    return domain.Job(
        id=row[0],
        status=domain.Status(row[1]),
        source=row[2],
        created_at=row[3],
        updated_at=row[4],
        message_id=row[5],
        subject=row[6],
        sender=row[7],
        size=row[8],
        attempts=row[9],
        error=row[10],
        decided_at=row[11],
        reviewed=bool(row[12]),
        callback_url=row[13],
        metadata=json.loads(row[14]),
        defects=tuple(json.loads(row[15])) if row[15] else (),
        decision=None if row[19] is None else _decision(row),
        timings=None if row[25] is None else Timings(queued=row[25], parse=row[26], classify=row[27], total=row[28]),
        excerpt=row[29] or "",
        language=row[30],
        model_label=row[31],
        model_confidence=row[32],
        novelty=row[39],
        handling=domain.Handling(
            arrived_at=row[33] or row[11],  # an older program leaves a 0
            assignee=row[34],
            taken_at=row[35],
            handled_at=row[36],
            handled_by=row[37],
            revision=row[38],
        ),
    )


def handling(job: domain.Job) -> dict[str, Any]:
    """Return the columns of what people made of a job."""
    made = job.handling
    return {
        "reviewed": job.reviewed,
        "arrived_at": made.arrived_at or 0.0,
        "assignee": made.assignee,
        "taken_at": made.taken_at,
        "handled_at": made.handled_at,
        "handled_by": made.handled_by,
    }


def before(job: domain.Job) -> str:
    """Return what an act may change of a job, as JSON."""
    return json.dumps({"decision": decision(job.decision) if job.decision else None, "handling": handling(job)})


def as_before(job: domain.Job, kept: str) -> domain.Job:
    """Return the job with what `before` kept of it."""
    columns = json.loads(kept)
    made, handled = columns["decision"], columns["handling"]
    names = JOB.split(", ")
    cells = [None if made is None else made.get(name) for name in names]
    return replace(
        job,
        decision=None if made is None else _decision(tuple(cells)),
        reviewed=handled.pop("reviewed"),
        handling=replace(job.handling, **handled),
    )


def _decision(row: Row) -> Decision:
    return Decision(
        label=row[16],
        confidence=row[17],
        alternatives=tuple(Score(label=label, probability=p) for label, p in json.loads(row[18])) if row[18] else (),
        queue=row[19],
        priority=Priority(row[20]),
        decided_by=DecidedBy(row[21]),
        reason=row[22],
        rule=row[23],
        model_version=row[24],
    )


def decision(made: Decision) -> dict[str, Any]:
    """Return the columns of a decision."""
    made = bounds.decision(made)
    return {
        "label": made.label,
        "confidence": made.confidence,
        "alternatives": json.dumps([(bounds.clean(score.label), score.probability) for score in made.alternatives])
        if made.alternatives
        else None,
        "queue": made.queue,
        "priority": made.priority.value,
        "rank": RANKS[made.priority.value],
        "decided_by": made.decided_by.value,
        "reason": made.reason,
        "rule": made.rule,
        "model_version": made.model_version,
    }


def event(job_id: str, kind: str, *, at: float, actor: str, detail: str = "") -> Parameters:
    """Return the row of one line of history."""
    return {
        "job_id": job_id,
        "at": at,
        "kind": kind,
        "actor": bounds.bounded(actor, bounds.NAME),
        "detail": bounds.bounded(detail, bounds.ERROR),
    }


def review(row: Row) -> domain.Review:
    """Return the review of a row with the columns `REVIEW`."""
    return domain.Review(
        id=row[0],
        job_id=row[1],
        at=row[2],
        reviewer=row[3],
        confirmed=bool(row[4]),
        label_before=row[5],
        queue_before=row[6],
        label=row[7],
        queue=row[8],
        note=row[9],
    )


def api_key(row: Row) -> ApiKey:
    """Return the key of a row with the columns `KEY`."""
    return ApiKey(
        id=row[0],
        name=row[1],
        secret_hash=row[2],
        scopes=frozenset(json.loads(row[3])),
        created_at=row[4],
        revoked_at=row[5],
    )


def beat(row: Row) -> WorkerBeat:
    """Return the sign of life of a row (name, model_version, started_at, seen_at, model)."""
    return WorkerBeat(name=row[0], model_version=row[1], started_at=row[2], seen_at=row[3], model=row[4])


def first_id(at: float) -> str:
    """Return the id that parts ids made before a time from later ones, to a millisecond (floats round).

    An id's time lies between 1970 and 10889; an earlier one has the lowest id, a later one the highest.
    """
    digits = f"{int(min(max(at * 1000, 0), LATEST)):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"
