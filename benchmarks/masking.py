"""How much personal data masking finds, and how much else it takes away: `python -m benchmarks.masking`.

Recall counts marked pieces that are masked whole or nearly so, under whatever kind: what matters is that they are gone.
Precision counts masked pieces that touch a marked one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from model.masking import spans_of

FILES = (Path(__file__).parent / "masking_cases.txt", Path(__file__).parent / "masking_cases_unseen.txt")
COVERED = 0.8
"""Share of a piece's letters and digits that must be masked for it to be found."""

_TITLE = re.compile(r"(?:(?:M\.|Mme|MME|M) (?:ou )?)*")
_MARK = re.compile(r"\{([A-Z]+)\|([^{}]*)\}")


@dataclass(kw_only=True)
class Figures:
    """Counts by kind."""

    marked: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)


def measure(file: Path) -> Figures:
    """Return the figures of the mails in a file."""
    figures = Figures()
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for case in re.split(r"\n{2,}(?=\S)", "\n".join(lines).strip()):
        text, marks = read(case)
        hit: set[int] = set()
        for span in spans_of(text):
            hit.update(range(span.start, span.end))
            figures.masked[span.kind] += 1
            if any(span.start < end and start < span.end for _, start, end in marks):
                figures.right[span.kind] += 1
            else:
                figures.mistakes.append(f"masked {span.kind}: {text[span.start : span.end]!r}")
        for kind, start, end in marks:
            telling = [place for place in range(start, end) if text[place].isalnum()]
            figures.marked[kind] += 1
            if sum(place in hit for place in telling) >= COVERED * len(telling):
                figures.found[kind] += 1
            else:
                figures.mistakes.append(f"missed {kind}: {text[start:end]!r}")
    return figures


def read(case: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return a case's text without its marks, and the marks as (kind, start, end); a title is no part of a name."""
    text, marks, end = "", [], 0
    for found in _MARK.finditer(case):
        text += case[end : found.start()]
        named = _TITLE.match(found[2])
        title = named.end() if named and found[1] == "NAME" else 0
        marks.append((found[1], len(text) + title, len(text) + len(found[2])))
        text += found[2]
        end = found.end()
    return text + case[end:], marks


def main() -> None:
    for file in FILES:
        figures = measure(file)
        print(f"\n{file.name}\n\n| kind | marked | recall | masked | precision |\n| --- | --- | --- | --- | --- |")
        for kind in sorted(figures.marked | figures.masked):
            print(row(figures, kind, [kind]))
        print(row(figures, "all", list(figures.marked | figures.masked)))
        print("\n".join(figures.mistakes))


def row(figures: Figures, name: str, kinds: list[str]) -> str:
    marked, found, masked, right = (
        sum(counts[kind] for kind in kinds) for counts in (figures.marked, figures.found, figures.masked, figures.right)
    )
    recall = f"{found / marked:.2f}" if marked else "-"
    precision = f"{right / masked:.2f}" if masked else "-"
    return f"| {name} | {marked} | {recall} | {masked} | {precision} |"


if __name__ == "__main__":
    main()
