"""Mails, claims and classifiers made in one line."""

import pytest

from routing.classifier import Prediction, Score
from routing.job import Claim, MailFormat, Submission
from routing.mail import Address, Mail
from routing.policy.reading import read_policy


class Says:
    """A classifier that gives every mail one label with one probability, and remembers what it was shown."""

    version = "says-0123456789ab"
    stand_in = False

    def __init__(
        self, label="claim_motor", probability=0.9, others=("quote", "billing", "other", "complaint"), stranger=None
    ):
        self.labels = (label, *others)
        rest = (1 - probability) / len(others)
        self.prediction = Prediction(
            scores=(Score(label=label, probability=probability), *(Score(label=o, probability=rest) for o in others)),
            stranger=stranger,
        )
        self.shown = []

    def classify(self, mails):
        self.shown.append([mail.subject for mail in mails])
        return [self._one(mail) for mail in mails]

    def _one(self, mail):
        if "please raise" in mail.subject:
            raise ValueError("as asked")
        if "unknown label" in mail.subject:
            return Prediction(scores=(Score(label="no_such_label", probability=1.0),))
        if "no scores" in mail.subject:
            return Prediction(scores=())
        return self.prediction


class Make:
    says = Says

    def mail(self, subject="Bonjour", text="", sender="anne@example.org", **fields):
        return Mail(subject=subject, text=text, sender=Address(address=sender), **fields)

    def submission(self, name="1", **fields):
        given = {
            "source": "gate",
            "content": f"Subject: {name}\r\n\r\nBonjour".encode(),
            "format": MailFormat.RFC822,
            "digest": f"digest of {name}",
        }
        return Submission(**(given | fields))

    def claim(self, subject="Bonjour", *, job_id="job", head="", attempt=1, **fields):
        given = {
            "job_id": job_id,
            "lease": "lease",
            "content": f"From: anne@example.org\r\nSubject: {subject}\r\n{head}\r\nBonjour\r\n".encode(),
            "format": MailFormat.RFC822,
            "created_at": 1_000.0,
            "claimed_at": 1_002.0,
            "attempt": attempt,
        }
        return Claim(**(given | fields))


@pytest.fixture(scope="session")
def make():
    return Make()


@pytest.fixture(scope="session")
def policy():
    return read_policy()
