"""The console's words in French and English; a test holds both to the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FRENCH: Final = "fr"
ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, FRENCH)
"""The first is for readers who take any."""

WORDS: Mapping[str, Mapping[str, str]] = {
    FRENCH: {
        "title": "Courrier distribué",
        "tagline": "Chaque e-mail, à la bonne équipe",
        "queues": "Files",
        "all": "Toutes les files",
        "latest": "Derniers e\N{NON-BREAKING HYPHEN}mails distribués",
        "in_queue": "E\N{NON-BREAKING HYPHEN}mails dans la file",
        "queued": "En attente",
        "queued_about": "reçus, pas encore lus",
        "running": "En cours",
        "running_about": "entre les mains d'un worker",
        "failed": "En échec",
        "failed_about": "à reprendre par un humain",
        "workers": "Workers",
        "workers_about": "actifs ces 30 s",
        "oldest": "plus ancien :",
        "none_waiting": "rien à relire",
        "subject": "Objet",
        "no_subject": "(sans objet)",
        "label": "Catégorie",
        "no_label": "sans catégorie",
        "confidence": "Confiance",
        "queue": "File",
        "decided_by": "Décidé par",
        "age": "Âge",
        "rule": "règle",
        "model": "modèle",
        "human": "humain",
        "urgent": "urgent",
        "high": "prioritaire",
        "normal": "",
        "low": "",
        "empty": "Aucun e-mail distribué ici pour l'instant.",
        "empty_about": "Déposez-en un avec POST /v1/emails : il apparaîtra dans cette liste.",
        "older": "Plus anciens",
        "newest": "Les plus récents",
        "refresh": "Actualiser",
        "api": "Guide de l'API",
        "sign_in": "Se connecter",
        "sign_in_about": "Saisissez une clé d'API ayant la portée read. Elle reste dans ce navigateur, "
        "dans un cookie signé, pendant douze heures.",
        "key": "Clé d'API",
        "sign_out": "Se déconnecter",
        "make_key": "Pour en créer une :",
        "skip": "Aller au contenu",
        "home": "Retour à l'accueil",
        "summary": "État du service",
        "unreviewed": "à relire",
    },
    ENGLISH: {
        "title": "Routed mail",
        "tagline": "Every e-mail, to the right team",
        "queues": "Queues",
        "all": "All queues",
        "latest": "Latest routed mails",
        "in_queue": "Mails in the queue",
        "queued": "Waiting",
        "queued_about": "received, not read yet",
        "running": "In progress",
        "running_about": "in a worker's hands",
        "failed": "Failed",
        "failed_about": "for a human to retry",
        "workers": "Workers",
        "workers_about": "heard from in 30 s",
        "oldest": "oldest:",
        "none_waiting": "nothing to review",
        "subject": "Subject",
        "no_subject": "(no subject)",
        "label": "Label",
        "no_label": "no label",
        "confidence": "Confidence",
        "queue": "Queue",
        "decided_by": "Decided by",
        "age": "Age",
        "rule": "rule",
        "model": "model",
        "human": "human",
        "urgent": "urgent",
        "high": "high",
        "normal": "",
        "low": "",
        "empty": "No mail was routed here yet.",
        "empty_about": "Hand one in with POST /v1/emails and it will show up in this list.",
        "older": "Older",
        "newest": "Newest",
        "refresh": "Refresh",
        "api": "API documentation",
        "sign_in": "Sign in",
        "sign_in_about": "Enter an API key with the scope read. It stays in this browser, in a signed cookie, "
        "for twelve hours.",
        "key": "API key",
        "sign_out": "Sign out",
        "make_key": "To make one:",
        "skip": "Skip to content",
        "home": "Back to the start",
        "summary": "State of the service",
        "unreviewed": "to review",
    },
}

UNITS: Mapping[str, tuple[str, str, str, str]] = {FRENCH: ("s", "min", "h", "j"), ENGLISH: ("s", "min", "h", "d")}

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


def age(seconds: float, language: str) -> str:
    """Return a duration in its largest unit, such as `3 min`."""
    second, minute, hour, day = UNITS[language]
    whole = max(0, int(seconds))
    for size, unit in ((86400, day), (3600, hour), (60, minute)):
        if whole >= size:
            return f"{whole // size}{NO_BREAK_SPACE}{unit}"
    return f"{whole}{NO_BREAK_SPACE}{second}"


def percent(probability: float, language: str) -> str:
    """Return a probability in whole per cent; never rounded up to certainty."""
    whole = min(round(probability * 100), 99 if probability < 1 else 100)
    return f"{whole}{NARROW_SPACE}%" if language == FRENCH else f"{whole}%"


def count(number: int, language: str) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}".replace(",", NARROW_SPACE) if language == FRENCH else f"{number:,}"
