import json

import pytest

from routing.job import MailFormat
from routing.mail import Address, Attachment
from routing.mail.fields import mail_from_fields
from routing.mail.stored import mail_of


def test_all_fields_become_a_mail(check_mail):
    mail = check_mail(
        mail_from_fields(
            {
                "from": {"name": "Anne", "address": "anne@B.fr"},
                "to": ["c@d.fr", {"address": "e@f.fr"}, "G <g@h.fr>, i@j.fr"],
                "cc": "k@l.fr",
                "reply_to": [{"name": "Seul"}],
                "subject": "=?utf-8?q?D=C3=A9g=C3=A2t?=",
                "text": " Bonjour\r\nAnne ",
                "html": "<p>Bonjour",
                "headers": {"X-A": "1", "X-B": ["2", "3"]},
                "message_id": "<a@b>",
                "received_at": "2026-11-10T10:00:00+01:00",
                "attachments": [
                    {"name": "a.pdf", "type": "Application/PDF", "size": 12},
                    {"name": "b", "content": "YWJj"},
                    "c.png",
                ],
            }
        )
    )
    assert mail.sender == Address(name="Anne", address="anne@b.fr")
    assert [str(address) for address in mail.to] == ["c@d.fr", "e@f.fr", "G <g@h.fr>", "i@j.fr"]
    assert mail.cc == (Address(address="k@l.fr"),)
    assert mail.reply_to == (Address(name="Seul"),)
    assert mail.subject == "Dégât"
    assert mail.text == "Bonjour\nAnne"
    assert mail.html == "<p>Bonjour"
    assert mail.headers == (("X-A", "1"), ("X-B", "2"), ("X-B", "3"))
    assert mail.message_id == "<a@b>"
    assert mail.date == 1794301200.0
    assert mail.attachments == (
        Attachment(name="a.pdf", content_type="application/pdf", size=12),
        Attachment(name="b", size=3),
        Attachment(name="c.png"),
    )
    assert mail.parts[:3] == ("multipart/mixed", "multipart/alternative", "text/plain")
    assert mail.defects == ()


def test_headers_stand_in_for_missing_fields():
    mail = mail_from_fields(
        {"headers": [["From", "a@b.fr"], {"name": "Subject", "value": "S"}, ["Message-ID", "<a@b>"], ["To", "c@d.fr"]]}
    )
    assert (mail.sender.address, mail.subject, mail.message_id) == ("a@b.fr", "S", "<a@b>")
    assert mail.to == (Address(address="c@d.fr"),)


def test_html_gives_the_text_when_the_text_says_nothing():
    assert mail_from_fields({"text": "  ", "html": "<p>Oui"}).text == "Oui"


@pytest.mark.parametrize(
    ("received_at", "date"),
    [
        (1794301200, 1794301200.0),
        (1794301200.5, 1794301200.5),
        ("1794301200000", 1794301200.0),
        ("2026-11-10 09:00:00", 1794301200.0),
        ("Tue, 10 Nov 2026 10:00:00 +0100", 1794301200.0),
    ],
)
def test_times_are_read_in_every_usual_form(received_at, date):
    assert mail_from_fields({"received_at": received_at}).date == date


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": 3},
        {"text": ["a"]},
        {"from": 3},
        {"to": [None]},
        {"headers": 3},
        {"headers": [3]},
        {"headers": [["a", 3]]},
        {"received_at": "hier"},
        {"received_at": float("nan")},
        {"received_at": 10**400},
        {"received_at": True},
        {"attachments": 3},
        {"attachments": [3]},
        {"attachments": [{"size": -1}]},
    ],
)
def test_a_field_of_the_wrong_type_is_a_defect_not_an_error(check_mail, fields):
    assert check_mail(mail_from_fields(fields)).defects


def test_lone_surrogates_from_json_never_reach_the_mail(check_mail):
    content = b'{"subject": "a\\ud800b", "text": "\\ud83d\\ude00 \\ud800", "from": "\\ud800 <a@b.fr>"}'
    mail = check_mail(mail_of(content, MailFormat.JSON))
    assert mail.subject == "a\ufffdb"
    assert mail.text == "\U0001f600 \ufffd"


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"a":', b"[" * 100_000])
def test_content_that_is_no_json_object_is_a_mail_with_a_defect(check_mail, content):
    assert check_mail(mail_of(content, MailFormat.JSON)).defects


def test_the_format_says_how_the_content_is_read():
    assert mail_of(b"Subject: brut\n\n", MailFormat.RFC822).subject == "brut"
    assert mail_of(json.dumps({"subject": "champs"}).encode(), MailFormat.JSON).subject == "champs"


@pytest.mark.parametrize("junk", ["<>", "1", "message-id", "a@b", "<a b@c>", "<@c>"])
def test_a_message_id_that_is_none_identifies_no_mail(junk):
    assert mail_from_fields({"message_id": junk}).message_id == ""
    assert mail_from_fields({"headers": {"Message-ID": junk}}).message_id == ""
    assert mail_from_fields({"message_id": junk, "headers": {"Message-Id": [junk, "<a@b>"]}}).message_id == "<a@b>"


def test_no_more_mailboxes_are_read_than_are_kept():
    mail = mail_from_fields({"to": ["a@b.fr," * 900] * 900})
    assert len(mail.to) == 1000
