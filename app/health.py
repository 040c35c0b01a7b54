"""`/healthz`, `/readyz`, `/metrics`: for whoever runs this."""

from __future__ import annotations

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from app.endpoint import Answer, Body, Endpoint, endpoint
from app.reply import JSON, reply
from app.services import services
from routing.errors import FacteurError

health = Blueprint("health", __name__)

HEARD_SECONDS = 30.0
"""A worker that was not heard from for longer does not count."""


class Health(BaseModel):
    """Alive."""

    status: str


class Readiness(BaseModel):
    """Which parts work."""

    status: str = Field(description="ready, or unready")
    store: str = Field(description="ok, or what is wrong")
    workers: str = Field(description="ok, or what is wrong")


@health.get("/healthz")
@endpoint(
    Endpoint(
        scope=None,
        tag="Operations",
        summary="Is this process alive?",
        answers={200: Answer(about="Yes.", content={JSON: Body(schema=Health)})},
    )
)
def healthz() -> Response:
    """Answer that this process answers."""
    return reply({"status": "ok"})


@health.get("/readyz")
@endpoint(
    Endpoint(
        scope=None,
        tag="Operations",
        summary="Can a mail be accepted and decided?",
        about="The database must answer, and a worker must have been heard from in the last 30 seconds.",
        answers={
            200: Answer(about="Yes.", content={JSON: Body(schema=Readiness)}),
            503: Answer(about="No; the body says which part.", content={JSON: Body(schema=Readiness)}),
        },
    )
)
def readyz() -> Response:
    """Answer whether every part works."""
    provided = services()
    parts = {"store": "ok", "workers": "unknown"}
    try:
        provided.store.check()
        heard = provided.store.workers(seen_after=provided.clock() - HEARD_SECONDS)
        parts["workers"] = "ok" if heard else f"none was heard from in the last {HEARD_SECONDS:.0f} seconds"
    except FacteurError:
        parts["store"] = "the database does not answer, or has another schema; the log of this service says more"
    ready = all(part == "ok" for part in parts.values())
    body = {"status": "ready" if ready else "unready", **parts}
    return reply(body, 200 if ready else 503, {} if ready else {"Retry-After": "5"})


@health.get("/metrics")
@endpoint(
    Endpoint(
        scope=None,
        tag="Operations",
        summary="Metrics for Prometheus",
        answers={200: Answer(about="In the format that Accept asks for.", content={"text/plain": Body()})},
    )
)
def metrics() -> Response:
    """Answer with the metrics of all processes."""
    content, content_type = services().metrics.page(request.headers.get("Accept", ""))
    return Response(content, content_type=content_type)
