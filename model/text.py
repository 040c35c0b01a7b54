"""What the classifier reads of a mail: the same text in training and in serving.

A mail is about what its sender wrote now (`routing.mail.segmentation`). Greetings, closings, names, signatures and
footers say nothing of it and are left out. What it forwards is read too, below the sender's own words; what it answers
only where it says next to nothing itself ("Oui, c'est bien cela.").
"""

from __future__ import annotations

from routing.mail import Mail
from routing.mail.segmentation import (
    OWN,
    VISIBLE,
    Below,
    Segment,
    chosen,
    fold,
    message_below,
    remembered_segments_of,
    rules,
    segments_of,
)

TEXT_VERSION = 2
"""Which text `features_of` makes: raised whenever a mail's features change, so that a model can refuse another's."""

FEATURES_LIMIT = 4_000
"""Characters of the text given to the tokenizer: beyond what 256 tokens of any real prose take."""

READ_LIMIT = 200_000
"""Characters of a body that are read at all: the longest real thread is shorter."""

HISTORY_MARK = "…"
"""The line between what a mail says and what it answers, which may be about something else."""

_SUBJECT_LIMIT = 300
_OWN_LIMIT = 3_000
"""Characters of the sender's own words above a forwarded message: it keeps at least a quarter of the room."""
_HISTORY_LIMIT = 600
"""Characters of an answered message: weaker evidence gets less room."""
_SAYS_ENOUGH = 6
"""An answer with fewer words is read with what it answers ("Voici le document demandé.")."""
_PASSING_ON = 40
"""Most words of a mail that only passes on what is below (« Voici le message de notre assuré, merci de traiter »)."""
_LEVELS = 3
"""Forwards of forwards that are followed."""
_ATTACHMENTS = 10


def features_of(mail: Mail) -> str:
    """Return the text that stands for `mail`: its subject, a line feed, and what its sender wrote now.

    Below that comes what it forwards; or, after `HISTORY_MARK`, what it answers, where it says little itself.
    Never empty if the mail has any visible text; attachment names stand in where there is none. At most
    `FEATURES_LIMIT` characters, without empty lines, always encodable as UTF-8.
    """
    subject, forwards = bare_subject(mail.subject)
    text = mail.text[:READ_LIMIT]
    body = _body(text, forwards=forwards) or _lines(text)
    features = f"{subject}\n{body}".strip() or " ".join(part.name for part in mail.attachments[:_ATTACHMENTS])
    # A lone surrogate from a broken header would make the tokenizer raise.
    return features[:FEATURES_LIMIT].encode(errors="replace").decode()


def bare_subject(subject: str) -> tuple[str, bool]:
    """Strip reply and forward prefixes from `subject`; also say whether one of them meant a forward.

    Tags in brackets ("[SPAM]", "[Dossier 12]") stay, prefixes behind them go.
    """
    rest, tags, forwards = subject[:_SUBJECT_LIMIT].strip(), "", False
    found = rules()
    while True:
        tag, bracket, after = rest.partition("]")
        if bracket and tag.startswith("[") and "[" not in tag[1:]:
            tags, rest = f"{tags}{tag}] ", after.strip()
            continue
        head, colon, tail = rest.partition(":")
        prefix = fold(head).strip().rstrip("[]()^0123456789 ") if len(head) <= 20 else ""  # noqa: PLR2004 - longest prefix and its count
        if not colon or (prefix not in found.reply_prefixes and prefix not in found.forward_prefixes):
            return f"{tags}{rest}".strip(), forwards
        forwards = forwards or prefix in found.forward_prefixes
        rest = tail.strip()


def _body(text: str, *, forwards: bool) -> str:
    segments = remembered_segments_of(text)
    own = _own(segments)
    below = message_below(segments)
    if below is None:
        return own or _lines(chosen(segments, VISIBLE))
    words = len(own.split())
    if forwards or below.forwards or not words or _passes_on(own, words):
        return f"{own[:_OWN_LIMIT]}\n{_forwarded(below)}".strip()
    if words < _SAYS_ENOUGH:
        return f"{own}\n{HISTORY_MARK}\n{_own(segments_of(below.text))[:_HISTORY_LIMIT]}".strip(f"\n{HISTORY_MARK}")
    return own


def _forwarded(below: Below) -> str:
    """Return what a forwarded message says, and what that forwards."""
    said: list[str] = []
    for _ in range(_LEVELS):
        segments = segments_of(below.text)
        own = _own(segments)
        said.append(own)
        further = message_below(segments)
        if further is None or not (further.forwards or len(own.split()) < _SAYS_ENOUGH):
            break
        below = further
    return "\n".join(filter(None, said))


def _passes_on(own: str, words: int) -> bool:
    return words <= _PASSING_ON and rules().forwarding.search(fold(own)) is not None


def _own(segments: tuple[Segment, ...]) -> str:
    return _lines(chosen(segments, OWN))


def _lines(text: str) -> str:
    return "\n".join(filter(None, map(str.strip, text.split("\n"))))
