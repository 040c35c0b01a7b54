"""What is different between two policies, in the terms of who writes them; and between their texts, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from routing.policy.policy import Label, Policy
from routing.policy.writing import write_rule

CONTEXT = 2
"""Lines that a text difference shows around each change."""


class Kind(StrEnum):
    """What a difference is about."""

    LABEL = "label"
    RULE = "rule"
    RULES = "rules"
    AUTOMATIC = "automatic"
    TRIAGE = "triage"
    STRANGERS = "strangers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that is not the same; `before` is empty for what is added, `after` for what is removed."""

    kind: Kind
    name: str = ""
    """The label's key, the rule's name, the kind of automatic mail."""
    field: str = ""
    """What of the label: name, description, examples (each with its language, `name.fr`), queue, priority, sure.
    Empty: the whole of it came or went."""
    before: str = ""
    after: str = ""


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Return all that is different, labels first. Thresholds that a model brings for a precision do not count."""
    return tuple(_differences(before, after))


def text_difference(before: str, after: str) -> tuple[str, ...]:
    """Return the lines of a unified diff without its file header; each begins with a blank, `+`, `-` or `@`."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT, lineterm="")
    return tuple(lines)[2:]


def _differences(before: Policy, after: Policy) -> Iterator[Difference]:
    for key in _names(before.labels, after.labels):
        yield from _label(key, before.labels.get(key), after.labels.get(key))
    yield from _rules(before, after)
    for kind in _names(before.automatic, after.automatic):
        if before.automatic.get(kind) != after.automatic.get(kind):
            yield Difference(
                kind=Kind.AUTOMATIC,
                name=kind,
                before=before.automatic.get(kind, ""),
                after=after.automatic.get(kind, ""),
            )
    if before.triage != after.triage:
        yield Difference(kind=Kind.TRIAGE, before=before.triage, after=after.triage)
    if before.strangers is not after.strangers:
        yield Difference(kind=Kind.STRANGERS, before=before.strangers.value, after=after.strangers.value)


def _label(key: str, before: Label | None, after: Label | None) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(
            kind=Kind.LABEL, name=key, before=before.queue if before else "", after=after.queue if after else ""
        )
        return
    old, new = fields_of(before), fields_of(after)
    for name in _names(old, new):
        if old.get(name, "") != new.get(name, ""):
            yield Difference(kind=Kind.LABEL, name=key, field=name, before=old.get(name, ""), after=new.get(name, ""))


def fields_of(label: Label) -> dict[str, str]:
    """Return what can be said of a label, each as a text."""
    found = {f"name.{code}": text for code, text in label.names.items()}
    found |= {f"description.{code}": text for code, text in label.descriptions.items()}
    found |= {f"examples.{code}": "\n".join(texts) for code, texts in label.examples.items() if texts}
    found |= {"queue": label.queue, "priority": label.priority.value, "sure": sure_of(label)}
    return found


def sure_of(label: Label) -> str:
    """Return how sure the model must be: `threshold 0.75` or `precision 0.97`."""
    if label.precision is not None:
        return f"precision {label.precision:g}"
    return f"threshold {label.threshold or 0:g}"


def _rules(before: Policy, after: Policy) -> Iterator[Difference]:
    old, new = {rule.name: rule for rule in before.rules}, {rule.name: rule for rule in after.rules}
    for name in _names(old, new):
        if old.get(name) != new.get(name):
            yield Difference(
                kind=Kind.RULE,
                name=name,
                before=write_rule(old[name]) if name in old else "",
                after=write_rule(new[name]) if name in new else "",
            )
    kept = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    if kept != moved:
        yield Difference(kind=Kind.RULES, before=", ".join(kept), after=", ".join(moved))


def _names(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))
