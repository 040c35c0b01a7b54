"""Vary a mail the way people vary mails, so that a model does not hang on one spelling or one layout.

Nothing here adds a word that speaks for a label: what is added (greetings, signatures, history) is drawn alike for all.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace

from model.corpus import Example

_GREETINGS = {
    "fr": ("Bonjour,", "Bonjour Madame, Monsieur,", "Madame, Monsieur,", "Bonsoir", "Bjr,", "Chère équipe,"),
    "en": ("Hello,", "Hi there,", "Dear Sir or Madam,", "Good morning,", "Hi,", "To whom it may concern,"),
}
_SIGNATURES = {
    "fr": (
        "Cordialement,\nC. Marchand",
        "Bien à vous",
        "Merci d'avance,\nLucie et Paul",
        "Sincères salutations\nM. Haddad\n06 00 00 00 00",
        "Envoyé de mon iPhone",
    ),
    "en": ("Kind regards,\nT. Okafor", "Many thanks", "Best,\nSam", "Regards\nMrs J. Byrne\n020 0000 0000", "Cheers"),
}
_HISTORIES = {
    "fr": (
        (
            "Le lun. 2 nov. 2026 à 09:12, Service clients <clients@assureur.example> a écrit :\n> Bonjour,\n"
            "> Nous avons bien reçu votre message et revenons vers vous rapidement.\n> Cordialement"
        ),
        (
            "De : Service clients <clients@assureur.example>\nEnvoyé : lundi 2 novembre 2026 09:12\nÀ : client\n"
            "Objet : Votre demande\n\nNous restons à votre disposition."
        ),
    ),
    "en": (
        (
            "On Mon, 2 Nov 2026 at 09:12, Customer Service <service@insurer.example> wrote:\n> Hello,\n"
            "> Thank you for your message, we will come back to you shortly.\n> Regards"
        ),
        (
            "From: Customer Service <service@insurer.example>\nSent: 02 November 2026 09:12\nTo: customer\n"
            "Subject: Your request\n\nWe remain at your disposal."
        ),
    ),
}
# The odds of each change. Most mails get none or one, so that the corpus itself stays what is learnt.
_OTHER_SUBJECT = 0.25
_GREETED = 0.08
_SIGNED = 0.08
_WITH_HISTORY = 0.05
_MISTYPED = 0.2
_SHORTENED = 0.15
_BARE = 0.05
"""No capitals, no accents."""

_LETTERS_A_SLIP = 60
_ENOUGH_LINES = 4
"""Of four or more lines, any one rarely decides what a mail is about."""

_KEYS_NEARBY = {"a": "qz", "e": "rz", "i": "uo", "o": "ip", "r": "te", "s": "qd", "t": "ry", "n": "b", "l": "mk"}


def vary(example: Example, draw: random.Random) -> Example:
    """Return `example` with none, one or several small changes drawn from `draw`."""
    subject, text = example.subject, example.text
    language = example.language if example.language in _GREETINGS else "en"
    if text and draw.random() < _OTHER_SUBJECT:
        subject = draw.choice(("", "", "Re: " + subject))
    if draw.random() < _MISTYPED:
        text = _mistyped(text, draw)
    if draw.random() < _SHORTENED:
        text = _without_a_line(text, draw)
    if draw.random() < _GREETED:
        text = f"{draw.choice(_GREETINGS[language])}\n{text}"
    if draw.random() < _SIGNED:
        text = f"{text}\n\n{draw.choice(_SIGNATURES[language])}"
    if draw.random() < _WITH_HISTORY:
        text = f"{text}\n\n{draw.choice(_HISTORIES[language])}"
    if draw.random() < _BARE:
        subject, text = subject.lower(), _plain(text.lower())
    return replace(example, subject=subject, text=text)


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _mistyped(text: str, draw: random.Random) -> str:
    """Double, drop, swap or mistype about one letter in sixty."""
    letters = list(text)
    for _ in range(len(letters) // _LETTERS_A_SLIP):
        at = draw.randrange(len(letters) - 1)
        match draw.randrange(4):
            case 0:
                letters[at] *= 2
            case 1:
                letters[at] = ""
            case 2:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            case _:
                letters[at] = draw.choice(_KEYS_NEARBY.get(letters[at], letters[at] or " "))
    return "".join(letters)


def _without_a_line(text: str, draw: random.Random) -> str:
    """Drop one line."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < _ENOUGH_LINES:
        return text
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)
