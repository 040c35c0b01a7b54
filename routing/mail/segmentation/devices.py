"""« Envoyé de mon iPhone »: footers of phones, apps and web mail."""

from __future__ import annotations

import re

from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.stretch import WORD, Stretch

_LINES = 3
"""Clients fold « Obtenir Outlook pour Android » over so many lines."""
_WORDS = 14
_FOLDED_WORDS = 5
_UNNAMED_WORDS = 3
"""Words before the device is named: a longer sentence is about something else."""
_NAMED_WITHIN = 4
"""Words among which the device is named: « Envoyé avec AR le 3 mai par courrier » names none."""
_TAIL_WORDS = 3

_HEAD_END = re.compile(r"[,.;(<{]|https?:")
_OPEN_ENDS = ("pour", "for", "para", "per", "voor")


def device_lines(stretch: Stretch, place: int, phrase: str, rest: str) -> int:
    """Return how many lines a device's footer takes that begins at `place` with `phrase`; 0 if it is none."""
    rules = stretch.rules
    named = _names_a_device(phrase, rules)
    for taken in range(1, _LINES + 1):
        if taken > 1:
            last = place + taken - 1
            if last >= len(stretch) or stretch.own[last] > stretch.own[place] + 2 * taken:
                return 0
            rest = f"{rest} {stretch.low(last)}"
        end = _HEAD_END.search(rest)
        head = rest[: end.start()] if end else rest
        words = WORD.findall(head)
        if len(words) > (_WORDS if taken == 1 else _FOLDED_WORDS):
            return 0
        unfinished = phrase.endswith(_OPEN_ENDS) and not words and place + taken < len(stretch)
        if (named or _names_a_device(head, rules)) and not unfinished:
            if not _is_excuse(rest[len(head) :], rules):
                return 0
            end_place = place + taken + (taken > 1 and _ends_device(stretch, place + taken))
            return end_place - place + _links(stretch, end_place)
        if len(words) > _UNNAMED_WORDS:
            return 0
    return 0


def folded_device_lines(stretch: Stretch, place: int, phrase: str) -> int:
    """Return how many lines « Obtenir [new line] Outlook pour Android » takes, where the phrase itself is folded."""
    if place + 1 >= len(stretch):
        return 0
    joined = f"{stretch.low(place)} {stretch.low(place + 1)}"
    if not joined.startswith(phrase):
        return 0
    taken = device_lines(stretch, place + 1, phrase, joined[len(phrase) :])
    return taken + 1 if taken else 0


def _ends_device(stretch: Stretch, place: int) -> bool:
    """Tell whether the line at `place` is « pour Windows », folded."""
    words = stretch.low(place).split() if place < len(stretch) else []
    return 1 < len(words) <= _UNNAMED_WORDS and words[0] in _OPEN_ENDS


def _names_a_device(text: str, rules: Rules) -> bool:
    return any(word in rules.device_words for word in WORD.findall(text)[:_NAMED_WITHIN])


def _is_excuse(tail: str, rules: Rules) -> bool:
    """Tell whether nothing, a link, a name, or « Excusez les fautes » follows the device's name."""
    tail = tail.strip(" .,;()<>")
    return (
        tail.startswith(("http", "www", "mailto", "aka.ms"))
        or any(excuse in tail for excuse in rules.excuses)
        or (len(tail.split()) <= _TAIL_WORDS and " is " not in f" {tail} ")
    )


def _links(stretch: Stretch, place: int) -> int:
    """Return how many lines from `place` on are only links."""
    taken = 0
    while place + taken < len(stretch):
        low = stretch.low(place + taken).strip("<>( )")
        if not low.startswith(("http", "www.")) or " " in low:
            break
        taken += 1
    return taken
