"""A stand-in for a model: counts words.

It exists to try the product without a model and to measure what everything but the model costs, so it must cost
next to nothing itself. It is no classifier to rely on, and each of its decisions says so (`stand_in`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from model.explanation import erased, log_odds, probability_of
from routing.classifier import Prediction, Score
from routing.explanation import Explanation, Method, Word
from routing.mail import Mail

_WORDS: dict[str, tuple[str, ...]] = {
    # In order of precedence: of two labels with as many hits, the first wins.
    "assistance": ("dépann", "remorqu", "en panne", "rapatri", "tow truck", "stranded", "breakdown", "bloqué"),
    "cancellation": ("résili", "rétract", "cancel", "terminate my"),
    "complaint": ("réclamation", "médiateur", "mise en demeure", "inadmissible", "complaint", "ombudsman"),
    "certificate": ("attestation", "relevé d'information", "certificate", "carte verte", "proof of insurance"),
    "account_access": ("mot de passe", "espace personnel", "password", "log in", "connecter", "identifiant"),
    "billing": ("prélèvement", "cotisation", "échéan", "rembours", "iban", "premium", "direct debit", "payment"),
    "contract_change": ("changement d'adresse", "déménag", "ajouter", "new address", "avenant", "modifier"),
    "quote": ("devis", "tarif", "souscri", "quote", "quotation"),
    "claim_motor": ("accident", "pare-brise", "constat", "carross", "windscreen", "collision", "my car"),
    "claim_home": ("dégât des eaux", "fuite", "incendie", "cambriol", "burglar", "water leak", "tempête"),
    "claim_person": ("blessé", "hôpital", "arrêt de travail", "mutuelle", "injur", "hospital", "décès"),
    "documents_sent": ("ci-joint", "pièce jointe", "attached", "you asked for", "vous trouverez"),
    "other": ("newsletter", "promotion", "candidature", "unsubscribe", "désinscri"),
}
_STEMS = tuple((stem, label) for label, stems in _WORDS.items() for stem in stems)
_READ = 1_000
"""Characters of a body that are read, quoted history and all: enough for a demonstration."""


_WORD_END = re.compile(r"\w{0,30}")


def _read(mail: Mail) -> str:
    return f"{mail.subject}\n{mail.text[:_READ]}"


def _prediction(winner: str, confidence: float) -> Prediction:
    others = [label for label in _WORDS if label != winner]
    rest = (1.0 - confidence) / len(others)
    return Prediction(
        scores=(
            Score(label=winner, probability=confidence),
            *(Score(label=label, probability=rest) for label in others),
        )
    )


class KeywordClassifier:
    """Implements `Classifier` and `Explainer` (`routing`) by counting word stems, for tests and demonstrations."""

    version = "keywords (stand-in)"
    labels = tuple(_WORDS)
    stand_in = True

    def __init__(self) -> None:
        self._unsure = _prediction("other", 0.2)
        # There are few possible answers, so they are made once.
        self._one_hit = {label: _prediction(label, 0.6) for label in _WORDS}
        self._more_hits = {label: _prediction(label, 0.9) for label in _WORDS}

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        """Return one prediction a mail: the label with the most words in it."""
        return [self._predict(_read(mail)) for mail in mails]

    def explain(self, mail: Mail, label: str | None = None) -> Explanation:
        """Return the words of `mail` that were counted for the label, the winner when it is None.

        Raises:
            InvalidInput: It is no label of the stand-in.
        """
        text = _read(mail).encode(errors="replace").decode()  # half a surrogate pair has no UTF-8
        prediction = self._predict(text)
        asked = prediction.label if label is None else label
        probability = probability_of(prediction, asked)
        found: dict[str, list[tuple[int, int]]] = {}
        for stem in _WORDS[asked]:
            for match in re.finditer(re.escape(stem), text, re.IGNORECASE):
                end = _WORD_END.match(text, match.end())
                assert end is not None, "an empty end is one too"  # noqa: S101
                found.setdefault(text[match.start() : end.end()].lower(), []).append((match.start(), end.end()))
        words = sorted(found.values())
        without = probability_of(self._predict(erased(text, [place for places in words for place in places])), asked)
        weight = (log_odds(probability) - log_odds(without)) / max(1, len(words))
        return Explanation(
            model_version=self.version,
            method=Method.COUNTING,
            label=asked,
            probability=probability,
            predicted=prediction.label,
            text=text,
            words=tuple(Word(text=text[slice(*places[0])], places=tuple(places), weight=weight) for places in words),
            probability_without=without if words else None,
        )

    def _predict(self, text: str) -> Prediction:
        low = text.lower()
        hits = [label for stem, label in _STEMS if stem in low]
        if not hits:
            return self._unsure
        winner = max(hits, key=hits.count)
        return (self._one_hit if hits.count(winner) == 1 else self._more_hits)[winner]
