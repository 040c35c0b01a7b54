"""Why a model gives a mail a label: the words that carry the decision, for and against, and the port that finds them.

An explanation is derived: it can be had again from the mail and the model at any time, so it is never stored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from routing.mail import Mail


class Method(StrEnum):
    """How the words were found."""

    ERASURE = "erasure"
    """Words are left out and the model is asked again (`model.explanation`)."""
    COUNTING = "counting"
    """The stand-in counts words, and these are the ones that it counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word, wherever it stands in the text."""

    text: str
    """As it stands at the first of its places."""
    places: tuple[tuple[int, int], ...]
    """Where it stands in the explanation's text, first place first: (start, end) in characters (code points)."""
    weight: float
    """Above zero, the word speaks for the label: by so much its log-odds (natural logarithm) fall when the word is left
    out, after the words for it that say more alone. These weights add up to what all of them together take away. Below
    zero, it speaks against it: by so much the log-odds rise when it alone is left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a model gives a text a label, or does not."""

    model_version: str
    method: Method
    label: str
    """The label that is explained."""
    probability: float
    """What the model gives it, 0 to 1."""
    predicted: str
    """The most probable label."""
    text: str
    """What the model reads of the mail; places refer to it."""
    words: tuple[Word, ...] = ()
    """Those that speak for the label, the strongest first, then those that speak against it, the strongest first."""
    probability_without: float | None = None
    """What the model gives the label when all words that speak for it are left out; None when there are none."""


@runtime_checkable
class Explainer(Protocol):
    """A classifier that can say why. A capability apart from `routing.classifier.Classifier`, not every one has it."""

    def explain(self, mail: Mail, label: str | None = None) -> Explanation:
        """Return why the model gives `mail` the label; the most probable one when `label` is None.

        Raises:
            InvalidInput: The model does not know the label.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Somebody asks why a job's mail gets a label."""

    job_id: str
    label: str
    """One of the taxonomy's; empty for the model's own answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a worker says to a question: an explanation, or why there is none."""

    model_version: str
    explanation: Explanation | None = None
    refusal: str = ""
    """One sentence, when there is no explanation."""
    milliseconds: float = 0.0
    """What finding it took."""


class Questions(Protocol):
    """Where those who ask why and those who can say so meet. Everything in it may be lost at any time."""

    def ask(self, question: Question) -> bool:
        """Leave a question for the workers; False when it could not be left: too many wait, or nobody is there."""

    def reply_to(self, question: Question, versions: list[str]) -> Reply | None:
        """Return the reply of the first of these model versions that has one, or None. Never raises."""

    def forget(self, job_id: str) -> None:
        """Forget what was replied about a job: it is erased. Never raises."""


class NobodyReplies:
    """Questions where there is no Redis: nothing can be asked."""

    def ask(self, question: Question) -> bool:  # noqa: ARG002 - the port's
        """Refuse."""
        return False

    def reply_to(self, question: Question, versions: list[str]) -> Reply | None:  # noqa: ARG002 - the port's
        """Know nothing."""
        return None

    def forget(self, job_id: str) -> None:
        """Do nothing."""


def reply_bytes(reply: Reply) -> bytes:
    """Return a reply as UTF-8 JSON."""
    return json.dumps(asdict(reply), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def reply_of(content: bytes) -> Reply:
    """Return the reply that `reply_bytes` wrote.

    Raises:
        ValueError, KeyError, TypeError: Something else wrote it.
    """
    fields: dict[str, Any] = json.loads(content)
    given = fields["explanation"]
    if given is not None:
        words = tuple(
            Word(**{**word, "places": tuple((int(start), int(end)) for start, end in word["places"])})
            for word in given["words"]
        )
        fields["explanation"] = Explanation(**{**given, "method": Method(given["method"]), "words": words})
    return Reply(**fields)
