"""What a report may show of a mail: little of it, and nobody's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model.corpus import Example
from model.report.markup import Markup, element
from model.report.wording import Wording

_SUBJECT_LIMIT = 120
_TEXT_LIMIT = 420
_READ = 4_000
"""Characters that are masked and then shortened: masking must not cost more than showing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The mails' texts by id, and how personal data in them is masked. Empty when a report is to show none."""

    examples: Mapping[str, Example]
    mask: Callable[[str], str]

    def of(self, id_: str, say: Wording) -> Markup | None:
        """Return the beginning of a mail, or None when there is no text."""
        example = self.examples.get(id_)
        if example is None:
            return None
        # Masked before it is cut: half a number is not recognised.
        subject = shortened(self.mask(example.subject[:_READ]), _SUBJECT_LIMIT)
        text = shortened(self.mask(example.text[:_READ]), _TEXT_LIMIT)
        return element(
            "blockquote",
            element("strong", subject or say("no_subject"), class_=None if subject else "quiet"),
            element("p", text, lang=example.language or None) if text else None,
            dir="auto",
        )


NO_TEXTS = Texts(examples={}, mask=str)


def texts_of(examples: Sequence[Example], mask: Callable[[str], str]) -> Texts:
    """Return the texts of `examples`."""
    return Texts(examples={example.id: example for example in examples}, mask=mask)


def shortened(text: str, limit: int) -> str:
    """Return `text` on few lines, cut at a word."""
    lines = " ⏎ ".join(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) <= limit:
        return lines
    return lines[:limit].rpartition(" ")[0].rstrip(" ⏎,;") + " \N{HORIZONTAL ELLIPSIS}"
