"""A mail handed in as fields (JSON) rather than as a raw message.

The keys of a JSON submission: `from`, `to`, `cc`, `reply_to` (a string, `{"name", "address"}`, or a list of them),
`subject`, `text`, `html`, `headers` (a mapping, values strings or lists, or a list of pairs), `message_id`,
`received_at` (Unix time in seconds or milliseconds, ISO 8601 in UTC unless it says otherwise, or an RFC 5322 date) and
`attachments` (a list of names or of `{"name", "type", "size"}`, or with `content` in base64 instead of the size). What
cannot be read is left out and told as a defect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from routing.mail.address import MAILBOXES, first_mailbox, mailboxes
from routing.mail.body import CHARACTERS, best_text
from routing.mail.charset import one_line, storable
from routing.mail.headers import FIELDS, message_id_in
from routing.mail.message import Address, Attachment, Mail
from routing.mail.mime import PARTS
from routing.mail.parse import date_of, told
from routing.mail.transfer import decoded_size
from routing.mail.words import decode_words

_FIELD = 10_000
"""Longest header value, name or address kept, in characters."""

_DIGITS = 30
"""Most digits of a time that are read."""

_MILLISECONDS = 1e11
"""From here on (the year 5138) a time was meant in milliseconds."""

_SIZE = 2**63 - 1
"""Largest attachment size believed, in bytes: what a database takes."""


def mail_from_fields(fields: Mapping[str, Any]) -> Mail:
    """Return the mail that these fields describe; never raises. The module's docstring lists the keys."""
    try:
        return _Fields(fields).mail()
    except Exception as error:  # noqa: BLE001 - one unreadable mail must not stop the others; it is told as a defect
        return Mail(defects=(f"unreadable: {type(error).__name__}",))


class _Fields:
    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._defects: list[str] = []

    def mail(self) -> Mail:
        headers = self._headers()
        given = {name.lower(): value for name, value in reversed(headers)}
        identifiers = [self._line("message_id"), *(value for name, value in headers if name.lower() == "message-id")]
        html = self._text("html")
        attachments = self._attachments()
        received = self._fields.get("received_at")
        sender = self._addresses("from") or mailboxes(given.get("from", ""))
        return Mail(
            message_id=next(filter(None, map(message_id_in, identifiers)), ""),
            sender=sender[0] if sender else Address(),
            to=self._addresses("to") or mailboxes(given.get("to", "")),
            cc=self._addresses("cc") or mailboxes(given.get("cc", "")),
            reply_to=self._addresses("reply_to") or mailboxes(given.get("reply-to", "")),
            subject=self._line("subject") or given.get("subject", ""),
            date=date_of(given.get("date", "")) if received is None else self._date(received),
            text=best_text(self._text("text"), html),
            html=html,
            attachments=attachments,
            headers=headers,
            parts=self._parts(html, attachments),
            defects=told(self._defects),
        )

    def _text(self, key: str) -> str:
        value = self._fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._defects.append(f"{key} is no string")
            return ""
        if len(value) > CHARACTERS:
            self._defects.append(f"{key} cut at {CHARACTERS} characters")
        return storable(value[:CHARACTERS])

    def _line(self, key: str) -> str:
        return _line(self._text(key))

    def _addresses(self, key: str) -> tuple[Address, ...]:
        value = self._fields.get(key)
        if value is None:
            return ()
        found: list[Address] = []
        for item in value[:MAILBOXES] if isinstance(value, list | tuple) else [value]:
            if len(found) >= MAILBOXES:
                break
            if isinstance(item, str):
                found.extend(mailboxes(one_line(item[: _FIELD * 10])))
            elif isinstance(item, Mapping) and (address := _address(item)) != Address():
                found.append(address)
            else:
                self._defects.append(f"{key} holds what is no address")
        return tuple(found[:MAILBOXES])

    def _headers(self) -> tuple[tuple[str, str], ...]:
        value = self._fields.get("headers")
        if value is None:
            return ()
        pairs: list[tuple[str, str]] = []
        for name, content in self._pairs(value):
            for each in content if isinstance(content, list | tuple) else [content]:
                if isinstance(name, str) and isinstance(each, str) and len(pairs) < FIELDS:
                    pairs.append((one_line(name)[:_FIELD], _line(each)))
                else:
                    self._defects.append("a header that is no pair of strings")
        return tuple(pairs)

    def _pairs(self, value: Any) -> Iterable[tuple[Any, Any]]:
        if isinstance(value, Mapping):
            return value.items()
        if not isinstance(value, list | tuple):
            self._defects.append("headers are neither a mapping nor a list of pairs")
            return ()
        pairs: list[tuple[Any, Any]] = []
        for item in value:
            if isinstance(item, list | tuple) and len(item) == 2:  # noqa: PLR2004 - a pair
                pairs.append((item[0], item[1]))
            elif isinstance(item, Mapping):
                pairs.append((item.get("name", item.get("Name")), item.get("value", item.get("Value"))))
            else:
                self._defects.append("a header that is no pair of strings")
        return pairs

    def _date(self, value: Any) -> float | None:
        seconds: float | None = None
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                seconds = float(value)
            except OverflowError:
                seconds = None
        elif isinstance(value, str) and value.strip().isdecimal():
            seconds = float(value[:_DIGITS])
        elif isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value.strip())
                seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                seconds = date_of(value)
        if seconds is not None and abs(seconds) >= _MILLISECONDS:
            seconds /= 1000
        if seconds is None or not abs(seconds) < _MILLISECONDS:
            self._defects.append("unreadable received_at")
            return None
        return seconds

    def _attachments(self) -> tuple[Attachment, ...]:
        value = self._fields.get("attachments")
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self._defects.append("attachments are no list")
            return ()
        if len(value) > PARTS:
            self._defects.append(f"over {PARTS} attachments: the rest is not read")
        return tuple(filter(None, map(self._attachment, value[:PARTS])))

    def _attachment(self, item: Any) -> Attachment | None:
        if isinstance(item, str):
            return Attachment(name=_line(item))
        if not isinstance(item, Mapping):
            self._defects.append("an attachment that is no object")
            return None
        name, kind, size, content = (item.get(key) for key in ("name", "type", "size", "content"))
        if isinstance(content, str):
            size = decoded_size(content.encode("ascii", "replace"), "base64")
        elif not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _SIZE:
            if size is not None:
                self._defects.append("an attachment with an unreadable size")
            size = 0
        return Attachment(
            name=_line(name) if isinstance(name, str) else "",
            content_type=(one_line(kind).lower() if isinstance(kind, str) else "") or Attachment().content_type,
            size=size,
        )

    def _parts(self, html: str, attachments: tuple[Attachment, ...]) -> tuple[str, ...]:
        """The media types that this mail would have had as a MIME message."""
        bodies = tuple(kind for kind, given in (("text/plain", self._fields.get("text")), ("text/html", html)) if given)
        if len(bodies) > 1:
            bodies = ("multipart/alternative", *bodies)
        attached = tuple(attachment.content_type for attachment in attachments)
        return ("multipart/mixed", *bodies, *attached) if attached else bodies or ("text/plain",)


def _address(item: Mapping[str, Any]) -> Address:
    name, address = item.get("name"), item.get("address") or item.get("email")
    return Address(
        name=_line(name) if isinstance(name, str) else "",
        address=first_mailbox(one_line(address[:_FIELD])).address if isinstance(address, str) else "",
    )


def _line(text: str) -> str:
    text = one_line(text[:_FIELD])
    return one_line(decode_words(text)) if "=?" in text else text
