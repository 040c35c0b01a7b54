"""Real and deliberately broken messages from public test suites, which are not in this tree."""

import email
import json
import os
from pathlib import Path

import pytest

from routing.mail.fields import mail_from_fields
from routing.mail.headers import peek
from routing.mail.parse import attached_to, parse_mail

DATA = Path(os.environ.get("FACTEUR_DATA") or Path(__file__).parents[4] / "shared" / "data")
MESSAGES = sorted(path for path in (DATA / "mime").rglob("*") if path.is_file() and path.suffix == ".eml")
TOY = DATA / "melusine" / "emails_v3.jsonl"

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def messages():
    if not MESSAGES:
        pytest.skip(f"NOT TESTED on strange mail: no messages under {DATA / 'mime'} (set FACTEUR_DATA)")
    return {path.relative_to(DATA / "mime").as_posix(): path.read_bytes() for path in MESSAGES}


def test_every_message_is_read_and_keeps_the_rules(messages, check_mail):
    for raw in messages.values():
        check_mail(parse_mail(raw))


def test_the_html_of_every_message_is_made_safe(messages, check_safe_html):
    for raw in messages.values():
        mail = parse_mail(raw)
        images = {each.content_id: f"/{number}" for number, each in enumerate(mail.attachments) if each.content_id}
        for remote in (False, True):
            check_safe_html(mail.html, images, remote=remote)


def test_what_is_in_every_attachment_can_be_had(messages):
    for raw in messages.values():
        for number in range(len(parse_mail(raw).attachments)):
            assert attached_to(raw, number) is not None


def test_every_message_cut_anywhere_is_read(messages, check_mail):
    for raw in messages.values():
        for share in (0.2, 0.5, 0.9):
            check_mail(parse_mail(raw[: int(len(raw) * share)]))


def test_peek_says_what_the_parser_says(messages):
    differ = []
    for name, raw in messages.items():
        mail, envelope = parse_mail(raw), peek(raw)
        if (mail.message_id, mail.subject) != (envelope.message_id, envelope.subject):
            differ.append(name)
    # Headers in an undeclared charset, and lines folded without white space, need the whole message to be read.
    assert len(differ) <= len(messages) // 50, differ


def test_the_standard_library_sees_the_same_parts(messages):
    """On messages that neither finds fault with, an independent parser agrees."""
    agreed, differ = 0, []
    for name, raw in messages.items():
        mail, other = parse_mail(raw), email.message_from_bytes(raw)
        if mail.defects or any(part.defects for part in other.walk()):
            continue
        if list(mail.parts) == list(_types(other)):
            agreed += 1
        else:
            differ.append(name)
    assert agreed >= 250
    assert len(differ) <= 3, differ


def _types(part):
    """Content types depth first, without what the standard library makes of status fields and external bodies."""
    yield part.get_content_type()
    if part.is_multipart() and part.get_content_type() not in {"message/delivery-status", "message/external-body"}:
        for child in part.get_payload():
            yield from _types(child)


@pytest.mark.parametrize(
    ("name", "subject", "text", "attachments"),
    [
        ("spamscope-mail-parser/tests_mails_mail_test_12.eml", "代开各地增值税发票", "你好", []),
        ("mikel-mail/spec_fixtures_emails_multi_charset_japanese_iso_2022.eml", "まみむめも", "すみません", []),
        ("james-mime4j/core_src_test_resources_mimetools-testmsgs_russian.msg.eml", "Greetings", "", ["Список.doc"]),
        ("mikel-mail/spec_fixtures_emails_plain_emails_raw_email5.eml", "", "Envoyé par le service", []),
        ("rails-actionmailbox/actionmailbox_test_fixtures_files_invalid_utf.eml", "", "Vážený zákazníku", []),
        ("gen_smtp/test_fixtures_rich-text-no-boundary.eml", "rich text only", "This message contains rich", []),
        ("cpython-test_email/msg_46.txt.eml", "GroupwiseForwardingTest", "Testing email", ["GroupwiseForwardingTest"]),
    ],
)
def test_a_human_would_agree(messages, name, subject, text, attachments):
    mail = parse_mail(messages[name])
    assert mail.subject == subject
    assert text in mail.text
    assert [attachment.name for attachment in mail.attachments] == attachments


def test_toy_insurance_mails_are_read_as_fields(check_mail):
    if not TOY.is_file():
        pytest.skip(f"NOT TESTED on the toy mails: {TOY} is absent (set FACTEUR_DATA)")
    for line in TOY.read_text().splitlines():
        toy = json.loads(line)
        mail = check_mail(
            mail_from_fields(
                {
                    "from": toy["sender"],
                    "to": toy["to"],
                    "subject": toy["header"],
                    "text": toy["body"],
                    "received_at": toy["date"],
                    "attachments": toy["attachments"],
                }
            )
        )
        assert mail.sender.address
        assert mail.date
        assert mail.text
        assert mail.defects == ()
        assert len(mail.attachments) == len(toy["attachments"])
