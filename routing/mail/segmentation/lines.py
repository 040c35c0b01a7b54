"""A body as lines, each with what the rules look at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.rules import Rules

LINES_LIMIT = 20_000
"""Lines that are looked at; what comes after goes with the last of them. No human thread is as long."""

WIDTH = 240
"""Characters of a line that are looked at: beyond what any client writes above a quotation, on one line."""

_INITIALS = re.compile(r"[A-Z]{1,3}> ?")
"""`JD> quoted`, as Usenet readers and Lotus do."""

_GROUPWISE = re.compile(r">>> [^>]{0,100}(?:<[^<>]{1,100}> ?)?\d[^<>]{3,40}>>>$")
"""`>>> Bob <bob@example.com> 12/10/2026 10:11 >>>` stands above a message and quotes nothing."""

_BROKEN = 55
"""Characters of a quoted line that was long enough to be broken."""

_FOLDED_VERB = 20
"""Characters of « a écrit : » alone on its line."""


@dataclass(slots=True)
class Lines:
    """Parallel lists, an entry a line: a body of a hundred thousand lines costs a list each, not objects."""

    raw: list[str] = field(default_factory=list)
    """As it stands, with its line end."""
    text: list[str] = field(default_factory=list)
    """Without quotation marks and the space around, `WIDTH` characters at most; empty for an empty line."""
    low: list[str] = field(default_factory=list)
    """`text`, folded."""
    depth: list[int] = field(default_factory=list)
    """How deep it is quoted."""
    rest: str = ""
    """What comes after `LINES_LIMIT` lines."""

    def __len__(self) -> int:
        return len(self.raw)

    def next_said(self, index: int, within: int) -> int | None:
        """Return the first line from `index` on, among `within`, that is not empty."""
        text = self.text
        for each in range(index, min(index + within, len(text))):
            if text[each]:
                return each
        return None


def lines_of(body: str, rules: Rules) -> Lines:
    """Take `body` apart: at line feeds, and whatever else ends a line in Unicode."""
    raw = body.splitlines(keepends=True)
    lines = Lines(raw=raw)
    if len(raw) > LINES_LIMIT:
        lines.rest = "".join(raw[LINES_LIMIT:])
        del raw[LINES_LIMIT:]
    add_text, add_low, add_depth = lines.text.append, lines.low.append, lines.depth.append
    above = 0
    for line in raw:
        text, depth = line.strip(), 0
        if text:
            first = text[0]
            if first == ">" and not _GROUPWISE.match(text):
                text, depth = _unquoted(text, rules, above)
            elif first == "|" and (len(text) == 1 or (text[1] == " " and text[-1] != "|")):
                text, depth = text.lstrip("| "), 1
            elif first.isupper() and ">" in text[:4] and (marked := _INITIALS.match(text)):
                text, depth = text[marked.end() :], 1
        low = fold(text[:WIDTH]).strip() if text else ""
        if low:
            if above and not depth and _is_wrapped(lines, text):
                depth = above
            above = depth
        # What has only characters without width, as trackers leave them, is an empty line.
        add_text(text[:WIDTH] if low else "")
        add_low(low)
        add_depth(depth)
    return lines


def _is_wrapped(lines: Lines, text: str) -> bool:
    """Tell whether a line is the end of the quoted line above it, which a mail server broke in two."""
    above = lines.text[-1]
    return len(above) >= _BROKEN and text[0].islower() and above[-1] not in ".!?:;…"


def _unquoted(text: str, rules: Rules, above: int) -> tuple[str, int]:
    """Return the text behind the quotation marks, and how many there are."""
    content = text.lstrip("> ")
    if content == ":" or (len(content) < _FOLDED_VERB and rules.verb.match(fold(content))):
        return content, above  # « <adresse[new line]> a écrit : », an address that was folded before its end
    return content, text[: len(text) - len(content)].count(">")
