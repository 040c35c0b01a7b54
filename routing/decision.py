"""What was decided about a mail, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from routing.classifier import Score

ALTERNATIVES = 3
"""How many runners-up a decision keeps: what an agent can pick with one key."""


class DecidedBy(StrEnum):
    """Who decided."""

    RULE = "rule"
    MODEL = "model"
    HUMAN = "human"


class Priority(StrEnum):
    """How soon a human should look, the most pressing first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Where a mail goes, and everything needed to explain it later."""

    label: str | None
    """The label of the taxonomy; None when a rule routed the mail without giving one."""
    confidence: float | None
    """The model's probability for `label`, 0 to 1; None when no model was asked."""
    alternatives: tuple[Score, ...] = ()
    """The next most probable labels, best first (three at most)."""
    queue: str
    priority: Priority = Priority.NORMAL
    decided_by: DecidedBy
    reason: str
    """One sentence for a human."""
    rule: str | None = None
    """The name of the rule that fired, if one did."""
    model_version: str | None = None
    """The model that was asked, if one was."""

    def relabelled(self, label: str, priority: Priority) -> Decision:
        """Return the decision with another label, its priority, and what the model had said of that label.

        The model's own answer moves to the alternatives, so that what it was sure of stays known.
        """
        if label == self.label:
            return self
        said = list(self.alternatives)
        if self.label is not None and self.confidence is not None:
            said.append(Score(label=self.label, probability=self.confidence))
        said.sort(key=lambda score: -score.probability)
        return replace(
            self,
            label=label,
            confidence=next((score.probability for score in said if score.label == label), None),
            alternatives=tuple(score for score in said if score.label != label)[:ALTERNATIVES],
            priority=priority,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Timings:
    """Where the time of one mail went, in milliseconds."""

    queued: float
    """From acceptance to the claim that led to the decision."""
    parse: float
    classify: float
    total: float
    """From acceptance to the decision."""
