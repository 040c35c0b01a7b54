"""What a mail's body is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a stretch of lines is. Each line of a body has exactly one kind; empty lines go with what is above."""

    GREETING = "greeting"
    """« Bonjour Madame, », alone on its line."""
    BODY = "body"
    """What the sender says. What is nothing else is body."""
    THANKS = "thanks"
    """« Merci d'avance », alone on its line."""
    CLOSING = "closing"
    """« Cordialement », « Je vous prie d'agréer… », "Kind regards"."""
    NAME = "name"
    """The sender's name under the mail, with no delimiter above it."""
    CONTACT = "contact"
    """Title, company, telephone and address under the name, with no delimiter above them."""
    SIGNATURE = "signature"
    """What stands behind a delimiter (`-- `, RFC 3676 section 4.3; a line of underscores), to the end."""
    DEVICE = "device"
    """« Envoyé de mon iPhone », "Get Outlook for Android"."""
    DISCLAIMER = "disclaimer"
    """Legal text, banners about outside senders, virus checks, « Pensez à l'environnement »."""
    FOOTER = "footer"
    """Tracking marks, unsubscribing, « vous recevez ce message car »."""
    RULE = "rule"
    """A line drawn under the mail (`-----`, `_____`), or above the header of an earlier one."""
    ATTRIBUTION = "attribution"
    """« Le 3 mai 2026 à 10:11, Léa a écrit : »."""
    REPLY_HEADER = "reply_header"
    """« De : … Envoyé : … À : … Objet : … », and « Message d'origine » above it."""
    FORWARD_HEADER = "forward_header"
    """The same under « Message transféré »."""
    QUOTE = "quote"
    """Lines quoted with `>` that the sender's own words answer."""
    HISTORY = "history"
    """Earlier messages: quoted with `>` and not answered line by line, or everything below a header."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Introduction:
    """What an attribution or a header says of the message below it, as written; empty where it does not say."""

    who: str = ""
    when: str = ""
    subject: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """Consecutive lines of one kind."""

    kind: Kind
    text: str
    """The lines as they stand, with their line ends and quotation marks."""
    depth: int = 0
    """How many messages back: 0 is what was written now, 1 the message answered or forwarded, and so on."""
    introduces: Introduction | None = None
    """What an attribution or a header says; None for other kinds."""
