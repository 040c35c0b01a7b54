"""What is wrong with a corpus's labels and languages: unknown ones, too few mails, one language only."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from model.corpus.example import Example, Finding, Severity, mails

SHOWN = 5
"""How many places a finding names."""
FEWEST = 2
"""Mails a label needs to be learnt and judged at all."""
FEW = 20
"""Mails under which a label is mostly luck."""
_UNEVEN = 50
"""How many times more mails the largest label may have than the smallest."""
_RARE = 0.05
_ALONE = 0.95
_MIXED = 0.75

_WORD = re.compile(r"[^\W_]+")


def label_findings(examples: Sequence[Example], labels: Collection[str], names: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with the labels.

    Args:
        examples: The corpus.
        labels: The labels there are; empty: whatever the corpus holds.
        names: What people call a label to the label, such as `Sinistre auto` to `claim_motor`.
    """
    counts = Counter(example.label for example in examples)
    for label, count in sorted(counts.items()) if labels else ():
        if label not in labels:
            near = nearest(label, labels, names)
            advice = f"Did you mean {near}? Rename it" if near else "Rename it"
            yield Finding(
                severity=Severity.ERROR,
                kind="unknown-label",
                what=f"The label {label!r} of {mails(count)} is unknown",
                advice=f"{advice} in the corpus, or add it to the policy; the labels are {', '.join(sorted(labels))}.",
                where=_places(example for example in examples if example.label == label),
            )
    if len(counts) == 1:
        yield Finding(
            severity=Severity.ERROR,
            kind="one-label",
            what=f"All mails have the label {next(iter(counts))!r}",
            advice="Give mails of two labels or more: with one there is nothing to learn.",
        )
    for label, count in sorted(counts.items()):
        if count < FEW:
            yield Finding(
                severity=Severity.ERROR if count < FEWEST else Severity.WARNING,
                kind="few-mails",
                what=f"The label {label!r} has {mails(count)}",
                advice=f"Give it {FEW} or more, merge it with another, or take it out.",
                where=_places(example for example in examples if example.label == label),
            )
    if missing := sorted(set(labels) - set(counts)):
        yield Finding(
            severity=Severity.WARNING,
            kind="missing-label",
            what=f"No mail has the label {', '.join(missing)}",
            advice="The model will never give it: add mails, or leave it to humans and rules.",
        )
    if counts and max(counts.values()) > _UNEVEN * min(counts.values()):
        (most, many), (least, few) = counts.most_common()[0], counts.most_common()[-1]
        yield Finding(
            severity=Severity.NOTE,
            kind="uneven",
            what=f"The label {most!r} has {mails(many)}, {least!r} {few}",
            advice="Training weighs them alike; figures of the small one rest on few mails.",
        )


def language_findings(examples: Sequence[Example]) -> Iterator[Finding]:
    """Yield which labels are written in one language only while the corpus is not, and what languages are not known."""
    if unknown := [example for example in examples if not example.language]:
        yield Finding(
            severity=Severity.NOTE,
            kind="no-language",
            what=f"No language is given for {mails(len(unknown))}",
            advice="Figures by language leave them out; add a column `language` (fr, en) to have them.",
            where=_places(unknown),
        )
    by_label: dict[str, Counter[str]] = {}
    for example in examples:
        if example.language:
            by_label.setdefault(example.label, Counter())[example.language] += 1
    overall: Counter[str] = sum(by_label.values(), Counter())
    total = overall.total()
    main = [language for language, count in overall.items() if count >= _RARE * total]
    for label, counts in sorted(by_label.items()):
        absent = sorted(language for language in main if not counts[language])
        first, most = counts.most_common(1)[0]
        if absent:
            what = f"The label {label!r} has no mail in {', '.join(absent)}"
        elif most >= _ALONE * counts.total() and overall[first] < _MIXED * total:
            what = (
                f"The label {label!r} is {most / counts.total():.0%} {first}, the corpus {overall[first] / total:.0%}"
            )
        else:
            continue
        yield Finding(
            severity=Severity.WARNING,
            kind="language-mix",
            what=what,
            advice="The model will take the language for a sign of the label: add mails in the other language.",
        )


def nearest(label: str, labels: Collection[str], names: Mapping[str, str]) -> str | None:
    """Return the label that was probably meant: by its key or a name, whatever the case, accents and spaces."""
    known = {_plain(name): key for name, key in names.items()} | {_plain(key): key for key in labels}
    close = difflib.get_close_matches(_plain(label), known, n=1, cutoff=0.7)
    if close:
        return known[close[0]]
    words = set(_plain(label).split())
    holding = {key for name, key in known.items() if words and words <= set(name.split())}
    return holding.pop() if len(holding) == 1 else None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(_WORD.findall("".join(letter for letter in letters if not unicodedata.combining(letter))))


def _places(examples: Collection[Example] | Iterator[Example]) -> tuple[str, ...]:
    return tuple(
        place for _, place in zip(range(SHOWN), (example.place or example.id for example in examples), strict=False)
    )
