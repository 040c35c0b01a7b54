"""A mail that comes as JSON fields instead of as a message."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from app.schemas.moment import Moment
from app.schemas.strict import Strict
from routing.errors import InvalidInput
from routing.mail.headers import message_id_in

HEADER_NAME = r"^[!-9;-~]+$"
METADATA_BYTES = 16 * 1024
URL_CHARACTERS = 2048
LARGEST_INTEGER = 2**63 - 1

Line = Annotated[str, StringConstraints(max_length=998)]
"""A header's text; RFC 5322 gives lines 998 characters."""


def check_metadata(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse what no database or JSON reader could give back as it came. Raises ValueError with a sentence."""
    left: list[Any] = [metadata]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += value.keys()
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and "\0" in value:
            raise ValueError("Must not contain the character NUL.")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError("Must contain no number beyond the range of a double.")
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            raise ValueError("Must contain no whole number of more than 64 bits; send it as a string.")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise ValueError(f"Must have at most {METADATA_BYTES} bytes as JSON.")
    return metadata


def check_callback_url(url: str) -> str:
    """Refuse what is no absolute http or https URL. Raises ValueError with a sentence."""
    wrong = "Must be an absolute https or http URL without user name, such as https://example.org/facteur."
    if len(url) > URL_CHARACTERS or not url.isascii() or any(character <= " " for character in url):
        raise ValueError(wrong)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(wrong)
    return url


def _listed(value: object) -> object:
    """Take one mailbox for a list of one: what most mails have."""
    return [value] if isinstance(value, str) else value


Mailboxes = Annotated[list[Line], BeforeValidator(_listed, json_schema_input_type=list[Line] | Line)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(check_metadata)]
CallbackUrl = Annotated[str, AfterValidator(check_callback_url)]


class AttachmentIn(Strict):
    """A file that came with the mail: its size, or its content, of which only the size is kept."""

    name: Line = ""
    type: Line = "application/octet-stream"
    size: int | None = Field(default=None, ge=0, le=LARGEST_INTEGER, description="Bytes.")
    content: str | None = Field(default=None, description="Base64 (RFC 4648). Counted and checked, never stored.")

    @model_validator(mode="after")
    def _size_or_content(self) -> AttachmentIn:
        if (self.size is None) == (self.content is None):
            raise ValueError("Give either size or content.")
        if self.content is not None:
            self.decoded_size()
        return self

    def decoded_size(self) -> int:
        """Return the attachment's size in bytes."""
        if self.content is None:
            return self.size or 0
        try:
            return len(base64.b64decode("".join(self.content.split()), validate=True))
        except (binascii.Error, ValueError):
            raise ValueError("content must be base64 (RFC 4648, with padding).") from None


class EmailIn(Strict):
    """A mail as fields. Give at least one of subject, text, html and attachments."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["subject"]},
                {"required": ["text"]},
                {"required": ["html"]},
                {"required": ["attachments"]},
            ]
        }
    )

    sender: Line = Field(default="", alias="from", description="One mailbox: `Ada Lovelace <ada@example.org>`.")
    to: Mailboxes = Field(default=[], max_length=1000, description="A mailbox, or a list of them.")
    cc: Mailboxes = Field(default=[], max_length=1000)
    reply_to: Mailboxes = Field(default=[], max_length=100)
    subject: str = Field(default="", max_length=10_000)
    text: str = ""
    html: str = ""
    headers: dict[Annotated[str, StringConstraints(pattern=HEADER_NAME, max_length=200)], str | list[str]] = Field(
        default={}, max_length=1000, description="Further header fields: name to value, or to a list of values."
    )
    message_id: Line = Field(
        default="",
        description="`<left@right>`, with its angle brackets. A repeat of it gives the same job. What is of "
        "another form is kept with the mail, and no repeat is known by it.",
    )
    received_at: Moment | None = None
    attachments: list[AttachmentIn] = Field(default=[], max_length=1000)
    callback_url: CallbackUrl | None = Field(default=None, description="Where the decided job is posted, signed.")
    metadata: Metadata = Field(default={}, description="Your own data: given back with the job, never read. 16 KiB.")

    @model_validator(mode="after")
    def _says_something(self) -> EmailIn:
        if not (self.subject.strip() or self.text.strip() or self.html.strip() or self.attachments):
            raise ValueError("The mail says nothing; give a subject, a text, an html or an attachment.")
        return self

    def known_message_id(self) -> str:
        """Return the Message-ID, from its field or else from the headers; empty when there is none.

        One that is not well-formed (RFC 5322, section 3.6.4) is none: `unknown` or `-` would make one job of mails that
        have nothing to do with each other.
        """
        given = [self.message_id]
        for name, value in self.headers.items():
            if name.lower() == "message-id":
                given += [value] if isinstance(value, str) else value
        return next(filter(None, map(message_id_in, given)), "")

    def content(self) -> bytes:
        """Return what is stored: the mail's own fields as JSON, in one form; attachments without their content."""
        fields = {
            "from": self.sender,
            "to": self.to,
            "cc": self.cc,
            "reply_to": self.reply_to,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "headers": self.headers,
            "message_id": self.message_id,
            "received_at": self.received_at,
            "attachments": [
                {"name": each.name, "type": each.type, "size": each.decoded_size()} for each in self.attachments
            ],
        }
        return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False).encode()


def metadata_of_query(text: str) -> dict[str, Any]:
    """Read the query parameter `metadata` of a raw mail: a JSON object. Raises InvalidInput."""
    wrong = InvalidInput("metadata must be a JSON object.", field="metadata")
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(value, dict):
        raise wrong
    try:
        check_metadata(value)
    except ValueError as error:
        raise InvalidInput(str(error), field="metadata") from None
    return value
