"""One mail judged: what is true, what was said, how surely."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from model.corpus import Example
from routing.classifier import Prediction

_DIGEST_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One mail judged: what is true, what was said, and how surely (0 to 1)."""

    truth: str
    said: str
    confidence: float
    language: str = ""
    id: str = ""
    digest: str = ""
    """Of what it holds (`digest_of`): by it two reports know that they judged the same mail."""
    words: int = 0
    """Of the mail's text, as written."""
    rank: int = 0
    """Place of the truth among the labels by probability, 1 the first; 0 when the model does not know the label."""
    stranger: float | None = None
    """How unlike anything learnt, 1 and above a stranger; None when the model has no sense for that."""

    @property
    def right(self) -> bool:
        """Whether what was said is true."""
        return self.said == self.truth

    @property
    def is_stranger(self) -> bool:
        """Whether the mail goes to a human however sure the model is of its label."""
        return self.stranger is not None and self.stranger >= 1


def outcome_of(example: Example, prediction: Prediction) -> Outcome:
    """Hold what was said of `example` against its label."""
    ranks = (rank for rank, score in enumerate(prediction.scores, 1) if score.label == example.label)
    return Outcome(
        truth=example.label,
        said=prediction.label,
        confidence=prediction.confidence,
        language=example.language,
        id=example.id,
        digest=digest_of(example),
        words=len(example.text.split()),
        rank=next(ranks, 0),
        stranger=prediction.stranger,
    )


def digest_of(example: Example) -> str:
    """Return 16 hexadecimal digits that change with what a model may read of a mail."""
    return _hash("\0".join((example.subject, example.text, *example.attachments)))


def corpus_digest(outcomes: Sequence[Outcome]) -> str:
    """Return 16 hexadecimal digits of a set of labelled mails, whatever their order."""
    return _hash("\n".join(sorted(f"{outcome.id}\0{outcome.digest}\0{outcome.truth}" for outcome in outcomes)))


def _hash(text: str) -> str:
    # A corpus in JSON may hold half of a surrogate pair.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_DIGITS]
