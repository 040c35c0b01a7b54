import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.job import MailFormat
from routing.mail.parse import attached_to, parse_mail
from routing.mail.stored import attached

PDF = b"%PDF-1.7 \x00\xff"
UU = b"Bonjour\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"


def multipart(*parts):
    return (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
        + b"--b--\r\n"
    )


MESSAGE = multipart(
    b"Content-Type: text/plain\r\n\r\nLe texte.",
    b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(PDF),
    b"Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Disposition: inline; filename=l.png\r\n\r\n1234",
    b"Content-Type: message/rfc822\r\n\r\nSubject: Dedans\r\n\r\nOui.",
    UU,
)


def test_each_attachment_gives_what_is_in_it_in_the_order_of_the_list():
    assert [each.name for each in parse_mail(MESSAGE).attachments] == ["a.pdf", "l.png", "Dedans", "a.txt"]
    assert attached_to(MESSAGE, 0) == PDF
    assert attached_to(MESSAGE, 1) == b"1234"
    assert attached_to(MESSAGE, 2) == b"Subject: Dedans\r\n\r\nOui."
    assert attached_to(MESSAGE, 3) == b"Cat"


@pytest.mark.parametrize("number", [-1, 4, 10**9])
def test_there_is_nothing_in_an_attachment_that_is_not_there(number):
    assert attached_to(MESSAGE, number) is None


def test_an_image_says_by_what_the_html_names_it():
    assert [each.content_id for each in parse_mail(MESSAGE).attachments] == ["", "logo@x", "", ""]


def test_a_mail_handed_in_as_fields_keeps_no_content():
    fields = b'{"attachments": [{"name": "a.pdf", "size": 3}]}'
    assert attached(fields, MailFormat.JSON, 0) is None
    assert attached(MESSAGE, MailFormat.RFC822, 0) == PDF


@given(st.lists(st.sampled_from(MESSAGE.splitlines(keepends=True)), max_size=40).map(b"".join))
def test_whatever_the_message_every_attachment_listed_can_be_had(raw):
    mail = parse_mail(raw)
    for number in range(len(mail.attachments)):
        assert attached_to(raw, number) is not None
    assert attached_to(raw, len(mail.attachments)) is None
