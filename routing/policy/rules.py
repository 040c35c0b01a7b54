"""Rules: deterministic conditions of an administrator that decide before the model, or override it after.

Conditions are plain comparisons and word searches over folded text (lower case, no accents); there are no regular
expressions, so no rule can make a mail take long.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from routing.decision import DecidedBy, Decision, Priority
from routing.mail import Address, Mail

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
"""Letters that people also write without their ornament, and that Unicode does not decompose."""


class Stage(StrEnum):
    """When a rule runs."""

    FIRST = "first"
    """Before anything else: also mail that would be recognised as automatic is the rule's to decide."""
    BEFORE = "before"
    """Before the model: a mail that matches is never shown to it."""
    AFTER = "after"
    """After the model: a mail that matches keeps the model's label unless the rule gives another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What a mail must have. Every field that is given must hold; within a field one of its values is enough."""

    sender: tuple[str, ...] = ()
    """Addresses, or domains written `@example.org`."""
    recipient: tuple[str, ...] = ()
    """The same, among To and Cc."""
    subject: tuple[str, ...] = ()
    """Words or phrases in the subject, as whole words."""
    body: tuple[str, ...] = ()
    """Words or phrases in the body, as whole words."""
    header: tuple[tuple[str, str], ...] = ()
    """(field name, text it contains); an empty text asks only that the field is there."""
    label: tuple[str, ...] = ()
    """Labels that the model gave; only for rules after the model."""

    def holds(self, view: MailView, label: str | None) -> bool:
        """Say whether the mail satisfies every field that is given."""
        return (
            (not self.sender or any(_is_address(each, view.senders) for each in self.sender))
            and (not self.recipient or any(_is_address(each, view.recipients) for each in self.recipient))
            and (not self.subject or any(_has_words(each, view.subject) for each in self.subject))
            and (not self.body or any(_has_words(each, view.body) for each in self.body))
            and (not self.header or any(view.has_header(name, text) for name, text in self.header))
            and (not self.label or label in self.label)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule: when its condition holds, the mail goes where it says."""

    name: str
    stage: Stage
    when: Condition
    queue: str | None = None
    label: str | None = None
    priority: Priority | None = None

    def decide(self, decision: Decision | None, *, label_queue: str, label_priority: Priority) -> Decision:
        """Return the decision of a mail that this rule matched.

        Args:
            decision: the model's decision; None before the model.
            label_queue: the queue of `self.label` by the policy; not looked at when the rule gives no label.
            label_priority: its priority, likewise.
        """
        base = decision or Decision(
            label=None, confidence=None, queue=self.queue or label_queue, decided_by=DecidedBy.RULE, reason=""
        )
        if self.label is not None:
            base = replace(base.relabelled(self.label, label_priority), queue=label_queue)
        return replace(
            base,
            queue=self.queue or base.queue,
            priority=self.priority or base.priority,
            decided_by=DecidedBy.RULE,
            rule=self.name,
            reason=f"The rule {self.name!r} of the administrators holds."
            + (f" Before it: {decision.reason}" if decision else ""),
        )


@dataclass(slots=True)
class MailView:
    """A mail as rules look at it: folded once, however many rules there are."""

    mail: Mail
    _folded: dict[str, str] = field(default_factory=dict)

    @property
    def senders(self) -> tuple[Address, ...]:
        """The mailboxes that count as its sender."""
        return (self.mail.sender,)

    @property
    def recipients(self) -> tuple[Address, ...]:
        """The mailboxes it was sent to, To and Cc."""
        return (*self.mail.to, *self.mail.cc)

    @property
    def subject(self) -> str:
        """The folded subject, one space between words and at both ends."""
        return self._fold("subject", self.mail.subject)

    @property
    def body(self) -> str:
        """The folded body, one space between words and at both ends."""
        return self._fold("body", self.mail.text)

    def has_header(self, name: str, text: str) -> bool:
        """Say whether a field of that name contains `text`, without regard to case."""
        wanted = text.casefold()
        return any(wanted in value.casefold() for value in self.mail.header_values(name))

    def _fold(self, part: str, text: str) -> str:
        if part not in self._folded:
            self._folded[part] = fold(text)
        return self._folded[part]


def fold(text: str) -> str:
    """Return the words of `text` in lower case without accents, one space between them and at both ends."""
    # Twice, since some characters give capitals when they are decomposed (™) and some accents when they are folded (İ).
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(LIGATURES)
    letters = (
        character if character.isalnum() else " " for character in decomposed if not unicodedata.combining(character)
    )
    return f" {' '.join(''.join(letters).split())} "


def first_match(rules: Sequence[Rule], view: MailView, label: str | None = None) -> Rule | None:
    """Return the first rule that holds for the mail, or None."""
    return next((rule for rule in rules if rule.when.holds(view, label)), None)


@lru_cache(maxsize=4096)
def _folded_phrase(phrase: str) -> str:
    """Fold the phrase of a rule: there are few, and every mail asks for each."""
    return fold(phrase)


def _is_address(wanted: str, boxes: Sequence[Address]) -> bool:
    wanted = wanted.lower()
    if wanted.startswith("@"):
        return any(box.address.lower().endswith(wanted) for box in boxes)
    return any(box.address.lower() == wanted for box in boxes)


def _has_words(phrase: str, folded: str) -> bool:
    words = _folded_phrase(phrase)
    return bool(words.strip()) and words in folded
