"""The phrases that mail clients and people write, read from `rules/*.toml` and made ready for look-up.

A file a language. Each line of a mail is looked up by its first word, so the number of phrases hardly matters; the
few regular expressions below have no quantifier within another.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from routing.mail.segmentation.folding import fold

FIRST_WORD = re.compile(r"\w+")

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "other")
"""The files under `rules/`, in the order in which they are read; `other` has what the rest of Europe and China show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """One phrase of one kind of line."""

    text: str
    kind: str
    """The table of the file: greeting, thanks, closing, device, disclaimer or footer."""
    how: str
    """`starts`: more may follow; `alone`: nothing but names may; `formula`: it may go on over the next lines;
    `banner`: the mail may begin right below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """All languages together: a French mail quotes a history that an English client introduced."""

    fields: Mapping[str, str]
    """Name of a header field, folded, to its role: from, to, sent, date, subject, copy, other."""
    reply_dividers: tuple[str, ...]
    forward_dividers: tuple[str, ...]
    dated_start: re.Pattern[str]
    """An attribution from its start to its date: « le lun. 2 », "on 3 may", "2026-05-03"."""
    openers: tuple[str, ...]
    """Of attributions that have no verb, with the space behind."""
    verb: re.Pattern[str]
    """« a écrit », "wrote", "schrieb" …, as whole words."""
    never: re.Pattern[str]
    receiver_before: re.Pattern[str]
    """« m' », « nous » right before the verb: someone tells what was written to whom, and introduces nothing."""
    receiver_after: re.Pattern[str]
    """"to me", "us" right behind it."""
    verb_ends: tuple[str, ...]
    phrases: Mapping[str, tuple[Phrase, ...]]
    """First word to the phrases that begin with it, the longest first."""
    greeting_titles: frozenset[str]
    device_words: frozenset[str]
    device_ends: tuple[str, ...]
    excuses: tuple[str, ...]
    formula_words: frozenset[str]
    banner_words: frozenset[str]
    """What a banner about an outside sender goes on about: clicking, links, attachments."""
    postscripts: tuple[str, ...]
    no_names: frozenset[str]
    contact_words: frozenset[str]
    contact_phrases: tuple[str, ...]
    titles: frozenset[str]
    forwarding: re.Pattern[str]
    """What people say above a message that they pass on: « ci-dessous », « je vous transfère », "FYI"."""
    reply_prefixes: frozenset[str]
    """Of subjects, folded: re, aw, sv …"""
    forward_prefixes: frozenset[str]


@cache
def rules() -> Rules:
    """Return the rules of all languages, read on the first call."""
    tables = [
        tomllib.loads(files(__package__).joinpath(f"rules/{language}.toml").read_text(encoding="utf-8"))
        for language in LANGUAGES
    ]
    contact = _all(tables, "contact", "words")
    verbs = _all(tables, "attribution", "verbs")
    return Rules(
        fields={name: role for table in reversed(tables) for role, names in table["header"].items()
                for name in map(fold, names)},
        reply_dividers=_all(tables, "divider", "reply"),
        forward_dividers=_all(tables, "divider", "forward"),
        dated_start=_dated_start(_all(tables, "attribution", "starts"), _all(tables, "attribution", "dates")),
        openers=tuple(f"{opener} " for opener in _all(tables, "attribution", "openers")),
        verb=re.compile(rf"(?<!\w)(?:{_any_of(verbs)})(?!\w)"),
        never=re.compile(rf"(?<![\w<])(?:{_any_of(_all(tables, 'attribution', 'never'))})(?![\w.@-])"),
        receiver_before=re.compile(rf"(?<!\w)(?:{_any_of(_all(tables, 'attribution', 'receiver_before'))}) ?$"),
        receiver_after=re.compile(rf" ?-?(?:{_any_of(_all(tables, 'attribution', 'receiver_after'))})(?!\w)"),
        verb_ends=verbs,
        phrases=_by_first_word(tables),
        greeting_titles=frozenset(_all(tables, "greeting", "titles")),
        device_words=frozenset(_all(tables, "device", "words")),
        device_ends=_all(tables, "device", "ends"),
        excuses=_all(tables, "device", "excuses"),
        formula_words=frozenset(_all(tables, "closing", "formula_words")),
        banner_words=frozenset(_all(tables, "disclaimer", "banner_words")),
        postscripts=tuple(
            f"{mark}{end}" for mark in _all(tables, "closing", "postscript") for end in (":", " ", ".")
        ),
        no_names=frozenset(_all(tables, "name", "never")),
        contact_words=frozenset(word for word in contact if FIRST_WORD.fullmatch(word)),
        contact_phrases=tuple(word for word in contact if not FIRST_WORD.fullmatch(word)),
        titles=frozenset(_all(tables, "contact", "titles")),
        forwarding=re.compile(rf"(?<!\w)(?:{_any_of(_all(tables, 'forwarding', 'words'))})(?!\w)"),
        reply_prefixes=frozenset(_all(tables, "subject", "reply")),
        forward_prefixes=frozenset(_all(tables, "subject", "forward")),
    )  # fmt: skip


def _all(tables: Iterable[Mapping[str, Any]], table: str, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(phrase) for each in tables for phrase in each[table][key] if phrase))


def _any_of(phrases: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) or r"(?!)"


def _dated_start(starts: Iterable[str], dates: Iterable[str]) -> re.Pattern[str]:
    start, day = _any_of(starts), _any_of(dates)
    number = r"\d{1,2}(?:er|st|nd|rd|th)?"
    return re.compile(
        rf"(?:(?:{start})[ :,]{{1,3}}(?:\w{{2,10}} )?"
        rf"(?:(?:{day})\b[^\n]{{0,20}}?\d|{number}[ ./-]{{1,2}}\w|\d{{4}}[-/. ]\d)"
        rf"|(?:{day})\b[.,]{{0,2}} [^\n]{{0,20}}?\d"
        rf"|{number}[ ./-]{{1,2}}\w{{1,12}}[ ./-]{{1,3}}\d{{2,4}}\b|\d{{4}}[-/]\d\d[-/]\d\d|\d{{4}}年)"
    )


def _as_typed(phrases: Iterable[str]) -> Iterator[str]:
    """Yield each phrase, and what people make of it who leave its apostrophes out: « merci davance »."""
    for phrase in phrases:
        yield from dict.fromkeys((phrase, phrase.replace("'", ""), phrase.replace("'", " ")))


def _by_first_word(tables: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Phrase, ...]]:
    found: defaultdict[str, dict[str, Phrase]] = defaultdict(dict)
    for table in tables:
        for kind in ("greeting", "thanks", "closing", "device", "disclaimer", "footer"):
            for how in ("formula", "banner", "starts", "alone"):
                for phrase in _as_typed(map(fold, table[kind].get(how, ()))):
                    first = FIRST_WORD.search(phrase)
                    if first:
                        text = phrase[first.start() :]
                        found[first[0]].setdefault(text, Phrase(text=text, kind=kind, how=how))
    return {
        word: tuple(sorted(phrases.values(), key=lambda each: len(each.text), reverse=True))
        for word, phrases in found.items()
    }
