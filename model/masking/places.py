"""Where somebody can be reached or lives, and when they were born: mail addresses, links, postal addresses, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.masking.spans import Kind, Span

_S = r"[ \t\u00a0\u202f]"
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-'%éèêëàâçïîôûùü")
_LOCAL_CHARACTERS = 64
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9-])")
_SPACED_DOMAIN = re.compile(
    r" ?(?:gmail|orange|wanadoo|free|hotmail|outlook|yahoo|sfr|laposte|live|icloud|bbox|neuf|aol|gmx|msn|btinternet)"
    r" ?\. ?[a-z]{2,3}(?:\.uk)?(?![A-Za-z0-9])",
    re.IGNORECASE,
)

_URL = re.compile(r"(?<![\w@])(?:https?://|www\.)[^\s<>\"')\]]{1,2000}", re.IGNORECASE)
_TELLING_URL = re.compile(r"[?#@=]|/[^/]*[0-9][^/]{11,}|/[0-9a-fA-F-]{16,}|/[^/]*[0-9]{5}")

_NUMBER = rf"(?<![\w,./-])[0-9]{{1,4}}(?:{_S}?(?:bis|ter|quater|[A-Da-d](?![\w'\u2019])))?{_S}?,?{_S}{{1,2}}"
_MONTHS = (
    r"janv(?:ier)?|f[ée]vr?(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[uû]t|sept(?:embre)?|oct(?:obre)?"
    r"|nov(?:embre)?|"
    r"d[ée]c(?:embre)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?"
    r"|october|november|dec(?:ember)?"
)
_STREETS = (
    r"rue|avenue|av\.?|ave\.?|boulevard|boul\.?|bvd\.?|bld\.?|bd\.?|impasse|imp\.?|all[ée]es?|chemin|ch\.|che\.?"
    r"|place|pl\.|route|rte\.?|"
    r"quai|cours|square(?! (?:m|feet|foot))|sentier|sente|passage|r[ée]sidence|lotissement|hameau|lieu[- ]dit|villa"
    r"|voie|esplanade|faubourg|fbg\.?|"
    r"mont[ée]e|traverse|ruelle|rond[- ]point|clos|domaine|cit[ée]|promenade|venelle"
)
_PARTICLE = (
    r"(?:de la|de l['\u2019]|de|du|des|la|les|le|aux|au|à la|à|l['\u2019]|d['\u2019]|saint|sainte|ste?\.?"
    r"|g[ée]n[ée]ral|mar[ée]chal|docteur|dr\.?)"
)
_FRENCH_STREET = re.compile(
    rf"{_NUMBER}(?i:{_STREETS}){_S}(?i:{_PARTICLE}[ -]?){{0,4}}[\w'\u2019-]{{2,25}}"
    rf"(?:[ -](?:(?:de|du|des|la|le|les|et|en|sur)[ -]){{0,2}}(?:[dl]['\u2019])?[A-ZÀ-Ý][\w'\u2019-]{{0,25}}){{0,4}}"
)
_POSTCODE = re.compile(
    r"(?<![\w.,/-])(?:F-|FR-)?(?:0[1-9]|[1-8][0-9]|9[0-58])[0-9]{3}[ ,\u00a0]{1,2}"
    r"(?!(?i:euros?|eur|km|kms|francs?|fois|ans|habitants|personnes)\b)"
    r"(?:(?:[LD]['\u2019]|(?:La|Le|Les|Saint|Sainte|St|Ste) )?[A-ZÀ-Ý][\w'\u2019-]{1,30})"
    r"(?:[ -](?:(?:sur|sous|en|les?|l[aè]s|la|de|du|des|aux?|et)[ -]){0,2}(?:[dl]['\u2019])?(?:Cedex|CEDEX"
    r"|[A-ZÀ-Ý])[\w'\u2019-]{0,25}){0,4}(?: [0-9]{1,2}(?!\w))?"
)
_LIVES = re.compile(
    rf"(?i:adresse|habite|demeurant|domicili[ée]e?|r[ée]sidant|logement)[^\n]{{0,60}}?(?<![\w.,/-])"
    rf"(?P<place>(?:0[1-9]|[1-8][0-9]|9[0-58])[0-9]{{3}}{_S}[a-zà-ÿ][\w'\u2019-]{{2,30}})"
)
# What may follow a street: a postcode with a town in any case, or a town alone where a comma and an end say so.
_TOWN = re.compile(
    rf"(?:(?:,|{_S}|\n){{1,3}}(?:[0-9]{{5}}{_S}[\w'\u2019-]{{2,30}}(?:[ -][A-ZÀ-Ý][\w'\u2019-]{{1,25}}){{0,4}})"
    rf"|,{_S}{{1,2}}(?!(?:Merci|Cordialement|Je|Nous|Vous|Mme|Tel|Tél|Il|Elle|Le|La|Les"
    rf"|Pour)(?!\w))(?:[A-ZÀ-Ý][\w'\u2019-]{{2,25}})(?=[.)\n;]|$))"
)
_BOX = re.compile(rf"(?<!\w)(?:BP|CS|Bo[iî]te postale|PO Box|P\.O\. Box){_S}{{0,2}}[0-9]{{1,6}}(?!\w)")
_UK_STREET = re.compile(
    r"(?<![\w,./-])(?:(?i:flat|apt|apartment"
    r"|unit) [0-9]{1,4}[A-Za-z]?,? )?[0-9]{1,4}[A-Za-z]?,? (?:[A-Za-z][\w'\u2019-]{1,20} ){1,3}"
    r"(?i:street|road|avenue|lane|crescent|terrace|gardens|grove|mews)(?!\w)"
    r"|(?<![\w,./-])[0-9]{1,4}[A-Za-z]?,? (?:[A-Z][\w'\u2019-]{1,20} ){1,3}(?:St|Rd|Ave|Ln|Dr|Ct|Cres|Gdns|Hill|Park"
    r"|Green|View|Drive|Close|Court|Way|Place|Row|Walk|Square)(?!\w)"
)
_NOT_A_STREET = re.compile(
    rf"(?i)\b(?:{_MONTHS}|days?|weeks?|months?|years?|hours?|minutes?|times|miles|on|at|in|of|is|are|was|were|by|and"
    rf"|to|from|that|people|cars)\b"
)
_UK_POSTCODE = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKSTUW]?) ?[0-9][ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])"
)
_FLAT = re.compile(
    rf"(?i:(?<!\w)(?:appartement|appart|apt|b[âa]timent|b[âa]t|escalier|flat|digicode"
    rf"|interphone){_S}?(?:n[°o]{_S}?)?[:.]?{_S}?[0-9]{{1,4}}[A-Za-z]?(?!\w)(?!{_S}?pi[èe]ces))"
)
_BIRTH = re.compile(
    rf"(?i:(?<!\w)(?:n[ée]{{1,2}}s?(?:\(e\))?{_S}(?:le|en)|date de naissance|ddn|naissance|born(?: on| in)?"
    rf"|date of birth|d\.?o\.?b\.?|birth ?date|birthday)"
    rf"{_S}{{0,2}}(?:est{_S}le|is|:|=|le)?{_S}{{0,3}}(?P<date>(?:[0-3]?[0-9](?:er|st|nd|rd"
    rf"|th)?[ \t/.-](?:of )?(?:[01]?[0-9]|{_MONTHS})\.?[ \t/.,-]{{1,2}}(?:19|20)?[0-9]{{2}}"
    rf"|(?:{_MONTHS})\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19|20)[0-9]{{2}}|(?:19"
    rf"|20)[0-9]{{2}}(?:-[01][0-9]-[0-3][0-9])?))(?![0-9]))"
)


def emails(text: str) -> Iterator[Span]:
    """Yield mail addresses, also written with spaces around the @ where the provider is known."""
    at = text.find("@")
    while at >= 0:
        start = at
        while start > max(0, at - _LOCAL_CHARACTERS) and text[start - 1] in _LOCAL:
            start -= 1
        domain = _DOMAIN.match(text, at + 1)
        if (
            domain is None
            and (domain := _SPACED_DOMAIN.match(text, at + 1))
            and start == at
            and text[at - 1 : at] == " "
        ):
            start = at - 1
            while start > max(0, at - _LOCAL_CHARACTERS) and text[start - 1] in _LOCAL:
                start -= 1
        while start < at and text[start] in ".'-%":
            start += 1
        if domain is not None and text[start:at].strip():
            yield Span(start, domain.end(), Kind.EMAIL)
        at = text.find("@", at + 1)


def urls(text: str) -> Iterator[Span]:
    """Yield links that carry more than an address anybody may know: a query, a token, a number."""
    for found in _URL.finditer(text):
        end = found.end()
        while text[end - 1] in ".,;:!?":
            end -= 1
        path = found[0].split("//", 1)[-1]
        if _TELLING_URL.search(path[:400]):
            yield Span(found.start(), end, Kind.URL)


def addresses(text: str) -> Iterator[Span]:
    """Yield streets with a house number, postcodes with their town, British postcodes, flats, boxes.

    A street without a house number stays: it is where something happened more often than where somebody lives.
    """
    for found in _FRENCH_STREET.finditer(text):
        town = _TOWN.match(text, found.end())
        yield Span(found.start(), town.end() if town else found.end(), Kind.ADDRESS)
    for found in _UK_STREET.finditer(text):
        if not _NOT_A_STREET.search(found[0]):
            yield Span(found.start(), found.end(), Kind.ADDRESS)
    for pattern in (_POSTCODE, _BOX, _UK_POSTCODE, _FLAT):
        for found in pattern.finditer(text):
            yield Span(found.start(), found.end(), Kind.ADDRESS)
    for found in _LIVES.finditer(text):
        yield Span(found.start("place"), found.end("place"), Kind.ADDRESS)


def birth_dates(text: str) -> Iterator[Span]:
    """Yield dates that are said to be of a birth; every other date stays."""
    for found in _BIRTH.finditer(text):
        yield Span(found.start("date"), found.end("date"), Kind.BIRTHDATE)
