"""Why a mail was decided as it was, as its caller sees it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

from routing.decision import DecidedBy, Decision
from routing.explanation import Explanation, Reply, Word
from routing.job import Job
from routing.job_document import PROBABILITY_DIGITS

WEIGHT_DIGITS = 4


class FoundBy(StrEnum):
    """How the words were found; or why there are none."""

    ERASURE = "erasure"
    COUNTING = "counting"
    RULE = "rule"
    HUMAN = "human"


class PlaceBody(BaseModel):
    """Where a word stands in `text`, in characters (Unicode code points)."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class WordBody(BaseModel):
    """A word that carries the decision."""

    text: str
    start: int = Field(ge=0, description="Of its first place in `text`, in characters (Unicode code points).")
    end: int = Field(ge=0)
    places: list[PlaceBody] = Field(description="All its places in `text`, the first one too.")
    weight: float = Field(
        description="By how much the label's log-odds (natural logarithm) fall without it, after the words for the "
        "label that say more alone; the weights above zero add up. Below zero: by how much they rise without it."
    )
    side: Literal["for", "against"]


class ExplanationBody(BaseModel):
    """Why a mail was decided as it was."""

    job_id: str
    decided_by: DecidedBy
    reason: str = Field(description="The decision's reason, one sentence.")
    rule: str | None = Field(description="The name of the rule that decided, if one did.")
    label: str | None = Field(description="The label that is explained.")
    probability: float | None = Field(ge=0, le=1, description="What the model gives it; null when no model is asked.")
    predicted: str | None = Field(description="The label that the model finds most probable.")
    probability_without: float | None = Field(
        ge=0, le=1, description="What the model gives the label when the words for it are all left out."
    )
    method: FoundBy = Field(
        description="`erasure`: words are left out and the model is asked again. `counting`: the stand-in counts "
        "words. `rule`, `human`: no model decided, so there are no words."
    )
    model_version: str | None = Field(description="The model that is explained: the one that a worker has loaded.")
    decision_model_version: str | None = Field(description="The model that was asked for the decision, if one was.")
    note: str = Field(description="What else must be known to read this, in sentences; may be empty.")
    text: str = Field(description="What the model reads of the mail; the places of words are places in it.")
    words: list[WordBody] = Field(description="Those for the label, then those against it; the strongest first.")
    milliseconds: float = Field(ge=0, description="What finding the words took.")


class PendingBody(BaseModel):
    """The explanation is not there yet."""

    job_id: str
    detail: str


def wordless_fields(job: Job, decision: Decision) -> dict[str, Any]:
    """Return the explanation of a decision in which no model had a part, as `ExplanationBody` has it."""
    by_rule = decision.decided_by is DecidedBy.RULE
    who = f"The rule {decision.rule!r} decided" if decision.rule else "No model decided"
    return {
        **_decision_fields(job, decision),
        "label": decision.label,
        "probability": None,
        "predicted": None,
        "probability_without": None,
        "method": (FoundBy.RULE if by_rule else FoundBy.HUMAN).value,
        "model_version": None,
        "note": f"{who}, so no words of a model explain it. Give `label` to see what the model finds in the mail.",
        "text": "",
        "words": [],
        "milliseconds": 0.0,
    }


def explanation_fields(job: Job, decision: Decision, reply: Reply, explanation: Explanation) -> dict[str, Any]:
    """Return what a worker replied, as `ExplanationBody` has it."""
    return {
        **_decision_fields(job, decision),
        "label": explanation.label,
        "probability": round(explanation.probability, PROBABILITY_DIGITS),
        "predicted": explanation.predicted,
        "probability_without": None
        if explanation.probability_without is None
        else round(explanation.probability_without, PROBABILITY_DIGITS),
        "method": explanation.method.value,
        "model_version": explanation.model_version,
        "note": " ".join(_notes(decision, explanation)),
        "text": explanation.text,
        "words": [_word_fields(word) for word in explanation.words],
        "milliseconds": reply.milliseconds,
    }


def _notes(decision: Decision, explanation: Explanation) -> list[str]:
    notes = []
    asked = decision.model_version
    if decision.decided_by is not DecidedBy.MODEL:
        notes.append(f"Decided by a {decision.decided_by.value}; this is about what the model says.")
    if asked is None:
        notes.append(f"No model was asked for the decision; {explanation.model_version} was asked now.")
    elif asked != explanation.model_version:
        notes.append(f"The decision was made with {asked}; this explains {explanation.model_version}, loaded now.")
    if explanation.predicted != explanation.label:
        notes.append(f"The model finds {explanation.predicted} more probable than {explanation.label}.")
    return notes


def _decision_fields(job: Job, decision: Decision) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "decided_by": decision.decided_by.value,
        "reason": decision.reason,
        "rule": decision.rule,
        "decision_model_version": decision.model_version,
    }


def _word_fields(word: Word) -> dict[str, Any]:
    start, end = word.places[0]
    return {
        "text": word.text,
        "start": start,
        "end": end,
        "places": [{"start": start, "end": end} for start, end in word.places],
        "weight": round(word.weight, WEIGHT_DIGITS),
        "side": "for" if word.weight > 0 else "against",
    }
