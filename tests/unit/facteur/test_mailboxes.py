"""Mails on disk, in all the ways in which they lie there."""

import io
import mailbox
import sys

import pytest

from facteur.mailboxes import mails_in
from routing.errors import InvalidInput

ONE = b"Subject: one\r\n\r\nBonjour\r\n"
MBOX = (
    b"From anne@example.org Fri Nov 20 10:00:00 2026\nSubject: one\n\nBonjour\n>From here on\n\n"
    b"From bob@example.org Fri Nov 20 11:00:00 2026\nSubject: two\n\nSalut\n"
)


class Input:
    def __init__(self, content):
        self.buffer = io.BytesIO(content)


def names(*places):
    return [found.name for found in mails_in([str(place) for place in places])]


def test_an_eml_file_is_one_mail_byte_for_byte(tmp_path):
    file = tmp_path / "a.eml"
    file.write_bytes(ONE)
    (found,) = mails_in([str(file)])
    assert (found.name, found.content) == ("a.eml", ONE)


def test_any_file_that_is_no_mbox_is_one_mail(tmp_path):
    (tmp_path / "mail").write_bytes(b"From: anne@example.org\n\nBonjour")
    assert names(tmp_path / "mail") == ["mail"]


def test_an_mbox_file_gives_its_mails_in_order(tmp_path):
    file = tmp_path / "box"
    file.write_bytes(MBOX)
    one, two = mails_in([str(file)])
    assert [one.name, two.name] == ["box:1", "box:2"]
    assert one.content == b"Subject: one\n\nBonjour\nFrom here on\n"
    assert two.content == b"Subject: two\n\nSalut\n"
    assert file.read_bytes() == MBOX


def test_a_maildir_gives_new_and_seen_mails(tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    for number in range(3):
        message = mailbox.MaildirMessage(f"Subject: {number}\n\nBonjour\n")
        if number:
            message.set_subdir("cur")
        box.add(message)
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"Subject: half")
    found = list(mails_in([str(tmp_path / "box")]))
    assert sorted(each.content.split(b"\n")[0] for each in found) == [b"Subject: 0", b"Subject: 1", b"Subject: 2"]


def test_an_empty_maildir_is_no_fault(tmp_path):
    mailbox.Maildir(tmp_path / "box")
    assert names(tmp_path / "box") == []


def test_a_folder_gives_its_eml_files_by_name(tmp_path):
    for name in ("b.eml", "a.eml", "C.EML", "notes.txt"):
        (tmp_path / name).write_bytes(ONE)
    (tmp_path / "d.eml").mkdir()
    assert names(tmp_path) == ["C.EML", "a.eml", "b.eml"]


def test_a_folder_without_mail_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"neither a maildir nor a folder with \.eml files"):
        names(tmp_path)


def test_a_place_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"absent\.eml cannot be read: No such file"):
        names(tmp_path / "absent.eml")


def test_standard_input_is_one_mail_or_an_mbox(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Input(ONE))
    (found,) = mails_in(["-"])
    assert (found.name, found.content) == ("standard input", ONE)
    monkeypatch.setattr(sys, "stdin", Input(MBOX))
    one, two = mails_in(["-"])
    assert [one.name, two.name] == ["standard input:1", "standard input:2"]
    assert one.content == b"Subject: one\n\nBonjour\nFrom here on\n"
    assert two.content == b"Subject: two\n\nSalut\n"


@pytest.mark.parametrize(
    ("box", "contents"),
    [
        (b"From a\nA: 1\n\nText\nFrom now on\n\nFrom b\nB: 2\n", [b"A: 1\n\nText\nFrom now on\n", b"B: 2\n"]),
        (b"From a\nA: 1\n\n>From x\n>>From y\n> From z\n", [b"A: 1\n\nFrom x\n>From y\n> From z\n"]),
        (b"From a\r\nA: 1\r\n\r\nText\r\n\r\nFrom b\r\nB: 2\r\n", [b"A: 1\r\n\r\nText\r\n", b"B: 2\r\n"]),
        (b"From a\nA: 1\n\n\n\nFrom b\nB: 2", [b"A: 1\n\n\n", b"B: 2"]),
        (b"From a\nFrom b\nA: 1\n\nText\n", [b"From b\nA: 1\n\nText\n"]),
        (b"From a", [b""]),
        (b"From: a\n\nFrom b\n", [b"From: a\n\nFrom b\n"]),
        (b"", [b""]),
    ],
)
def test_an_mbox_is_split_the_same_from_a_file_and_from_standard_input(tmp_path, monkeypatch, box, contents):
    (tmp_path / "box").write_bytes(box)
    monkeypatch.setattr(sys, "stdin", Input(box))
    assert [found.content for found in mails_in([str(tmp_path / "box")])] == contents
    assert [found.content for found in mails_in(["-"])] == contents


def test_an_mbox_is_read_a_mail_at_a_time(monkeypatch):
    source = Input(b"".join(b"From a\nSubject: %d\n\nBonjour\n\n" % number for number in range(100_000)))
    monkeypatch.setattr(sys, "stdin", source)
    mails = mails_in(["-"])
    assert next(mails).content == b"Subject: 0\n\nBonjour\n"
    assert source.buffer.tell() < 1000


def test_places_are_read_in_the_order_given(tmp_path):
    (tmp_path / "a.eml").write_bytes(ONE)
    (tmp_path / "box").write_bytes(MBOX)
    assert names(tmp_path / "box", tmp_path / "a.eml", tmp_path / "a.eml") == ["box:1", "box:2", "a.eml", "a.eml"]


def test_a_name_that_is_no_text_is_shown_as_one(tmp_path):
    (tmp_path / "a\udcff.eml").write_bytes(ONE)
    (name,) = names(tmp_path / "a\udcff.eml")
    name.encode()
