"""`/v1/jobs/{id}/explanation`: the words that carried a decision.

The API has no model, so it asks a worker (`broker.questions`) and waits a moment for the reply.

200
    The explanation; of a rule's or a human's decision, that it is one.
202
    Asked, no reply yet: the workers are busy, or have just died. The same again, after Retry-After.
409
    The job is not decided, or nobody can explain it now; the detail says why.
410
    Retention has deleted the mail.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import Field

from app.endpoint import Answer, Body, Endpoint, endpoint
from app.health import HEARD_SECONDS
from app.jobs import NAME_CHARACTERS, known
from app.reply import JSON, reply
from app.schemas.examples import EXPLANATION, EXPLANATION_PENDING
from app.schemas.explanation import ExplanationBody, PendingBody, explanation_fields, wordless_fields
from app.schemas.strict import Strict, read_query
from app.services import Services, services
from app.waiting import preferred_seconds
from routing.classifier import Score
from routing.decision import DecidedBy, Decision
from routing.errors import InvalidInput, MailDeleted, NotFound, Unexplained, WrongStatus
from routing.explanation import Question
from routing.explanation import Reply as WorkersReply
from routing.job import Job, Status
from routing.keys import Scope

explanations = Blueprint("explanations", __name__)

WAIT_SECONDS = 2
"""How long a caller waits that does not say how long; a reply takes a tenth of a second when a worker is free."""

_WHAT_TO_DO = {
    Status.QUEUED: "ask again when it is done",
    Status.RUNNING: "ask again when it is done",
    Status.FAILED: "its error says why; retry it first",
    Status.CANCELLED: "it was taken back before it was decided, hand it in again",
}


class ExplanationQuery(Strict):
    """What is to be explained."""

    label: str | None = Field(
        default=None,
        max_length=NAME_CHARACTERS,
        description="A label of the taxonomy, such as a runner-up; the model's own answer if left out.",
    )


@explanations.get("/v1/jobs/<job_id>/explanation")
@endpoint(
    Endpoint(
        scope=Scope.READ,
        tag="Jobs",
        summary="Explain a decision",
        about="The words for and against the label, found by a worker with the model that it has loaded now.",
        query=ExplanationQuery,
        headers={"Prefer": f"`wait=N`: wait for N seconds at most (30 at most), instead of {WAIT_SECONDS}."},
        answers={
            200: Answer(about="The explanation.", content={JSON: Body(schema=ExplanationBody, example=EXPLANATION)}),
            202: Answer(
                about="A worker was asked and has not replied yet.",
                content={JSON: Body(schema=PendingBody, example=EXPLANATION_PENDING)},
                headers={"Location": "Where to ask again.", "Retry-After": "Seconds after which it is worth asking."},
            ),
        },
        problems=("not-found", "wrong-status", "unexplained", "mail-deleted", "invalid-input"),
    )
)
def get_explanation(job_id: str) -> Response:
    """Answer with the words that carried a decision."""
    provided = services()
    label = read_query(ExplanationQuery, request.args).label
    if label is not None and label not in provided.policy.labels:
        raise InvalidInput(f"{label!r} is not a label; they are {', '.join(provided.policy.labels)}.", field="label")
    job = provided.store.job(known(job_id))
    decision = _decision_of(job)
    if label is None:
        label = own_answer(decision)
        if label is None or decision.decided_by is DecidedBy.RULE:
            return reply(wordless_fields(job, decision))
    preferred = preferred_seconds(request.headers.get("Prefer", ""))
    seconds = WAIT_SECONDS if preferred is None else preferred
    found = replied(provided, decision, Question(job_id=job.id, label=label), seconds)
    if found is None:
        return _not_yet(job, label)
    if found.explanation is None:
        raise Unexplained(found.refusal)
    return reply(explanation_fields(job, decision, found, found.explanation))


def own_answer(decision: Decision) -> str | None:
    """Return the label that the model found most probable when it was asked, whoever decided in the end."""
    if decision.model_version is None:
        return None
    said = list(decision.alternatives)
    if decision.label is not None and decision.confidence is not None:
        said.append(Score(label=decision.label, probability=decision.confidence))
    return max(said, key=lambda score: score.probability).label if said else None


def _decision_of(job: Job) -> Decision:
    if job.status is not Status.DONE or job.decision is None:
        raise WrongStatus(f"The job is {job.status}, so there is nothing to explain: {_WHAT_TO_DO[job.status]}.")
    return job.decision


def replied(provided: Services, decision: Decision, question: Question, seconds: float) -> WorkersReply | None:
    """Return a worker's reply; asks and waits for so many seconds if there is none yet.

    Raises:
        MailDeleted: retention has deleted the mail.
        Unexplained: no worker was heard from, or the question could not be left.
    """
    alive = {worker.model_version for worker in provided.store.workers(seen_after=provided.clock() - HEARD_SECONDS)}
    # The model that decided comes first: while another one is rolled out, either may reply.
    versions = sorted({*alive, decision.model_version or ""} - {""}, key=lambda each: each != decision.model_version)

    def look() -> WorkersReply | None:
        return provided.questions.reply_to(question, versions)

    found = look()
    if found is not None:
        return found
    _check_mail(provided, question.job_id)
    if not alive:
        raise Unexplained(
            f"No worker was heard from in the last {HEARD_SECONDS:.0f} seconds, and only workers have the model: "
            "start one, then ask again."
        )
    if not provided.questions.ask(question):
        raise Unexplained("The question could not be left for the workers: Redis does not answer, or too many wait.")
    provided.bell.ring()
    return provided.waiting.until(None, look, lambda seen: seen is not None, seconds)[0]


def _check_mail(provided: Services, job_id: str) -> None:
    try:
        provided.store.mail(job_id)
    except NotFound as error:
        provided.store.job(job_id)  # NotFound when all of it was erased meanwhile
        raise MailDeleted("Retention has deleted this mail, so its words cannot be weighed any more.") from error


def _not_yet(job: Job, label: str) -> Response:
    headers = {"Location": f"/v1/jobs/{job.id}/explanation?{urlencode({'label': label})}", "Retry-After": "1"}
    body = {"job_id": job.id, "detail": "A worker was asked and has not replied yet; ask again."}
    return reply(body, 202, headers)
