"""Reading the policy and the rules from their YAML files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from routing.decision import Priority
from routing.errors import ConfigurationError
from routing.mail.automatic import Kind
from routing.policy.document import Node, parse_document, read_document
from routing.policy.policy import Label, Policy, Strangers
from routing.policy.rules import Condition, Rule, Stage, fold
from routing.settings import Settings

LANGUAGES = ("fr", "en")
"""Every label has a name and a description in each."""

MOST_CHARACTERS = 200_000
"""Of a saved policy: some hundred labels with examples, and thousands of rules."""


def read_policy(policy: Path | None = None, rules: Path | None = None) -> Policy:
    """Read a policy.

    Args:
        policy: the policy file; the bundled one when None.
        rules: the administrators' rules; none when None.

    Raises:
        ConfigurationError: a file cannot be read or says something that is no policy; the message names the line.
    """
    if policy is None:
        with as_file(files("routing.policy") / "default.yaml") as bundled:
            return read_policy(bundled, rules)
    root, content = read_document(policy)
    made = _policy(root)
    if rules is not None:
        rules_root, rules_content = read_document(rules)
        content += rules_content
        node = rules_root.mapping(required=("rules",))["rules"]
        made = replace(made, rules=_rules(node, made.labels, before=made.rules))
    return replace(made, version=_version(content))


def parse_policy(text: str, *, name: str = "policy") -> Policy:
    """Read a policy from the text of one YAML document, rules included.

    Args:
        text: the document.
        name: what complaints call it.

    Raises:
        ConfigurationError: it is no policy; the message and the error's `line` say where.
    """
    if len(text) > MOST_CHARACTERS:
        raise ConfigurationError.of("%(name)s has more than %(most)s characters.", name=name, most=str(MOST_CHARACTERS))
    return replace(_policy(parse_document(text, name)), version=_version(text.encode(errors="surrogatepass")))


def policy_of(settings: Settings) -> Policy:
    """Read the policy that the settings name. Raises ConfigurationError like `read_policy`."""
    return read_policy(
        Path(settings.policy) if settings.policy else None, Path(settings.rules) if settings.rules else None
    )


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _policy(root: Node) -> Policy:
    """Read a policy whose version is not known yet."""
    values = root.mapping(required=("labels", "triage", "automatic"), optional=("precision", "strangers", "rules"))
    precision = _precision(values["precision"]) if "precision" in values else None
    labels = {key: _label(key, node, precision) for key, node in values["labels"].any_mapping().items()}
    return Policy(
        version="",
        labels=labels,
        triage=values["triage"].text(),
        automatic={kind.value: node.text() for kind, node in zip(Kind, _automatic(values["automatic"]), strict=True)},
        rules=_rules(values["rules"], labels) if "rules" in values else (),
        strangers=values["strangers"].choice(Strangers) if "strangers" in values else Strangers.TRIAGE,
    )


def _automatic(node: Node) -> list[Node]:
    values = node.mapping(required=[kind.value for kind in Kind])
    return [values[kind.value] for kind in Kind]


def _label(key: str, node: Node, precision: float | None) -> Label:
    """Read a label; it is held to `precision` when it gives neither a precision nor a threshold of its own."""
    values = node.mapping(
        required=("name", "description", "queue"), optional=("examples", "priority", "threshold", "precision")
    )
    if "threshold" in values and "precision" in values:
        values["precision"].refuse("a label has a threshold or a precision, not both: the one gives the other.")
    if "precision" in values:
        precision = _precision(values["precision"])
    elif "threshold" in values:
        precision = None
    threshold = values["threshold"].fraction() if "threshold" in values else 0.0
    return Label(
        key=key,
        names={code: text.text() for code, text in values["name"].mapping(required=LANGUAGES).items()},
        descriptions={code: text.text() for code, text in values["description"].mapping(required=LANGUAGES).items()},
        examples=_examples(values["examples"]) if "examples" in values else {},
        queue=values["queue"].text(),
        priority=values["priority"].choice(Priority) if "priority" in values else Priority.NORMAL,
        threshold=None if precision else threshold,
        precision=precision,
    )


def _examples(node: Node) -> dict[str, tuple[str, ...]]:
    """Read `examples: {fr: [...], en: [...]}`; no language is needed."""
    return {code: texts.texts() for code, texts in node.mapping(optional=LANGUAGES).items()}


def _precision(node: Node) -> float:
    value = node.fraction()
    if not 0 < value < 1:
        node.refuse("'precision' is the share of right decisions to keep: more than 0 and less than 1, such as 0.97.")
    return value


def _rules(node: Node, labels: Mapping[str, Label], *, before: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """Read a list of rules, which come after those in `before`."""
    rules = {rule.name: rule for rule in before}
    for item in node.sequence():
        rule = _rule(item, labels)
        if rule.name in rules:
            item.refuse("there are two rules of the name '%(name)s'.", name=rule.name)
        rules[rule.name] = rule
    return tuple(rules.values())


def _rule(node: Node, labels: Mapping[str, Label]) -> Rule:
    values = node.mapping(required=("name", "when"), optional=("stage", "queue", "label", "priority"))
    stage = values["stage"].choice(Stage) if "stage" in values else Stage.BEFORE
    label = _known_label(values["label"], labels) if "label" in values else None
    queue = values["queue"].text() if "queue" in values else None
    priority = values["priority"].choice(Priority) if "priority" in values else None
    if stage is not Stage.AFTER and not (queue or label):
        node.refuse("a rule before the model must give a queue or a label.")
    if not (queue or label or priority):
        node.refuse("a rule must give a queue, a label or a priority.")
    return Rule(
        name=values["name"].text(),
        stage=stage,
        when=_condition(values["when"], stage, labels),
        queue=queue,
        label=label,
        priority=priority,
    )


def _condition(node: Node, stage: Stage, labels: Mapping[str, Label]) -> Condition:
    values = node.mapping(optional=("sender", "recipient", "subject", "body", "header", "label"))
    if not values:
        node.refuse("'when' is empty: the rule would hold for every mail.")
    if "label" in values and stage is not Stage.AFTER:
        values["label"].refuse("'label' is known only after the model; set 'stage: after'.")
    return Condition(
        sender=_addresses(values.get("sender")),
        recipient=_addresses(values.get("recipient")),
        subject=_phrases(values.get("subject")),
        body=_phrases(values.get("body")),
        header=_header(values["header"]) if "header" in values else (),
        label=_known_labels(values["label"], labels) if "label" in values else (),
    )


def _addresses(node: Node | None) -> tuple[str, ...]:
    """Read addresses and domains; what is neither would never match."""
    for item in node.sequence() if node else ():
        if "@" not in item.text():
            item.refuse(
                "'%(text)s' is no address and no domain; write name@example.org or @example.org.", text=item.text()
            )
    return node.texts() if node else ()


def _phrases(node: Node | None) -> tuple[str, ...]:
    """Read words and phrases; what has neither letter nor digit would never match."""
    for item in node.sequence() if node else ():
        if not fold(item.text()).strip():
            item.refuse("'%(text)s' has neither letter nor digit; conditions look for whole words.", text=item.text())
    return node.texts() if node else ()


def _header(node: Node) -> tuple[tuple[str, str], ...]:
    """Read `header: {X-Campaign: spring}` or `header: X-Campaign` (only its presence)."""
    conditions: list[tuple[str, str]] = []
    for item in node.sequence():
        if item.is_mapping:
            conditions += [(name, value.text()) for name, value in item.any_mapping().items()]
        else:
            conditions.append((item.text(), ""))
    if not conditions:
        node.refuse("'header' names no header field.")
    return tuple(conditions)


def _known_labels(node: Node, labels: Mapping[str, Label]) -> tuple[str, ...]:
    node.texts()
    return tuple(_known_label(item, labels) for item in node.sequence())


def _known_label(node: Node, labels: Mapping[str, Label]) -> str:
    key = node.text()
    if key not in labels:
        node.refuse(
            "'%(key)s' is not a label of the policy; the labels are %(these)s.", key=key, these=", ".join(labels)
        )
    return key
