"""A stretch of the sender's own lines, between quotations, while its lines are given their kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from routing.mail.segmentation.lines import Lines
from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.segment import Kind

WORD = re.compile(r"\w[\w'’-]*")  # noqa: RUF001 - clients write the typographic apostrophe too

LEADING = " \"'*_[]()<>-=~•:;,.!⚠\ufe0f"
"""What may stand before the first word of a phrase, or after its last."""

TRAILING = frozenset({Kind.DEVICE, Kind.DISCLAIMER, Kind.FOOTER, Kind.RULE})
"""What may stand below a signature."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Lines without quotations, by their places in `own`."""

    lines: Lines
    own: Sequence[int]
    """Indices of the lines that are not empty, in order."""
    kinds: list[Kind | None]
    """Of all lines of the body; None where nothing is known, which becomes body."""
    rules: Rules

    def __len__(self) -> int:
        return len(self.own)

    def text(self, place: int) -> str:
        """The line as written."""
        return self.lines.text[self.own[place]]

    def low(self, place: int) -> str:
        """The line as the rules compare it."""
        return self.lines.low[self.own[place]]

    def kind(self, place: int) -> Kind | None:
        """What the line is, as far as it is known."""
        return self.kinds[self.own[place]]

    def label(self, place: int, kind: Kind, count: int = 1) -> int:
        """Say what `count` lines from `place` on are; return `count`."""
        for index in self.own[place : place + count]:
            self.kinds[index] = kind
        return count

    def follows_closely(self, place: int) -> bool:
        """Tell whether no empty line stands above the line at `place`."""
        return place > 0 and self.own[place] == self.own[place - 1] + 1
