"""What a list shows of a mail and finds it by: the first words, and the words, of what its sender wrote now."""

from __future__ import annotations

from dataclasses import dataclass

from routing.mail.message import Mail
from routing.mail.segmentation import OWN, written_now

EXCERPT = 200
"""Characters of an excerpt: two lines of a list."""
READ = 20_000
"""Characters of a body that are looked at."""
WORDS = 8_000
"""Characters handed to the search: it keeps half of that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """A mail in few words."""

    start: str
    """Its first words, in one line, without greeting, signature and history."""
    words: str
    """What it is found by beside its subject and its sender's address: the sender's name, and all that was written."""


def excerpt_of(mail: Mail) -> Excerpt:
    """Return the mail in few words; of one that only passes on another, that one's. Linear in its first characters."""
    text = mail.text[:READ]
    written = written_now(text)
    own = _line(written_now(text, OWN)) or _line(written)
    return Excerpt(start=own, words=f"{mail.sender.name} {written[:WORDS]}".strip())


def _line(text: str) -> str:
    """Return the first words of a text in one line, with an ellipsis when some are missing."""
    line = " ".join(text[: 4 * EXCERPT].split())
    if len(line) <= EXCERPT:
        return line
    return f"{line[:EXCERPT].rpartition(' ')[0] or line[:EXCERPT]}…"
