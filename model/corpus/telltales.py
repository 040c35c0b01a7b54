"""What gives a label away without being what the mail is about: a tag in the subject, a footer, a word of a system.

A model finds such a sign before it finds anything else, is nearly always right in tests, and fails on the first mail
that comes without it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from model.corpus.example import Example, Finding, Severity
from model.corpus.labels import SHOWN

_COVERED = 0.85
"""Share of a label's mails that hold a word for it to be told of."""
_LINE_COVERED = 0.15
"""The same for a whole line: nobody types the same line as a stranger."""
_ELSEWHERE = 0.003
"""Share of the other mails in which it may be found all the same."""
_FEWEST = 10
_LINE_CHARACTERS = 12
_CHARACTERS = 4_000
_LINES = 200

_TOKEN = re.compile(r"\[[^\[\]\n]{1,40}\]|[\w#@/&-]{2,40}")


def telltale_findings(examples: Sequence[Example]) -> Iterator[Finding]:
    """Yield words and lines that stand in nearly all mails of one label and nowhere else."""
    sizes = Counter(example.label for example in examples)
    words: dict[str, Counter[str]] = {}
    lines: dict[str, Counter[str]] = {}
    for example in examples:
        text = f"{example.subject}\n{example.text[:_CHARACTERS]}"
        words.setdefault(example.label, Counter()).update(set(_TOKEN.findall(text.lower())))
        lines.setdefault(example.label, Counter()).update(_lines(text))
    for what, counts, least, shortest in (
        ("word", words, _COVERED, 0),
        ("line", lines, _LINE_COVERED, _LINE_CHARACTERS),
    ):
        overall: Counter[str] = sum(counts.values(), Counter())
        for label, own in sorted(counts.items()):
            found = [
                sign
                for sign, count in own.items()
                if count >= max(_FEWEST, least * sizes[label])
                and overall[sign] - count <= _ELSEWHERE * (len(examples) - sizes[label])
                and len(sign) >= shortest
            ]
            if not found or len(sizes) == 1:
                continue
            sign = max(found, key=lambda sign: (own[sign], len(sign)))
            share = own[sign] / sizes[label]
            yield Finding(
                severity=Severity.WARNING,
                kind="telltale",
                what=f"The {what} {sign[:60]!r} stands in {share:.0%} of the mails of {label!r}, hardly in any other",
                advice="If a system put it there (a tag, a form, a footer), take it out: new mails will not have it.",
                where=tuple(
                    example.place or example.id
                    for example in examples
                    if example.label == label and sign in f"{example.subject}\n{example.text}".lower()
                )[:SHOWN],
            )


def _lines(text: str) -> set[str]:
    return {line for line in (line.strip().lower()[:200] for line in text.split("\n", _LINES)) if len(line) > 1}
