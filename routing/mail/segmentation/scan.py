"""The scanner: one pass over the lines for what introduces earlier messages, one over what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from routing.mail.segmentation.attribution import attribution_ending_at, is_quoted_below, may_end_one
from routing.mail.segmentation.endings import label_own
from routing.mail.segmentation.headers import NAME_LIMIT, header_at, header_start
from routing.mail.segmentation.lines import Lines, lines_of
from routing.mail.segmentation.notes import may_be_one, notes_header_at, notes_header_below
from routing.mail.segmentation.rules import Rules, rules
from routing.mail.segmentation.segment import Introduction, Kind, Segment
from routing.mail.segmentation.stretch import Stretch

_INTRODUCING = frozenset({Kind.ATTRIBUTION, Kind.REPLY_HEADER, Kind.FORWARD_HEADER})
_SAYING = frozenset({Kind.GREETING, Kind.BODY, Kind.THANKS, Kind.CLOSING})
_DECORATED = frozenset("-_=*~#+>")


@dataclass(slots=True)
class _Marks:
    """What is known of each line so far."""

    kinds: list[Kind | None]
    depths: list[int]
    introductions: dict[int, Introduction] = field(default_factory=dict)
    level: int = 0
    """How many messages back the lines are that stand here without quotation marks."""
    floor: int = 0
    """The first line that is not yet part of something found."""


REMEMBERED = 128
"""Bodies that are remembered taken apart: a worker's batch, which the classifier and the list's excerpt both read."""
LONG = 20_000
"""Characters of a body that is not remembered: there are few, and they fill the memory."""


def remembered_segments_of(text: str) -> tuple[Segment, ...]:
    """Return `segments_of(text)`, without the work when the same text was taken apart a moment ago."""
    return segments_of(text) if len(text) > LONG else _remembered(text)


@lru_cache(maxsize=REMEMBERED)
def _remembered(text: str) -> tuple[Segment, ...]:
    return segments_of(text)


def segments_of(text: str) -> tuple[Segment, ...]:
    """Take a mail's body apart.

    Returns:
        Consecutive segments; their texts put together are `text`, and none is empty. An empty text has none.
        Empty lines go with what stands above them. Work grows with the length of `text` alone; beyond
        `lines.LINES_LIMIT` lines and `lines.WIDTH` characters of a line nothing is looked at.
    """
    if not text:
        return ()
    found = rules()
    lines = lines_of(text, found)
    marks = _Marks(kinds=[None] * len(lines), depths=list(lines.depth))
    _find_introductions(lines, marks, found)
    _label_own(lines, marks, found)
    return tuple(_grouped(lines, marks))


def _find_introductions(lines: Lines, marks: _Marks, found: Rules) -> None:
    index, count = 0, len(lines)
    lows, depths, kinds = lines.low, lines.depth, marks.kinds
    while index < count:
        low = lows[index]
        if not low:
            if depths[index]:
                kinds[index] = Kind.HISTORY
                marks.depths[index] = depths[index] + marks.level
            index += 1
            continue
        end = _introduced_by_header(lines, index, marks, found)
        if end:
            index = end
            continue
        if may_end_one(low, found):
            attribution = attribution_ending_at(lines, index, marks.floor, found)
            if attribution:
                index += 1
                _introduce(lines, marks, range(attribution.start, index), Kind.ATTRIBUTION, attribution.introduction)
                continue
        if depths[index] or marks.level:
            kinds[index] = Kind.HISTORY
            marks.depths[index] = depths[index] + marks.level
        index += 1


def _introduced_by_header(lines: Lines, index: int, marks: _Marks, found: Rules) -> int:
    """Mark the header that begins at line `index`, or whose date it is; return its end, 0 if there is none."""
    low = lines.low[index]
    if ":" in low[:NAME_LIMIT] or low[0] in _DECORATED or "message" in low or "forwarded" in low or "transf" in low:
        header = header_at(lines, index, found)
        if header:
            kind = Kind.FORWARD_HEADER if header.forwards else Kind.REPLY_HEADER
            start = header_start(lines, index, marks.floor)
            if start < index:
                marks.kinds[start] = Kind.RULE
            end, introduction = header.end, header.introduction
            below = notes_header_below(lines, index, found) if introduction == Introduction() else None
            if below:
                end, introduction = below.end, below.introduction
            _introduce(lines, marks, range(index, end), kind, introduction)
            return end
    notes = notes_header_at(lines, index, marks.floor, found) if may_be_one(low) else None
    if notes is None:
        return 0
    _introduce(lines, marks, range(notes.start, notes.end), Kind.REPLY_HEADER, notes.introduction)
    return notes.end


def _introduce(lines: Lines, marks: _Marks, place: range, kind: Kind, introduction: Introduction) -> None:
    for index in place:
        marks.kinds[index] = kind
        marks.depths[index] = lines.depth[place.start] + marks.level
    marks.introductions[place.start] = introduction
    marks.floor = place.stop
    last = place.stop - 1
    # A client that quotes the header of what it forwards quotes the message too: what is not quoted is the sender's.
    if not lines.depth[place.start] and not lines.depth[last] and not is_quoted_below(lines, last):
        marks.level += 1


def _label_own(lines: Lines, marks: _Marks, found: Rules) -> None:
    """Label the sender's own lines, a stretch between quotations at a time, and what they answer."""
    kinds, text = marks.kinds, lines.text
    stretch: list[int] = []
    for index in range(len(lines)):
        if kinds[index] is None:
            if text[index]:
                stretch.append(index)
        elif stretch and kinds[index] is not Kind.RULE:
            label_own(Stretch(lines=lines, own=stretch, kinds=kinds, rules=found))
            stretch = []
    if stretch:
        label_own(Stretch(lines=lines, own=stretch, kinds=kinds, rules=found))
    for index in range(len(lines)):
        if kinds[index] is None and text[index]:
            kinds[index] = Kind.BODY
    _label_answered(lines, marks)


def _label_answered(lines: Lines, marks: _Marks) -> None:
    """Tell quotations that the sender's words answer from those that just hang below or above the mail."""
    kinds = marks.kinds
    last = max((index for index, kind in enumerate(kinds) if kind in _SAYING), default=-1)
    said = introduced = forwarded = False
    for index in range(last):
        kind = kinds[index]
        if kind in _INTRODUCING:
            introduced = True
            if not lines.depth[index]:  # one that is quoted stands within what is forwarded
                forwarded = kind is Kind.FORWARD_HEADER
        elif kind in _SAYING:
            said, forwarded = True, False
        elif kind is Kind.HISTORY and lines.depth[index] and not forwarded and (said or not introduced):
            kinds[index] = Kind.QUOTE


def _grouped(lines: Lines, marks: _Marks) -> list[Segment]:
    """Put lines of one kind and depth together; empty lines go with what is above, at the top with what is below."""
    segments: list[Segment] = []
    pieces: list[str] = []
    kind, depth, introduces = Kind.BODY, 0, None
    known = False
    for index, raw in enumerate(lines.raw):
        here = marks.kinds[index]
        if not lines.text[index] and (not lines.depth[index] or (known and here is kind)):
            here = None
        if here is not None:
            at = marks.depths[index]
            if known and (here is not kind or at != depth or index in marks.introductions):
                segments.append(Segment(kind=kind, text="".join(pieces), depth=depth, introduces=introduces))
                pieces = []
                known = False
            if not known:
                kind, depth, known, introduces = here, at, True, marks.introductions.get(index)
        pieces.append(raw)
    if lines.rest:
        pieces.append(lines.rest)
    segments.append(Segment(kind=kind, text="".join(pieces), depth=depth, introduces=introduces))
    return segments
