"""Greetings, thanks and closings: lines that say nothing but politeness."""

from __future__ import annotations

from routing.mail.segmentation.names import REACH, all_named, is_name
from routing.mail.segmentation.rules import Phrase, Rules
from routing.mail.segmentation.stretch import LEADING, WORD, Stretch

_GREETING_WORDS = 8
_GREETED_NAME_WORDS = 4
_CLOSING_WORDS = 12
_NAME_WORDS = 4
_FORMULA_WORDS = 45
_FORMULA_LINES = 4
_FOLDED_LINE = 30
"""A formula goes on below a line that is at least as long."""


def is_greeting(text: str, low: str, rest: str, rules: Rules) -> bool:
    """Tell whether only titles and names follow the greeting's first words in the line."""
    if low.endswith("?"):
        return False
    words = WORD.findall(rest)
    if len(words) > _GREETING_WORDS:
        return False
    if all(part in rules.greeting_titles for word in words for part in word.replace("'", "-").split("-")):
        return True
    if low.endswith(",") and not rest.startswith(",") and len(words) <= _GREETED_NAME_WORDS:
        return True
    # « BONJOUR JE VEUX RESILIER »: capitals are no names where everything is in capitals.
    return len(words) <= _GREETED_NAME_WORDS and not text.isupper() and all_named(text, len(words), rules)


def is_short_ending(phrase: Phrase, text: str, rest: str, rules: Rules) -> bool:
    """Tell whether a line that begins with thanks or a closing says nothing else."""
    rest = rest.strip(LEADING + "…^")
    words = WORD.findall(rest)
    if not words:
        return True
    if "?" in rest:
        return False
    if phrase.how == "starts":
        return len(words) <= _CLOSING_WORDS
    # After « Merci » or "Best" only names, or another closing, may follow.
    if any(
        rest.startswith(each.text) and each.kind in {"closing", "thanks"} and each.how != "formula"
        for each in rules.phrases.get(words[0], ())
    ):
        return len(words) <= _CLOSING_WORDS
    return len(words) <= _NAME_WORDS and not text.isupper() and all_named(text, len(words), rules)


def formula_lines(stretch: Stretch, place: int, rest: str) -> int:
    """Return how many lines « Je vous prie d'agréer … » takes from `place` on, 0 if the line is no formula."""
    said, taken = rest, 1
    while _goes_on(stretch, place + taken, rest) and taken < _FORMULA_LINES:
        said += " " + stretch.low(place + taken)
        taken += 1
    if not rest.strip(LEADING):
        return taken
    words = WORD.findall(said)
    return taken if len(words) <= _FORMULA_WORDS and not stretch.rules.formula_words.isdisjoint(words) else 0


def _goes_on(stretch: Stretch, place: int, rest: str) -> bool:
    if place >= len(stretch) or not stretch.follows_closely(place):
        return False
    above = stretch.text(place - 1)
    if above.endswith((".", "!")) or (len(above) < _FOLDED_LINE and rest.strip()):
        return False
    return not is_name(stretch.text(place), stretch.rules) and REACH.search(stretch.low(place)) is None
