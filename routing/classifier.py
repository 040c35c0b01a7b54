"""The classifier port: what routing asks of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from routing.mail import Mail


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One label and its probability (0 to 1)."""

    label: str
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What a model says of one mail: every label with its probability, the most probable first; they sum to 1."""

    scores: tuple[Score, ...]
    stranger: float | None = None
    """How unlike the mails it learnt from this one is: 0, not at all; 1 and above, a stranger. None: it cannot tell."""

    @property
    def is_stranger(self) -> bool:
        """Whether the mail is so unlike what the model knows that its labels mean little."""
        return self.stranger is not None and self.stranger >= 1

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.scores[0].label

    @property
    def confidence(self) -> float:
        """The probability of the most probable label, 0 to 1."""
        return self.scores[0].probability


class Classifier(Protocol):
    """A model that can be asked. Built once a process, used by one thread.

    Implementations: ONNX Runtime (the default), torch, and a keyword stand-in; one conformance suite holds for all.
    """

    @property
    def version(self) -> str:
        """What decisions are stamped with: the model's name and the first 12 digits of its digest."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels it can give."""

    @property
    def stand_in(self) -> bool:
        """True for a stand-in that is no trained model; each of its decisions says so."""

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        """Return one prediction a mail, in the order given.

        The runtime decides how to batch: on a CPU it runs mails one by one, unpadded. An exception of any type sinks
        the whole call; the caller (`routing.route`) asks again one by one to find the mail at fault.
        """
