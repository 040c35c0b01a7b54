"""The mail that a job stores, in whichever form it was handed in."""

from __future__ import annotations

import json

from routing.job import MailFormat
from routing.mail.fields import mail_from_fields
from routing.mail.message import Mail
from routing.mail.parse import attached_to, parse_mail


def mail_of(content: bytes, mail_format: MailFormat) -> Mail:
    """Return the mail in `content`; never raises.

    Args:
        content: A raw message, or the UTF-8 JSON of the fields that `routing.mail.fields` lists.
        mail_format: Which of the two.
    """
    if mail_format is not MailFormat.JSON:
        return parse_mail(content)
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as error:
        return Mail(defects=(f"unreadable JSON: {type(error).__name__}",))
    if not isinstance(fields, dict):
        return Mail(defects=("JSON that is no object",))
    return mail_from_fields(fields)


def attached(content: bytes, mail_format: MailFormat, number: int) -> bytes | None:
    """Return what is in an attachment of the mail in `content`; None when there is no such, or it is not kept.

    Of a mail handed in as fields, only names, types and sizes of attachments are kept.

    Args:
        content: As for `mail_of`.
        mail_format: As for `mail_of`.
        number: The attachment's place in `Mail.attachments`, from 0.
    """
    return attached_to(content, number) if mail_format is MailFormat.RFC822 else None
