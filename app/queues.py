"""`/v1/queues`: what lies where, and for how long."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from app.endpoint import Answer, Body, Endpoint, endpoint
from app.jobs import PageQuery, page_of
from app.reply import JSON, reply
from app.schemas.job import PageBody
from app.schemas.moment import Timestamp, rfc3339_or_none
from app.schemas.strict import read_query
from app.services import Services, services
from routing.errors import NotFound
from routing.job import Status
from routing.keys import Scope
from routing.store.port import JobFilter, QueueDepth

queues = Blueprint("queues", __name__)


class QueueBody(BaseModel):
    """A team's queue."""

    name: str
    depth: int = Field(description="Mails in it that nobody has handled.")
    unreviewed: int = Field(description="Those of them that no human confirmed or corrected.")
    oldest_at: Timestamp | None = Field(description="When the oldest that nobody has handled was accepted.")
    oldest_age_seconds: float | None


class BacklogBody(BaseModel):
    """What is not decided."""

    queued: int
    running: int
    failed: int
    oldest_queued_at: Timestamp | None = Field(
        description="Since when the oldest queued mail waits for a worker; one that was put off, from its retry on."
    )


class QueuesBody(BaseModel):
    """All queues by name, empty ones too, and what is still to be decided."""

    queues: list[QueueBody]
    backlog: BacklogBody


@queues.get("/v1/queues")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Queues",
        summary="List queues with their depth and oldest age",
        answers={200: Answer(about="All queues.", content={JSON: Body(schema=QueuesBody)})},
    )
)
def list_queues() -> Response:
    """Answer with all queues."""
    provided = services()
    backlog = provided.store.backlog()
    body = {
        "queues": [_fields(each, provided.clock()) for each in depths(provided)],
        "backlog": {
            "queued": backlog.queued,
            "running": backlog.running,
            "failed": backlog.failed,
            "oldest_queued_at": rfc3339_or_none(backlog.oldest_queued_at),
        },
    }
    return reply(body)


@queues.get("/v1/queues/<path:name>/jobs")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Queues",
        summary="List the mails in a queue, newest first",
        query=PageQuery,
        answers={
            200: Answer(
                about="A page of done jobs.",
                content={JSON: Body(schema=PageBody)},
                headers={"Link": 'The next page, `rel="next"`; absent on the last.'},
            )
        },
        problems=("not-found", "invalid-input"),
    )
)
def list_queue_jobs(name: str) -> Response:
    """Answer with a page of the jobs in a queue."""
    provided = services()
    query = read_query(PageQuery, request.args)
    if name not in provided.policy.queues and all(each.queue != name for each in provided.store.queues()):
        raise NotFound("There is no such queue; GET /v1/queues lists them.")
    return page_of(JobFilter(queue=name, status=Status.DONE), query)


def depths(provided: Services) -> list[QueueDepth]:
    """Return every queue of the policy or the store, by name."""
    held = {each.queue: each for each in provided.store.queues()}
    return [
        held.get(name) or QueueDepth(queue=name, depth=0, unreviewed=0, oldest_at=None)
        for name in sorted({*provided.policy.queues, *held})
    ]


def _fields(depth: QueueDepth, now: float) -> dict[str, Any]:
    return {
        "name": depth.queue,
        "depth": depth.depth,
        "unreviewed": depth.unreviewed,
        "oldest_at": rfc3339_or_none(depth.oldest_at),
        "oldest_age_seconds": None if depth.oldest_at is None else round(max(0.0, now - depth.oldest_at), 3),
    }
