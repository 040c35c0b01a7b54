"""A raw message read into a `Mail`: never an exception, whatever the bytes."""

from __future__ import annotations

from email.utils import mktime_tz, parsedate_tz

from routing.mail.address import first_mailbox, mailboxes
from routing.mail.body import Body
from routing.mail.charset import one_line, windows_1252
from routing.mail.headers import address_text, begin_of, message_id_of
from routing.mail.message import Address, Mail
from routing.mail.mime import Part, Reader
from routing.mail.words import header_text

DEFECTS = 20
"""Most defects that are told of one mail."""

_DEFECT = 200
"""Longest defect, in characters."""

_DATE = 100
"""Longest Date that is read, in characters."""

_UNREADABLE = 10_000
"""How many bytes of a message that could not be read are kept as its text."""


def parse_mail(raw: bytes) -> Mail:
    """Read a raw message (RFC 5322, MIME); what is wrong with it is in the mail's `defects`.

    Reads what it can and gives every field a value. Work and memory are linear in the size of the message.
    """
    try:
        return _read(raw)
    except Exception as error:  # noqa: BLE001 - one unreadable mail must not stop the others; it is told as a defect
        text = one_line(windows_1252(raw[:_UNREADABLE]))
        return Mail(text=text, parts=("text/plain",), defects=(f"unreadable: {type(error).__name__}",))


def attached_to(raw: bytes, number: int) -> bytes | None:
    """Return what is in an attachment of a raw message, decoded; None when there is no such attachment.

    Args:
        raw: The message.
        number: Its place in `Mail.attachments` of `parse_mail`, from 0.
    """
    try:
        root, reader = _taken_apart(raw)
        contents = Body(root, reader.defects).contents
        content = contents[number] if 0 <= number < len(contents) else None
        return content.content()[0] if isinstance(content, Part) else content
    except Exception:  # noqa: BLE001 - as for the mail: what cannot be read has no attachments
        return None


def _taken_apart(raw: bytes) -> tuple[Part, Reader]:
    reader = Reader()
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
        reader.defects.append("lines end in CR alone")
    return reader.part(raw, begin_of(raw), len(raw)), reader


def _read(raw: bytes) -> Mail:
    root, reader = _taken_apart(raw)
    body = Body(root, reader.defects)
    if not root.fields:
        reader.defects.append("no header")
    headers = tuple((name.decode("ascii"), header_text(value, body.charset)) for name, value in root.fields)
    first = {name.lower(): value for name, value in reversed(headers)}
    sent_at = date_of(first["date"]) if "date" in first else None
    if sent_at is None and first.get("date"):
        reader.defects.append("unreadable date")
    return Mail(
        message_id=message_id_of(root.first.get(b"message-id", b"")),
        sender=_sender(root, body.charset),
        to=_addresses(root, b"to", body.charset),
        cc=_addresses(root, b"cc", body.charset),
        reply_to=_addresses(root, b"reply-to", body.charset),
        subject=first.get("subject", ""),
        date=sent_at,
        text=body.text,
        html=body.html,
        attachments=tuple(body.attachments),
        headers=headers,
        parts=tuple(reader.types),
        defects=told(reader.defects),
    )


def told(defects: list[str]) -> tuple[str, ...]:
    """Return defects as a mail tells them: each once, on one line, no more than `DEFECTS`."""
    return tuple(one_line(defect)[:_DEFECT] for defect in list(dict.fromkeys(defects))[:DEFECTS])


def date_of(text: str) -> float | None:
    """Return a Date field (RFC 5322, section 3.3) as Unix time in seconds; None when it cannot be read."""
    try:
        parsed = parsedate_tz(text[:_DATE])
        return float(mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _sender(root: Part, hint: str) -> Address:
    for name in (b"from", b"sender"):
        found = first_mailbox(address_text(root.first.get(name, b""), hint))
        if found.address or found.name:
            return found
    return Address()


def _addresses(root: Part, name: bytes, hint: str) -> tuple[Address, ...]:
    if name not in root.first:
        return ()
    return tuple(
        address
        for key, value in root.fields
        if len(key) == len(name) and key.lower() == name
        for address in mailboxes(address_text(value, hint))
    )
