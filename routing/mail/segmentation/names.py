"""Names, and how to reach people: what stands under a mail."""

from __future__ import annotations

import re

from routing.mail.segmentation.rules import Rules
from routing.mail.segmentation.stretch import WORD

_NAME_WORDS = 5
_NAME_CHARACTERS = 45
_LOOSE_NAME_WORDS = 3
_CONTACT_WORDS = 16
_PROSE_WORDS = 9
"""A line with more words, no figures and no address says something."""
_COMPANY_WORDS = 7
_ORNAMENT = 10

_AROUND_NAMES = " *_/-–—,.'\"()~"  # noqa: RUF001 - what people write around their names
_NO_NAME = frozenset("?:;@!0123456789")

# fmt: off
_PARTICLES = frozenset({
    "de", "du", "des", "la", "le", "les", "d", "von", "van", "der", "den", "et", "da", "di", "dos", "and", "ou", "l",
    "pour", "und", "y", "e", "née", "el", "ép", "the",
})
# fmt: on

_WANTING = _PARTICLES | {
    "à", "au", "aux", "un", "une", "mon", "ma", "mes", "votre", "vos", "notre", "nos", "son", "sa", "ses", "avec",
    "chez", "en", "par", "sur", "que", "qui", "est", "a", "an", "my", "your", "our", "of", "to", "for", "with", "in",
    "at", "from", "is", "by", "contre", "sous", "dans", "entre", "vers", "mr", "mme", "m.", "m", "mrs",
}  # fmt: skip

_BROKEN = 60
"""Characters of a line that may have been broken because it was full."""

REACH = re.compile(
    r"\+?\(?\d[\d .()/-]{7,}\d|@\w|https?:|www\."
    r"|^\d{1,4} ?(?:bis|ter|quater|[a-d])?,? (?:rue|av|bd|bld|all|chem|ch|imp|pl|route|rte|quai|cours|square|sq|res)"
    r"|\b\d{5} [a-z]|\b\d{2} \d{3} [a-z]{3}|\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b"
)
"""A telephone number, an address of mail, web or street, a town behind its postal code."""


def is_name(text: str, rules: Rules, *, free: bool = False) -> bool:
    """Tell whether a line is a person's name; `free`: right under a closing, where a name needs no capitals."""
    bare = text.strip(_AROUND_NAMES)
    words = bare.split()
    if not words or len(words) > _NAME_WORDS or len(bare) > _NAME_CHARACTERS or not _NO_NAME.isdisjoint(bare):
        return False
    if free and len(words) <= _LOOSE_NAME_WORDS:
        return True
    return words[0][0].isupper() and all(
        word[0].isupper() or word in _PARTICLES or word.strip(".") in rules.greeting_titles for word in words
    )


def ends_in_the_middle(text: str) -> bool:
    """Tell whether a line was broken where it got too long, or ends in a word that wants another."""
    return not text.endswith((".", "!", "?", "…", ")")) and (
        len(text) >= _BROKEN or text.endswith((",", ":", ";")) or text.rsplit(maxsplit=1)[-1].lower() in _WANTING
    )


def all_named(text: str, count: int, rules: Rules) -> bool:
    """Tell whether the last `count` words of a line are names, titles or what stands between them."""
    return all(
        word[0].isupper() or word in _PARTICLES or word.lower() in rules.greeting_titles
        for word in WORD.findall(text)[-count:]
    )


def is_contact(text: str, low: str, rules: Rules) -> bool:
    """Tell whether a line under a name says who and where its bearer is, instead of something else."""
    words = WORD.findall(low)
    if not words:
        return len(low) < _ORNAMENT
    if len(words) > _CONTACT_WORDS:
        return False
    if REACH.search(low) or low.partition(":")[0].strip() in rules.contact_words:
        return True
    if low.endswith(("?", "!")):
        return False
    if has_title(low, rules) or low.startswith(rules.contact_phrases):
        return len(words) <= _PROSE_WORDS or any(map(str.isdigit, low))
    written = text.split()
    return len(words) <= _COMPANY_WORDS and all(not word[0].islower() or word.lower() in _PARTICLES for word in written)


def has_title(low: str, rules: Rules) -> bool:
    """Tell whether a line has a word of a title, a company or an address."""
    return any(word in rules.titles or word in rules.contact_words for word in WORD.findall(low))
