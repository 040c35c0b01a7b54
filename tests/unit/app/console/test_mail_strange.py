"""No mail, however broken, keeps its page from being shown."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from routing.mail.parse import parse_mail

DATA = Path(os.environ.get("FACTEUR_DATA") or Path(__file__).parents[5] / "shared" / "data")
MESSAGES = sorted(path for path in (DATA / "mime").rglob("*") if path.is_file() and path.suffix == ".eml")

STRANGE = [
    b"",
    b"\0",
    b"\xff\xfe" * 500,
    b"Subject: " + b"=?utf-8?b?" * 200,
    b"Subject: \xed\xa0\x80\r\nFrom: \xff\r\n\r\n\xed\xa0\x80",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
    b"Date: Thu, 1 Jan 0001 00:00:00 +0000\r\n\r\nx",
    b"Date: Fri, 31 Dec 9999 23:59:59 -1200\r\n\r\nx",
    b"Subject: {{ 7 * 7 }} %(x)s {% raw %}\r\n\r\n{{ config }} %s",
    b"Content-Type: text/html\r\n\r\n<<<>>>&&&<!--<script",
    b"Content-Type: text/html\r\n\r\n" + b"<div>" * 7000,
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b'--b\r\nContent-Type: a/b; name="\r\n\xe2\x80\xae.exe"\r\n\r\nx' * 600,
    b'Content-Type: image/png; name="../../x\r\nSet-Cookie: a=b"\r\n\r\nx',
    b"Content-Type: text/plain\r\n\r\n" + b"> " * 5000 + b"x",
]


def shown(console, raw, *, formatted=True):
    """Hand a mail in and look at all there is of it."""
    answer = console.house.mail(raw)
    if answer.status_code != 202:  # what the door refuses no page has to show
        return ""
    job_id = answer.get_json()["id"]
    console.house.decide()
    html = console.agent.page(f"/mails/{job_id}")
    if formatted:
        html += console.agent.page(f"/mails/{job_id}?view=formatted")
        console.agent.page(f"/mails/{job_id}?view=formatted&images=remote")
    for number in range(min(len(parse_mail(raw).attachments), 5)):
        assert console.agent.get(f"/mails/{job_id}/attachments/{number}").status_code == 200
    assert console.agent.get(f"/mails/{job_id}/raw").data == raw
    return html


@pytest.mark.parametrize("raw", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_mail_is_shown(console, raw):
    html = shown(console, raw)
    assert "<script>" not in html


def test_mails_cut_and_mixed_at_random_are_shown(console):
    chance = random.Random(4)  # noqa: S311 - the same mails each time
    pieces = [line for raw in STRANGE for line in raw.split(b"\r\n")]
    for _ in range(60):
        raw = b"\r\n".join(chance.sample(pieces, k=chance.randint(1, 12)))[:20_000]
        shown(console, raw)


@pytest.mark.data
def test_public_mails_are_shown(console):
    if not MESSAGES:
        pytest.skip(f"NOT TESTED on strange mail: no messages under {DATA / 'mime'} (set FACTEUR_DATA)")
    for path in MESSAGES[::6]:
        shown(console, path.read_bytes(), formatted=b"html" in path.read_bytes().lower())
