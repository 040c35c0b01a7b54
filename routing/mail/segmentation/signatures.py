"""Where a mail ends: what stands behind a drawn line, below a closing, or alone at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.names import REACH, ends_in_the_middle, has_title, is_contact, is_name
from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.segment import Kind
from routing.mail.segmentation.stretch import TRAILING, WORD, Stretch

_SIGNATURE_LINES = 20
"""Lines behind `--`: the longest real one, with address, registration and slogan, is shorter."""
_DRAWN_SIGNATURE_LINES = 8
"""Lines behind another drawn line: it also separates parts of what people write."""
_SIGNATURE_WORDS = 16
_NAMES = 2
_CONTACT_LINES = 16
_DASHES = 3
_SENTENCE = 4
"""Words of a line that says something: right below, a name signs it; below fewer, it may be one more of a list."""

_TITLE_WORDS = 5
_TITLED = re.compile(r" [-–|] |, ")  # noqa: RUF001 - clients write the long dash too
_BY_WIRE = re.compile(r"\+?\(?\d[\d .()/-]{7,}\d|@\w|https?:|www\.")
"""A telephone number, an address of mail or web: what makes lines without a closing a signature."""


def label_delimited(stretch: Stretch) -> None:
    """Label what stands behind `--` (RFC 3676, section 4.3), or is short behind another drawn line, as signature."""
    said: list[int] = []
    opens: int | None = None
    for place in reversed(range(len(stretch))):
        kind = stretch.kind(place)
        if kind is Kind.RULE:
            drawn = stretch.low(place).replace(" ", "")
            if said and _signs(stretch, drawn, said):
                opens = place
            elif not said and place + 1 < len(stretch) and len(drawn) <= _DASHES and drawn[0] == "-":
                stretch.label(place, Kind.SIGNATURE)  # `--` above a device's footer
        elif kind not in TRAILING:
            said.append(place)
            if len(said) > _SIGNATURE_LINES:
                break
    if opens is None:
        return
    for place in range(opens, len(stretch)):
        if stretch.kind(place) not in TRAILING or stretch.kind(place) is Kind.RULE:
            stretch.label(place, Kind.SIGNATURE)


def _signs(stretch: Stretch, drawn: str, said: Sequence[int]) -> bool:
    if len(drawn) <= _DASHES and drawn[0] == "-":
        return len(said) <= _SIGNATURE_LINES and (drawn == "--" or _looks_signed(stretch, said))
    if len(said) > _DRAWN_SIGNATURE_LINES or drawn[0] in "#+":
        return False
    return _looks_signed(stretch, said, drawn=drawn[0] == "_")


def _looks_signed(stretch: Stretch, said: Sequence[int], *, drawn: bool = False) -> bool:
    """Tell whether lines are short and have something to reach the sender by, unless `drawn` says enough."""
    lows = [stretch.low(each) for each in said]
    if any(len(low.split()) > _SIGNATURE_WORDS or low.endswith("?") for low in lows):
        return False
    return drawn or any(REACH.search(low) for low in lows)


def label_below_closings(stretch: Stretch) -> int:
    """Label names and contact lines below each closing; return how many lines come before the first of them."""
    first, place = len(stretch), 0
    while place < len(stretch):
        kind = stretch.kind(place)
        place += 1
        if kind is Kind.CLOSING or (kind is Kind.THANKS and _only_signed(stretch, place)):
            first = min(first, place - 1)
            place = _label_signed(stretch, place)
    return first


def _label_signed(stretch: Stretch, place: int) -> int:
    names = taken = 0
    while place < len(stretch) and taken < _CONTACT_LINES:
        kind = stretch.kind(place)
        if kind in {Kind.GREETING, Kind.SIGNATURE}:
            break
        if kind is None:
            signed = _signed(stretch, place, names=names, taken=taken)
            if signed is None:
                break
            stretch.label(place, signed)
            names += signed is Kind.NAME
            taken += 1
        place += 1
    return place


def _only_signed(stretch: Stretch, place: int) -> bool:
    """Tell whether only a name and how to reach it follow: « Merci », then « Léa », and no more request."""
    left = [each for each in range(place, min(place + _CONTACT_LINES, len(stretch))) if stretch.kind(each) is None]
    return all(_signed(stretch, each, names=0, taken=0) for each in left)


def _signed(stretch: Stretch, place: int, *, names: int, taken: int) -> Kind | None:
    """Return NAME or CONTACT for a line under a closing, None for one that says something."""
    text, low, rules = stretch.text(place), stretch.low(place), stretch.rules
    if low.startswith(rules.postscripts):
        return None
    may_be_named = names < _NAMES and taken == names and not (names and has_title(low, rules))
    if may_be_named and is_name(text, rules, free=taken == 0):
        return Kind.NAME
    return Kind.CONTACT if is_contact(text, low, rules) else None


def label_titled_name(stretch: Stretch, end: int) -> None:
    """Make « Mme Orsini » below the last sentence a name: what greets at the top signs there."""
    while end and stretch.kind(end - 1) in TRAILING:
        end -= 1
    if end > 1 and stretch.kind(end - 1) is Kind.GREETING and stretch.kind(end - 2) is None:
        stretch.label(end - 1, Kind.NAME)


def label_unclosed_name(stretch: Stretch, end: int) -> None:
    """Label a name, and how to reach it, at the end of a stretch that no closing ends."""
    rules = stretch.rules
    while end and (stretch.kind(end - 1) in TRAILING or stretch.kind(end - 1) is Kind.SIGNATURE):
        end -= 1
    start = end
    while start and end - start < _CONTACT_LINES and stretch.kind(start - 1) is None:
        text, low = stretch.text(start - 1), stretch.low(start - 1)
        if not is_name(text, rules) and not is_contact(text, low, rules):
            break
        start -= 1
    while start < end and not _stands_apart(stretch, start, end):
        start += 1
    names = 0
    for place in range(start, end):
        named = names < _NAMES and place == start + names and is_name(stretch.text(place), rules)
        named = named and not (names and has_title(stretch.low(place), rules))
        names += named
        stretch.label(place, Kind.NAME if named else Kind.CONTACT)


def _stands_apart(stretch: Stretch, place: int, end: int) -> bool:
    """Tell whether a name begins at `place`, in what ends at `end`, that is no part of what is said above it."""
    text, rules = stretch.text(place), stretch.rules
    if not place or stretch.low(place - 1).endswith(":") or stretch.kind(place - 1) is Kind.GREETING:
        return False  # at the top it is what the mail says, below a quotation the answer to it
    if not is_name(text, rules):
        return _names_with_title(text, rules) and _ends_said(stretch, place) and _reaches(stretch, place + 1, end)
    if text.startswith(("-", "—", "–", "/")) and not text.startswith("- "):  # noqa: RUF001 - « -Léa »
        return True
    if not stretch.follows_closely(place):
        return True
    above = stretch.text(place - 1)
    if ends_in_the_middle(above) or not rules.no_names.isdisjoint(WORD.findall(stretch.low(place))[:1]):
        return False
    signs = place == end - 1 or REACH.search(stretch.low(place + 1)) is not None
    if not signs and has_title(stretch.low(place + 1), rules):
        signs = len(text.split()) > 1 and _ends_said(stretch, place) and _reaches(stretch, place + 2, end)
    return signs and len(above.split()) >= _SENTENCE


def _names_with_title(text: str, rules: Rules) -> bool:
    """Tell whether a line is « Sophie Lambert, assistante de direction »."""
    mark = _TITLED.search(text)
    if mark is None or ends_in_the_middle(text):
        return False
    name, title = text[: mark.start()], text[mark.end() :]
    if not 0 < len(title.split()) <= _TITLE_WORDS or not is_name(name, rules) or len(name.split()) == 1:
        return False
    return has_title(fold(title), rules) and not title.endswith((".", "!", "?")) and "," not in title


def _ends_said(stretch: Stretch, place: int) -> bool:
    """Tell whether a sentence ends right above the line at `place`."""
    return stretch.text(place - 1).endswith((".", "!", "?", "…")) and len(stretch.text(place - 1).split()) >= _SENTENCE


def _reaches(stretch: Stretch, place: int, end: int) -> bool:
    """Tell whether one of the lines from `place` up to `end` is a telephone number, an address of mail or web."""
    return any(_BY_WIRE.search(stretch.low(each)) for each in range(place, end))
