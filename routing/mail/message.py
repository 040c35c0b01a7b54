"""What a mail is once it has been read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One mailbox: a display name (may be empty) and an address (lower-cased domain)."""

    name: str = ""
    address: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file that came with the mail: what it is called, what it says it is, how large it is. Never its content."""

    name: str = ""
    content_type: str = "application/octet-stream"
    size: int = 0
    """Decoded size, in bytes."""
    content_id: str = ""
    """By what the HTML part names it (`cid:`, RFC 2392), without angle brackets; empty when it does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail that was read. Every field has a value, however broken the message was; `defects` says what was wrong."""

    message_id: str = ""
    """As in the header, `<left@right>` with its angle brackets; empty when there is none or it is not well-formed."""
    sender: Address = field(default_factory=Address)
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: float | None = None
    """The Date header as Unix time in seconds; None when absent or unreadable."""
    text: str = ""
    """The body as text: the plain part if it says anything, else the HTML part as text. Lines end in `\\n`."""
    html: str = ""
    """The HTML part as it came, decoded; empty when there is none."""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Every header field, in order: (name as written, value unfolded and decoded)."""
    parts: tuple[str, ...] = ()
    """The content types of all MIME parts, depth first, lower case; the first is the message's own."""
    defects: tuple[str, ...] = ()
    """What was wrong with the message, one short phrase each."""

    def header(self, name: str) -> str:
        """Return the first value of the header field `name` (any case), or the empty string."""
        return next(self.header_values(name), "")

    def header_values(self, name: str) -> Iterator[str]:
        """Yield each value of the header field `name` (any case), in order."""
        wanted = name.lower()
        return (value for key, value in self.headers if key.lower() == wanted)
