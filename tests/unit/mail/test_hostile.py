"""A megabyte of anything is read in linear time.

The clock is used as a guard against hanging, not as a measurement: every case takes under a second on a slow machine
(most take under a tenth), a quadratic one takes minutes, and the ceiling of 20 seconds stands between the two.
"""

import time

import pytest

from routing.mail.headers import peek
from routing.mail.parse import parse_mail

SIZE = 1_000_000
CEILING = 20.0


def fill(unit):
    return (unit * (SIZE // len(unit) + 1))[:SIZE]


MULTI = b"Content-Type: multipart/mixed; boundary=b\n\n"
FLOWED = b"Content-Type: text/plain; format=flowed\n\n"
HTML = b"Content-Type: text/html\n\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000))
PREFIXES = b"".join(
    b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n" % (b"b" * n, b"b" * n) for n in range(1, 40)
)
HOSTILE = {
    "one long line": b"Subject: x\n\n" + fill(b"a"),
    "forward headers": b"Subject: x\n\n" + fill(b"Objet : a\n"),
    "header line": b"Subject: " + fill(b"a"),
    "headers": fill(b"A: b\n"),
    "folds": b"A: b\n" + fill(b" x\n"),
    "stray header lines": b"A: b\n" + fill(b"x\n")[:250_000] + b"Content-Type: text/plain\n\nx",
    "open words": b"Subject: " + fill(b"=?utf-8?q?"),
    "open words with text": b"Subject: " + fill(b"=?a?q?x "),
    "words": b"Subject: " + fill(b"=?utf-8?q?a?= "),
    "word marks": b"Subject: =?u?q?" + fill(b"=?="),
    "comments": b"From: " + fill(b"("),
    "quotes": b"From: " + fill(b'"a'),
    "angles": b"From: " + fill(b"<"),
    "colons": b"From: " + fill(b"a:"),
    "addresses": b"From: " + fill(b"a@b.c,"),
    "parameters": b"Content-Type: text/plain;" + fill(b"a=b;") + b"\n\nx",
    "parameter pieces": b"Content-Type: text/plain;" + b"".join(b" name*%d*=a;" % n for n in range(20_000)) + b"\n\nx",
    "deep multiparts": DEEP,
    "deep multiparts of one boundary": fill(MULTI + b"--b\n"),
    "deep multiparts of nested boundaries": PREFIXES + fill(b"--bbbbb\n"),
    "deep messages": fill(b"Content-Type: message/rfc822\n\n"),
    "parts": MULTI + fill(b"--b\n\nx\n"),
    "empty parts": MULTI + fill(b"--b\n"),
    "near boundaries": MULTI + fill(b"--bb\n"),
    "no boundary": b"Content-Type: multipart/mixed\n\n" + fill(b"--b\n"),
    "broken base64": b"Content-Transfer-Encoding: base64\n\n" + fill(b"a="),
    "broken quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + fill(b"=\n"),
    "uuencode": b"Subject: x\n\n" + fill(b"begin 644 a\n") + b"\nend",
    "flowed": FLOWED + fill(b"a \n"),
    "quoted": FLOWED + fill(b">"),
    "utf-7": b"Content-Type: text/plain; charset=utf-7\n\n" + fill(b"+A"),
    "iso-2022-jp": b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + fill(b"\x1b$B"),
    "deep html parts": MULTI + fill(b"--b\n" + HTML + b"<div>" * 2990 + b"\n"),
    **{
        f"html {unit.decode()}": HTML + fill(unit)
        for unit in (b"<", b"&", b"<div>", b"<b><p>", b"<b a=1>", b"<!--", b'<a href="', b"<table>", b"<script>", b"&#")
    },
    **{f"only {unit!r}": fill(unit) for unit in (b"\0", b"\n", b"\r", b" ", b"\xff", b"<", b"&", b"=?utf-8?q?")},
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_without_hanging(check_mail, raw):
    start = time.process_time()
    check_mail(parse_mail(raw))
    peek(raw)
    assert time.process_time() - start < CEILING
