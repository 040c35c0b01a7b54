"""The language of a mail: French, English or another.

The n-grams of `py3langid` (naive Bayes over byte n-grams, Lui and Baldwin 2012; `model.language_table`) say how likely
each of its languages is. Two things that it cannot know are added, because a third of all mails
are shorter than a sentence: that this mailbox is written to in French and English mostly, and the words that such
mails consist of ("ok merci", "call me pls").
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from model.language_table import LanguageTable

Code = Literal["fr", "en", "other"]

CHARACTERS = 1_000
"""How much of a text is looked at: the rest changes nothing."""

_PRIOR = math.log(6)
"""How much likelier French and English each are than any one other language."""
_WORD = math.log(12)
"""What one of the words below weighs."""
_WORDS_COUNTED = 6
_PLAIN = 4
"""So many different words of one language, and not a quarter as many of the other, need no n-grams: four mails of five,
and none of 1,716 of the corpora in the wrong language."""
_LEAST = 1e-12

_WORD_PATTERN = re.compile(r"[^\W\d_]{1,24}")
_NOT_PROSE = re.compile(r"https?://\S{1,2000}|[\w.+-]{1,64}@[\w.-]{1,253}")

# Words of short mails that no neighbour shares; without accents, as they are typed.
_FRENCH = """
    merci bonjour bonsoir bjr slt svp stp cdlt cordialement oui voici voir joint jointe piece pieces recu recue accord
    appeler rappeler rappel appelez rappelez rappelle moi vous nous avec pour dans est une mes mon ma votre vos notre
    nos jai cest suis sont pas avoir aussi toujours depuis hier soir matin demain bien devis attestation sinistre
    resiliation resilier reclamation cotisation prelevement remboursement mutuelle assurance dossier courrier relance
    facture releve echeance voiture vehicule permis pare brise bris glace degat degats eaux fuite incendie panne
    depannage remorquage constat carte verte grise demenagement demenage adresse mot passe oublie compte espace
    connexion suite demande reponse madame monsieur salutations journee bonne du des aux au ne qui
"""
_ENGLISH = """
    thanks thank hello hi hiya hey yes please pls plz regards cheers the my your our you and for with this that have
    has been were are im ive havent hasnt dont cant wont would could should what when where why who how quote claim
    policy cancel cancellation insurance cover proof letter account login password forgot reset bank details attached
    enclosed see call back phone received yet still chasing reminder complaint refund payment renewal moved car driver
    broken down windscreen cracked water damage leak theft stolen crash night morning tomorrow nice day of need new
    change address certificate photos documents
"""
_WORDS: dict[Literal["fr", "en"], frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language, and how sure that is."""

    code: Code
    confidence: float
    """From 0 to 1; for a text without any word 0."""


def code_of(text: str) -> Code:
    """Return the language of a text as `language_of` has it; most mails are plain by their words, at little cost.

    Work is linear in the first 1,000 characters.
    """
    found = {_unaccented(word) for word in _words(text)}
    french, english = len(found & _WORDS["fr"]), len(found & _WORDS["en"])
    if french >= _PLAIN and french >= _PLAIN * english:
        return "fr"
    if english >= _PLAIN and english >= _PLAIN * french:
        return "en"
    return language_of(text).code


def load() -> None:
    """Load what `language_of` needs (a tenth of a second, 16 MB) now, for instance before a fork."""
    _table()


def language_of(text: str) -> Language:
    """Return the language of a text: `fr`, `en` or `other`.

    Work is linear in the first 1,000 characters. A text without letters is `other` with confidence 0.
    """
    words = _words(text)
    if not words:
        return Language(code="other", confidence=0.0)
    return _decide(words, _table().probabilities(" ".join(words)))


def _decide(words: Sequence[str], probabilities: Mapping[str, float]) -> Language:
    scores = dict.fromkeys(("fr", "en"), 0.0)
    other = 0.0
    for language, probability in probabilities.items():
        if language in scores:
            scores[language] = math.log(max(probability, _LEAST)) + _PRIOR
        else:
            other = max(other, probability)
    for language, known in _WORDS.items():
        scores[language] += _WORD * min(sum(_unaccented(word) in known for word in words), _WORDS_COUNTED)
    scores["other"] = math.log(max(other, _LEAST))
    most = max(scores.values())
    total = sum(math.exp(score - most) for score in scores.values())
    best: Code = "fr" if scores["fr"] == most else "en" if scores["en"] == most else "other"
    return Language(code=best, confidence=1 / total)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD_PATTERN.findall(_NOT_PROSE.sub(" ", text[:CHARACTERS]))]


@cache
def _table() -> LanguageTable:
    """Return the table, loaded on first use."""
    return LanguageTable.load()


_ACCENTS = str.maketrans("àâäéèêëîïôöùûüçñ", "aaaeeeeiioouuucn")


def _unaccented(word: str) -> str:
    return word.translate(_ACCENTS)
