"""A job as its caller sees it: the schemas of `routing.job_document`, by test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from app.schemas.moment import Timestamp
from routing.decision import DecidedBy, Priority
from routing.job import Event, Status
from routing.job_document import rfc3339


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


def event_fields(event: Event) -> dict[str, Any]:
    """Return an event as `EventBody` has it."""
    return {"at": rfc3339(event.at), "kind": event.kind, "actor": event.actor, "detail": event.detail}
