import base64

import pytest

from routing.mail import Address, Attachment
from routing.mail.parse import parse_mail

SIMPLE = b"From: Anne <anne@Example.FR>\r\nTo: b@c.fr, d@e.fr\r\nSubject: Bonjour\r\n\r\nUn mot.\r\n"


def multipart(*parts, kind="mixed", boundary=b"=_b"):
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b"Content-Type: multipart/" + kind.encode() + b'; boundary="' + boundary + b'"\r\n\r\n'
        b"preamble\r\n" + body + b"--" + boundary + b"--\r\nepilogue\r\n"
    )


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nLe texte."
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>La <b>mise en forme</b>.</p>"


def test_a_plain_mail_is_read_whole(check_mail):
    mail = check_mail(parse_mail(SIMPLE))
    assert mail.sender == Address(name="Anne", address="anne@example.fr")
    assert mail.to == (Address(address="b@c.fr"), Address(address="d@e.fr"))
    assert mail.subject == "Bonjour"
    assert mail.text == "Un mot."
    assert mail.parts == ("text/plain",)
    assert mail.headers == (("From", "Anne <anne@Example.FR>"), ("To", "b@c.fr, d@e.fr"), ("Subject", "Bonjour"))
    assert mail.defects == ()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_line_ends_do_not_matter(ending):
    mail = parse_mail(SIMPLE.replace(b"\r\n", ending))
    assert (mail.subject, mail.text) == ("Bonjour", "Un mot.")


def test_the_plain_alternative_is_the_text_and_the_html_is_kept():
    mail = parse_mail(multipart(PLAIN, HTML, kind="alternative"))
    assert mail.text == "Le texte."
    assert mail.html == "<p>La <b>mise en forme</b>.</p>"
    assert mail.parts == ("multipart/alternative", "text/plain", "text/html")


@pytest.mark.parametrize(
    "stub",
    [
        b"",
        b"\r\n \r\n",
        b"Your mail client does not support HTML.",
        b"Votre messagerie ne supporte pas le format HTML.",
        "Si ce message ne s\u2019affiche pas, voir la version en ligne".encode(),
    ],
)
def test_a_plain_alternative_that_says_nothing_gives_way_to_html(stub):
    long = b"Content-Type: text/html\r\n\r\n<p>" + b"Je resilie mon contrat. " * 5 + b"</p>"
    mail = parse_mail(multipart(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + stub, long, kind="alternative"))
    assert mail.text.startswith("Je resilie mon contrat.")


def test_html_only_mail_gets_text():
    mail = parse_mail(b"From: a@b.fr\r\n" + HTML)
    assert mail.text == "La mise en forme."


def test_html_that_repeats_the_plain_part_beside_it_is_not_said_twice():
    mail = parse_mail(multipart(PLAIN, b"Content-Type: text/html\r\n\r\n<p>Le   texte.</p>"))
    assert mail.text == "Le texte."
    assert mail.html


def test_text_parts_around_an_attachment_are_all_text():
    mail = parse_mail(multipart(PLAIN, b"Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF", PLAIN))
    assert mail.text == "Le texte.\n\nLe texte."
    assert mail.attachments == (Attachment(name="a.pdf", content_type="application/pdf", size=3),)


def test_attachments_are_named_typed_and_measured_decoded():
    data = b"x" * 1000
    part = (
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''d%C3%A9g; filename*1=at.pdf\r\n\r\n"
        + base64.encodebytes(data)
    )
    image = b"Content-Type: image/png\r\nContent-Disposition: inline; filename=logo.png\r\n\r\n1234"
    mail = parse_mail(multipart(PLAIN, part, image))
    assert mail.attachments == (
        Attachment(name="dégat.pdf", content_type="application/pdf", size=1000),
        Attachment(name="logo.png", content_type="image/png", size=4),
    )


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b'attachment; filename="=?utf-8?b?w6kucGRm?="', "é.pdf"),
        (b"attachment; filename=Mon constat.pdf", "Mon constat.pdf"),
        (b'attachment; filename="C:\\dossier\\a.pdf"', "a.pdf"),
        (b"attachment; filename=../../etc/passwd", "passwd"),
        (b'attachment; filename="constat; suite.pdf"', "constat; suite.pdf"),
        ('attachment; filename="été.pdf"'.encode("latin-1"), "été.pdf"),
        (b"attachment; filename*=iso-8859-1''%E9t%E9.pdf; filename=ete.pdf", "été.pdf"),
        (b"attachment; filename*2=c.pdf; filename*0=a; filename*1=b", "abc.pdf"),
    ],
)
def test_file_names_are_read_as_senders_write_them(field, name):
    part = b"Content-Type: application/pdf\r\nContent-Disposition: " + field + b"\r\n\r\nx"
    assert parse_mail(multipart(PLAIN, part)).attachments[0].name == name


def test_an_embedded_message_is_an_attachment_named_by_its_subject():
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: Le constat\r\n\r\ndedans"
    mail = parse_mail(multipart(PLAIN, inner))
    assert mail.text == "Le texte."
    assert mail.attachments == (Attachment(name="Le constat", content_type="message/rfc822", size=29),)
    assert mail.parts == ("multipart/mixed", "text/plain", "message/rfc822", "text/plain")


def test_a_forward_that_is_only_its_attached_message_says_what_that_says():
    mail = parse_mail(multipart(b"Content-Type: message/rfc822\r\n\r\nSubject: S\r\n\r\nUn arbre est tombe."))
    assert mail.text == "Un arbre est tombe."


@pytest.mark.parametrize(
    ("declared", "data", "text"),
    [
        (b"iso-8859-1", "5 € déjà payés".encode(), "5 € déjà payés"),
        (b"iso-8859-1", "5 € déjà payés".encode("cp1252"), "5 € déjà payés"),
        (b"us-ascii", "déjà".encode("latin-1"), "déjà"),
        (b"utf-8", "déjà".encode("latin-1"), "déjà"),
        (b"x-unknown", "déjà".encode(), "déjà"),
        (b"DEFAULT_CHARSET", "déjà".encode("cp1252"), "déjà"),
        (b'"utf8"', "déjà".encode(), "déjà"),
        (b"utf-16", "deja".encode("utf-16"), "deja"),
        (b"utf-16", "déjà".encode(), "déjà"),
        (b"gb2312", "你好我想咨询".encode("gb18030"), "你好我想咨询"),
        (b"gb2312", "你好我想咨询".encode(), "你好我想咨询"),
        (b"shift_jis", "こんにちは①".encode("cp932"), "こんにちは①"),
        (b"iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        (b"", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        (b"utf-7", "déjà".encode("utf-7"), "déjà"),
        (b"rot13", b"bonjour", "bonjour"),
        (b"koi8-r", "Привет".encode("koi8-r"), "Привет"),
        (b"utf-8", ("é" * 50).encode()[:-1], "é" * 49 + "\ufffd"),
    ],
)
def test_text_is_read_whatever_charset_it_claims(check_mail, declared, data, text):
    mail = check_mail(parse_mail(b"Content-Type: text/plain; charset=" + declared + b"\r\n\r\n" + data))
    assert mail.text == text


def test_html_may_name_its_charset_itself():
    document = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head>Привет'
    assert parse_mail(b"Content-Type: text/html\n\n" + document.encode("koi8-r")).text == "Привет"


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        (b"base64", b"Qm9uam91cg", "Bonjour"),
        (b"base64", b"Qm9u!am91\r\ncg==", "Bonjour"),
        (b"base64", b"Qm9u\r\nam91cg==Qm9u", "BonjourBon"),
        (b"BASE64 ", b"Qm9uam91cg==", "Bonjour"),
        (b"quoted-printable", b"d=C3=A9j=\r\n=C3=A0", "déjà"),
        (b"quoted-printable", b"=ZZ 100%", "=ZZ 100%"),
        (b"Quoted Printable", b"d=C3=A9j=C3=A0", "déjà"),
        (b"x-uuencode", b"begin 644 a.txt\n'0F]N:F]U<@  \n`\nend\n", "Bonjour"),
        (b"8bits", "déjà".encode(), "déjà"),
        (b"foobar", b"Bonjour", "Bonjour"),
    ],
)
def test_damaged_transfer_encodings_are_read_as_far_as_they_go(check_mail, encoding, data, text):
    raw = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + data
    assert check_mail(parse_mail(raw)).text == text


def test_flowed_text_is_joined_and_quotes_keep_their_depth():
    flowed = b"Content-Type: text/plain; format=flowed\n\nun \ndeux\n> cite \n> suite\n-- \nAnne"
    assert parse_mail(flowed).text == "un deux\n> cite suite\n-- \nAnne"
    deleted = b"Content-Type: text/plain; format=flowed; delsp=yes\n\nun \ndeux"
    assert parse_mail(deleted).text == "undeux"


def test_a_uuencoded_file_within_text_is_an_attachment():
    mail = parse_mail(b"Subject: x\n\nVoici.\nbegin 644 a.txt\n'0F]N:F]U<@  \n`\nend\nMerci.")
    assert mail.text == "Voici.\n\nMerci."
    assert mail.attachments == (Attachment(name="a.txt", size=7),)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: multipart/mixed",
        b"Content-Type: multipart/mixed; boundary=wrong",
        b"Content-Type: multipart/*; boundary=here",
        b'Content-Type: multipart/mixed; boundary="here"; boundary="other"',
    ],
)
def test_a_missing_or_wrong_boundary_is_found_out(header):
    mail = parse_mail(
        header + b"\n\n--here\nContent-Type: text/plain\n\nUn.\n--here\nContent-Type: image/png\n\n12\n--here--"
    )
    assert mail.text == "Un."
    assert mail.attachments == (Attachment(content_type="image/png", size=2),)


def test_a_message_cut_off_within_its_closing_boundary_ends_before_it():
    mail = parse_mail(b"Content-Type: multipart/mixed; boundary=here\n\n--here\n\nUn.\n--he")
    assert mail.text == "Un."
    assert "multipart without its closing boundary" in mail.defects


def test_a_header_line_folded_without_white_space_does_not_end_the_header():
    mail = parse_mail(b"Subject: un long\nsujet\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>Oui</p>")
    assert mail.subject == "un long sujet"
    assert mail.text == "Oui"
    assert mail.defects == ("header line folded without white space",)


def test_a_forgotten_empty_line_begins_the_body():
    mail = parse_mail(b"Subject: Bonjour\nCeci est le corps.\n\nSuite.")
    assert mail.subject == "Bonjour"
    assert mail.text == "Ceci est le corps.\n\nSuite."


def test_text_without_any_header_is_the_body():
    mail = parse_mail(b"Bonjour, je resilie.\nAnne\n")
    assert mail.text == "Bonjour, je resilie.\nAnne"
    assert "no header" in mail.defects


@pytest.mark.parametrize("before", [b"\r\n\r\n", b"From a@b Mon Jan  1 00:00:00 2026\n", b"\xef\xbb\xbf"])
def test_what_programs_put_before_the_header_is_passed_over(before):
    assert parse_mail(before + SIMPLE).subject == "Bonjour"


def test_text_is_cut_at_its_limit_and_says_so():
    mail = parse_mail(b"Subject: x\n\n" + b"a" * 1_000_001)
    assert len(mail.text) == 1_000_000
    assert mail.defects == ("text cut at 1000000 characters",)


def test_nuls_and_lone_surrogates_never_reach_the_text(check_mail):
    mail = check_mail(parse_mail(b"Content-Type: text/plain; charset=utf-7\n\na\0b +2AA- c"))
    assert mail.text == "ab \ufffd c"


def test_the_date_is_unix_time_and_an_unreadable_one_is_told():
    assert parse_mail(b"Date: Tue, 10 Nov 2026 10:00:00 +0100\n\n").date == 1794301200.0
    mail = parse_mail(b"Date: hier\n\n")
    assert mail.date is None
    assert mail.defects == ("unreadable date",)


def test_raw_8_bit_headers_are_utf_8_or_in_the_charset_of_the_body():
    body = b"\nContent-Type: text/plain; charset=koi8-r\n\nx"
    assert parse_mail("Subject: déjà".encode() + body).subject == "déjà"
    assert parse_mail("Subject: Привет".encode("koi8-r") + body).subject == "Привет"
    assert parse_mail("Subject: déjà".encode("cp1252") + b"\n\nx").subject == "déjà"


def test_the_sender_field_stands_in_for_a_missing_from():
    assert parse_mail(b"Sender: a@b.fr\n\n").sender.address == "a@b.fr"
