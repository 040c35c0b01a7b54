"""Names of people, where their place says that they are names: after a greeting, a title, a closing, in a header.

A name in the middle of a sentence without any of these stays, unless the same name stands in one of these places too:
nothing short of a trained tagger finds it, and a guess by capitals takes towns, makes and months away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from model.masking.spans import Kind, Span

_S = r"[ \t\u00a0\u202f]"
_CAP = (
    r"(?:(?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-Ý](?:[a-zà-öø-ÿ'\u2019]{1,24}|[A-ZÀ-ÖØ-Ý'\u2019]{1,24}"
    r"|\.)(?:-[A-ZÀ-ÖØ-Ý]?[\w'\u2019]{1,24}){0,2}|[A-ZÀ-ÖØ-Ý]\.?(?:-[A-ZÀ-ÖØ-Ý]\.?)?(?![\w'\u2019]))"
)
_PARTICLES = r"(?:(?:de|du|des|la|le|van|von|der|den|el|ben|bin|da|di|dos|Le|La|De|Du|St\.?)[ ]){0,2}"
_NAME = rf"{_CAP}(?:{_S}{_PARTICLES}{_CAP}){{0,3}}"
_TITLE = (
    r"(?:M\.?|MM\.|MME|MR|MRS|MLLE|MONSIEUR|MADAME|Mr\.?|Mrs\.?|Ms\.?|Miss|Mme\.?|Mmes|Mlle|Melle|Monsieur|Madame"
    r"|Mademoiselle|Ma[îi]tre|Dr\.?|Docteur|Prof\.?)"
)

_TITLED = re.compile(rf"(?<!\w){_TITLE}{_S}(?P<name>{_PARTICLES}{_NAME})")
_KIN = re.compile(
    rf"(?<!\w)(?i:ma|mon|notre|nos|sa|son|my|our|his|her|the){_S}(?i:fille|fils|femme|mari|[ée]pouse|[ée]poux"
    rf"|conjointe?|compagne|"
    rf"compagnon|m[èe]re|p[èe]re|fr[èe]re|s(?:œ|oe)ur|amie?|voisine?|locataire|propri[ée]taire|coll[èe]gue|oncle"
    rf"|tante|neveu|ni[èe]ce|"
    rf"grand-m[èe]re|grand-p[èe]re|wife|husband|son|daughter|mother|father|partner|brother|sister|neighbou?r|mum|dad"
    rf"|tenant|landlord|"
    rf"friend|colleague|uncle|aunt|nephew|niece){_S}?,?{_S}(?:{_TITLE}{_S})?(?P<name>{_NAME})"
)
_ENDED = re.compile(rf"(?<=[.!?)\u2026]){_S}{{1,2}}(?P<name>{_CAP}(?:{_S}{_PARTICLES}{_CAP}){{1,3}})\s{{0,5}}\Z")
_GREETED = re.compile(
    rf"^[ \t>]*(?i:bonjour|bonsoir|chère?s?|salut|hello|hi|hey|dear|good (?:morning|afternoon"
    rf"|evening)){_S}(?:{_TITLE}{_S})?(?P<name>{_NAME})"
    rf"(?={_S}{{0,3}}(?:[,!.:\u2013-]|$|et\b|and\b))",
    re.MULTILINE,
)
_INTRODUCED = re.compile(
    rf"(?<!\w)(?i:je m['\u2019 ]?appelle|mon nom est|je soussign[ée]e?(?:\(e\))?|de la part de|my name is|on behalf of|"
    rf"nom(?: et pr[ée]nom)?s?(?: du conducteur| de l['\u2019]assur[ée]e?| du titulaire)?|pr[ée]nom|full name|name"
    rf"|titulaire|conducteur|"
    rf"conductrice|assur[ée]e?|soci[ée]taire|policy ?holder|named driver"
    rf"|insured){_S}{{0,2}}(?P<colon>:?){_S}{{0,2}},?{_S}?(?:{_TITLE}{_S})?(?P<name>{_NAME})"
)
_PRESENTED = re.compile(
    rf"(?<!\w)(?:[Jj]e suis|[Cc]['\u2019]est|[Ii] am|[Ii]['\u2019]m|[Tt]his is"
    rf"|[Ii]ci){_S}(?P<name>{_CAP}{_S}{_PARTICLES}{_CAP})(?!\w)"
)
_ADDRESSED = re.compile(rf"(?P<name>{_NAME}){_S}?[\"']?{_S}?[<(\[]{_S}?(?:mailto:)?(?=[\w.+'%-]{{1,64}}@)")
_HEADER = re.compile(
    rf"^[ \t>*]*(?:De|From|À|A|To|Cc|Copie|Von|An|Van|Aan|Para"
    rf"|Da){_S}?:[*]?{_S}{{0,3}}(?P<name>{_NAME}){_S}{{0,3}}(?=[<(\[;,]|$)",
    re.MULTILINE,
)
_CLOSING = (
    r"cordialement|cdlt|cdt|bien (?:cordialement|[àa] vous)|(?:tr[èe]s )?cordialement|respectueusement"
    r"|sinc[èe]res salutations|"
    r"(?:mes |nos )?(?:meilleures |sinc[èe]res |respectueuses )?salutations(?: distingu[ée]es| respectueuses"
    r"| les meilleures)?|"
    r"bonne (?:journ[ée]e|soir[ée]e|r[ée]ception|fin de journ[ée]e|continuation)|sinc[èe]rement|amicalement"
    r"|[àa] bient[ôo]t|"
    r"merci(?: d['\u2019]avance| beaucoup| bien| par avance| de votre (?:aide|retour|r[ée]ponse))?|en vous remerciant|"
    r"(?:kind |best |warm )?regards|best wishes|sincerely|yours(?: sincerely| faithfully| truly)?|many thanks"
    r"|thanks(?: a lot| again| in advance)?|thank you|"
    r"cheers|best|all the best"
)
_CLOSED = re.compile(
    rf"(?:^|[.!?,;\n \t]{_S}{{0,3}})(?i:{_CLOSING})(?:{_S}?[.,!:\u2013-]{{1,2}}{_S}{{0,3}}"
    rf"|{_S}?[,.!]?{_S}{{0,3}}(?:\r?\n[ \t>]{{0,4}}){{1,3}}|{_S})"
    rf"(?:(?:{_TITLE}){_S})?(?P<name>{_NAME}(?:{_S}(?:et|and|&|ou){_S}{_NAME})?){_S}{{0,3}}(?=[.,;:!/\u2013|-]|$)",
    re.MULTILINE,
)
_LOWER_CLOSED = re.compile(
    rf"(?i:\b(?:cordialement|cdlt|cdt|bien [àa] vous|salutations|regards"
    rf"|sincerely)){_S}?[.,!]?{_S}{{0,3}}(?:\r?\n[ \t]{{0,4}}){{0,3}}"
    rf"(?P<name>(?:[a-z]\.[ ]?)?[a-zà-ÿ'\u2019-]{{2,20}}(?: [a-zà-ÿ'\u2019-]{{2,20}}){{0,2}}){_S}{{0,3}}\.?$",
    re.MULTILINE,
)
_ALONE = re.compile(
    rf"^[ \t>\u2013-]{{0,4}}(?:{_TITLE}{_S})?(?P<name>{_NAME}(?:{_S}(?:et|and|&){_S}{_NAME})?)[ \t.,]{{0,3}}$"
)
_WORD = re.compile(r"[\w'\u2019-]+")
_LAST_LINES = 6
_LINE = 60
_LETTERS = 4
"""A name shorter than Anne is looked for in its own place only."""

# What stands with a capital where names stand, and is none. Lower case, without accents' help.
_NOT_NAMES = """
    madame monsieur messieurs mesdames mademoiselle bonjour bonsoir merci cordialement cdlt salut hello hi dear
    sir madam sirs team all everyone there service services client clients clientèle equipe équipe direction
    gestion sinistre sinistres contrat contrats assurance assurances mutuelle réclamation réclamations
    reclamation tous toutes cher chère envoyé sent from de le la les objet subject re tr fw fwd re: je nous vous
    il elle on ce ça c'est mon ma mes votre vos notre nos un une des please thank thanks regards best kind yours
    sincerely many cheers i we you it the a an my our your this that pour avec dans sur mais et ou donc car si
    quand comment pourquoi quel quelle combien bien bonne bon urgent rappel relance attestation résiliation
    resiliation devis facture demande dossier pièce pièces document documents photo photos constat carte grise
    verte permis rib iban bic siret tva iphone android outlook gmail orange samsung galaxy huawei ipad mobile
    téléphone tel tél portable fax email mail adresse lundi mardi mercredi jeudi vendredi samedi dimanche
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august september
    october november december france paris nantes lyon europe union président directeur directrice responsable
    conseiller conseillère gestionnaire expert médecin avocat customer claims claim department policy insurance
    company manager support office help desk complaint complaints sociétaire societaire assuré adhérent maif
    macif matmut axa allianz maaf gmf groupama generali admiral aviva direct voiture maison appartement
    habitation auto moto santé vie rc ok oui non yes no not ps nb fin ci-joint voici attached renault peugeot
    citroën citroen dacia toyota volkswagen ford opel fiat bmw audi mercedes nissan clio twingo mégane polo golf
    médiateur mediateur tribunal police gendarmerie mairie préfecture banque caisse sécurité sociale cpam syndic
    agence to be distinguées respectueuses sincères meilleures avance distinguees respectueux chaleureuses
    sir/madam svp stp do don't can could would will have has any what when where why who how still waiting happy
    looking hope sorry
"""
_NO_NAMES = frozenset(_NOT_NAMES.split())
_JOINING = frozenset({"et", "and", "&", "ou", "de", "du", "le", "la", "des"})
_TITLES_ALONE = frozenset({"m", "mr", "mme", "mrs", "ms", "miss", "dr", "et", "and"})


_CERTAIN = (_TITLED, _ADDRESSED, _HEADER)
"""Where a name stands even in a mail written in capitals, which has a name wherever a word is."""
_PLACES = (*_CERTAIN, _KIN, _ENDED, _GREETED, _INTRODUCED, _PRESENTED, _CLOSED)
_SHOUTING = 0.6


def names(text: str, known: Collection[str] = ()) -> Iterator[Span]:
    """Yield names of people.

    Args:
        text: What to look in.
        known: Names that are known to be of people, such as the sender's display name: found wherever they stand.
    """
    found: set[str] = set()
    for name in known:
        found.update(_telling(name))
    shouts = _shouts(text)
    for pattern in _CERTAIN if shouts else _PLACES:
        for match in pattern.finditer(text):
            if pattern is _INTRODUCED and not match["colon"] and match[0][0].islower() and _needs_colon(match[0]):
                continue
            yield from _spans(match.start("name"), match["name"], found)
    for match in () if shouts else _LOWER_CLOSED.finditer(text):
        if not _NO_NAMES & set(match["name"].lower().split()):
            yield Span(match.start("name"), match.end("name"), Kind.NAME)
    if not shouts:
        yield from _signed(text, found)
    for match in _WORD.finditer(text) if found else ():
        if match[0] in found:
            yield Span(match.start(), match.end(), Kind.NAME)


def _shouts(text: str) -> bool:
    """Say whether a text is written in capitals."""
    start = text[:1000]
    letters = sum(map(str.isalpha, start))
    return letters > 0 and sum(map(str.isupper, start)) > _SHOUTING * letters


def _needs_colon(said: str) -> bool:
    """Tell `nom : Dupont` and `je m'appelle Dupont` from `l'assuré Renault`."""
    return not said.lower().startswith(("je ", "mon ", "my ", "on ", "de la part"))


def _spans(start: int, name: str, found: set[str]) -> Iterator[Span]:
    """Yield the part of what stands at a name's place that is one: up to the first word that is none."""
    end = 0
    for word in re.finditer(r"\S+", name):
        low = word[0].lower().strip(".,")
        if low in _JOINING:
            continue
        if low in _NO_NAMES:
            break
        end = word.end()
    kept = name[:end]
    if any(character.isalpha() for character in kept) and kept.lower() not in _TITLES_ALONE:
        found.update(_telling(kept))
        yield Span(start, start + end, Kind.NAME)


def _telling(name: str) -> set[str]:
    """Return the words of a name by which it is known elsewhere: not initials, not what is a word too."""
    words = {word.strip(".,<>\"'") for word in name.split()}
    return {word for word in words if len(word) >= _LETTERS and word[0].isupper() and word.lower() not in _NO_NAMES}


def _signed(text: str, found: set[str]) -> Iterator[Span]:
    """Yield the name that stands alone in one of the last lines."""
    lines: list[tuple[int, str]] = []
    end = len(text)
    while end > 0 and len(lines) < _LAST_LINES:
        start = text.rfind("\n", 0, end) + 1
        if text[start:end].strip():
            lines.append((start, text[start:end].rstrip("\r")))
        end = start - 1
    for number, (start, line) in enumerate(lines):
        if number == len(lines) - 1 and start == 0:
            return  # a mail that is nothing but this line
        match = _ALONE.match(line) if len(line) <= _LINE else None
        if match is None:
            continue
        words = match["name"].split()
        below = lines[number + 1][1].rstrip() if number + 1 < len(lines) else ""
        ends = below.endswith((".", "!", "?", ",", ":", ")", ";", "…"))
        # One word alone may be anything: it is a signature when a sentence ended before it, at the very end.
        if len(words) > 1 or (number == 0 and ends):
            yield from _spans(start + match.start("name"), match["name"], found)
