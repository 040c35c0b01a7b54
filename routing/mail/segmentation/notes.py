"""Headers that Lotus Notes writes: the sender and the date above, names of fields without colons, boxes of dashes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.lines import Lines
from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.segment import Introduction

_LINES = 30
"""Lines below the date, or of one box, that are looked at."""
_BOXED_LINES = 60
_GAP = 2
"""Empty lines between the fields."""
_SENDER_WORDS = 8

_WHEN = re.compile(
    r"(?:le )?\d{1,4}[/.-](?:\d{1,2}|[^\W\d_]{3,5})[/.-]\d{2,4},? (?:a )?\d{1,2}[:h.]\d\d(?:[:.]\d\d)?(?: ?[ap]m)?"
)
_CELLS = re.compile(r"\t+| {2,}")
_HIERARCHICAL = re.compile(r"[^/@:]{2,60}(?:/[\w .&'-]{1,40}){1,5}(?:@[\w.-]{1,60})?$")
"""`Léa Martin/SINISTRES/ASSUREUR@ASSUREUR`."""
_BOX = "|-> "


@dataclass(frozen=True, kw_only=True, slots=True)
class NotesHeader:
    """A header that was found."""

    start: int
    end: int
    """The index of the first line below it."""
    introduction: Introduction


def may_be_one(low: str) -> bool:
    """Tell quickly that a line may be the date of a header, or the top of a box."""
    return low.startswith("|---") or _WHEN.match(low) is not None


def notes_header_at(lines: Lines, index: int, floor: int, rules: Rules) -> NotesHeader | None:
    """Return the header whose date, or whose first box, is line `index` and that begins at `floor` or below."""
    if lines.low[index].startswith("|"):
        return None if lines.depth[index] else _boxed(lines, index, rules)
    when = _WHEN.match(lines.low[index])
    if when is None:
        return None
    cells = _CELLS.split(lines.text[index])
    if _WHEN.fullmatch(fold(cells[0]).strip()) is None or (len(cells) > 1 and not _role(cells[1], rules)):
        return None
    found, end = _columns(lines, index, cells[1:], rules)
    if not {"to", "subject"} <= found.keys():
        return None
    start = _sender(lines, index, floor)
    who = lines.text[start] if start < index else ""
    return NotesHeader(
        start=start, end=end, introduction=Introduction(who=who, when=cells[0].strip(), subject=found["subject"])
    )


def notes_header_below(lines: Lines, index: int, rules: Rules) -> NotesHeader | None:
    """Return the header that follows line `index`, which announces one, or None."""
    below = lines.next_said(index + 1, 4)
    for _ in range(2):
        if below is None:
            return None
        found = notes_header_at(lines, below, index + 1, rules) if may_be_one(lines.low[below]) else None
        if found:
            return found
        below = lines.next_said(below + 1, 2)
    return None


def _sender(lines: Lines, index: int, floor: int) -> int:
    """Return the index of the sender's line above the date at `index`, or `index` where there is none."""
    above = index - 1
    if above >= floor and not lines.text[above]:
        above -= 1
    if above < floor or not lines.text[above] or lines.depth[above] != lines.depth[index]:
        return index
    text = lines.text[above]
    near = above == index - 1 and len(text.split()) <= _SENDER_WORDS and not text.endswith((".", "!", "?", ":", ","))
    return above if near or "@" in text or _HIERARCHICAL.match(text) else index


def _columns(lines: Lines, index: int, cells: list[str], rules: Rules) -> tuple[dict[str, str], int]:
    """Read the fields from the date at `index` on, with their values beside or below; return where they end too."""
    found: dict[str, str] = {}
    role, empty, end = "", 0, index + 1
    for each in range(index, min(index + _LINES, len(lines))):
        if each > index:
            if not lines.text[each]:
                empty += 1
                continue
            if empty > _GAP or lines.depth[each] != lines.depth[index]:
                break
            cells = _CELLS.split(lines.text[each])
        named = _role(cells[0], rules) if cells else ""
        if named:
            if named in found and named != "other":
                break
            role, found[named] = named, " ".join(cells[1:])
        elif each > index:
            if not role or not _is_value(lines.text[each], role, found[role], empty):
                break
            found[role] = f"{found[role]} {lines.text[each]}".strip()
        empty, end = 0, each + 1
    return found, end


def _is_value(text: str, role: str, so_far: str, empty: int) -> bool:
    """Tell whether a line belongs to the field above it."""
    if role == "subject":
        return not so_far and not empty
    if not so_far and empty < _GAP:
        return True
    return role != "subject" and not empty and ("@" in text or _HIERARCHICAL.match(text) is not None)


def _role(cell: str, rules: Rules) -> str:
    return rules.fields.get(fold(cell).strip(" :*"), "")


def _boxed(lines: Lines, index: int, rules: Rules) -> NotesHeader | None:
    """Read `|---->`, `| From: |`, `|---->`, `>-----|`, `|Léa Martin |`, `>-----|` and so on."""
    found: dict[str, str] = {}
    role, end = "", index
    for each in range(index, min(index + _BOXED_LINES, len(lines))):
        text = lines.text[each]
        if not text:
            continue
        said = text.strip(_BOX)
        if said and text[0] != "|":
            break
        named = _role(said, rules) if said.endswith(":") else ""
        if named in found and named != "other":
            break
        if named:
            role, found[named] = named, ""
        elif said and not role:
            break
        elif said:
            found[role] = f"{found[role]} {said}".strip()
        end = each + 1
    if "from" not in found or len(found) == 1:
        return None
    lines.depth[index:end] = [0] * (end - index)  # the marks of its frames quote nothing
    when = found.get("date", "") or found.get("sent", "")
    return NotesHeader(
        start=index, end=end, introduction=Introduction(who=found["from"], when=when, subject=found.get("subject", ""))
    )
