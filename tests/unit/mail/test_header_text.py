import pytest

from routing.mail import Address
from routing.mail.address import first_mailbox, mailboxes
from routing.mail.headers import Envelope, message_id_of, peek
from routing.mail.parse import parse_mail
from routing.mail.words import header_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b" Bonjour\r\n\ttous ", "Bonjour tous"),
        (b"=?utf-8?q?D=C3=A9g=C3=A2t_des_eaux?=", "Dégât des eaux"),
        (b"=?UTF-8?B?RMOpZ8OidA==?=", "Dégât"),
        (b"=?utf-8?q?D=C3=A9g?= =?utf-8?q?=C3=A2t?=", "Dégât"),
        (b"=?utf-8?q?D=C3?=\r\n =?utf-8?q?=A9g?=", "Dég"),
        (b"=?iso-8859-1?q?D=E9g?= =?utf-8?q?=C3=A2t?=", "Dégât"),
        (b"=?iso-8859-1*fr?q?D=E9g?=", "Dég"),
        (b"Re: =?utf-8?q?D=C3=A9g?= urgent", "Re: Dég urgent"),
        (b"a=?utf-8?q?=C3=A9?=b", "aéb"),
        (b'"=?utf-8?q?=C3=A9?="', '"é"'),
        (b"=?utf-8?q?un deux?=", "un deux"),
        (b"=?utf-8?b?RMOpZ8OidA?=", "Dégât"),
        (b"=?utf-8?q?D=C3=A9g=C3=A2t", "Dégât"),
        (b"=?utf-8?q?D=C3=A9g =?utf-8?q?=C3=A2t?=", "Dég ât"),
        (b"=?x-unknown?q?D=C3=A9g?=", "Dég"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"2+2=?4", "2+2=?4"),
        (b"=?utf-8?q?a=0Ab=00c?=", "a b c"),
        (b"=?iso-2022-jp?b?GyRCJF4kXyRgGyhC?=", "まみむ"),
    ],
)
def test_header_text_is_read_as_senders_write_it(value, text):
    assert header_text(value) == text


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("a@B.FR", [("", "a@b.fr")]),
        ("Anne <a@b.fr>", [("Anne", "a@b.fr")]),
        ('"Dupont, Anne" <a@b.fr>, c@d.fr', [("Dupont, Anne", "a@b.fr"), ("", "c@d.fr")]),
        ("=?utf-8?q?Dupont=2C_Ren=C3=A9?= <a@b.fr>", [("Dupont, René", "a@b.fr")]),
        ("=?utf-8?q?Dupont,_Ren=C3=A9?= <a@b.fr>", [("Dupont, René", "a@b.fr")]),
        ("=?utf-8?q?Anne_=3Ca@b.fr=3E?=", [("Anne", "a@b.fr")]),
        ("a@b.fr (Anne)", [("Anne", "a@b.fr")]),
        ("Anne (chez elle (oui)) <a@b.fr>", [("Anne", "a@b.fr")]),
        ("Equipe: a@b.fr, C <c@d.fr>;, e@f.fr", [("", "a@b.fr"), ("C", "c@d.fr"), ("", "e@f.fr")]),
        ("a@b.fr; c@d.fr", [("", "a@b.fr"), ("", "c@d.fr")]),
        ("'Anne' <a@b.fr>", [("Anne", "a@b.fr")]),
        ('"Anne <a@b.fr>', [("Anne", "a@b.fr")]),
        ("Anne <a@b.fr", [("Anne", "a@b.fr")]),
        ("<mailto:a@b.fr>", [("", "a@b.fr")]),
        ("<@relay,@other:a@b.fr>", [("", "a@b.fr")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ('"Anne \\"Nana\\" D" <a@b.fr>', [('Anne "Nana" D', "a@b.fr")]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
        ("", []),
        (", ,;", []),
    ],
)
def test_mailboxes_are_read_as_senders_write_them(field, expected):
    found = [(address.name, address.address) for address in mailboxes(field)]
    assert found == expected


def test_a_sender_without_address_keeps_his_name():
    assert first_mailbox("MAILER DAEMON <>") == Address(name="MAILER DAEMON")


def test_peek_sees_what_the_parser_will_see():
    raw = (
        b"Received: from x\r\n\tMessage-ID: <no@x>\r\nX-Subject: no\r\n"
        b"subject : =?utf-8?q?D=C3=A9g?=\r\n =?utf-8?q?=C3=A2t?=\r\n"
        b"FROM: =?utf-8?q?Ren=C3=A9?= <rene@B.fr>\r\nMESSAGE-ID:\r\n <a@b>\r\n\r\nSubject: body\r\n"
    )
    assert peek(raw) == Envelope(message_id="<a@b>", subject="Dégât", sender="rene@b.fr")
    mail = parse_mail(raw)
    assert peek(raw) == Envelope(message_id=mail.message_id, subject=mail.subject, sender=mail.sender.address)


def test_peek_looks_no_further_than_its_limit():
    assert peek(b"A: b\n" * 100_000 + b"Subject: late\n\n") == Envelope()
    assert peek(b"") == Envelope()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"<a@b>", "<a@b>"),
        (b" (a comment) <a.b+c$d@[192.0.2.1]> trailing", "<a.b+c$d@[192.0.2.1]>"),
        (b"<a@b@c.fr>", "<a@b@c.fr>"),
        (b"<a\xc3\xa9@b.fr>", "<aé@b.fr>"),
        (b"<> <a@b>", "<a@b>"),
        (b"<" + b"a" * 994 + b"@b>", "<" + "a" * 994 + "@b>"),
        (b"<" + b"a" * 995 + b"@b>", ""),
        (b"<" + b"a" * 500 + b"@" + b"b" * 500 + b">", ""),
        (b"<>", ""),
        (b"", ""),
        (b"a@b", ""),
        (b"<a@b", ""),
        (b"<message-id>", ""),
        (b"<@b>", ""),
        (b"<a@>", ""),
        (b"<a b@c>", ""),
        (b"0", ""),
        (b"x" * 10_000 + b"<a@b>", ""),
    ],
)
def test_only_a_well_formed_message_id_identifies_a_mail(field, expected):
    raw = b"Message-ID: " + field + b"\nSubject: x\n\nBonjour"
    assert message_id_of(field) == expected
    assert peek(raw).message_id == expected
    assert parse_mail(raw).message_id == expected


def test_an_encoded_word_without_its_end_reaches_to_the_next_word():
    assert header_text(b"=?utf-8?q?un =?utf-8?q?deux?=") == "un deux"
    assert header_text(b"=?utf-8?b?dW4=?= =?utf-8?b?ZGV1eA==?=") == "undeux"
    assert header_text(b"=?utf-8?q?un?= et =?utf-8?q?deux") == "un et deux"
