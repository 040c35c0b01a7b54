"""`/v1/taxonomy` and `/v1/models`: what mails can be, and what decides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel, Field

from app.endpoint import Answer, Body, Endpoint, endpoint
from app.health import HEARD_SECONDS
from app.reply import JSON, reply
from app.schemas.moment import Timestamp
from app.services import services
from routing.decision import Priority
from routing.job_document import rfc3339
from routing.keys import Scope

taxonomy = Blueprint("taxonomy", __name__)


class LabelBody(BaseModel):
    """One category."""

    key: str
    names: Mapping[str, str] = Field(description="Language code to name.")
    descriptions: Mapping[str, str] = Field(description="Language code to what belongs there.")
    examples: Mapping[str, list[str]] = Field(description="Language code to what such mails say; may be empty.")
    queue: str
    priority: Priority
    threshold: float | None = Field(
        description="Least probability at which the model decides alone; null when a precision is asked for instead."
    )
    precision: float | None = Field(
        description="Share of right decisions that a threshold of the model's own is to keep; null when one is given."
    )


class TaxonomyBody(BaseModel):
    """The policy in force."""

    version: str
    labels: list[LabelBody]
    queues: list[str]
    triage: str = Field(description="The queue of mails that the model is not sure enough about.")
    automatic: Mapping[str, str] = Field(description="Kind of automatic mail to queue.")


class WorkerBody(BaseModel):
    """A worker that was heard from lately."""

    name: str
    started_at: Timestamp
    seen_at: Timestamp


class ModelBody(BaseModel):
    """A model that some worker has loaded."""

    version: str
    workers: list[WorkerBody]


class ModelsBody(BaseModel):
    """The models in use. More than one while a new one is rolled out."""

    models: list[ModelBody]


@taxonomy.get("/v1/taxonomy")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Policy",
        summary="Read the taxonomy and where its labels go",
        answers={200: Answer(about="The policy in force.", content={JSON: Body(schema=TaxonomyBody)})},
    )
)
def get_taxonomy() -> Response:
    """Answer with the policy."""
    policy = services().policy
    body = {
        "version": policy.version,
        "labels": [
            {
                "key": label.key,
                "names": dict(label.names),
                "descriptions": dict(label.descriptions),
                "examples": {code: list(texts) for code, texts in label.examples.items()},
                "queue": label.queue,
                "priority": label.priority.value,
                "threshold": label.threshold,
                "precision": label.precision,
            }
            for label in policy.labels.values()
        ],
        "queues": list(policy.queues),
        "triage": policy.triage,
        "automatic": dict(policy.automatic),
    }
    return reply(body)


@taxonomy.get("/v1/models")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Policy",
        summary="List the models that workers use",
        answers={200: Answer(about="By version.", content={JSON: Body(schema=ModelsBody)})},
    )
)
def list_models() -> Response:
    """Answer with the models that the workers report."""
    provided = services()
    by_version: dict[str, list[dict[str, Any]]] = {}
    for worker in provided.store.workers(seen_after=provided.clock() - HEARD_SECONDS):
        by_version.setdefault(worker.model_version, []).append(
            {"name": worker.name, "started_at": rfc3339(worker.started_at), "seen_at": rfc3339(worker.seen_at)}
        )
    body = {"models": [{"version": version, "workers": found} for version, found in sorted(by_version.items())]}
    return reply(body)
