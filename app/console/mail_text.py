"""A mail's text as its reader sees it: what the sender wrote now in the open, what came along folded away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from routing.mail.segmentation import Introduction, Kind, Segment, message_below, segments_of

SHOWN = 100_000
"""Characters of a body that are shown; the rest is in the message, which can be downloaded."""

LEVELS = 3
"""Forwards of forwards that are opened."""


LITTLE = 40
"""Own words, fewer than which only pass on what is forwarded."""


class Part(StrEnum):
    """What a stretch of a mail's text is to its reader."""

    SAID = "said"
    """What the sender wrote now, greeting and quoted lines that the words answer included."""
    ENDING = "ending"
    """Closing, name, signature, disclaimers."""
    EARLIER = "earlier"
    """The messages below, with what introduces them."""
    FORWARDED = "forwarded"
    """The same, under what says that the message was forwarded."""
    HEADER = "header"
    """What stands above a forwarded message that is shown in the open."""


_PARTS = {
    **dict.fromkeys((Kind.GREETING, Kind.BODY, Kind.THANKS, Kind.QUOTE), Part.SAID),
    **dict.fromkeys((Kind.ATTRIBUTION, Kind.REPLY_HEADER, Kind.HISTORY), Part.EARLIER),
    Kind.FORWARD_HEADER: Part.FORWARDED,
}
_MARKS = "> |\r\n\t\u200b\u200c\ufeff"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A stretch of the text."""

    part: Part
    pieces: tuple[tuple[bool, str], ...]
    """Text, and whether it is quoted from the message that it answers."""
    introduction: Introduction | None = None
    """What the text says of the message below, where it does."""
    title: str = ""
    """A line to recognise it by: a signature's name, else its first line with words."""
    opened: bool = False
    """Shown in the open although it is not what the sender wrote now: that is little, or nothing."""

    @property
    def text(self) -> str:
        """All of it, without the empty lines around."""
        return "".join(text for _quoted, text in self.pieces).strip("\n")


def blocks_of(text: str) -> tuple[Block, ...]:
    """Take a body apart for its reader.

    A mail without words of its own that forwards a message says what that message says, so it is that one's words
    that stand in the open; one that says little has what it forwards unfolded. A mail of nothing but quotations or a
    signature has those unfolded.
    """
    blocks = _blocks(text[:SHOWN], LEVELS)
    words = sum(len(block.text.split()) for block in blocks if block.part is Part.SAID)
    longest = max(blocks, key=lambda block: len(block.text), default=None)
    return tuple(
        replace(block, opened=True)
        if (not words and block is longest) or (words < LITTLE and block.part is Part.FORWARDED)
        else block
        for block in blocks
    )


def _blocks(text: str, levels: int) -> list[Block]:
    segments = segments_of(text)
    blocks = _grouped(segments)
    if any(block.part is Part.SAID for block in blocks) or not levels:
        return blocks
    below = message_below(segments)
    if below is None or below.quoted:
        return blocks
    place = next(number for number, segment in enumerate(segments) if segment.introduces is not None)
    header = Block(
        part=Part.HEADER,
        pieces=((False, segments[place].text),),
        introduction=segments[place].introduces,
    )
    return [*_grouped(segments[:place]), header, *_blocks(below.text, levels - 1)]


def _grouped(segments: Sequence[Segment]) -> list[Block]:
    blocks: list[Block] = []
    for part, group in groupby(segments, key=lambda segment: _PARTS.get(segment.kind, Part.ENDING)):
        run = list(group)
        before = blocks[-1].part if blocks else None
        pieces = tuple((segment.kind is Kind.QUOTE, segment.text) for segment in run)
        if not "".join(segment.text for segment in run).strip(_MARKS):
            continue
        if before in {Part.EARLIER, Part.FORWARDED} and part in {Part.EARLIER, Part.FORWARDED}:
            blocks[-1] = replace(blocks[-1], pieces=blocks[-1].pieces + pieces)
            continue
        introduction = next((segment.introduces for segment in run if segment.introduces), None)
        blocks.append(Block(part=part, pieces=pieces, introduction=introduction, title=_title(run)))
    return blocks


def _title(run: Sequence[Segment]) -> str:
    named = [segment for segment in run if segment.kind is Kind.NAME] or run
    lines = (line.strip() for segment in named for line in segment.text.splitlines())
    return next((line for line in lines if line.strip("-_=*~ >")), "")[:80]
