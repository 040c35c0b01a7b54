"""What an administrator decides: which labels there are, where each goes, and how sure the model must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from routing.classifier import Prediction
from routing.decision import ALTERNATIVES, DecidedBy, Decision, Priority
from routing.errors import ConfigurationError, InvalidInput
from routing.mail.automatic import Automatic
from routing.policy.promised import Model, promised_thresholds
from routing.policy.rules import Rule, Stage


class Strangers(StrEnum):
    """What becomes of mail that is unlike all that the model learnt from."""

    TRIAGE = "triage"
    """A human looks at it, however sure the model sounds."""
    ROUTE = "route"
    """It is decided like any other."""


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
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language code to what such mails say, a sentence or two each; for people, no model reads them."""
    threshold: float | None
    """Least probability, 0 to 1, at which the model decides alone; None: never, or not before `Policy.for_model`."""
    precision: float | None = None
    """The share of right decisions, 0 to 1, that the threshold is to keep; None: the threshold was given."""

    def demand(self) -> str:
        """Return what the model's probability is held against, as a sentence says it."""
        if self.precision is None:
            return f"the {self.threshold:.2f} asked for"
        return f"the {self.threshold:.2f} above which it keeps {_percent(self.precision)} of its answers right"


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
    strangers: Strangers = Strangers.TRIAGE

    def current(self) -> Policy:
        """Return this policy: where one may change, a `PolicyBook` stands in its place."""
        return self

    @property
    def queues(self) -> tuple[str, ...]:
        """Every queue that this policy can send a mail to, by name."""
        named = {label.queue for label in self.labels.values()} | {self.triage} | set(self.automatic.values())
        return tuple(sorted(named | {rule.queue for rule in self.rules if rule.queue}))

    def for_model(self, model: Model) -> Policy:
        """Return the policy with the thresholds that this model needs for the precisions asked for.

        Raises:
            ConfigurationError: The model gives a label that this policy does not route, or cannot promise a precision
                that it asks for.
        """
        unknown = sorted(set(model.labels) - set(self.labels))
        if unknown:
            raise ConfigurationError.of(
                "The model %(model)s gives the labels %(labels)s, which the policy does not have; add them to the "
                "policy or use a model trained for it.",
                model=model.version,
                labels=", ".join(unknown),
            )
        wanted = {key: label.precision for key, label in self.labels.items() if label.precision and key in model.labels}
        thresholds = promised_thresholds(model, wanted)
        labels = {
            key: replace(label, threshold=thresholds[key]) if key in thresholds else label
            for key, label in self.labels.items()
        }
        return replace(self, labels=labels)

    def is_stranger(self, novelty: float | None) -> bool:
        """Return whether a mail goes to triage for being unlike what the model learnt, however sure the model sounds.

        Args:
            novelty: See `routing.classifier.Prediction.stranger`.
        """
        return self.strangers is Strangers.TRIAGE and novelty is not None and novelty >= 1

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
        """Decide by the model: to the label's queue if it is sure enough and knows such mail, else to triage."""
        best = prediction.scores[0]
        label = self.labels[best.label]
        said = f"{best.label} with probability {best.probability:.2f}"
        stranger = self.is_stranger(prediction.stranger)
        alone = not stranger and label.threshold is not None and best.probability >= label.threshold
        if stranger:
            reason = (
                f"The model learnt from no mail like this one (strangeness {prediction.stranger:.2f}, 1 is the limit), "
                f"so its guess, {said}, does not count"
            )
        elif label.threshold is None:
            reason = (
                f"The model says {said}, but no probability is known above which it keeps "
                f"{_percent(label.precision or 1.0)} of such answers right"
            )
        else:
            reason = f"The model says {said}, {'at least' if alone else 'less than'} {label.demand()}"
        reason += f"; sent to {label.queue}." if alone else f"; sent to {self.triage} for a human."
        if stand_in:
            reason = f"Keyword stand-in, no trained model: {reason}"
        return Decision(
            label=best.label,
            confidence=best.probability,
            alternatives=prediction.scores[1 : 1 + ALTERNATIVES],
            queue=label.queue if alone else self.triage,
            priority=label.priority,
            decided_by=DecidedBy.MODEL,
            reason=reason,
            model_version=model_version,
        )


def _percent(share: float) -> str:
    return f"{share * 100:g}%"
