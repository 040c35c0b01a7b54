"""A megabyte of anything is read in linear time.

The clock is used as a guard against growth, not as a measurement: every case takes under a second on a slow machine
(most take under a tenth), a quadratic one takes minutes, and the ceiling stands between the two. Those that were once
quadratic, or are likely to be, are read in two sizes as well, since a slow growth may hide below a ceiling.
"""

import time

import pytest

from routing.mail.headers import peek
from routing.mail.parse import parse_mail

SIZE = 1_000_000
CEILING = 2.0
"""Most seconds of processor time for `SIZE` bytes."""

SMALL = 60_000
FLOOR = 0.05
"""What reading `SMALL` bytes may take anyway, in seconds of processor time: below it, the clock says nothing."""


def fill(unit, size=SIZE):
    return (unit * (size // len(unit) + 1))[:size]


def numbered(template, size, separator=b""):
    """Return the template with 0, 1, 2… put into it, up to about `size` bytes."""
    pieces = []
    while size > 0:
        pieces.append(template % len(pieces))
        size -= len(pieces[-1]) + len(separator)
    return separator.join(pieces)


def parts(first, template, size, most=490):
    """Return a multipart whose first part is text of half the size, and the other half as many parts as are read."""
    count = min(most, size // 2 // len(template))
    return MULTI + b"--b\n\n" + fill(first, size // 2) + b"\n" + (b"--b\n" + template + b"\n") * count + b"--b--\n"


MULTI = b"Content-Type: multipart/mixed; boundary=b\n\n"
FLOWED = b"Content-Type: text/plain; format=flowed\n\n"
HTML = b"Content-Type: text/html\n\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000))
PREFIXES = b"".join(
    b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n" % (b"b" * n, b"b" * n) for n in range(1, 40)
)
GROWING = {
    "chained words": lambda size: b"Subject: " + fill(b"=?=q?q?x", size) + b"\n\nx",
    "chained words in an address": lambda size: b"From: " + fill(b"=?=q?q?x", size) + b"\n\nx",
    "chained words in parameters": lambda size: (
        MULTI + numbered(b"--b\nContent-Type: a/b; name=%d" + b"=?=q?q?x" * 980 + b"\n\nx\n", size)
    ),
    "marks without their end": lambda size: b"Subject: " + fill(b"=?a?q?=", size) + b"\n\nx",
    "attributes of one tag": lambda size: HTML + b"<p " + numbered(b"a%d", size, b" ") + b">x</p>",
    "attributes of one tag, quoted marks": lambda size: HTML + b"<p " + numbered(b"a%d='>'", size, b" ") + b">x</p>",
    "attributes hidden behind a comment": lambda size: (
        HTML + b"""<!--<a b="--><p x='">' """ + numbered(b"a%d", size, b" ") + b">x</p>"
    ),
    "attributes of a tag made of two": lambda size: HTML + b"<<!---->p " + numbered(b"a%d", size, b" ") + b">x",
    "attributes of many bodies": lambda size: HTML + numbered(b"<body a%d" + b" b" * 200 + b">", size),
    "attributes of one body in many tags": lambda size: (
        HTML + b"".join(b"<body " + numbered(b"a%d_%%d" % tag, size // 100, b" ") + b">" for tag in range(100))
    ),
    "tags within a quoted value": lambda size: HTML + b"<a b='" + fill(b'<a b="', size),
    "formatting made anew": lambda size: parts(
        b"x", HTML + b"<p>" + numbered(b"<b %d>", 4500) + b"</p>" + b"<p>x</p>" * 600, size
    ),
    "closed in the wrong order": lambda size: parts(b"x", HTML + b"<b>" * 3 + b"<div>" * 1400 + b"</b>" * 1400, size),
    "style": lambda size: HTML + fill(b"<p style='a:none' hidde>", size),
    "unclosed styles": lambda size: HTML + fill(b"<style>", size),
    "text that says nothing, and HTML parts": lambda size: parts(b"- ", HTML + b"<p>z</p>", size),
    "text and HTML parts": lambda size: parts(b"a ", HTML + b"<p>z</p>", size),
    "text and HTML parts, nested": lambda size: (
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%02d\n\n--%02d\n\na\n--%02d\n" % (n, n, n) for n in range(28)
        )
        + HTML
        + fill(b"a ", size)
    ),
    "spaces after a boundary": lambda size: b"Content-Type: multipart/mixed\n\n--" + fill(b" ", size) + b"x\n",
    "spaces in a boundary": lambda size: (
        b"Content-Type: multipart/mixed\n\n" + fill(b"--a" + b" " * 190 + b"b\n", size)
    ),
    "parameters without a name": lambda size: (
        MULTI + numbered(b"--b\nContent-Type: a/%d" + b";" * 7900 + b"\n\nx\n", size)
    ),
    "parameter pieces of many parts": lambda size: (
        MULTI + numbered(b"--b\nContent-Type: a/b; c=%d;" + numbered(b"%d*=;", 7900) + b"\n\nx\n", size)
    ),
    "uuencoded files": lambda size: b"Subject: x\n\n" + fill(b"begin 644 a\nend\n", size),
    "numbers of no character": lambda size: HTML + b"<i>" * 3001 + fill(b"&#" + b"9" * 5000, size),
    "identifiers": lambda size: b"Message-ID: " + fill(b"<a", size) + b"\n\nx",
    "identifiers without their end": lambda size: b"Message-ID: <" + fill(b"a@", size) + b"\n\nx",
}
HOSTILE = {
    **{name: grown(SIZE) for name, grown in GROWING.items()},
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


def seconds(raw):
    """Return the processor time that reading takes, in seconds."""
    start = time.process_time()
    parse_mail(raw)
    peek(raw)
    return time.process_time() - start


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_without_hanging(check_mail, raw):
    assert seconds(raw) < CEILING or seconds(raw) < CEILING  # once more: other programs disturb the clock
    check_mail(parse_mail(raw))


@pytest.mark.parametrize("grown", GROWING.values(), ids=GROWING.keys())
def test_four_times_the_mail_takes_no_more_than_some_four_times_the_work(grown):
    small, large = grown(SMALL), grown(4 * SMALL)
    # The best of three, because other programs disturb the clock.
    best = min(seconds(small) for _ in range(3))
    assert min(seconds(large) for _ in range(3)) < 8 * max(best, FLOOR)
