"""Saying why, one question between two claims."""

import pytest

from model.keywords import KeywordClassifier
from routing.classifier import Prediction, Score
from routing.errors import StoreUnavailable
from routing.explanation import Question
from routing.store.memory import MemoryStore
from worker.explaining import Explaining


class Asked:
    def __init__(self, *questions):
        self.waiting = list(questions)
        self.replies = []

    def take(self):
        return self.waiting.pop(0) if self.waiting else None

    def reply(self, question, reply):
        self.replies.append((question, reply))


class Mute:
    """A model that cannot explain."""

    version = "mute-1"
    labels = ("quote",)
    stand_in = False

    def classify(self, mails):
        return [Prediction(scores=(Score(label="quote", probability=1.0),)) for _ in mails]


class Broken(KeywordClassifier):
    def explain(self, mail, label=None):
        raise ArithmeticError(f"no number for {label} in {mail.subject}")


class Gone(MemoryStore):
    def mail(self, job_id):
        raise StoreUnavailable(job_id)


def explaining(asked, store, classifier=None):
    told = []
    return told, Explaining(
        asked=asked,
        store=store,
        classifier=classifier or KeywordClassifier(),
        observe=lambda outcome, _: told.append(outcome),
    )


@pytest.fixture
def store(mail):
    store = MemoryStore()
    store.submit([mail("Un devis", content=b"From: a@example.org\r\nSubject: Un devis\r\n\r\nBonjour\r\n")], now=1.0)
    return store


@pytest.fixture
def job_id(store):
    (claim,) = store.claim(worker="w", limit=1, lease_seconds=60, now=2.0)
    return claim.job_id


def test_one_question_is_replied_to_at_a_time(store, job_id):
    asked = Asked(Question(job_id=job_id, label="quote"), Question(job_id=job_id, label=""))
    told, desk = explaining(asked, store)
    assert desk.reply_to_one()
    assert len(asked.waiting) == 1
    ((_, reply),) = asked.replies
    assert [word.text for word in reply.explanation.words] == ["devis"]
    assert reply.model_version == "keywords (stand-in)"
    assert desk.reply_to_one()
    assert asked.replies[1][1].explanation.label == "quote"
    assert not desk.reply_to_one()
    assert told == ["explained", "explained"]


@pytest.mark.parametrize(
    ("classifier", "label", "expected"),
    [
        (Mute(), "quote", ("refused", "mute-1 cannot explain")),
        (KeywordClassifier(), "nonsense", ("refused", "does not know the label")),
        (Broken(), "quote", ("failed", "failed on this mail")),
    ],
)
def test_where_there_is_no_explanation_the_reply_says_why(store, job_id, classifier, label, expected):
    outcome, says = expected
    asked = Asked(Question(job_id=job_id, label=label))
    told, desk = explaining(asked, store, classifier)
    assert desk.reply_to_one()
    assert told == [outcome]
    ((_, reply),) = asked.replies
    assert reply.explanation is None
    assert says in reply.refusal


@pytest.mark.parametrize("kind", [MemoryStore, Gone])
def test_a_question_about_a_mail_that_cannot_be_had_is_dropped(kind):
    asked = Asked(Question(job_id="019a9f3e-5c00-7000-8000-000000000001", label=""))
    told, desk = explaining(asked, kind())
    assert desk.reply_to_one()
    assert (told, asked.replies) == (["dropped"], [])
