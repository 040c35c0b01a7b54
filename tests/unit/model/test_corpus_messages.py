"""Corpora of raw messages: where the label stands, and that serving's own code reads them."""

import pytest

from model.corpus import Layout, read_corpus
from routing.errors import ConfigurationError

RAW = (
    b"From: Anne <anne@example.org>\r\nMessage-ID: <1@example.org>\r\nSubject: =?utf-8?q?D=C3=A9g=C3=A2t?=\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nBonjour, de l'eau coule du plafond, \xe9videmment.\r\n"
)
LABELLED = RAW.replace(b"Subject", b"X-Label: claim_home\r\nSubject")


def put(path, content=RAW):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def maildir(path):
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def read(path, **layout):
    return [(example.id, example.label) for example in read_corpus([path], layout=Layout(**layout))]


def test_a_message_is_read_by_the_code_that_serving_uses(tmp_path):
    put(tmp_path / "a.eml", LABELLED)
    (example,) = read_corpus([tmp_path / "a.eml"])
    assert example.subject == "Dégât"
    assert example.text.startswith("Bonjour, de l'eau coule du plafond, évidemment.")
    assert (example.language, example.author, example.label) == ("fr", "anne@example.org", "claim_home")


def test_folders_are_labels(tmp_path):
    put(tmp_path / "quote" / "1.eml")
    put(tmp_path / "quote" / "2026" / "2.eml")
    put(tmp_path / "other" / "1.eml", LABELLED)
    put(tmp_path / "other" / "notes.txt", b"no mail")
    assert read(tmp_path) == [("other/1.eml", "claim_home"), ("quote/1.eml", "quote"), ("quote/2026/2.eml", "quote")]


def test_an_mbox_file_is_named_by_its_label(tmp_path):
    put(tmp_path / "quote.mbox", b"From a\n" + RAW + b"\nFrom b\n" + LABELLED)
    assert read(tmp_path) == [("quote.mbox:1", "quote"), ("quote.mbox:2", "claim_home")]


def test_an_mbox_file_is_known_by_its_beginning(tmp_path):
    put(tmp_path / "Sent", b"From a\n" + RAW)
    assert read(tmp_path / "Sent") == [("Sent:1", "Sent")]


def test_the_folders_of_a_maildir_are_labels(tmp_path):
    box = maildir(tmp_path / "box")
    put(box / "cur" / "1:2,S", LABELLED)
    put(maildir(box / ".quote") / "new" / "2")
    assert read(box) == [("box/1:2,S", "claim_home"), ("box/quote/2", "quote")]


def test_a_folder_of_maildirs_is_labelled_by_their_names(tmp_path):
    put(maildir(tmp_path / "other") / "cur" / "1")
    assert read(tmp_path) == [("other/1", "other")]


@pytest.mark.parametrize("key", ["1.eml", "<1@example.org>", "1@example.org"])
def test_a_table_may_give_the_labels(tmp_path, key):
    put(tmp_path / "mails" / "1.eml", LABELLED)
    put(tmp_path / "labels.csv", f"id;label\r\n{key};billing\r\n".encode())
    assert read(tmp_path / "mails" / "1.eml", labels=tmp_path / "labels.csv") == [("1.eml", "billing")]


def test_another_header_may_carry_the_label(tmp_path):
    put(tmp_path / "1.eml", RAW.replace(b"Subject", b"X-Team: quote\r\nSubject"))
    assert read(tmp_path / "1.eml", label_header="X-Team") == [("1.eml", "quote")]


def test_a_message_without_a_label_is_refused_with_what_to_do(tmp_path):
    put(tmp_path / "1.eml")
    with pytest.raises(ConfigurationError, match=r"1\.eml has no label.*X-Label.*--labels.*folder"):
        read(tmp_path / "1.eml")
    assert read(tmp_path / "1.eml", labelled=False) == [("1.eml", "")]


def test_an_empty_message_is_refused(tmp_path):
    put(tmp_path / "quote" / "1.eml", b"From: a@example.org\r\n\r\n\r\n")
    with pytest.raises(ConfigurationError, match="nothing to read"):
        read(tmp_path)


def test_a_folder_without_mail_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="no example"):
        read(tmp_path)
