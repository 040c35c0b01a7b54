"""The reader's language: texts from catalogues, numbers, ages and moments as the language writes them.

Texts in the code are English; `app/translations/LANGUAGE/*.po` have the others, one file for each part of the console.
They are read once, when the application is made. Every text is formatted with `%`, so a per cent sign is written `%%`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from babel.messages.pofile import read_po
from flask import current_app, g, request
from markupsafe import Markup

from app.auth import signed_in
from app.services import services
from routing.job_document import rfc3339

ENGLISH: Final = "en"
FRENCH: Final = "fr"
LANGUAGES: Final = {ENGLISH: "English", FRENCH: "Français"}
"""Key to the language's own name. The first is for readers who take any."""

EXTENSION: Final = "facteur.catalogues"
FOLDER: Final = Path(__file__).parents[1] / "translations"

LOCALES: Final = {ENGLISH: ("en", "GB"), FRENCH: ("fr", "FR")}
DASH: Final = "\N{EN DASH}"
"""Stands where there is nothing to say."""

RELATIVE_SECONDS: Final = 7 * 86400
"""Up to here a moment is told by its age, then by its date."""


class Catalogue:
    """The texts of one language, by the English ones."""

    def __init__(self, texts: Mapping[str, tuple[str, ...]], plural: Callable[[int], int]) -> None:
        """Args: texts: English to one text, or to one for each plural form; plural: number to the form's index."""
        self._texts = texts
        self._plural = plural

    def one(self, msgid: str) -> str:
        """Return the text for an English one; the English one itself when there is none."""
        found = self._texts.get(msgid)
        return found[0] if found else msgid

    def many(self, singular: str, plural: str, number: int) -> str:
        """Return the text that fits the number."""
        found = self._texts.get(singular)
        if found is None:
            return singular if number == 1 else plural
        return found[min(self._plural(number), len(found) - 1)]


@cache
def read_catalogues(folder: Path = FOLDER) -> Mapping[str, Catalogue]:
    """Return the catalogue of each language, merged from its files. They are read once a process."""
    found = {ENGLISH: Catalogue({}, lambda number: int(number != 1))}
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        texts: dict[str, tuple[str, ...]] = {}
        for path in sorted((folder / language).glob("*.po")):
            with path.open("rb") as opened:
                catalogue = read_po(opened, locale=language)
            for message in catalogue:
                if message.id and not message.fuzzy:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    string = message.string or ()
                    given = (string,) if isinstance(string, str) else tuple(string)
                    if given and all(given):
                        texts.setdefault(key, given)
        found[language] = Catalogue(texts, lambda number: int(number > 1))
    return found


def language() -> str:
    """Return the reader's language: their own choice, else the one of ours that their browser prefers, else English."""
    if "language" not in g:
        user = signed_in()
        chosen = user.language if user is not None and user.language in LANGUAGES else None
        g.language = chosen or request.accept_languages.best_match(LANGUAGES, ENGLISH)
    return cast("str", g.language)


def gettext(msgid: str, /, **values: object) -> str:
    """Return a text in the reader's language, with `%(name)s` filled in."""
    return _catalogue().one(msgid) % values


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """Return the text that fits the number; `%(num)s` is the number as the language writes it."""
    return _catalogue().many(singular, plural, number) % {"num": write_number(number), **values}


def noted(msgid: str) -> str:
    """Return an English text as it is: it is translated later, where the reader is known, and must be in catalogues."""
    return msgid


def label_name(key: str | None) -> str:
    """Return what a label is called in the reader's language; one that the policy no longer has, by its key."""
    known = services().policy.labels.get(key) if key else None
    if known is None:
        return key or gettext("no label")
    return known.names.get(language()) or known.names.get(ENGLISH) or known.key


def locale() -> Locale:
    """Return how the reader's language writes numbers and dates."""
    return _locale(language())


def time_zone() -> tzinfo:
    """Return the reader's time zone: their own choice, or the service's."""
    if "time_zone" not in g:
        user = signed_in()
        g.time_zone = zone_of(user.time_zone if user is not None else None)
    return cast("tzinfo", g.time_zone)


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone by its IANA name; the service's own for None, UTC for one that nobody knows."""
    try:
        return ZoneInfo(name or services().settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def write_number(number: float, digits: int = 0) -> str:
    """Return a number with its thousands apart and so many decimals."""
    if isinstance(number, int) and -1000 < number < 1000 and not digits:  # noqa: PLR2004 - nothing to put apart
        return str(number)
    return str(numbers.format_decimal(number, format="#,##0" + ("." + "0" * digits if digits else ""), locale=locale()))


def percent(probability: float | None, digits: int = 0) -> str:
    """Return a probability or share in per cent, never up to certainty nor down to nothing; a dash for None."""
    if probability is None:
        return DASH
    whole = 10 ** (digits + 2)
    steps = round(probability * whole)
    if 0 < probability < 1:
        steps = min(max(steps, 1), whole - 1)
    less = "<\u00a0" if 0 < probability * whole < 0.5 else ""  # noqa: PLR2004 - what rounds to nothing
    return _write_percent(less, steps, digits, language())


def age(seconds: float) -> str:
    """Return a duration in its largest unit, such as `3 min`."""
    whole = max(0, int(seconds))
    for size, unit in ((86400, noted("%(count)s d")), (3600, noted("%(count)s h")), (60, noted("%(count)s min"))):
        if whole >= size:
            return gettext(unit, count=whole // size)
    return gettext("%(count)s s", count=whole)


def moment(unix: float, style: str = "medium") -> str:
    """Return a date and time in the reader's zone; style is Babel's: short, medium, long or full."""
    return str(dates.format_datetime(datetime.fromtimestamp(unix, UTC), style, tzinfo=time_zone(), locale=locale()))


def whole(unix: float) -> str:
    """Return a date with its weekday, and the time to the minute, in the reader's zone."""
    at = datetime.fromtimestamp(unix, time_zone())
    date, time = dates.format_date(at, "full", locale=locale()), dates.format_time(at, "short", locale=locale())
    return f"{date}, {time}"


def day(unix: float, style: str = "medium") -> str:
    """Return the date of a moment in the reader's zone."""
    return str(dates.format_date(datetime.fromtimestamp(unix, time_zone()), style, locale=locale()))


def when(unix: float | None) -> Markup:
    """Return a moment as `<time>`: its age while that is telling, else its date; the whole of it as the title."""
    if unix is None:
        return Markup("{}").format(DASH)
    elapsed = services().clock() - unix
    relative = 0 <= elapsed < RELATIVE_SECONDS
    return Markup('<time datetime="{}"{} title="{}">{}</time>').format(
        rfc3339(unix),
        Markup(" data-age") if relative else "",
        whole(unix),
        age(elapsed) if relative else moment(unix, "short"),
    )


def _catalogue() -> Catalogue:
    """Return the reader's catalogue, found once a request: a page asks for a thousand texts."""
    try:
        return cast("Catalogue", g.catalogue)
    except AttributeError:
        found: Mapping[str, Catalogue] = current_app.extensions[EXTENSION]
        g.catalogue = found[language()]
        return found[language()]


@lru_cache(maxsize=len(LOCALES))
def _locale(name: str) -> Locale:
    return Locale(*LOCALES[name])


@lru_cache(maxsize=4096)
def _write_percent(less: str, steps: int, digits: int, name: str) -> str:
    form = "0" + ("." + "0" * digits if digits else "")
    text = numbers.format_decimal(steps / 10**digits, format=form, locale=_locale(name))
    return f"{less}{text}\u202f%" if name == FRENCH else f"{less}{text}%"
