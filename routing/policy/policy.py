"""What an administrator decides: which labels there are, where each goes, and how sure the model must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.classifier import Prediction
from routing.decision import ALTERNATIVES, DecidedBy, Decision, Priority
from routing.errors import ConfigurationError, InvalidInput
from routing.mail.automatic import Automatic
from routing.policy.rules import Rule, Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """One category of the taxonomy."""

    key: str
    names: Mapping[str, str]
    """Language code to name, for people."""
    descriptions: Mapping[str, str]
    """Language code to one sentence: what belongs there."""
    queue: str
    priority: Priority
    threshold: float
    """Least probability, 0 to 1, at which the model decides alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The map from what is known of a mail to where it goes."""

    version: str
    """First 12 hexadecimal digits of the SHA-256 of the files it was read from."""
    labels: Mapping[str, Label]
    triage: str
    """The queue of mails that the model is not sure enough about."""
    automatic: Mapping[str, str]
    """Kind of automatic mail (see `routing.mail.automatic`) to queue."""
    rules: tuple[Rule, ...] = ()

    @property
    def queues(self) -> tuple[str, ...]:
        """Every queue that this policy can send a mail to, by name."""
        named = {label.queue for label in self.labels.values()} | {self.triage} | set(self.automatic.values())
        return tuple(sorted(named | {rule.queue for rule in self.rules if rule.queue}))

    def check_labels(self, labels: Iterable[str], *, model: str) -> None:
        """Raise ConfigurationError when a model gives a label that this policy does not route."""
        unknown = sorted(set(labels) - set(self.labels))
        if unknown:
            raise ConfigurationError(
                f"The model {model} gives the labels {', '.join(unknown)}, which the policy does not have; "
                "add them to the policy file or use a model trained for it."
            )

    def rules_of(self, stage: Stage) -> tuple[Rule, ...]:
        """Return the rules that run before, or after, the model, in their order."""
        return tuple(rule for rule in self.rules if rule.stage is stage)

    def label(self, key: str) -> Label:
        """Return a label. Raises InvalidInput when the taxonomy has none of that key."""
        try:
            return self.labels[key]
        except KeyError:
            raise InvalidInput(
                f"{key!r} is not a label; the labels are {', '.join(self.labels)}.", field="/label"
            ) from None

    def decide_automatic(self, automatic: Automatic) -> Decision:
        """Decide a mail that no human wrote: to the queue of its kind, never to a model."""
        return Decision(
            label=None,
            confidence=None,
            queue=self.automatic[automatic.kind],
            priority=Priority.LOW,
            decided_by=DecidedBy.RULE,
            reason=automatic.reason,
            rule=f"automatic/{automatic.kind}",
        )

    def decide_rule(self, rule: Rule, decision: Decision | None) -> Decision:
        """Decide a mail that an administrators' rule holds for; `decision` is the model's, if it was asked."""
        label = self.labels[rule.label] if rule.label else None
        return rule.decide(
            decision,
            label_queue=label.queue if label else "",
            label_priority=label.priority if label else Priority.NORMAL,
        )

    def decide_prediction(self, prediction: Prediction, *, model_version: str, stand_in: bool) -> Decision:
        """Decide by the model: to the label's queue if it is sure enough, else to triage."""
        best = prediction.scores[0]
        label = self.labels[best.label]
        sure = best.probability >= label.threshold
        comparison = "at least" if sure else "less than"
        reason = (
            f"The model says {best.label} with probability {best.probability:.2f}, "
            f"{comparison} the {label.threshold:.2f} asked for"
            + (f"; sent to {label.queue}." if sure else f"; sent to {self.triage} for a human.")
        )
        if stand_in:
            reason = f"Keyword stand-in, no trained model: {reason}"
        return Decision(
            label=best.label,
            confidence=best.probability,
            alternatives=prediction.scores[1 : 1 + ALTERNATIVES],
            queue=label.queue if sure else self.triage,
            priority=label.priority,
            decided_by=DecidedBy.MODEL,
            reason=reason,
            model_version=model_version,
        )
