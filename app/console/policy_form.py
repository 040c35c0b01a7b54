"""The policy as a form: from a policy to its fields, and from what was filled in to a policy or to what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.console.language import gettext as _
from app.text import is_storable
from routing.decision import Priority
from routing.mail.automatic import Kind
from routing.policy import Label, Policy, Strangers
from routing.policy.promised import Model
from routing.policy.reading import LANGUAGES

NEW = "new"
KEY_CHARACTERS = 60
QUEUE_CHARACTERS = 200
TEXT_CHARACTERS = 2_000
MOST_LABELS = 500
THRESHOLD, PRECISION = "threshold", "precision"

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The fields of one label."""

    prefix: str
    """Before each field's name: `l0.`, or `new.` for one that is to be added."""
    key: str
    open: bool
    """Whether it stands unfolded."""


@dataclass(kw_only=True, slots=True)
class Filled:
    """A form as it is shown: the value of each field, and what is wrong with it."""

    values: dict[str, str]
    groups: tuple[Group, ...]
    faults: dict[str, str] = field(default_factory=dict)


def form_of(policy: Policy, *, chosen: str = "", threshold: str = "") -> Filled:
    """Return the form of a policy, with one label unfolded and perhaps another threshold filled in."""
    values = {"triage": policy.triage, "strangers": policy.strangers.value}
    values |= {f"automatic.{kind}": queue for kind, queue in policy.automatic.items()}
    groups = []
    for number, (key, label) in enumerate(policy.labels.items()):
        prefix = f"l{number}."
        groups.append(Group(prefix=prefix, key=key, open=key == chosen))
        values |= {f"{prefix}{name}": text for name, text in _texts(label).items()}
        if key == chosen and threshold:
            values |= {f"{prefix}kind": THRESHOLD, f"{prefix}value": threshold}
    values |= {f"{NEW}.priority": Priority.NORMAL.value, f"{NEW}.kind": THRESHOLD, f"{NEW}.value": "0.75"}
    groups.append(Group(prefix=f"{NEW}.", key="", open=chosen == NEW))
    return Filled(values=values, groups=tuple(groups))


def read_form(given: Mapping[str, str], base: Policy, models: Sequence[Model]) -> tuple[Filled, Policy | None]:
    """Return the form as it was filled in, and the policy that it says; None when something is wrong with it.

    Args:
        given: the fields.
        base: the policy whose rules stay.
        models: those at work: a label that one of them gives cannot be retired.
    """
    reading = _Reading(given)
    labels: dict[str, Label] = {}
    groups: list[Group] = []
    for prefix, key in reading.labels():
        before = set(reading.faults)
        if not given.get(f"{prefix}retire"):
            labels[key] = reading.label(prefix, key)
        elif reason := _needed(key, base, models):
            reading.faults[f"{prefix}retire"] = reason
            labels[key] = reading.label(prefix, key)
        groups.append(Group(prefix=prefix, key=key, open=set(reading.faults) != before))
    added = given.get(f"{NEW}.key", "").strip()
    before = set(reading.faults)
    if added:
        if not _KEY.fullmatch(added) or len(added) > KEY_CHARACTERS:
            reading.faults[f"{NEW}.key"] = _("Use letters without accents, digits, dots, hyphens and underscores.")
        elif added in labels:
            reading.faults[f"{NEW}.key"] = _("There is a label of this key already.")
        labels[added] = reading.label(f"{NEW}.", added)
    groups.append(Group(prefix=f"{NEW}.", key="", open=set(reading.faults) != before))
    policy = replace(
        base,
        labels=labels,
        triage=reading.queue("triage"),
        automatic={kind.value: reading.queue(f"automatic.{kind.value}") for kind in Kind},
        strangers=reading.strangers(),
    )
    filled = Filled(values=dict(given), groups=tuple(groups), faults=reading.faults)
    return filled, None if reading.faults else policy


def read_number(text: str) -> float | None:
    """Return a number from 0 to 1 as people write it: `0.82`, `0,82`, `82 %`; None when it is none."""
    bare = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    percent = bare.endswith("%")
    if not re.fullmatch(r"[0-9]{0,3}(\.[0-9]{1,6})?", bare.rstrip("%")) or not bare.rstrip("%"):
        return None
    value = float(bare.rstrip("%"))
    value = round(value / 100, 8) if percent else value
    return value if 0 <= value <= 1 else None


class _Reading:
    """Reads fields one by one, and remembers what is wrong with each."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.faults: dict[str, str] = {}

    def labels(self) -> Iterator[tuple[str, str]]:
        for number in range(MOST_LABELS):
            key = self._given.get(f"l{number}.key")
            if key is None:
                return
            yield f"l{number}.", key

    def label(self, prefix: str, key: str) -> Label:
        value = self._sure(f"{prefix}value", self._given.get(f"{prefix}kind", THRESHOLD))
        precise = self._given.get(f"{prefix}kind") == PRECISION
        examples = {code: self._lines(f"{prefix}examples.{code}") for code in LANGUAGES}
        return Label(
            key=key,
            names={code: self._text(f"{prefix}name.{code}") for code in LANGUAGES},
            descriptions={code: self._text(f"{prefix}description.{code}") for code in LANGUAGES},
            examples={code: texts for code, texts in examples.items() if texts},
            queue=self.queue(f"{prefix}queue"),
            priority=self._priority(f"{prefix}priority"),
            threshold=None if precise else value,
            precision=value if precise else None,
        )

    def queue(self, name: str) -> str:
        queue = self._text(name)
        if len(queue) > QUEUE_CHARACTERS:
            self.faults[name] = _("This is too long.")
        return queue

    def strangers(self) -> Strangers:
        return Strangers.ROUTE if self._given.get("strangers") == Strangers.ROUTE else Strangers.TRIAGE

    def _text(self, name: str) -> str:
        text = " ".join(self._given.get(name, "").split())
        if not text:
            self.faults[name] = _("This is needed.")
        elif len(text) > TEXT_CHARACTERS or not is_storable(text):
            self.faults[name] = _("This is too long.")
        return text

    def _lines(self, name: str) -> tuple[str, ...]:
        text = self._given.get(name, "")
        if len(text) > 10 * TEXT_CHARACTERS or not is_storable(text):
            self.faults[name] = _("This is too long.")
        return tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())

    def _priority(self, name: str) -> Priority:
        given = self._given.get(name, "")
        return Priority(given) if given in set(Priority) else Priority.NORMAL

    def _sure(self, name: str, kind: str) -> float:
        value = read_number(self._given.get(name, ""))
        if value is None:
            self.faults[name] = _("Enter a number from 0 to 1, such as 0.82, or a share, such as 82%%.")
            return 0.5
        if kind == PRECISION and not 0 < value < 1:
            self.faults[name] = _("A share of right decisions is more than 0 and less than 1, such as 0.97.")
        return value


def _texts(label: Label) -> dict[str, str]:
    texts = {f"name.{code}": text for code, text in label.names.items()}
    texts |= {f"description.{code}": text for code, text in label.descriptions.items()}
    texts |= {f"examples.{code}": "\n".join(each) for code, each in label.examples.items()}
    sure = label.threshold or 0.0 if label.precision is None else label.precision
    return texts | {
        "key": label.key,
        "queue": label.queue,
        "priority": label.priority.value,
        "kind": THRESHOLD if label.precision is None else PRECISION,
        "value": f"{sure:g}",
    }


def _needed(key: str, policy: Policy, models: Sequence[Model]) -> str:
    """Return why a label cannot be retired; empty when it can."""
    if any(key in model.labels for model in models):
        return _("The model at work gives this label; it can be retired when no model does any more.")
    using = [rule.name for rule in policy.rules if rule.label == key or key in rule.when.label]
    if using:
        return _("Rules use it: %(names)s. Change them first, in the document.", names=", ".join(using))
    return ""
