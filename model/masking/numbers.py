"""Numbers that belong to one person: bank accounts, cards, social security, telephones, number plates.

What has a checksum is checked, and taken without one only where the words before it say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.masking.spans import Kind, Span

_S = r"[ \t\u00a0\u202f]"
_GAP = r"[ \t\u00a0\u202f.-]"
_BEFORE = 60
"""Characters before a number in which the word that says what it is may stand."""

_IBAN = re.compile(rf"(?<![A-Za-z0-9])([A-Za-z]{{2}}){_S}?[0-9]{{2}}(?={_GAP}?[A-Za-z0-9]|\r?\n)")
"""How one begins; its country says how long it is."""
_RIB = re.compile(
    rf"(?<![A-Za-z0-9])[0-9]{{5}}{_GAP}?[0-9]{{5}}{_GAP}?(?:[A-Za-z0-9]{_GAP}?){{11}}[0-9]{{2}}(?![A-Za-z0-9])"
)
# Length of an IBAN by country, from the IBAN registry (ISO 13616).
_IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MA": 28, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26,
}  # fmt: skip
_IBAN_RESTS = {
    length: re.compile(rf"(?:(?:{_GAP}|\r?\n[> ]{{0,3}})?[A-Za-z0-9]){{{length - 4}}}")
    for length in set(_IBAN_LENGTHS.values())
}
"""What follows those four characters, by the length of the whole; mail programs break lines within it."""
_CARD = re.compile(rf"(?<![0-9])[2-6](?:{_GAP}?[0-9]){{12,18}}(?![0-9])")
_NIR = re.compile(
    rf"(?<![0-9])[12378]{_GAP}?[0-9]{{2}}{_GAP}?(?:0[1-9]|1[0-2]|[2-9][0-9]){_GAP}?(?:[0-9]{{2}}|2[ABab]){_GAP}?"
    rf"[0-9]{{3}}{_GAP}?[0-9]{{3}}(?:{_S}?/?{_GAP}?[0-9]{{2}})?(?![0-9])"
)
_NINO = re.compile(
    r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Za-z0-9])"
)
_NIR_LENGTH, _RIB_LENGTH = 15, 23
"""With their keys."""
_SOCIAL = ("sécu", "secu", "nir", "social", "ameli", "vitale")

_D = r"[0-9]"
_PHONES = re.compile(
    rf"(?<![0-9A-Za-z+/.,-])(?:"
    # French, in pairs with one separator or none; and as people group it otherwise.
    rf"0[1-9]{_D}{{8}}|0[1-9](?:[ .\-\u00a0\u202f]{{1,2}}{_D}{{2}}){{4}}|0[1-9](?:/{_D}{{2}}){{4}}"
    rf"|0[1-9]{_D}{{2}}(?:[ .\-]{_D}{{2}}){{3}}|0[1-9]{_D}(?:[ .\-]{_D}{{3,4}}){{2}}"
    rf"|0[1-9][ .\-]{_D}{{3}}[ .\-]{_D}{{3}}[ .\-]{_D}{{2}}|0[1-9]{_D}{{2}}[ .\-]{_D}{{3}}[ .\-]{_D}{{3}}"
    # International.
    rf"|\+[ ]?[1-9]{_D}{{0,2}}(?:[ .\-()/\u00a0\u202f]{{0,3}}{_D}){{6,12}}"
    rf"|00[ ]?[1-9]{_D}{{0,2}}(?:[ .\-()\u00a0\u202f]{{0,3}}{_D}){{8,12}}"
    # British, North American.
    rf"|\(0{_D}{{2,4}}\)[ ]?{_D}{{3,4}}[ -]?{_D}{{3,4}}|0(?:7{_D}{{3}}|1{_D}{{2,4}}|2{_D}|3{_D}{{2}}"
    rf"|8{_D}{{2}})[ -]{_D}{{3,4}}[ -]?{_D}{{3,6}}"
    rf"|0[127]{_D}{{9}}|\(?[2-9]{_D}{{2}}\)?[ .-]{_D}{{3}}[.-]{_D}{{4}}"
    rf")(?![0-9])(?![.,][0-9])"
)
_CALLED = re.compile(
    rf"(?i:\b(?:t[ée]l(?:[ée]phone)?|phone|mobile|portable|gsm|call me (?:on|at)|num[ée]ro|joignable au|mob)\b)"
    rf"[ .:\u00a0]{{0,4}}(?i:(?:n[°o]|number|au|is|est le"
    rf"|on)[ .:]{{0,3}})?([+(]?{_D}(?:[ .\-()/\u00a0]{{0,2}}{_D}){{6,14}})(?![0-9])"
)

_SIV = r"[A-HJ-NP-TV-Z]"
_PLATE = re.compile(
    rf"(?<![A-Za-z0-9-])({_SIV}{{2}})({_S}?-?{_S}?)([0-9]{{3}})({_S}?-?{_S}?)({_SIV}{{2}})(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
_OLD_PLATE = re.compile(
    rf"(?<![A-Za-z0-9-])[0-9]{{3,4}}[ -]?[A-Z]{{2,3}}[ -]?(?:[0-9]{{2}}|2[AB]|97[1-6])(?![A-Za-z0-9-])(?!{_S}?(?:€"
    rf"|[Ee]ur|[Kk]m|ch\b))"
)
_NO_PLATE = re.compile(
    r"EUR|RUE|KMS?|CHF|USD|GBP|TTC|HT|AVE?|CV|BIS|TER|CM|MM|KG|BMW|DCI|TDI|HDI|GTI|ET|OU|DE|LE|LA|AU"
)
_UK_PLATE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2} ?[A-Z]{3}(?![A-Za-z0-9])")
_UK_ANY = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{2}[0-9]{2} ?[A-Z]{3}|[A-Z][0-9]{1,3} ?[A-Z]{3}"
    r"|[A-Z]{3} ?[0-9]{1,3}[A-Z])(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_PLATED = ("immat", "plaque", "plate", " reg", "registration", "véhicule", "vehicule", "voiture")
# Two letters that are words, between which three digits are a car's name: "la 308 en panne".
_TWO_LETTERS = "LA LE DE EN MA SA TA ET JE NE ME SE CE TE MY AN AT BY WE HE"
_WORDS = frozenset(_TWO_LETTERS.split())


def accounts(text: str) -> Iterator[Span]:
    """Yield IBANs (ISO 13616: length by country and the checksum modulo 97) and French account numbers (RIB)."""
    for found in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(found[1].upper(), 0)
        rest = _IBAN_RESTS[length].match(text, found.end()) if length else None
        if rest is None:
            continue
        value = _alphanumeric(found[0] + rest[0])
        digits = sum(character.isdigit() for character in value)
        if _modulo_97(value[4:] + value[:4]) == 1 or (
            "\n" not in rest[0] and (digits >= 0.75 * length or _said(text, found.start(), ("iban", "rib")))
        ):
            yield Span(found.start(), rest.end(), Kind.IBAN)
    for found in _RIB.finditer(text):
        if _rib_holds(_alphanumeric(found[0])) or _said(text, found.start(), ("rib", "compte", "iban")):
            yield Span(found.start(), found.end(), Kind.IBAN)


def cards(text: str) -> Iterator[Span]:
    """Yield payment cards: 13 to 19 digits whose last is right (Luhn, ISO/IEC 7812-1)."""
    for found in _CARD.finditer(text):
        digits = _alphanumeric(found[0])
        if _luhn(digits) and len(set(digits)) > 1:
            yield Span(found.start(), found.end(), Kind.CARD)


def social_security(text: str) -> Iterator[Span]:
    """Yield French social security numbers (NIR, whose key is 97 less the number modulo 97) and British NINOs."""
    for found in _NIR.finditer(text):
        value = _alphanumeric(found[0])
        grouped = len(found[0].split()) > 4  # noqa: PLR2004 - 1 85 03 75 116 234: nobody groups anything else so
        if (len(value) == _NIR_LENGTH and _nir_key(value)) or grouped or _said(text, found.start(), _SOCIAL):
            yield Span(found.start(), found.end(), Kind.NIR)
    for found in _NINO.finditer(text):
        yield Span(found.start(), found.end(), Kind.NIR)


def phones(text: str) -> Iterator[Span]:
    """Yield telephone numbers, French, British, North American and with a country's code."""
    for found in _PHONES.finditer(text):
        yield Span(found.start(), found.end(), Kind.PHONE)
    for found in _CALLED.finditer(text):
        yield Span(found.start(1), found.end(1), Kind.PHONE)


def plates(text: str) -> Iterator[Span]:
    """Yield number plates: French ones of both systems, British ones."""
    for found in _PLATE.finditer(text):
        left, first, _, second, right = found.groups()
        written = left + right
        spaced = first.isspace() or second.isspace()
        if {left.upper(), right.upper()} & _WORDS and spaced and "-" not in first + second:
            continue
        if written.isupper() or not spaced or _said(text, found.start(), _PLATED):
            yield Span(found.start(), found.end(), Kind.PLATE)
    for found in _OLD_PLATE.finditer(text):
        if not _NO_PLATE.fullmatch("".join(filter(str.isalpha, found[0]))[:3]):
            yield Span(found.start(), found.end(), Kind.PLATE)
    for found in _UK_PLATE.finditer(text):
        yield Span(found.start(), found.end(), Kind.PLATE)
    for found in _UK_ANY.finditer(text):
        if _said(text, found.start(), _PLATED[:5], within=25):
            yield Span(found.start(), found.end(), Kind.PLATE)


def _said(text: str, start: int, words: tuple[str, ...], *, within: int = _BEFORE) -> bool:
    before = text[max(0, start - within) : start].lower()
    return any(word in before for word in words)


def _alphanumeric(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _modulo_97(value: str) -> int:
    return int("".join(str(int(character, 36)) for character in value)) % 97


def _rib_holds(value: str) -> bool:
    # Letters count as digits by their place on a telephone-like wheel (AFB): A and J are 1, B, K and S 2, …
    digits = "".join(c if c.isdigit() else str((ord(c) - 65) % 9 + 1 + (c > "R")) for c in value)
    if len(digits) != _RIB_LENGTH:
        return False
    bank, branch, account, key = (int(digits[start:end]) for start, end in ((0, 5), (5, 10), (10, 21), (21, 23)))
    return (89 * bank + 15 * branch + 3 * account + key) % 97 == 0


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 - the sum of its two digits
    return total % 10 == 0


def _nir_key(value: str) -> bool:
    number = value[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(value[13:])
