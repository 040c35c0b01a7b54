"""Attributions: « Le 3 mai 2026 à 10:11, Léa Martin <lea@example.fr> a écrit : », folded or not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.lines import Lines
from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.segment import Introduction

FOLDS = 5
"""Lines above its last line that an attribution may take, empty ones too."""

LIMIT = 500
"""Characters of an attribution."""

_AROUND = "-*_~ \t"
_STRONG = re.compile(r"@|\d{1,2} ?[:h] ?\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}|\d{1,2}\.\d\d")
_VERBLESS = re.compile(
    r"\d{4}-\d\d-\d\d \d{1,2}:\d\d (?:gmt|utc)[+-]\d{1,2}:\d\d "
    r"|>>> [^>]{0,100}(?:<[^<>]{1,100}> ?)?\d[^<>]{3,40}>>>$"
    r"|\d{4}/\d{1,2}/\d{1,2} [^<>]{1,80}<[^<>@]{1,80}@[^<>@]{1,80}>$"
)
"""Gmail of some years, and GroupWise, write no verb."""
_CLOCK = re.compile(
    r"\d{1,2} ?[:h.] ?\d\d(?::\d\d)?(?: ?(?:[ap]\.?m\.?|uhr|[+-]\d{4}|\(?(?:gmt|utc)[^ ,]{0,7}))*", re.IGNORECASE
)
_NAMED_LIMIT = 12
"""Words of an attribution that has no date: « Léa Martin <lea@example.fr> a écrit : »."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """An attribution that was found; it ends with the line that was asked about."""

    start: int
    """The index of its first line."""
    introduction: Introduction


def may_end_one(low: str, rules: Rules) -> bool:
    """Tell quickly that a line may be the last one of an attribution; most lines are not."""
    return low[-1] in ":-*_>~" or low.endswith(rules.verb_ends) or ("@" in low and ":" in low) or "gmt" in low


def attribution_ending_at(lines: Lines, index: int, floor: int, rules: Rules) -> Attribution | None:
    """Return the attribution whose last line is `index` and whose first is `floor` or below, or None."""
    end = lines.low[index].rstrip(_AROUND)
    alone = _on_one_line(lines.text[index], end, rules)
    if alone is not None:
        return Attribution(start=index, introduction=alone)
    closed = end.endswith(":")
    if not closed and not end.endswith(rules.verb_ends):
        return None
    depth, joined, text = lines.depth[index], "", ""
    for start in range(index, max(floor - 1, index - FOLDS - 1), -1):
        low = lines.low[start]
        if low and lines.depth[start] != depth:
            break
        joined, text = f"{low} {joined}", f"{lines.text[start]} {text}"
        if len(joined) > LIMIT:
            break
        low = low.lstrip(_AROUND + '>"')
        if low and rules.dated_start.match(low) and _says(lines, index, joined, rules, closed=closed):
            return Attribution(start=start, introduction=_introduction(text, rules))
    for start in (index, index - 1):
        if start >= floor and lines.depth[start] == depth and closed and _names(lines, start, index, rules):
            text = " ".join(lines.text[start : index + 1])
            return Attribution(start=start, introduction=_introduction(text, rules))
    return None


def _on_one_line(text: str, low: str, rules: Rules) -> Introduction | None:
    """Read the forms that have no verb, or are not folded."""
    if low.endswith(":") and "@" in low and low.startswith(rules.openers):
        return Introduction(who=_opened(text))
    if _VERBLESS.match(low) or _goes_straight_on(low, rules):
        return _introduction(text, rules)
    return None


def _goes_straight_on(low: str, rules: Rules) -> bool:
    """Tell whether the quoted text follows on the same line: HTML that lost its line breaks."""
    if "@" not in low or not rules.dated_start.match(low):
        return False
    verb = rules.verb.search(low)
    return (
        verb is not None
        and low[verb.end() :].lstrip()[:1] == ":"
        and "@" in low[: verb.start()]
        and rules.never.search(low[: verb.start()].partition("<")[0]) is None
        and not _tells_whom(low, verb, rules)
    )


def _opened(text: str) -> str:
    """Return who wrote, of « Selon Léa <lea@example.fr> : »."""
    return text.strip(_AROUND + ":").partition(" ")[2].removeprefix("de ")


def _says(lines: Lines, index: int, joined: str, rules: Rules, *, closed: bool) -> bool:
    """Tell an attribution from a sentence that begins with a date."""
    verbs = list(rules.verb.finditer(joined))
    if not verbs:
        return closed and _VERBLESS.match(joined) is not None
    verb = verbs[-1]
    before = joined[: verb.start()]
    name = before.rpartition("<")[0] or before
    if rules.never.search(name) or ". " in _after_date(name) or _tells_whom(joined, verb, rules):
        return False
    return _STRONG.search(before + joined[verb.end() :]) is not None or is_quoted_below(lines, index)


def _tells_whom(low: str, verb: re.Match[str], rules: Rules) -> bool:
    """Tell « votre expert m'a écrit : », which is said of a letter, from « Léa a écrit : »."""
    return (
        rules.receiver_before.search(low[: verb.start()]) is not None
        or rules.receiver_after.match(low, verb.end()) is not None
    )


def _after_date(name: str) -> str:
    """Return what follows the last digit: in a sentence, more sentences may."""
    for position in range(len(name) - 1, -1, -1):
        if name[position].isdigit():
            return name[position + 1 :].lstrip(".")[6:]
    return ""


def _names(lines: Lines, start: int, index: int, rules: Rules) -> bool:
    """Tell whether the lines are « Léa Martin <lea@example.fr> a écrit : », which has no date."""
    low = lines.low[start]
    verb = rules.verb.search(low)
    if verb is None:
        return False
    before = low[: verb.start()]
    if (
        not before.strip(_AROUND + '>"')
        or len(before.split()) > _NAMED_LIMIT
        or rules.never.search(before.partition("<")[0])
        or _tells_whom(low, verb, rules)
    ):
        return False
    if "@" in before and ("<" in before or '"' in before or "(" in before or "[" in before):
        return True
    if start != index:
        return False
    first = lines.text[start].lstrip(_AROUND + '>"')[:1]
    quoted = is_quoted_below(lines, index)
    return quoted and (first.isupper() or '"' in before) and (low.rstrip(_AROUND).endswith(":"))


def is_quoted_below(lines: Lines, index: int) -> bool:
    """Tell whether what follows line `index` is quoted more deeply than it."""
    below = lines.next_said(index + 1, 4)
    return below is not None and lines.depth[below] > lines.depth[index]


def _introduction(text: str, rules: Rules) -> Introduction:
    """Read who wrote, and when, as far as the usual order (date, name, verb) tells."""
    text = text.strip(_AROUND).strip()
    verbs = list(rules.verb.finditer(fold(text)))
    end = min(verbs[-1].start(), len(text)) if verbs else len(text)
    clocks = list(_CLOCK.finditer(text, 0, end))
    if clocks and clocks[-1].end() < end:
        when, who = text[: clocks[-1].end()], text[clocks[-1].end() : end]
    elif "," in text[:end]:
        when, _, who = text[:end].rpartition(",")
    else:
        when, who = text[:end], ""
    return Introduction(who=who.strip(" ,:;-"), when=when.strip(" ,:;-"))
