"""Numbers under which a company knows somebody: contracts, claims, customers; and what opens an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.masking.spans import Kind, Span

_S = r"[ \t\u00a0\u202f]"

_KEYWORD = (
    r"contrats?|polices?|sinistres?|dossiers?|soci[ée]taires?|adh[ée]rents?|adh[ée]sion|clients?"
    r"|r[ée]f(?:[ée]rences?)?|"
    r"assur[ée]e?s?|matricule|commande|factures?|compte|mandat|rum|permis(?: de conduire)?|passeport|cni|"
    r"carte(?: (?:nationale )?d['\u2019]identit[ée]| verte)?|titre de s[ée]jour|avis|[ée]ch[ée]ancier|devis"
    r"|ch[âa]ssis|vin|"
    r"allocataire|abonn[ée]|usager|identifiant|claims?|polic(?:y|ies)|references?|customer|member(?:ship)?|account"
    r"|case|"
    r"invoice|order|licen[cs]e|passport|booking|ticket|incident|quote|certificate|contract|file|mandate|sort code|"
    r"plainte|proc[èe]s[- ]verbal|pv|rapport|courrier|lettre recommand[ée]e|lrar|recommand[ée]|colissimo|suivi|report"
    r"|crime"
)
_KINDS = (
    r"auto(?:mobile)?s?|habitation|moto|maison|sant[ée]|scolaire|vie|home|motor|car|house|health|insurance"
    r"|d['\u2019]assurance|client|assur[ée]"
)
_MARK = (
    r"n[°ºo]s?\.?|nº|num[ée]ros?|number|num|no\.?|nbr?|nr|#|ref|r[ée]f(?:[ée]rence)?|id|is|est(?: le)?|sous le"
    r"|portant le"
)
_CODE = (
    r"(?:[A-Z]{1,6}[-/. ]?|[a-z]{1,3}-?)?[0-9][0-9A-Za-z]{0,24}"
    r"(?:[-/._][0-9A-Za-z]{1,20}){0,5}(?: (?![0-9]{1,2} ?(?:h|€|euros?|km|ans|mois|jours"
    r"|%))[0-9]{2,8}(?![0-9A-Za-z]*(?:[:,.][0-9]|€)))"
    r"{0,4}(?:[ -]?[A-Z]{1,2}(?![\w'\u2019]))?"
)
_CODE_AFTER = re.compile(
    rf"(?i:(?<![\w])(?:{_KEYWORD})(?:{_S}(?:{_KINDS})){{0,2}})"
    rf"(?P<mark>{_S}{{0,2}}[:(]?{_S}{{0,2}}(?i:(?:{_MARK}){_S}{{0,2}})?[:.(]?{_S}{{0,2}}(?i:(?:{_MARK}){_S}{{0,2}}[:.]?{_S}?)?)"
    rf"(?P<code>{_CODE})(?![0-9A-Za-z])"
)
_NUMBERED = re.compile(rf"(?<!\w)(?:[Nn][°º]|#|[Nn]um[ée]ro){_S}{{0,2}}:?{_S}?(?P<code>{_CODE})(?![0-9A-Za-z])")
_SHAPED = re.compile(
    r"(?<![\w/-])(?:[0-9]{2,4}-[A-Z]{1,4}-[0-9]{3,10}|[A-Z]{1,5}-?[0-9]{2,4}-[0-9]{3,10}|[A-Z]{2,5}-?[0-9]{5,12}"
    r"|[0-9]{2}-[0-9]{4,9}|"
    r"[0-9]{7,20})(?:-?[A-Z])?(?![\w/-])(?!,[0-9])"
)
_SECRET = re.compile(
    rf"(?i:\b(?:mot de passe|mdp|password|passwd|code secret|code pin|pin code|code confidentiel|login|identifiant"
    rf"|user ?name|passcode)\b)"
    rf"(?:{_S}(?i:est|is|provisoire|actuel|temporaire|was"
    rf"|[ée]tait)){{0,2}}{_S}{{0,2}}[:=]{_S}{{0,2}}(?P<secret>[^\s<>,;]{{3,64}})"
)
_DATE = re.compile(
    r"(?:[A-Z]{0,2} ?(?:19|20)[0-9]{2}|[01]?[0-9][-/.](?:19|20)[0-9]{2}|[0-3]?[0-9][-/. ][01]?[0-9](?:[-/. ](?:19"
    r"|20)?[0-9]{2})?|(?:19|20)[0-9]{2}(?:[-/.][01]?[0-9](?:[-/.][0-3]?[0-9])?)?)"
)
_AMOUNT = re.compile(
    rf"{_S}?(?:€|eur\b|euros?\b|£|\$|%|km\b|kms\b|ans\b|mois\b|jours?\b|h\b|heures?\b|days?\b|years?\b|m²|cv\b|fois\b"
    rf"|[.,][0-9])",
    re.IGNORECASE,
)
_VERBS = {"est", "is", "est le"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ .-"
_DIGITS_MARKED, _DIGITS_BARE, _DIGITS_NUMBERED = 3, 5, 4
_LETTERS_AND_DIGITS = 4


def references(text: str) -> Iterator[Span]:
    """Yield numbers after a word such as contract or claim, numbers announced by N°, and what only a file number is."""
    for found in _CODE_AFTER.finditer(text):
        mark = found["mark"].strip(" \t\u00a0\u202f:").lower()
        code = found["code"]
        digits = sum(character.isdigit() for character in code)
        mixed = not code.replace(" ", "").isdigit()
        enough = _DIGITS_MARKED if mark and mark not in _VERBS else (_LETTERS_AND_DIGITS if mixed else _DIGITS_BARE)
        if digits >= enough and _is_code(text, found.end("code"), code):
            yield Span(found.start("code"), found.end("code"), Kind.REFERENCE)
    for found in _NUMBERED.finditer(text):
        code = found["code"]
        if sum(map(str.isdigit, code)) >= _DIGITS_NUMBERED and _is_code(text, found.end("code"), code):
            yield Span(found.start("code"), found.end("code"), Kind.REFERENCE)
    for found in _SHAPED.finditer(text):
        if _is_code(text, found.end(), found[0]):
            yield Span(found.start(), found.end(), Kind.REFERENCE)


def secrets(text: str) -> Iterator[Span]:
    """Yield passwords and logins that somebody wrote down."""
    for found in _SECRET.finditer(text):
        secret = found["secret"].rstrip(".!?)")
        if any(not character.isalpha() for character in secret):
            yield Span(found.start("secret"), found.start("secret") + len(secret), Kind.SECRET)


def _is_code(text: str, end: int, code: str) -> bool:
    """Tell a number under which something is filed from a date, a year and an amount."""
    return not _DATE.fullmatch(code.lstrip(_LETTERS)) and not _AMOUNT.match(text, end)
