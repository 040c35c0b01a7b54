"""Writing a policy as the YAML document that reads back to it."""

from __future__ import annotations

from typing import Any

import yaml

from routing.policy.policy import Label, Policy
from routing.policy.rules import Condition, Rule, Stage

WIDTH = 110
_BREAKS = frozenset("\r\x85\u2028\u2029")


def write_policy(policy: Policy) -> str:
    """Return the policy as one YAML document, rules included; `parse_policy` reads the same policy from it.

    A label that is held to a precision is written with that, and not with the threshold that a model needs for it.
    """
    sections: list[dict[str, Any]] = [
        {"triage": policy.triage},
        {"strangers": policy.strangers.value},
        {"automatic": dict(policy.automatic)},
        {"labels": {key: _label(label) for key, label in policy.labels.items()}},
    ]
    if policy.rules:
        sections.append({"rules": [_rule(rule) for rule in policy.rules]})
    return "\n".join(_dump(section) for section in sections)


def write_rule(rule: Rule) -> str:
    """Return a rule as it stands in a document, without the dash before it."""
    return _dump(_rule(rule))


def _dump(section: dict[str, Any]) -> str:
    text: str = yaml.dump(section, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes every list item by item, and repeats what stands twice instead of pointing at it."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write no anchors."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists below their key."""
        return super().increase_indent(flow, False)  # noqa: FBT003 - PyYAML's own signature


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    """Write text so that it reads back the same: PyYAML itself folds some line breaks of Unicode into blanks."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAKS & set(text) else None)


_Dumper.add_representer(str, _text)


def _label(label: Label) -> dict[str, Any]:
    written: dict[str, Any] = {"name": dict(label.names), "description": dict(label.descriptions)}
    examples = {code: list(texts) for code, texts in label.examples.items() if texts}
    if examples:
        written["examples"] = examples
    written |= {"queue": label.queue, "priority": label.priority.value}
    if label.precision is not None:
        return written | {"precision": label.precision}
    return written | {"threshold": label.threshold or 0.0}


def _rule(rule: Rule) -> dict[str, Any]:
    written: dict[str, Any] = {"name": rule.name}
    if rule.stage is not Stage.BEFORE:
        written["stage"] = rule.stage.value
    written["when"] = _condition(rule.when)
    for name in ("queue", "label"):
        if getattr(rule, name):
            written[name] = getattr(rule, name)
    if rule.priority:
        written["priority"] = rule.priority.value
    return written


def _condition(when: Condition) -> dict[str, Any]:
    written: dict[str, Any] = {
        name: list(getattr(when, name)) for name in ("sender", "recipient", "subject", "body") if getattr(when, name)
    }
    if when.header:
        written["header"] = [{name: text} if text else name for name, text in when.header]
    if when.label:
        written["label"] = list(when.label)
    return written
