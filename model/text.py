"""What the classifier reads of a mail: the same text in training and in serving.

A mail is about what its sender wrote now. Quoted history, reply and forward headers and signatures are about
something else, so they are cut; unless the mail only forwards, for then it is about what it forwards.

Everything is one pass over lines with a look-ahead of a few lines: no regular expression sees mail text, and the
work is bounded whatever the text is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.mail import Mail

FEATURES_LIMIT = 4_000
"""Characters of the text given to the tokenizer: beyond what 256 tokens of any real prose take."""

READ_LIMIT = 200_000
"""Characters of a body that are read at all: the longest real thread is shorter."""

_SUBJECT_LIMIT = 300
_FORWARDING_WORDS = 15
"""A forward with fewer words of its own than this only forwards ("Pour info, merci de traiter")."""

_REPLY_PREFIXES = frozenset({"re", "ré", "rép", "réf", "aw", "antw", "sv", "rif"})
_FORWARD_PREFIXES = frozenset({"fwd", "fw", "tr", "wg", "rv", "i", "enc"})

_DIVIDER_STARTS = ("-", "_", "=", "*", "début du message", "begin forwarded", "forwarded by", "transféré par")
_REPLY_DIVIDERS = (
    "message d'origine",
    "message d’origine",  # noqa: RUF001 - clients write the typographic apostrophe too
    "message original",
    "original message",
    "message initial",
    "e-mail d'origine",
    "original appointment",
)
_FORWARD_DIVIDERS = (
    "forwarded message",
    "forwarded by",
    "begin forwarded",
    "message transféré",
    "message réexpédié",
    "message transmis",
    "transféré par",
)
_DIVIDER_LIMIT = 120

_ATTRIBUTION_ENDS = ("a écrit :", "a écrit:", "a ecrit :", "écrit :", "écrivait :", "wrote:", "wrote :", "writes:")
_ATTRIBUTION_LINES = 3
"""Clients fold « Le …, … <…> a écrit : » over as many lines."""

_HEADER_FROM = frozenset({"de", "from", "von", "expéditeur"})
_HEADER_TELLING = frozenset({"objet", "subject", "betreff", "sujet", "envoyé", "sent", "gesendet"})
_HEADER_OTHER = frozenset({"à", "a", "to", "an", "cc", "date", "copie", "pour", "reply-to", "répondre à", "importance"})
_HEADERS = _HEADER_FROM | _HEADER_TELLING | _HEADER_OTHER
_HEADER_BLOCK_LINES = 8

_DEVICE_SIGNATURES = (
    "envoyé de mon",
    "envoyé depuis",
    "envoyé à partir d",
    "envoyé avec",
    "sent from my",
    "sent from yahoo",
    "sent from mail",
    "sent from outlook",
    "télécharger outlook",
    "get outlook for",
    "obtenir outlook",
    "provenance : courrier",
)


def features_of(mail: Mail) -> str:
    """Return the text that stands for `mail`: its subject, a line feed, and what its sender wrote now.

    Never empty if the mail has any visible text; attachment names stand in where there is none. At most
    `FEATURES_LIMIT` characters, always encodable as UTF-8.
    """
    subject, forwards = bare_subject(mail.subject)
    body = _body(mail.text[:READ_LIMIT], forwards=forwards) or mail.text.strip()
    features = f"{subject}\n{body}".strip() or " ".join(part.name for part in mail.attachments[:10])
    # A lone surrogate from a broken header would make the tokenizer raise.
    return features[:FEATURES_LIMIT].encode(errors="replace").decode()


def bare_subject(subject: str) -> tuple[str, bool]:
    """Strip reply and forward prefixes from `subject`; also say whether one of them meant a forward."""
    rest, forwards = subject[:_SUBJECT_LIMIT].strip(), False
    while True:
        head, colon, tail = rest.partition(":")
        prefix = head.strip().lower().rstrip("[]()0123456789 ")
        if not colon or (prefix not in _REPLY_PREFIXES and prefix not in _FORWARD_PREFIXES):
            return rest, forwards
        forwards = forwards or prefix in _FORWARD_PREFIXES
        rest = tail.strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A body in its parts."""

    now: str
    """What the sender wrote for this mail."""
    quoted: str
    """Lines quoted with `>`, without the marks."""
    history: str
    """From the first reply or forward header to the end."""
    forwards: bool
    """The history is introduced as forwarded."""


def written_now(text: str) -> Written:
    """Split a body into what was written now, what is quoted and the history below."""
    lines = [line.strip() for line in text.split("\n")]
    kept: list[str] = []
    quoted: list[str] = []
    in_signature, skip_to = False, 0
    for index, line in enumerate(lines):
        if index < skip_to:
            continue
        if not line:
            kept.append(line)
        elif line[0] == ">":
            quoted.append(line.lstrip("> "))
        elif line == "--":
            in_signature = True
        else:
            low = line[:_DIVIDER_LIMIT].lower()
            after = _attribution_end(lines, index, low)
            if after and _next_is_quoted(lines, after):
                in_signature, skip_to = False, after
            elif after or _starts_history(lines, index, low):
                return _written(kept, quoted, lines[index:], forwards=_is_divider(low, _FORWARD_DIVIDERS))
            elif not in_signature and not low.startswith(_DEVICE_SIGNATURES):
                kept.append(line)
    return _written(kept, quoted, [], forwards=False)


def _written(kept: Sequence[str], quoted: Sequence[str], history: Sequence[str], *, forwards: bool) -> Written:
    return Written(
        now="\n".join(kept).strip(), quoted="\n".join(quoted).strip(), history="\n".join(history), forwards=forwards
    )


def _body(text: str, *, forwards: bool) -> str:
    """Return what was written now and, as far as that only forwards, what it forwards (three levels deep)."""
    own: list[str] = []
    for _ in range(3):
        written = written_now(text)
        if written.now:
            own.append(written.now)
        says_enough = len(written.now.split(maxsplit=_FORWARDING_WORDS)) >= _FORWARDING_WORDS
        if says_enough or (written.now and not forwards and not written.forwards):
            break
        if not written.history:
            own.append("" if written.now and not forwards else written.quoted)
            break
        text, forwards = _below_headers(written.history), False
    return "\n".join(own).strip()


def _below_headers(history: str) -> str:
    """Cut the lines that introduce a history: dividers, attributions, header fields."""
    lines = history.split("\n")
    index = _attribution_end(lines, 0, lines[0][:_DIVIDER_LIMIT].lower()) or 0
    while index < len(lines):
        low = lines[index][:_DIVIDER_LIMIT].lower()
        if low and not low.startswith(_DIVIDER_STARTS) and _header_name(low) not in _HEADERS:
            break
        index += 1
    return "\n".join(lines[index:])


def _starts_history(lines: Sequence[str], index: int, low: str) -> bool:
    if low.startswith(_DIVIDER_STARTS) and (_is_divider(low, _REPLY_DIVIDERS) or _is_divider(low, _FORWARD_DIVIDERS)):
        return True
    if ":" not in low or _header_name(low) not in _HEADERS:
        return False
    names = {_header_name(line[:_DIVIDER_LIMIT].lower()) for line in lines[index : index + _HEADER_BLOCK_LINES]}
    # "De : Paris / À : Lyon" in a body is not a header: a block has a sender, a subject or "sent", and a third field.
    return bool(names & _HEADER_FROM and names & _HEADER_TELLING) and len(names & _HEADERS) > 2  # noqa: PLR2004 - said above


def _is_divider(low: str, phrases: Sequence[str]) -> bool:
    return any(phrase in low for phrase in phrases)


def _header_name(low: str) -> str:
    name, colon, _ = low.partition(":")
    return name.strip(" *\t\xa0") if colon else ""


def _attribution_end(lines: Sequence[str], index: int, low: str) -> int | None:
    """Return the index after an attribution (« Le … a écrit : ») that starts at `index`, or None."""
    if low.endswith(_ATTRIBUTION_ENDS):
        return index + 1 if _dated_or_addressed(low) else None
    if not low.startswith(("le ", "on ")):
        return None
    for end in range(index + 1, min(index + _ATTRIBUTION_LINES, len(lines))):
        if lines[end][-20:].lower().endswith(_ATTRIBUTION_ENDS):
            return end + 1 if _dated_or_addressed(low) else None
    return None


def _dated_or_addressed(low: str) -> bool:
    """Tell « Le 3 mai, Léa a écrit : » from « Voici ce que l'expert a écrit : »."""
    return "@" in low or any(character.isdigit() for character in low)


def _next_is_quoted(lines: Sequence[str], index: int) -> bool:
    return any(line.startswith(">") for line in lines[index : index + 2])
