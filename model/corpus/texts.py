"""What is wrong with the texts of a corpus: nothing written, history only, very long, in another language than said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from model.corpus.example import Example, Finding, Severity, mails
from model.corpus.labels import SHOWN
from model.language import language_of
from model.masking import personal_data
from model.text import FEATURES_LIMIT, READ_LIMIT
from routing.mail.segmentation import OWN, chosen, message_below, segments_of

_Item = TypeVar("_Item")

_SAMPLE = 10_000
"""Mails in which languages and personal data are looked for: half a millisecond each."""
_SURE = 0.98
_WORDS = 6
"""Words from which on a language is told apart surely."""
_LOOKED_AT = 300
_DOUBTFUL = 0.05


def text_findings(examples: Sequence[Example], read: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the texts.

    Args:
        examples: The corpus.
        read: What the model reads of each.
    """
    both = list(zip(examples, read, strict=True))
    unread = [example for example in examples if example.text.strip() and not _says_something(example.text)]
    bare = [example for example in examples if not example.text.strip()]
    long = [example for example in examples if len(example.subject) + len(example.text) > 5 * FEATURES_LIMIT]
    kinds = (
        (
            Severity.WARNING if len(unread) <= _DOUBTFUL * len(examples) else Severity.ERROR,
            "empty",
            unread,
            "Nothing written but history, greetings or a signature",
            "Take them out: nothing in them says what they are about.",
        ),
        (
            Severity.NOTE,
            "subject-only",
            bare,
            "Nothing said but in the subject",
            "Fine as they are, if real mail is like that.",
        ),
        (
            Severity.NOTE,
            "long",
            long,
            f"Over {5 * FEATURES_LIMIT} characters",
            f"The model reads the first {FEATURES_LIMIT} of what was written; is it one mail?",
        ),
        (
            Severity.NOTE,
            "other-language",
            [example for example, text in _some(both) if _in_another_language(example, text)],
            "In another language than the corpus says, by their words",
            "Correct the language: figures by language rest on it.",
        ),
    )
    for severity, kind, found, what, advice in kinds:
        if found:
            where = tuple(example.place or example.id for example in found[:SHOWN])
            yield Finding(severity=severity, kind=kind, what=f"{what}: {mails(len(found))}", advice=advice, where=where)


def personal_data_findings(examples: Sequence[Example]) -> Iterator[Finding]:
    """Yield how many mails hold personal data, by kind."""
    counts: Counter[str] = Counter()
    holding: list[Example] = []
    sample = _some(examples)
    for example in sample:
        kinds = sorted(set(personal_data(f"{example.subject}\n{example.text}")))
        counts.update(kinds)
        if kinds:
            holding.append(example)
    if holding:
        kinds_found = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
        yield Finding(
            severity=Severity.NOTE,
            kind="personal-data",
            what=f"Personal data in {len(holding)} of {mails(len(sample))} looked at ({kinds_found})",
            advice="Mask them with `facteur corpus mask` before the corpus leaves those who may read it.",
            where=tuple(example.place or example.id for example in holding[:SHOWN]),
        )


def _some(items: Sequence[_Item]) -> Sequence[_Item]:
    """Return ten thousand of the items, evenly spaced, or all of them when they are no more."""
    return items[:: max(1, len(items) // _SAMPLE)]


def _says_something(text: str) -> bool:
    """Say whether a body has words of its sender's own, or forwards those of another."""
    segments = segments_of(text[:READ_LIMIT])
    if chosen(segments, OWN).strip():
        return True
    below = message_below(segments)
    return below is not None and below.forwards


def _in_another_language(example: Example, text: str) -> bool:
    if not example.language or len(text.split(maxsplit=_WORDS)) < _WORDS:
        return False
    found = language_of(text[:_LOOKED_AT])
    return found.confidence >= _SURE and found.code != "other" and found.code != example.language[:2]
