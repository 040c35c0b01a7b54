"""Deciding one mail by a policy: with a model's answer, or before any model is asked. Workers and dry runs share it."""

from __future__ import annotations

from typing import Protocol

from routing.classifier import Prediction
from routing.decision import Decision
from routing.mail.automatic import recognise
from routing.policy.policy import Policy
from routing.policy.rules import MailView, Stage, first_match


class Policies(Protocol):
    """Gives the policy that is in force now; a `Policy` gives itself."""

    def current(self) -> Policy:
        """Return the policy in force."""


def decide_without_model(policy: Policy, view: MailView) -> Decision | None:
    """Decide what needs no model: mail that no human wrote, and what a rule before the model holds for."""
    rule = first_match(policy.rules_of(Stage.FIRST), view)
    if rule is None:
        automatic = recognise(view.mail)
        if automatic is not None:
            return policy.decide_automatic(automatic)
        rule = first_match(policy.rules_of(Stage.BEFORE), view)
    return policy.decide_rule(rule, None) if rule else None


def decide_with_model(
    policy: Policy, view: MailView, prediction: Prediction, *, model_version: str, stand_in: bool = False
) -> Decision:
    """Decide by what the model said, and by the rules after it."""
    decision = policy.decide_prediction(prediction, model_version=model_version, stand_in=stand_in)
    rule = first_match(policy.rules_of(Stage.AFTER), view, decision.label)
    return policy.decide_rule(rule, decision) if rule else decision
