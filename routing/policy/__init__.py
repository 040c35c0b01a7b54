"""The policy: from label, confidence and rules to queue and priority. An administrator changes it, never a training."""

from routing.policy.policy import Label, Policy, Strangers
from routing.policy.rules import Condition, Rule, Stage

__all__ = ["Condition", "Label", "Policy", "Rule", "Stage", "Strangers"]
