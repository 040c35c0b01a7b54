"""What a mail says, chosen by kind from its segments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from routing.mail.segmentation.scan import remembered_segments_of, segments_of
from routing.mail.segmentation.segment import Kind, Segment

VISIBLE = frozenset(
    {Kind.GREETING, Kind.BODY, Kind.THANKS, Kind.CLOSING, Kind.NAME, Kind.CONTACT, Kind.QUOTE},
)
"""What a reader of a thread wants to see of a mail: all that was written for it, with what its answers stand under."""

OWN = frozenset({Kind.BODY, Kind.THANKS})
"""What the mail is about: neither politeness nor names nor other people's words."""

LATEST = frozenset({Kind.GREETING, Kind.BODY, Kind.THANKS, Kind.QUOTE, Kind.RULE})
"""`VISIBLE` without closing and name, as some libraries define the latest message; they keep lines drawn below it."""

_LEVELS = 3
"""Messages below a mail without words of its own that are looked into."""

_MARKS = "> |\r\n\t\u200b\u200c\ufeff"
"""Of a quotation without words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Below:
    """The newest of the messages below a mail."""

    text: str
    """It and what is below it, without the quotation marks of this level."""
    forwards: bool
    """It stands under « Message transféré », not under an answer."""
    quoted: bool
    """It stood behind quotation marks."""


def written_now(text: str, kinds: Collection[Kind] = VISIBLE) -> str:
    """Return what the sender of a mail wrote for it, of the given kinds, without the empty lines around.

    A mail that has no words of its own has those of the message that it forwards, or of what it quotes.
    Lines are kept as they are.
    """
    segments = remembered_segments_of(text)
    for _ in range(_LEVELS):
        said = chosen(segments, kinds)
        if said:
            return said
        below = message_below(segments)
        if below is None or below.quoted:
            break
        segments = segments_of(below.text)
    return chosen(segments, {*kinds, Kind.HISTORY, Kind.QUOTE})


def chosen(segments: Sequence[Segment], kinds: Collection[Kind]) -> str:
    """Return the texts of the segments of the given kinds, put together, without the empty lines around them.

    Nothing but quotation marks counts as nothing.
    """
    said = "".join(segment.text for segment in segments if segment.kind in kinds)
    if not said.strip(_MARKS).strip():
        return ""
    lines = said.splitlines(keepends=True)
    first = 0
    while not lines[first].strip():
        first += 1
    return "".join(lines[first:]).rstrip()


def message_below(segments: Sequence[Segment]) -> Below | None:
    """Return the newest of the messages below a mail, which was answered or forwarded; None if there is none."""
    for number, segment in enumerate(segments):
        if segment.introduces is None:
            continue
        below = segments[number + 1 :]
        quoted = bool(below) and is_quoted(below[0])
        text = _unquoted(below) if quoted else "".join(each.text for each in below)
        if text.strip(_MARKS):
            return Below(text=text, forwards=segment.kind is Kind.FORWARD_HEADER, quoted=quoted)
    text = _unquoted([segment for segment in segments if segment.kind in {Kind.HISTORY, Kind.QUOTE}])
    return Below(text=text, forwards=False, quoted=True) if text.strip(_MARKS) else None


def is_quoted(segment: Segment) -> bool:
    """Tell whether a segment stands behind quotation marks."""
    return segment.text.lstrip().startswith((">", "|"))


def _unquoted(segments: Sequence[Segment]) -> str:
    """Take one level of quotation marks from the quoted segments that come first."""
    lines: list[str] = []
    for segment in segments:
        if not is_quoted(segment):
            break
        for line in segment.text.splitlines(keepends=True):
            bare = line.lstrip(" ")
            lines.append(bare[1:].removeprefix(" ") if bare.startswith((">", "|")) else line)
    return "".join(lines)
