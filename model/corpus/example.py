"""One labelled mail, and what may be wrong with a corpus of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.mail import Attachment, Mail


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One labelled mail."""

    id: str
    label: str
    """Empty in a corpus that was read without labels, for pre-training."""
    language: str
    """ISO 639-1, such as `fr`; empty when the corpus does not say."""
    subject: str
    text: str
    author: str = ""
    """Who wrote it, as far as the corpus says: mails of one author stay on one side of a split."""
    group: str = ""
    """What it belongs to (a thread, a theme, a cluster of near-copies): a group stays on one side of a split."""
    attachments: tuple[str, ...] = ()
    """The names of the files that came with it."""
    place: str = ""
    """Where it was read, for messages: `mails.csv:12`, or a job."""

    @property
    def mail(self) -> Mail:
        """The example as a mail, to be read by the very code that serving uses."""
        return Mail(
            subject=self.subject,
            text=self.text,
            attachments=tuple(Attachment(name=name) for name in self.attachments),
        )


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Training on it fails or is worthless: it stops here."""
    WARNING = "warning"
    """The model or its figures will be worse than they look."""
    NOTE = "note"
    """Worth knowing."""


def mails(count: int) -> str:
    """Return `1 mail`, `2 mails`."""
    return f"{count} mail" if count == 1 else f"{count} mails"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong with a corpus, or worth knowing of it."""

    severity: Severity
    kind: str
    """A short name of what was looked for, such as `duplicate`; the same in every report."""
    what: str
    """One sentence: what was found."""
    advice: str
    """One sentence: what to do about it."""
    where: tuple[str, ...] = ()
    """Places (`file:line`) or ids, the first few of them."""

    def __str__(self) -> str:
        places = f" ({', '.join(self.where)})" if self.where else ""
        return f"{self.what}{places}. {self.advice}"
