"""What thresholds would have done to past mail: how much routed without a human, and how much of that right.

Computed from what models said of past mails and what humans made of those that they looked at. Humans look at the mails
that they choose, most of them unsure ones, so the share that is right errs on the low side for a policy that sends
unsure mail to triage; each share comes with the number of mails behind it and an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.figures import Share
from routing.policy.policy import Label, Policy
from routing.store.policies import Answer

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
"""Thresholds that a table shows beside the one that is asked about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What would have become of some mails."""

    alone: Share
    """Routed without a human, of all that a model was asked about."""
    right: Share
    """Right, of those of them that a human looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One row of a label's table."""

    threshold: float
    of_label: Effect
    """Among the mails that the model gave this label."""
    overall: Effect
    """Among all mails, the other labels' thresholds as they are."""


def effect(policy: Policy, answers: Sequence[Answer]) -> Effect:
    """Return what a policy (made for the model that gave the answers) would have done."""
    return _effect(answers, [answer for answer in answers if _is_alone(policy, answer)])


def effects_by_label(policy: Policy, answers: Sequence[Answer]) -> dict[str, Effect]:
    """Return the same for the mails of each label of the policy."""
    by_label: dict[str, list[Answer]] = {key: [] for key in policy.labels}
    for answer in answers:
        if answer.label in by_label:
            by_label[answer.label].append(answer)
    return {key: effect(policy, given) for key, given in by_label.items()}


def levels(policy: Policy, answers: Sequence[Answer], key: str, thresholds: Sequence[float]) -> tuple[Level, ...]:
    """Return a label's table: what each of some thresholds would have done to its mails, and to all."""
    mine = [answer for answer in answers if answer.label == key]
    others = [answer for answer in answers if answer.label != key and _is_alone(policy, answer)]
    found = []
    for threshold in sorted(set(thresholds)):
        alone = [a for a in mine if a.confidence >= threshold and not policy.is_stranger(a.novelty)]
        found.append(
            Level(threshold=threshold, of_label=_effect(mine, alone), overall=_effect(answers, [*others, *alone]))
        )
    return tuple(found)


def _is_alone(policy: Policy, answer: Answer) -> bool:
    label: Label | None = policy.labels.get(answer.label)
    return (
        label is not None
        and label.threshold is not None
        and answer.confidence >= label.threshold
        and not policy.is_stranger(answer.novelty)
    )


def _effect(all_answers: Sequence[Answer], alone: Sequence[Answer]) -> Effect:
    judged = [answer.right for answer in alone if answer.right is not None]
    return Effect(
        alone=Share(part=len(alone), whole=len(all_answers)), right=Share(part=sum(judged), whole=len(judged))
    )
