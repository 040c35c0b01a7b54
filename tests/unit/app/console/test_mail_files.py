"""Attachments and the message itself as files: never a page of ours."""

from __future__ import annotations

import base64

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def multipart(*parts):
    return (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>Voici</p><img src='cid:logo@x'><img src='cid:page@x'>\r\n"
        + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
        + b"--b--\r\n"
    )


def part(kind, name, content, content_id=b""):
    return (
        b"Content-Type: "
        + kind
        + b'\r\nContent-Disposition: attachment; filename="'
        + name
        + b'"\r\n'
        + (b"Content-ID: <" + content_id + b">\r\n" if content_id else b"")
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(content)
    )


MAIL = multipart(
    part(b"application/pdf", b"constat.pdf", b"%PDF" + b"0" * 2000),
    part(b"image/png", b"photo.png", PNG, b"logo@x"),
    part(b"text/html", b"page.html", b"<script>alert(1)</script>", b"page@x"),
    part(b"image/png", b"faux.png", b"<svg onload=alert(1)>"),
    part(b"image/svg+xml", b"dessin.svg", b"<svg onload=alert(1)/>"),
    part(b"message/rfc822", b'\xc3\xa9t\xc3\xa9"; filename=x.html', b"Subject: y\r\n\r\nz"),
)


@pytest.fixture
def job_id(console):
    job_id = console.house.accepted(MAIL)
    console.house.decide()
    return job_id


def attachment(console, job_id, number):
    return console.agent.get(f"/mails/{job_id}/attachments/{number}")


def test_attachments_are_listed_by_name_type_and_size(console, job_id):
    html = console.agent.page(f"/mails/{job_id}")
    assert "6 attachments" in html
    for said in ("constat.pdf", "application/pdf, 2 kB", "photo.png", "image/png, 28 bytes"):
        assert said in html


@pytest.mark.parametrize("number", range(6))
def test_no_attachment_can_be_a_page_of_ours(console, job_id, number):
    answer = attachment(console, job_id, number)
    assert answer.status_code == 200
    assert answer.headers.get_all("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = number == 1
    assert answer.mimetype == ("image/png" if shown else "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_attachment_comes_byte_for_byte_under_its_name(console, job_id):
    answer = attachment(console, job_id, 0)
    assert answer.data == b"%PDF" + b"0" * 2000
    assert "filename=constat.pdf" in answer.headers["Content-Disposition"]
    assert "\n" not in attachment(console, job_id, 5).headers["Content-Disposition"]


@pytest.mark.parametrize("number", ["6", "-1", "x", "99999999999999999999"])
def test_an_attachment_that_is_not_there_is_404(console, job_id, number):
    assert attachment(console, job_id, number).status_code == 404


def test_a_picture_that_the_html_names_is_shown_in_it_and_nothing_else_is(console, job_id):
    html = console.agent.page(f"/mails/{job_id}?view=formatted")
    assert f'<img src="/mails/{job_id}/attachments/1"' in html
    assert f'<img src="/mails/{job_id}/attachments/2"' not in html


def test_the_message_is_handed_out_as_it_came(console, job_id):
    answer = console.agent.get(f"/mails/{job_id}/raw")
    assert answer.data == MAIL
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job_id}.eml"'
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_of_a_mail_handed_in_as_fields_only_the_names_of_attachments_are_there(console):
    fields = {
        "from": "a@example.org",
        "subject": "x",
        "text": "y",
        "attachments": [{"name": "a.pdf", "size": 2_500_000}],
    }
    job_id = console.house.post("/v1/emails", json=fields).get_json()["id"]
    console.house.decide()
    html = console.agent.page(f"/mails/{job_id}")
    assert "a.pdf" in html
    assert "2.5 MB" in html
    assert "attachments/0" not in html
    assert "Only their names were handed in" in html
    assert attachment(console, job_id, 0).status_code == 404
    assert console.agent.get(f"/mails/{job_id}/raw").headers["Content-Disposition"].endswith('.json"')


def test_names_and_subjects_are_shown_in_the_order_that_they_are_written_in(console):
    turned = "facture\u202egnp.exe"
    mail = multipart(part(b"application/pdf", turned.encode(), b"%PDF"))
    job_id = console.house.accepted(mail.replace(b"Subject: x", b"Subject: " + turned.encode()))
    console.house.decide(queue="triage")
    for path in (f"/mails/{job_id}", "/mails", "/triage"):
        html = console.agent.page(path)
        assert "facture\N{REPLACEMENT CHARACTER}gnp.exe" in html
        assert "\u202e" not in html
    assert "%E2%80%AE" not in attachment(console, job_id, 0).headers["Content-Disposition"]
