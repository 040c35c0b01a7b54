"""Reply and forward headers: « De : … Envoyé : … », with the lines drawn above them and « Message d'origine »."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.lines import Lines
from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.segment import Introduction

NAME_LIMIT = 26
"""A field's colon stands within so many characters."""

BLOCK_LIMIT = 30
"""Lines of a header, the empty ones between its fields too."""

_MARKS = " *_\"'•"
"""What plain-text versions of bold names leave around them."""

_DRAWN = "-_=*~#+> \t•"
_CLOCK = re.compile(r"\d{1,2} ?[:hH.] ?\d\d")
_INLINE_FIELD = re.compile(r"(\w[\w']{0,12}) ?:(?= )")
_GAP = 3
"""Empty lines between a drawn line and the header below it."""
_DRAWN_LENGTH = 5
"""Characters of a line drawn above a header; shorter ones open signatures."""
_ENOUGH = 3
"""Fields that make a header where neither an address nor a time is in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """A header that was found."""

    end: int
    """The index of the first line below it."""
    forwards: bool
    introduction: Introduction


@dataclass(slots=True)
class _Fields:
    """The fields of a block, by role."""

    end: int
    found: dict[str, str] = field(default_factory=dict)

    def introduction(self) -> Introduction:
        return Introduction(
            who=self.found.get("from", ""),
            when=self.found.get("sent", "") or self.found.get("date", ""),
            subject=self.found.get("subject", ""),
        )

    def make_a_header(self, rules: Rules, *, announced: bool) -> bool:
        """Tell a header from « De : Paris, À : Lyon, Date : 12 mars » and from forms that customers fill in."""
        found = self.found
        if announced:
            return "from" in found or len(found) > 1
        when = found.get("sent", "") or found.get("date", "")
        timed = bool(_CLOCK.search(when))
        if "from" not in found:
            addressed = "@" in found.get("to", "")
            return len(found) >= _ENOUGH and timed and (addressed or "subject" in found)
        if "@" in found["from"]:
            return len(found) > 1 and not found.keys() <= {"from", "other"}
        if found.keys() <= {"from", "to", "subject"} and not self._name_a_message(rules):
            return False
        if len(found) == 2:  # noqa: PLR2004 - a sender and when
            return timed and ("date" in found or "sent" in found)
        return (
            len(found) >= _ENOUGH
            and ("subject" in found or "sent" in found)
            and ("sent" in found or "to" in found or timed)
        )

    def _name_a_message(self, rules: Rules) -> bool:
        """Tell whether there is an address, or a subject that answers one: « De : Paris, À : Lyon » has neither."""
        prefix, colon, _ = self.found.get("subject", "").partition(":")
        answers = colon and fold(prefix).strip() in rules.reply_prefixes | rules.forward_prefixes
        return bool(answers) or any("@" in value for value in self.found.values())


def header_at(lines: Lines, index: int, rules: Rules) -> Header | None:
    """Return the header that begins at line `index`, or None.

    It is a divider (« -----Message d'origine----- »), a block of fields, or the one after the other.
    """
    low = lines.low[index]
    if drawn_line(low):
        return None  # the line above a header is found from below
    forwards = _divider(lines, index, rules)
    if forwards is None:
        return _header_of_fields(lines, index, rules)
    below = lines.next_said(index + 1, 4)
    fields = _block(lines, below, rules, bare=True) if below is not None else None
    if fields and fields.make_a_header(rules, announced=True):
        return Header(end=fields.end, forwards=forwards, introduction=fields.introduction())
    return Header(end=index + 1, forwards=forwards, introduction=Introduction())


def _header_of_fields(lines: Lines, index: int, rules: Rules) -> Header | None:
    role = _role(lines.low[index], rules)
    if not role:
        return None
    flat = _flattened(lines.text[index], lines.low[index], rules) if role == "from" else None
    if flat:
        return Header(end=index + 1, forwards=False, introduction=flat)
    fields = _block(lines, index, rules)
    if fields.make_a_header(rules, announced=_is_announced(lines, index)):
        return Header(end=fields.end, forwards=False, introduction=fields.introduction())
    return None


def drawn_line(low: str) -> bool:
    """Tell whether a line is only drawn: `-----`, `____`, `=====`."""
    return len(low) > 1 and low[0] in "-_=*~#+" and not low.strip(low[0] + " ")


def header_start(lines: Lines, index: int, floor: int) -> int:
    """Return the index of the line drawn above the header at `index`, or `index`; never above `floor`."""
    above = index - 1
    while above >= floor and not lines.text[above] and index - above <= _GAP:
        above -= 1
    low = lines.low[above] if above >= floor else ""
    drawn = len(low) >= _DRAWN_LENGTH and lines.depth[above] == lines.depth[index] and drawn_line(low)
    return above if drawn else index


def _divider(lines: Lines, index: int, rules: Rules) -> bool | None:
    """Return whether line `index` announces a forwarded message (True), an answered one (False), or nothing (None)."""
    low = lines.low[index]
    core = low.strip(_DRAWN)
    decorated = len(core) + 4 <= len(low) and low[0] in "-_=*~#+>"
    if not decorated and (core[:1] not in "dmorfcbsiutenavrpwkg" or len(core) > 140):  # noqa: PLR2004 - a name, an address, a date
        return None
    core = core.strip(" :;.")
    for forwards, phrases in ((True, rules.forward_dividers), (False, rules.reply_dividers)):
        if not core.startswith(phrases):
            if not (decorated and forwards and core.endswith(phrases)):
                continue
        elif (
            not decorated
            and core not in phrases
            and not any(character.isdigit() or character == "@" for character in core)
        ):
            continue
        if decorated or _introduces_fields(lines, index, rules):
            return forwards
    return None


def _introduces_fields(lines: Lines, index: int, rules: Rules) -> bool:
    below = lines.next_said(index + 1, 4)
    return below is not None and bool(_role(lines.low[below], rules))


def _is_announced(lines: Lines, index: int) -> bool:
    """Tell whether a line drawn by a client stands right above, longer than any that a person draws."""
    return index > 0 and drawn_line(lines.low[index - 1]) and len(lines.low[index - 1]) >= 20  # noqa: PLR2004 - as said


def _role(low: str, rules: Rules, *, bare: bool = False) -> str:
    """Return what a line says as a header's field, "" if it is none; `bare`: « De Léa <…> » needs no colon."""
    name, colon, _ = low[:NAME_LIMIT].partition(":")
    role = rules.fields.get(name.strip(_MARKS), "") if colon else ""
    bared = rules.fields.get(low.partition(" ")[0].strip(_MARKS), "") if bare and not role else ""
    return role or bared.replace("other", "")


def _value(text: str, *, bare: bool) -> str:
    name, _, value = text.partition(":")
    if bare and len(name.split()) > 2:  # noqa: PLR2004 - a name, and the space before the colon
        value = text.partition(" ")[2]
    return value.strip(" *_\t")


def _block(lines: Lines, index: int, rules: Rules, *, bare: bool = False) -> _Fields:
    """Read fields from `index` on, each role once; values may stand on the next line and be folded."""
    fields, depth = _Fields(end=index), lines.depth[index]
    role, each, empty = "", index, 0
    stop = min(index + BLOCK_LIMIT, len(lines))
    while each < stop:
        text = lines.text[each]
        if not text:
            empty += 1
            each += 1
            if empty > 2 and not (role and not fields.found[role]):  # noqa: PLR2004 - paragraphs between fields
                break
            continue
        if lines.depth[each] != depth:
            break
        found = _role(lines.low[each], rules, bare=bare and not empty)
        if found and (found not in fields.found or found == "other"):
            role = found
            fields.found[role] = _value(text, bare=bare)
        elif found or not role:
            break
        elif not fields.found[role]:
            fields.found[role] = text.strip(" *_")
        elif empty or not _goes_on(lines, each, role, rules):
            break
        else:
            fields.found[role] += " " + text
        empty = 0
        each += 1
        fields.end = each
    return fields


def _goes_on(lines: Lines, index: int, role: str, rules: Rules) -> bool:
    """Tell whether line `index` continues the field above it: more recipients, or the rest of a long subject."""
    if role in {"to", "copy", "other"}:
        return "@" in lines.text[index] or lines.text[index].endswith(";")
    if role == "subject":
        return index + 1 < len(lines) and bool(_role(lines.low[index + 1], rules))
    return lines.text[index].startswith(("<", "[mailto:"))


def _flattened(text: str, low: str, rules: Rules) -> Introduction | None:
    """Read « De : Léa Envoyé : lundi 10:11 À : Paul Objet : devis », which HTML without line breaks leaves."""
    found: dict[str, tuple[int, int]] = {}
    for each in _INLINE_FIELD.finditer(low):
        role = rules.fields.get(each[1], "")
        if role and role not in found:
            found[role] = (each.start(), each.end())
    if not {"from", "to", "subject"} <= found.keys() and not {"from", "sent"} <= found.keys():
        return None
    if len(found) < _ENOUGH or len(text) != len(low) or ("@" not in text and not found.keys() & {"sent", "date"}):
        return None
    starts = sorted(start for start, _ in found.values())

    def value(role: str) -> str:
        if role not in found:
            return ""
        start, end = found[role]
        following = next((each for each in starts if each > start), len(text))
        return text[end:following].strip(" *_")

    return Introduction(who=value("from"), when=value("sent") or value("date"), subject=value("subject"))
