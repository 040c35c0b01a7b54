"""Corpora of raw messages: maildirs, mbox files, folders of `.eml` files; read by the very code that serving uses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from model.corpus.example import Example
from model.corpus.layout import Layout
from model.corpus.lines import open_bytes
from model.corpus.tables import Row, delimited
from model.language import language_of
from routing.errors import ConfigurationError
from routing.mail import Mail
from routing.mail.mbox import MBOX_MARK, messages
from routing.mail.parse import parse_mail

MESSAGE_BYTES = 64 * 1024 * 1024
"""Largest message that is read."""

_SPOOL = ("cur", "new")


class Messages:
    """Reads raw messages; knows the labels that a table gives to their ids."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._labels = _labels_in(layout.labels) if layout.labels else {}

    def eml(self, path: Path, *, label: str, name: str) -> Iterator[Row]:
        """Read one file that is one message; `label` is what its place says, `name` its id."""
        with open_bytes(path) as file:
            yield self._example(file.read(MESSAGE_BYTES + 1), label=label, name=name, place=str(path))

    def mbox(self, path: Path, *, label: str) -> Iterator[Row]:
        """Read every message of an mbox file, whose name is the label that its messages have unless they say one."""
        with open_bytes(path) as file:
            file.readline()
            for number, content in enumerate(messages(file), 1):
                yield self._example(
                    content, label=label, name=f"{path.name}:{number}", place=f"{path}:message {number}"
                )

    def maildir(self, path: Path, *, label: str, name: str) -> Iterator[Row]:
        """Read a maildir, and as labels of their own the folders in it (Maildir++: `.Sinistres`, `.Clients.Devis`)."""
        for file in sorted(file for part in _SPOOL for file in _entries(path / part) if file.is_file()):
            yield from self.eml(file, label=label, name=f"{name}/{_decoded(file.name)}")
        for folder in sorted(folder for folder in _entries(path) if folder.name.startswith(".") and is_maildir(folder)):
            inner = _decoded(folder.name)[1:]
            yield from self.maildir(folder, label=inner, name=f"{name}/{inner}")

    def _example(self, content: bytes, *, label: str, name: str, place: str) -> Row:
        if len(content) > MESSAGE_BYTES:
            return ConfigurationError(f"{place} is larger than {MESSAGE_BYTES // 1024 // 1024} MB: take it out.")
        mail = parse_mail(content)
        given = self._label(mail, name) or label
        if self._layout.labelled and not given:
            return ConfigurationError(
                f"{place} has no label: give it a header field {self._layout.label_header}, name it in a table given "
                "with --labels, or put it into a folder named by its label."
            )
        return example_of_mail(mail, id=name, label=given, place=place) or ConfigurationError(
            f"{place} has nothing to read (neither subject nor text): take it out."
        )

    def _label(self, mail: Mail, name: str) -> str:
        for key in (name, name.rpartition("/")[2], mail.message_id, mail.message_id.strip("<>")):
            if key in self._labels:
                return self._labels[key]
        return mail.header(self._layout.label_header).strip()


def example_of_mail(mail: Mail, *, id: str, label: str, place: str) -> Example | None:  # noqa: A002 - the example's word
    """Return a mail that was read as an example; None when there is nothing to read in it."""
    if not (mail.subject.strip() or mail.text.strip()):
        return None
    return Example(
        id=id,
        label=label,
        language=language_of(f"{mail.subject}\n{mail.text}").code,
        subject=mail.subject,
        text=mail.text,
        author=mail.sender.address,
        attachments=tuple(attachment.name for attachment in mail.attachments if attachment.name),
        place=place,
    )


def is_maildir(path: Path) -> bool:
    """Say whether a folder is a maildir."""
    return all((path / part).is_dir() for part in _SPOOL)


def is_mbox(path: Path) -> bool:
    """Say whether a file begins as an mbox does."""
    with open_bytes(path) as file:
        return file.read(len(MBOX_MARK)) == MBOX_MARK


def _labels_in(path: Path) -> Mapping[str, str]:
    """Return the table of ids and labels."""
    layout = Layout(columns={"text": "id"}, labelled=True)
    labels: dict[str, str] = {}
    for row in delimited(path, layout):
        if isinstance(row, ConfigurationError):
            raise row
        labels[row.id] = row.label
    return labels


def _entries(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError as error:
        raise ConfigurationError(f"The corpus {path} cannot be read: {error.strerror}.") from error


def _decoded(name: str) -> str:
    """Return a file's name as text, whatever its bytes."""
    return os.fsencode(name).decode(errors="replace")
