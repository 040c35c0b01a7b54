"""What holds for every mail, whatever it was read from."""

import math
import re
from html.parser import HTMLParser

import pytest

from routing.mail import Mail
from routing.mail.body import CHARACTERS
from routing.mail.headers import FIELDS, MESSAGE_ID
from routing.mail.parse import DEFECTS
from routing.mail.safe_html import safe_html


def _one_line(text):
    assert isinstance(text, str)
    assert "\n" not in text
    assert "\r" not in text
    assert "\0" not in text
    text.encode()


def _check(mail):
    assert isinstance(mail, Mail)
    for text in (mail.text, mail.html):
        assert "\r" not in text
        assert "\0" not in text
        assert len(text) <= CHARACTERS
        text.encode()
    for line in (mail.subject, mail.message_id, *mail.defects, *mail.parts):
        _one_line(line)
    assert len(mail.message_id) <= MESSAGE_ID
    for address in (mail.sender, *mail.to, *mail.cc, *mail.reply_to):
        _one_line(address.name)
        _one_line(address.address)
    for attachment in mail.attachments:
        _one_line(attachment.name)
        _one_line(attachment.content_type)
        assert attachment.content_type
        assert 0 <= attachment.size < 2**63
    assert len(mail.headers) <= FIELDS
    for name, value in mail.headers:
        _one_line(name)
        _one_line(value)
    assert mail.date is None or math.isfinite(mail.date)
    assert len(mail.defects) <= DEFECTS
    assert not any(defect.startswith("unreadable:") for defect in mail.defects)
    hash(mail)
    return mail


@pytest.fixture(scope="session")
def check_mail():
    """A function that fails where a mail breaks a rule that holds for every mail, and gives the mail back."""
    return _check


class _Reader(HTMLParser):
    """Notes every tag with its attributes, and which are open."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _check_safe_html(document, images, *, remote=False):
    found = safe_html(document, images=images, remote=remote)
    if found is None:
        return
    reader = _Reader()
    reader.feed(found.html)
    reader.close()
    assert reader.open == []
    for tag, attributes in reader.tags:
        assert re.fullmatch(
            "a|abbr|bd[io]|blockquote|br|caption|cite|code|del|div|em|hr|img|ins|kbd|li|ol|p|pre|q|s"
            "|samp|span|strong|su[bp]|table|t[dr]|t(?:body|foot|head)|ul?|var",
            tag,
        )
        assert set(attributes) <= {
            "href",
            "src",
            "alt",
            "width",
            "height",
            "colspan",
            "rowspan",
            "start",
            "dir",
            "target",
            "rel",
            "referrerpolicy",
        }
        if tag == "a":
            assert re.match(r"\s*(https?|mailto|tel):", attributes["href"], re.IGNORECASE)
            assert attributes["rel"] == "noopener noreferrer nofollow"
            assert attributes["target"] == "_blank"
        else:
            assert "href" not in attributes
        if tag == "img":
            source = attributes["src"]
            assert source in images.values() or (remote and source.lower().startswith("https:"))
            assert "alt" in attributes
            assert attributes["referrerpolicy"] == "no-referrer"
        else:
            assert "src" not in attributes


@pytest.fixture(scope="session")
def check_safe_html():
    """A function that fails where what is made of a mail's HTML could harm, or is not well-formed."""
    return _check_safe_html
