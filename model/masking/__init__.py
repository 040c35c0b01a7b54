"""Masking personal data in a mail: typed placeholders in its place, the rest as it was.

Rules, not a model: what has a checksum is checked, what has a shape is matched, what has neither needs a word beside it
that says what it is. Work is linear in the length of the text. `docs/corpus.md` has what was measured, and what stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from model.corpus.example import Example
from model.masking.names import names
from model.masking.numbers import accounts, cards, phones, plates, social_security
from model.masking.places import addresses, birth_dates, emails, urls
from model.masking.references import references, secrets
from model.masking.spans import Kind, Span, apart

__all__ = ["Kind", "Masker", "mask", "masked_example", "personal_data", "spans_of"]

_DIGIT = re.compile("[0-9]")
_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(Kind)})(?: [0-9]{{1,4}})?>")


@dataclass(kw_only=True, slots=True)
class Masker:
    """Masks the texts of one mail: what is the same in two of them has the same placeholder.

    The first address is `<EMAIL>`, the next different one `<EMAIL 2>`.
    """

    known: Collection[str] = ()
    """Names of people that are known from elsewhere, such as the sender's."""
    counts: Counter[str] = field(default_factory=Counter)
    """How much was masked, by kind."""
    _given: dict[Kind, dict[str, str]] = field(default_factory=dict)

    def mask(self, text: str) -> str:
        """Return the text with placeholders. Masking what is masked changes nothing."""
        parts: list[str] = []
        end = 0
        for span in spans_of(text, self.known):
            parts += text[end : span.start], self._placeholder(span.kind, text[span.start : span.end])
            self.counts[span.kind.value] += 1
            end = span.end
        return "".join((*parts, text[end:]))

    def _placeholder(self, kind: Kind, original: str) -> str:
        given = self._given.setdefault(kind, {})
        same = "".join(filter(str.isalnum, original)).casefold()
        if same not in given:
            given[same] = f"<{kind} {len(given) + 1}>" if given else f"<{kind}>"
        return given[same]


def mask(text: str) -> str:
    """Return a text with its personal data masked."""
    return Masker().mask(text)


def masked_example(example: Example, *, known: Collection[str] = ()) -> tuple[Example, Mapping[str, int]]:
    """Return an example with subject, text and attachments' names masked, and how much was masked by kind.

    Its author becomes empty when that is an address: who wrote it is personal data too. What must stay together in a
    split goes by `group`.
    """
    masker = Masker(known=known)
    subject, text = masker.mask(example.subject), masker.mask(example.text)
    attachments = tuple(_masked_file(name, masker) for name in example.attachments)
    author = "" if "@" in example.author else example.author
    return replace(example, subject=subject, text=text, attachments=attachments, author=author), masker.counts


def personal_data(text: str) -> Iterator[str]:
    """Yield the kind of each piece of personal data in a text."""
    return (span.kind.value for span in spans_of(text))


def _masked_file(name: str, masker: Masker) -> str:
    """Mask a file's name, in which underscores and hyphens part the words; its ending stays."""
    stem, dot, ending = name.rpartition(".")
    masked = masker.mask((stem or ending).replace("_", " "))
    return masked + (dot + ending if stem else "")


def spans_of(text: str, known: Collection[str] = ()) -> list[Span]:
    """Return what is masked of a text, in its order: where two overlap, the one that is surer, then the earlier."""
    kept = (Span(found.start(), found.end(), Kind.NAME) for found in _PLACEHOLDER.finditer(text))
    masked = [(span.start, span.end) for span in kept]
    finders: tuple[Callable[[str], Iterator[Span]], ...] = (urls, emails, secrets)
    if _DIGIT.search(text):
        finders += (accounts, social_security, birth_dates, phones, cards, plates, addresses, references)
    spans = chain(
        (Span(start, end, Kind.NAME) for start, end in masked),
        chain.from_iterable(find(text) for find in finders),
        names(text, known),
    )
    before = set(masked)
    return [span for span in apart(text, spans) if (span.start, span.end) not in before]
