"""What a list can be narrowed to, and what it is narrowed to: the choices of its form, and a chip for each one made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.console.language import day, label_name, percent
from app.console.language import gettext as _
from app.console.lists import Age, ListQuery, Mine
from app.console.wording import (
    age_name,
    decided_by_name,
    mail_language_name,
    mine_name,
    order_name,
    priority_name,
    state_name,
)
from routing.decision import DecidedBy, Priority
from routing.desk import Order, State
from routing.policy import Policy

STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Confidences that the form offers as limits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One option of a field."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One condition of a list, and the list without it."""

    text: str
    without: str


Offers = Mapping[str, Sequence[Choice]]


def offers(policy: Policy, query: ListQuery) -> Offers:
    """Return the choices of each field by name; a value that came by link and is none of them is added."""
    labels = sorted(policy.labels, key=lambda key: label_name(key).casefold())
    return {
        "queue": _choices(policy.queues, str, query.queue),
        "label": _choices(labels, label_name, query.label),
        "language": _choices(("fr", "en", "other"), mail_language_name, query.language),
        "by": _choices(DecidedBy, decided_by_name, query.by),
        "priority": _choices(Priority, priority_name, query.priority),
        "confidence_from": _choices(STEPS, percent, query.confidence_from),
        "confidence_below": _choices(STEPS, percent, query.confidence_below),
        "age": _choices(Age, age_name, query.age),
        "mine": _choices(Mine, mine_name, query.mine),
        "state": _choices(State, state_name, query.state),
        "sort": _choices(Order, order_name, query.sort),
    }


def chips(query: ListQuery) -> Sequence[Chip]:
    """Return the conditions of a list beside its queue, each with the list that does without."""
    said: Mapping[str, Callable[[Any], str]] = {
        "q": lambda words: _("Search: %(words)s", words=words),
        "label": lambda key: _("Label: %(name)s", name=label_name(key)),
        "language": lambda key: _("Language: %(name)s", name=mail_language_name(key)),
        "by": lambda by: _("Decided by: %(name)s", name=decided_by_name(by)),
        "confidence_from": lambda least: _("Confidence from %(percent)s", percent=percent(least)),
        "confidence_below": lambda most: _("Confidence below %(percent)s", percent=percent(most)),
        "priority": lambda key: _("Priority: %(name)s", name=priority_name(key)),
        "age": lambda key: _("In the queue: %(age)s", age=age_name(key)),
        "mine": lambda key: _("Taken: %(name)s", name=mine_name(key)),
        "state": lambda key: _("State: %(name)s", name=state_name(key)),
        "model_label": lambda key: _("The model said: %(name)s", name=label_name(key)),
        "model_version": lambda version: _("Model: %(version)s", version=version),
        "reviewed": lambda yes: _("Reviewed by a human") if yes else _("Not reviewed yet"),
        "arrived_after": lambda at: _("Arrived from %(date)s", date=day(at)),
        "arrived_before": lambda at: _("Arrived before %(date)s", date=day(at)),
        "decided_after": lambda at: _("Routed from %(date)s", date=day(at)),
        "decided_before": lambda at: _("Routed before %(date)s", date=day(at)),
    }
    given = query.given()
    return tuple(
        Chip(text=say(getattr(query, name)), without=query.url(**{name: None}))
        for name, say in said.items()
        if name in given
    )


def _choices(values: Iterable[Any], name: Callable[[Any], str], chosen: Any) -> Sequence[Choice]:
    offered = list(values)
    if chosen is not None and chosen not in offered:
        offered.append(chosen)
    return tuple(Choice(value=str(value), text=name(value), chosen=value == chosen) for value in offered)
