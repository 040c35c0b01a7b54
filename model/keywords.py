"""A stand-in for a model: counts words.

It exists to try the product without a model and to measure what everything but the model costs, so it must cost
next to nothing itself. It is no classifier to rely on, and each of its decisions says so (`stand_in`).
"""

from __future__ import annotations

from collections.abc import Sequence

from routing.classifier import Prediction, Score
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
    """Implements `routing.classifier.Classifier` by counting word stems, for tests and demonstrations."""

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
        return [self._classify_one(mail) for mail in mails]

    def _classify_one(self, mail: Mail) -> Prediction:
        text = f"{mail.subject}\n{mail.text[:_READ]}".lower()
        hits = [label for stem, label in _STEMS if stem in text]
        if not hits:
            return self._unsure
        winner = max(hits, key=hits.count)
        return (self._one_hit if hits.count(winner) == 1 else self._more_hits)[winner]
