"""A job as its caller sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from app.schemas.moment import Timestamp, rfc3339, rfc3339_or_none
from routing.decision import DecidedBy, Decision, Priority
from routing.job import Event, Job, Status

PROBABILITY_DIGITS = 4


class ScoreBody(BaseModel):
    """A label and its probability."""

    label: str
    probability: float = Field(ge=0, le=1)


class DecisionBody(BaseModel):
    """Where the mail goes, who decided that, and why."""

    label: str | None = Field(description="The label of the taxonomy; null when a rule decided without giving one.")
    confidence: float | None = Field(description="The model's probability for the label; null when no model was asked.")
    alternatives: list[ScoreBody] = Field(description="The next most probable labels, best first.")
    queue: str
    priority: Priority
    decided_by: DecidedBy
    reason: str = Field(description="One sentence for a human.")
    rule: str | None = Field(description="The name of the rule that decided, if one did.")
    model_version: str | None = Field(description="The model that was asked, if one was.")


class TimingsBody(BaseModel):
    """Where the time went, in milliseconds."""

    queued: float = Field(description="From acceptance until a worker took the mail.")
    parse: float
    classify: float
    total: float = Field(description="From acceptance to the decision.")


class JobBody(BaseModel):
    """The processing of one mail."""

    id: str = Field(description="UUID version 7, so ids sort by arrival.")
    status: Status
    source: str = Field(description="The name of the API key that handed the mail in.")
    created_at: Timestamp
    updated_at: Timestamp
    message_id: str
    subject: str
    sender: str
    size: int = Field(description="Bytes of the stored mail.")
    attempts: int
    error: str | None = Field(description="Why the last attempt failed, if it did.")
    decision: DecisionBody | None = Field(description="Null until the job is done.")
    decided_at: Timestamp | None
    timings: TimingsBody | None
    reviewed: bool = Field(description="Whether a human confirmed or corrected the decision.")
    callback_url: str | None
    metadata: Mapping[str, JsonValue] = Field(description="What the caller gave with the mail.")
    defects: list[str] = Field(description="What was wrong with the message, one short phrase each.")


class PageBody(BaseModel):
    """Some jobs, newest first."""

    jobs: list[JobBody]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")


class EventBody(BaseModel):
    """One line of a job's history."""

    at: Timestamp
    kind: str = Field(description="accepted, decided, failed, retried, requeued, reviewed, cancelled, …")
    actor: str = Field(description="Who: `key NAME`, `worker NAME`, `sweep`.")
    detail: str


class HistoryBody(BaseModel):
    """A job's history, oldest first."""

    events: list[EventBody]


def job_fields(job: Job) -> dict[str, Any]:
    """Return a job as `JobBody` has it, ready for JSON. Plain values: this is in the path of every mail."""
    decision = job.decision
    timings = job.timings
    return {
        "id": job.id,
        "status": job.status.value,
        "source": job.source,
        "created_at": rfc3339(job.created_at),
        "updated_at": rfc3339(job.updated_at),
        "message_id": job.message_id,
        "subject": job.subject,
        "sender": job.sender,
        "size": job.size,
        "attempts": job.attempts,
        "error": job.error,
        "decision": None if decision is None else _decision_fields(decision),
        "decided_at": rfc3339_or_none(job.decided_at),
        "timings": timings
        and {
            "queued": round(timings.queued, 3),
            "parse": round(timings.parse, 3),
            "classify": round(timings.classify, 3),
            "total": round(timings.total, 3),
        },
        "reviewed": job.reviewed,
        "callback_url": job.callback_url,
        "metadata": dict(job.metadata),
        "defects": list(job.defects),
    }


def _decision_fields(decision: Decision) -> dict[str, Any]:
    confidence = decision.confidence
    return {
        "label": decision.label,
        "confidence": None if confidence is None else round(confidence, PROBABILITY_DIGITS),
        "alternatives": [
            {"label": score.label, "probability": round(score.probability, PROBABILITY_DIGITS)}
            for score in decision.alternatives
        ],
        "queue": decision.queue,
        "priority": decision.priority.value,
        "decided_by": decision.decided_by.value,
        "reason": decision.reason,
        "rule": decision.rule,
        "model_version": decision.model_version,
    }


def event_fields(event: Event) -> dict[str, Any]:
    """Return an event as `EventBody` has it."""
    return {"at": rfc3339(event.at), "kind": event.kind, "actor": event.actor, "detail": event.detail}
