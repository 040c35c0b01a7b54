"""What surrounds the sender's words in a mail: greetings, thanks, closings, names, signatures, footers."""

from __future__ import annotations

from collections.abc import Sequence

from routing.mail.segmentation.devices import device_lines, folded_device_lines
from routing.mail.segmentation.headers import drawn_line
from routing.mail.segmentation.politeness import formula_lines, is_greeting, is_short_ending
from routing.mail.segmentation.rules import FIRST_WORD, Phrase
from routing.mail.segmentation.segment import Kind
from routing.mail.segmentation.signatures import (
    label_below_closings,
    label_delimited,
    label_titled_name,
    label_unclosed_name,
)
from routing.mail.segmentation.stretch import LEADING, TRAILING, WORD, Stretch

_TOP = 3
"""Lines that may say something above a greeting: a subject, a reference, « À l'attention de »."""
_FOOTER_WORDS = 40
_BANNER_LINES = 5
_FOLDED = 55
"""Characters of a line that was broken because it was full."""
_LOOSE_DEVICE = 40
"""Characters of « Someone from mobile »."""
_TRACKING = "ᐧ\u200b\ufeff\xad\u200c\u200d\u2060\u034f\xa0 "
"""What mail trackers leave where they put their pictures."""
_FENCE = "```"


def label_own(stretch: Stretch) -> None:
    """Give the lines of a stretch their kinds, as far as they are not body."""
    _label_phrases(stretch)
    label_delimited(stretch)
    end = label_below_closings(stretch)
    label_titled_name(stretch, end)
    label_unclosed_name(stretch, end)
    below = False
    for place in reversed(range(len(stretch))):
        if stretch.kind(place) is Kind.RULE:
            if below:  # the sender goes on below it
                stretch.label(place, Kind.BODY)
        elif stretch.kind(place) not in TRAILING:
            below = True


def _label_phrases(stretch: Stretch) -> None:
    place = said = 0
    fenced = closed = False
    phrases, ends = stretch.rules.phrases, stretch.rules.device_ends
    while place < len(stretch):
        low, taken = stretch.low(place), 0
        if low.startswith(_FENCE):
            fenced = not fenced
        elif not fenced:
            word = FIRST_WORD.search(low)
            if word is None:
                taken = _label_wordless(stretch, place, low)
            elif word[0] in phrases and not low[: word.start()].strip(LEADING):
                taken = _label_by_phrase(
                    stretch, place, low[word.start() :], phrases[word[0]], top=said < _TOP and not closed
                )
            elif low.endswith(ends) and len(low) < _LOOSE_DEVICE:
                taken = stretch.label(place, Kind.DEVICE)
            elif drawn_line(low) or not stretch.text(place).strip(_TRACKING):
                taken = _label_wordless(stretch, place, low)
        said += not taken
        closed = closed or stretch.kind(place) is Kind.CLOSING
        place += taken or 1


def _label_wordless(stretch: Stretch, place: int, low: str) -> int:
    if drawn_line(low) or low == "-":
        return stretch.label(place, Kind.RULE)
    return 0 if stretch.text(place).strip(_TRACKING) else stretch.label(place, Kind.FOOTER)


def _label_by_phrase(stretch: Stretch, place: int, low: str, candidates: Sequence[Phrase], *, top: bool) -> int:
    """Label the line at `place` if it begins with one of `candidates`; return how many lines got a label."""
    bare = low.replace("[", "").replace("](", " (") if "[" in low else low
    for phrase in candidates:
        if not bare.startswith(phrase.text):
            if phrase.kind == Kind.DEVICE and phrase.text.startswith(f"{bare} "):
                taken = folded_device_lines(stretch, place, phrase.text)
                if taken:
                    return stretch.label(place, Kind.DEVICE, taken)
            continue
        rest = bare[len(phrase.text) :]
        if rest and rest[0].isalnum() and phrase.text[-1].isalnum():
            continue
        kind, count = _judge(stretch, place, phrase, rest, top=top)
        if count:
            return stretch.label(place, kind, count)
    return 0


def _judge(stretch: Stretch, place: int, phrase: Phrase, rest: str, *, top: bool) -> tuple[Kind, int]:
    """Return which kind the line that begins with `phrase` is, and how many lines are; none if it says more."""
    text, low, rules = stretch.text(place), stretch.low(place), stretch.rules
    kind = Kind(phrase.kind)
    if kind is Kind.DEVICE:
        return kind, device_lines(stretch, place, phrase.text, rest)
    if kind is Kind.GREETING:
        return kind, int(top and is_greeting(text, low, rest, rules))
    if kind is Kind.DISCLAIMER:
        return kind, _banner(stretch, place) if phrase.how == "banner" else _paragraph(stretch, place, rest)
    if kind is Kind.FOOTER:
        says_more = "?" in rest or len(rest.split()) > _FOOTER_WORDS
        return kind, 0 if says_more else _paragraph(stretch, place, rest)
    if phrase.how == "formula":
        return kind, formula_lines(stretch, place, rest)
    return kind, int(is_short_ending(phrase, text, rest, rules))


def _banner(stretch: Stretch, place: int) -> int:
    """Return how many lines a banner about an outside sender takes: the mail may begin right below it."""
    taken = 1
    while taken < _BANNER_LINES and place + taken < len(stretch) and stretch.follows_closely(place + taken):
        above, text = stretch.text(place + taken - 1), stretch.text(place + taken)
        folded = text[0].islower() and len(above) >= _FOLDED and above[-1].isalnum()
        if not folded and stretch.rules.banner_words.isdisjoint(WORD.findall(stretch.low(place + taken))):
            break
        taken += 1
    return taken


def _paragraph(stretch: Stretch, place: int, rest: str) -> int:
    """Return how many lines from `place` on stand together; the paragraph below « Disclaimer : » too."""
    end = place + 1
    if end < len(stretch) and not rest.strip(" :.*"):
        end += 1
    while end < len(stretch) and stretch.follows_closely(end):
        end += 1
    return end - place
