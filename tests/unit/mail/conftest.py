"""What holds for every mail, whatever it was read from."""

import math

import pytest

from routing.mail import Mail
from routing.mail.body import CHARACTERS
from routing.mail.headers import FIELDS, MESSAGE_ID
from routing.mail.parse import DEFECTS


def _one_line(text):
    assert isinstance(text, str)
    assert "\n" not in text
    assert "\r" not in text
    assert "\0" not in text
    text.encode()


def _check(mail):
    assert isinstance(mail, Mail)
    for text in (mail.text, mail.html):
        assert "\r" not in text
        assert "\0" not in text
        assert len(text) <= CHARACTERS
        text.encode()
    for line in (mail.subject, mail.message_id, *mail.defects, *mail.parts):
        _one_line(line)
    assert len(mail.message_id) <= MESSAGE_ID
    for address in (mail.sender, *mail.to, *mail.cc, *mail.reply_to):
        _one_line(address.name)
        _one_line(address.address)
    for attachment in mail.attachments:
        _one_line(attachment.name)
        _one_line(attachment.content_type)
        assert attachment.content_type
        assert 0 <= attachment.size < 2**63
    assert len(mail.headers) <= FIELDS
    for name, value in mail.headers:
        _one_line(name)
        _one_line(value)
    assert mail.date is None or math.isfinite(mail.date)
    assert len(mail.defects) <= DEFECTS
    assert not any(defect.startswith("unreadable:") for defect in mail.defects)
    hash(mail)
    return mail


@pytest.fixture(scope="session")
def check_mail():
    """A function that fails where a mail breaks a rule that holds for every mail, and gives the mail back."""
    return _check
