"""Why a mail is where it is, in one or two sentences of the reader's language, from the decision's own fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.console.language import gettext as _
from app.console.language import label_name, percent
from routing.decision import DecidedBy, Decision
from routing.job import Job, Review
from routing.mail.automatic import Kind
from routing.policy import Policy

AUTOMATIC = "automatic/"

_DEMAND = re.compile(r"(?:at least|less than) the ([01]\.\d\d) (?:asked for|above which)")
"""What the model's probability was held against, in the reason that `Policy.decide_prediction` writes. The threshold of
that day stands nowhere else."""


def reason_of(
    job: Job, decision: Decision, reviews: Sequence[Review], policy: Policy, called: Callable[[str], str]
) -> list[str]:
    """Return why the mail was decided so, in sentences.

    Args:
        job: The mail's.
        decision: The job's.
        reviews: Of the job, oldest first.
        policy: In force now.
        called: Gives what colleagues call the user of a name.
    """
    if decision.decided_by is DecidedBy.HUMAN:
        return [*_human(reviews, called), *_model_before(job)]
    if decision.decided_by is DecidedBy.RULE:
        return [_rule(decision), *_model_before(job)]
    return [_model(job, decision, policy)]


def _human(reviews: Sequence[Review], called: Callable[[str], str]) -> list[str]:
    changed = [review for review in reviews if not review.confirmed]
    if not changed:
        return [_("A human decided this.")]
    last = changed[-1]
    who = called(last.reviewer)
    if last.label != last.label_before:
        return [
            _(
                "%(who)s corrected the label from %(before)s to %(after)s.",
                who=who,
                before=label_name(last.label_before),
                after=label_name(last.label),
            )
        ]
    return [
        _("%(who)s moved it from %(before)s to %(after)s.", who=who, before=last.queue_before, after=last.queue),
    ]


def _model_before(job: Job) -> list[str]:
    if job.model_label is None or job.model_confidence is None:
        return []
    name, sure = label_name(job.model_label), percent(job.model_confidence)
    return [_("The model had said %(label)s, with a probability of %(percent)s.", label=name, percent=sure)]


def _rule(decision: Decision) -> str:
    rule = decision.rule or ""
    if rule.startswith(AUTOMATIC):
        kind = {
            Kind.LOOP: _("This is mail of ours that came back, so no model was asked."),
            Kind.BOUNCE: _("This is a delivery report, written by a mail system, so no model was asked."),
            Kind.REPORT: _("This is a receipt, written by a program, so no model was asked."),
            Kind.AUTO_REPLY: _("This is an automatic answer, such as an absence, so no model was asked."),
            Kind.LIST: _("This is a newsletter or a mailing list, so no model was asked."),
            Kind.GENERATED: _("This is a notification, written by a program, so no model was asked."),
        }
        found = next((text for each, text in kind.items() if each.value == rule.removeprefix(AUTOMATIC)), "")
        return found or _("No human wrote this mail, so no model was asked.")
    return _("The rule “%(rule)s” fired and sent it to %(queue)s.", rule=rule, queue=decision.queue)


def _model(job: Job, decision: Decision, policy: Policy) -> str:
    name, sure = label_name(decision.label), percent(decision.confidence)
    found = _DEMAND.search(decision.reason)
    demand = percent(float(found[1])) if found else ""
    if decision.queue != policy.triage:
        if demand:
            return _(
                "The model says %(label)s with a probability of %(percent)s, at least the %(demand)s from which it "
                "decides alone.",
                label=name,
                percent=sure,
                demand=demand,
            )
        return _(
            "The model says %(label)s with a probability of %(percent)s, enough to decide alone.",
            label=name,
            percent=sure,
        )
    if policy.is_stranger(job.novelty):
        return _(
            "The model has learnt from no mail like this one, so its guess, %(label)s (%(percent)s), does not count: "
            "a human decides.",
            label=name,
            percent=sure,
        )
    if demand:
        return _(
            "The model says %(label)s with a probability of %(percent)s, less than the %(demand)s from which it "
            "decides alone: a human decides.",
            label=name,
            percent=sure,
            demand=demand,
        )
    return _(
        "The model says %(label)s with a probability of %(percent)s, too little to decide alone: a human decides.",
        label=name,
        percent=sure,
    )
