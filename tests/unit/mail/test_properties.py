"""Whatever comes in: no exception, and every rule that holds for a mail holds."""

import base64
import email.message

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.mail.address import mailboxes
from routing.mail.automatic import recognise
from routing.mail.charset import decode, storable
from routing.mail.fields import mail_from_fields
from routing.mail.headers import peek
from routing.mail.html import html_to_text
from routing.mail.parse import parse_mail
from routing.mail.transfer import decode_base64, decoded_size
from routing.mail.words import decode_words

# A function-scoped fixture is not used; the suppressed check only minds that `check_mail` is a fixture at all.
RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SHARDS = [
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Type: multipart/alternative; boundary=b\r\n",
    b"Content-Type: message/rfc822\n",
    b"Content-Type: text/html; charset=",
    b"Content-Type: text/plain; format=flowed; charset=",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: x-uuencode\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename=",
    b"From: ",
    b"To: ",
    b"Date: ",
    b"Subject: ",
    b"Message-ID: ",
    b"=?utf-8?q?",
    b"=?gb2312*x?B?",
    b"?=",
    b"--b\n",
    b"--b--\n",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\r",
    b"\t",
    b"<a@b>",
    b'"',
    b"(",
    b")",
    b"<",
    b">",
    b",",
    b";",
    b"&#",
    b"<div>",
    b"<!--",
    b"begin 644 a\n",
    b"end\n",
    b"\x1b$B",
    b"\xc3",
    b"\xa9",
    b"\xff\xfe",
    b"\0",
    b"utf-7",
    b"utf-16",
    b"iso-2022-jp",
    b"hz",
    b"shift_jis",
    b"+2AA-",
    b"Tue, 99 Foo 99999 25:61:61 +9999",
]
almost_mail = st.lists(st.sampled_from(SHARDS) | st.binary(max_size=8), max_size=40).map(b"".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
KEYS = [
    "from", "to", "cc", "reply_to", "subject", "text", "html", "headers", "message_id", "received_at", "attachments",
]  # fmt: skip
addresses = st.fixed_dictionaries({}, optional={"name": json_values, "address": json_values, "email": json_values})
attachments = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": json_values, "type": json_values, "size": json_values, "content": json_values}
    )
)


@RELAXED
@given(st.binary(max_size=400) | almost_mail)
def test_any_bytes_are_a_mail(check_mail, raw):
    mail = check_mail(parse_mail(raw))
    recognise(mail)
    peek(raw)


@RELAXED
@given(st.dictionaries(st.sampled_from(KEYS), json_values | addresses | st.lists(addresses) | attachments))
def test_any_fields_are_a_mail(check_mail, fields):
    recognise(check_mail(mail_from_fields(fields)))


@RELAXED
@given(st.data())
def test_a_real_mail_with_bytes_changed_is_a_mail(check_mail, data):
    raw = bytearray(_REAL)
    for position, byte in data.draw(
        st.lists(
            st.tuples(st.integers(0, len(raw) - 1), st.sampled_from(list(b'\n\r -=?"<>;:,()\0\xff\x1b'))), max_size=20
        )
    ):
        raw[position] = byte
    check_mail(parse_mail(bytes(raw)))


@RELAXED
@given(st.binary(max_size=100), st.sampled_from(["", "utf-8", "latin-1", "gbk", "utf-16", "utf-7", "hz", "zlib", "\0"]))
def test_any_bytes_decode_to_text(data, declared):
    storable(decode(data, declared)[0]).encode()


@RELAXED
@given(st.integers(0, 20_000), st.sampled_from([b"\n", b"\r\n", b"\n "]))
def test_the_counted_size_is_the_decoded_size(size, line_end):
    data = base64.encodebytes(bytes(size)).replace(b"\n", line_end)
    assert decoded_size(data, "base64") == len(decode_base64(data)[0]) == size


@RELAXED
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_what_the_standard_library_writes_is_read_back(text):
    message = email.message.EmailMessage()
    message["Subject"] = " ".join(text.split())
    message.set_content(text)
    mail = parse_mail(message.as_bytes())
    # The library itself drops or bends controls in headers; letters and digits must come through.
    assert [char for char in mail.subject if char.isalnum()] == [char for char in text if char.isalnum()]
    assert [char for char in mail.text if char.isalnum()] == [char for char in text if char.isalnum()]


@RELAXED
@given(st.text(max_size=200))
def test_any_text_is_fit_for_the_small_readers(text):
    decode_words(text)
    html_to_text(text).encode()
    for address in mailboxes(text):
        assert address.address


_REAL = (
    b"Return-Path: <anne@exemple.fr>\r\nFrom: =?utf-8?q?Ren=C3=A9?= <rene@exemple.fr>\r\n"
    b'To: "Dupont, A." <a@exemple.fr>, b@exemple.fr\r\nSubject: =?utf-8?b?RMOpZ8OidA==?=\r\n des eaux\r\n'
    b"Date: Tue, 10 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@exemple.fr>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n'
    b'Content-Type: multipart/alternative; boundary="a"\r\n\r\n'
    b"--a\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"D=C3=A9g=C3=A2t =\r\ndes eaux\r\n--a\r\n"
    b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>D\xe9g\xe2t\r\n--a--\r\n"
    b"--m\r\nContent-Type: application/pdf; name*=utf-8''d%C3%A9g.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"JVBERi0=\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: dedans\r\n\r\ntexte\r\n--m--\r\n"
)


def test_the_real_mail_is_read_without_defects(check_mail):
    mail = check_mail(parse_mail(_REAL))
    assert mail.defects == ()
    assert (mail.subject, mail.text) == ("Dégât des eaux", "Dégât des eaux")


@pytest.mark.parametrize("name", ["zlib", "rot13", "unicode_escape", "idna", "punycode", "a.b", "\0", "é", "x" * 1000])
def test_no_codec_but_those_of_text_is_ever_used(name):
    assert decode(b"abc", name)[0] == "abc"
