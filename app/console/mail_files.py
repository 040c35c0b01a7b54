"""What came with a mail, to be shown or saved: attachments one by one, and the message as it was handed in.

Nothing of it is ever a page of ours: everything is a file to save, of no type that a browser runs. Pictures of four
kinds, which must begin as such files do, are shown within the mail's page besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response

from app.console.language import gettext as _
from app.console.language import ngettext, write_number
from app.endpoint import Endpoint, endpoint
from app.jobs import known, mail_file
from app.services import services
from app.text import in_order
from routing.errors import NotFound
from routing.job import MailFormat
from routing.mail import Attachment, Mail
from routing.mail.stored import attached, mail_of
from routing.people import Role

mail_files = Blueprint("console_mail_files", __name__)

AGENTS = Endpoint(scope=None, role=Role.AGENT, documented=False)
KILOBYTE: Final = 1000
MEGABYTE: Final = 1_000_000
FILE_POLICY: Final = "sandbox; default-src 'none'"
FILE_TYPE: Final = "application/octet-stream"

_PICTURES: Final[dict[str, Callable[[bytes], bool]]] = {
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda content: content.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
}
_SAME: Final = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
_ENDINGS: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/calendar": ".ics",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A line of the list of attachments."""

    number: int
    name: str
    kind: str
    size: str
    """With its unit; empty when it is not known."""
    address: str
    """Where it is; empty when only its name was handed in."""
    picture: bool
    """A browser may show it."""


def files_of(job_id: str, mail: Mail, mail_format: MailFormat) -> tuple[File, ...]:
    """Return the attachments of a mail as the page lists them."""
    kept = mail_format is MailFormat.RFC822
    return tuple(
        File(
            number=number,
            name=file_name(each, number),
            kind=each.content_type,
            size=_size(each.size),
            address=address_of(job_id, number) if kept else "",
            picture=kept and _kind(each) in _PICTURES,
        )
        for number, each in enumerate(mail.attachments)
    )


def images_of(job_id: str, mail: Mail, mail_format: MailFormat) -> dict[str, str]:
    """Return where the pictures are that the HTML part names by their Content-ID."""
    if mail_format is not MailFormat.RFC822:
        return {}
    return {
        each.content_id: address_of(job_id, number)
        for number, each in reversed(list(enumerate(mail.attachments)))
        if each.content_id and _kind(each) in _PICTURES
    }


def address_of(job_id: str, number: int) -> str:
    """Return where an attachment is."""
    return f"/mails/{job_id}/attachments/{number}"


def file_name(attachment: Attachment, number: int) -> str:
    """Return what an attachment is called: its own name, or one that says which it was, with a fitting ending."""
    name = in_order(attachment.name).strip().lstrip(".") or _("attachment %(number)s", number=number + 1)
    ending = _ENDINGS.get(_kind(attachment), "")
    return name if "." in name[-6:] else name + ending


@mail_files.get("/mails/<job_id>/attachments/<int:number>")
@endpoint(AGENTS)
def get_attachment(job_id: str, number: int) -> Response:
    """Answer with what is in an attachment."""
    stored = services().store.mail(known(job_id))
    content = attached(stored.content, stored.format, number)
    mail = mail_of(stored.content, stored.format)
    if content is None or number >= len(mail.attachments):
        raise NotFound("There is no such attachment.")
    attachment = mail.attachments[number]
    kind = _kind(attachment)
    shown = kind in _PICTURES and _PICTURES[kind](content)
    return _file(Response(content, content_type=kind if shown else FILE_TYPE), file_name(attachment, number))


@mail_files.get("/mails/<job_id>/raw")
@endpoint(AGENTS)
def get_raw(job_id: str) -> Response:
    """Answer with the message as it was handed in."""
    response = mail_file(services().store.mail(known(job_id)), job_id)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


def _file(response: Response, name: str) -> Response:
    name = "".join(character if character.isprintable() else "_" for character in name).replace("/", "_")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _size(size: int) -> str:
    """Return a size in its largest unit (thousands, as files are measured); nothing for none."""
    if size >= MEGABYTE:
        return _("%(number)s MB", number=write_number(size / MEGABYTE, 1))
    if size >= KILOBYTE:
        return _("%(number)s kB", number=write_number(round(size / KILOBYTE)))
    return ngettext("%(num)s byte", "%(num)s bytes", size) if size else ""


def _kind(attachment: Attachment) -> str:
    return _SAME.get(attachment.content_type, attachment.content_type)
