"""`/mails/ID/explanation`: the words that carried a decision, marked in the text that the model read.

The page loads it by itself (htmx) and without a script it is a page of its own. When nobody can explain, the fragment
is empty, so there is no panel; the reader who asked for a label of their own is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from app.console.language import gettext as _
from app.console.language import label_name
from app.console.page import PAGE, page, private
from app.endpoint import Endpoint, endpoint
from app.explanations import WAIT_SECONDS, own_answer, replied
from app.jobs import known
from app.services import services
from routing.decision import DecidedBy, Decision
from routing.errors import Conflict, NotFound
from routing.explanation import Explanation, Question, Word
from routing.people import Role

mail_explanation = Blueprint("console_mail_explanation", __name__)

TRIES = 10
"""How often a page asks again while the workers are busy, a second apart."""

STRENGTHS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of the text that the model read."""

    text: str
    kind: str = ""
    """`for` or `against`; empty for words that carry nothing."""
    strength: int = 0
    """From 1 to `STRENGTHS`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A word of the list."""

    text: str
    strength: int
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """What the panel shows."""

    label: str
    name: str
    predicted_name: str
    """What the model finds most probable, where that is another label; else empty."""
    probability: float
    probability_without: float | None
    pieces: Sequence[Piece]
    words_for: Sequence[Weighed]
    words_against: Sequence[Weighed]
    model_version: str
    other_model: str
    """The model that decided, where it is not the one that explains; else empty."""


@mail_explanation.get("/mails/<job_id>/explanation")
@endpoint(Endpoint(scope=None, role=Role.AGENT, documented=False))
def get_explanation(job_id: str) -> Response:
    """Answer with the panel, or with what asks again in a moment."""
    provided = services()
    job = provided.store.job(known(job_id))
    decision = job.decision
    if decision is None:
        raise NotFound("The mail is not decided yet.")
    asked = request.args.get("label", "")
    label = asked if asked in provided.policy.labels else _own_label(decision)
    if label is None:
        return _answer(job_id, refused=bool(asked))
    try:
        reply = replied(provided, decision, Question(job_id=job_id, label=label), WAIT_SECONDS)
    except (Conflict, NotFound):
        return _answer(job_id, refused=bool(asked))
    if reply is None:
        tries = request.args.get("tries", "0")
        done = int(tries) if tries.isascii() and tries.isdigit() and len(tries) <= len(str(TRIES)) else 0
        return _answer(job_id, label=label, tries=done + 1, refused=bool(asked) and done >= TRIES)
    if reply.explanation is None:
        return _answer(job_id, refused=bool(asked))
    return _answer(job_id, label=label, panel=panel_of(reply.explanation, decision))


def _own_label(decision: Decision) -> str | None:
    return None if decision.decided_by is DecidedBy.RULE else own_answer(decision)


def _answer(
    job_id: str, *, label: str = "", panel: Panel | None = None, tries: int = 0, refused: bool = False
) -> Response:
    labels = sorted(((key, label_name(key)) for key in services().policy.labels), key=lambda pair: pair[1].casefold())
    values: dict[str, Any] = {
        "job_id": job_id,
        "label": label,
        "panel": panel,
        "tries": tries,
        "most": TRIES,
        "labels": labels,
    }
    if "HX-Request" in request.headers:
        body = render_template("console/mail_explanation.html", refused=refused, **values)
        return private(Response(body.strip(), content_type=PAGE))
    return page("console/mail_explained.html", title=_("The words behind the decision"), refused=True, **values)


def panel_of(explanation: Explanation, decision: Decision) -> Panel:
    """Return what the panel shows of an explanation."""
    most = max((abs(word.weight) for word in explanation.words), default=0.0)
    asked = decision.model_version or ""
    return Panel(
        label=explanation.label,
        name=label_name(explanation.label),
        predicted_name="" if explanation.predicted == explanation.label else label_name(explanation.predicted),
        probability=explanation.probability,
        probability_without=explanation.probability_without,
        pieces=_pieces(explanation, most),
        words_for=[_weighed(word, most) for word in explanation.words if word.weight > 0],
        words_against=[_weighed(word, most) for word in explanation.words if word.weight < 0],
        model_version=explanation.model_version,
        other_model=asked if asked != explanation.model_version else "",
    )


def _weighed(word: Word, most: float) -> Weighed:
    return Weighed(text=word.text, strength=_strength(word, most), times=len(word.places))


def _strength(word: Word, most: float) -> int:
    return max(1, round(STRENGTHS * abs(word.weight) / most)) if most else 1


def _pieces(explanation: Explanation, most: float) -> Sequence[Piece]:
    """Cut the text at the words; places that overlap or lie outside are left out."""
    marked = sorted(
        (start, end, "for" if word.weight > 0 else "against", _strength(word, most))
        for word in explanation.words
        for start, end in word.places
    )
    text, pieces, position = explanation.text, [], 0
    for start, end, kind, strength in marked:
        if not position <= start < end <= len(text):
            continue
        pieces.append(Piece(text=text[position:start]))
        pieces.append(Piece(text=text[start:end], kind=kind, strength=strength))
        position = end
    pieces.append(Piece(text=text[position:]))
    return [piece for piece in pieces if piece.text]
