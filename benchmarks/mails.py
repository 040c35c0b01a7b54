"""Mails for measurements: the sample mails' texts, told apart by their ids."""

from __future__ import annotations

import email
import json
import random
from email import policy
from functools import cache
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "examples" / "mails"


@cache
def texts() -> list[tuple[str, str]]:
    """Subject and text of each sample mail that a human wrote."""
    expected = json.loads((SAMPLES / "expected.json").read_text())
    found = []
    for name, what in sorted(expected.items()):
        if "label" not in what:
            continue
        message = email.message_from_bytes((SAMPLES / name).read_bytes(), policy=policy.default)
        body = message.get_body(("plain", "html"))
        found.append((str(message["subject"]), body.get_content() if body else ""))
    return found


def rfc822(draw: random.Random, number: int) -> bytes:
    """A raw message of about two kilobytes."""
    subject, text = draw.choice(texts())
    message = email.message.EmailMessage()
    message["From"] = f"Client {number} <client{number}@example.org>"
    message["To"] = "contact@example.com"
    message["Subject"] = subject.replace("\n", " ")
    message["Message-ID"] = f"<{draw.getrandbits(64):x}.{number}@example.org>"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0000"
    message["Received"] = "from mx.example.org by mx.example.com; Fri, 20 Nov 2026 10:00:01 +0000"
    message.set_content(text)
    return message.as_bytes()


def ndjson_line(draw: random.Random, number: int) -> bytes:
    subject, text = draw.choice(texts())
    return json.dumps(
        {
            "from": f"client{number}@example.org",
            "to": "contact@example.com",
            "subject": subject,
            "text": text,
            "message_id": f"<{draw.getrandbits(64):x}.{number}@example.org>",
        },
        ensure_ascii=False,
    ).encode()
