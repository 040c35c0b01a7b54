"""What was decided about a mail, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.classifier import Score


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Timings:
    """Where the time of one mail went, in milliseconds."""

    queued: float
    """From acceptance to the claim that led to the decision."""
    parse: float
    classify: float
    total: float
    """From acceptance to the decision."""
