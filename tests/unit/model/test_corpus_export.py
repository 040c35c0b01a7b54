"""What leaves the store for training, and what of it is masked."""

import json
import stat

import pytest

from model.corpus.export import Export
from model.corpus.reviews import label_said, reviewed
from model.corpus.writing import write_corpus
from routing.decision import DecidedBy, Decision
from routing.errors import ConfigurationError
from routing.job import Decided, MailFormat, Submission
from routing.policy.reading import read_policy
from routing.review import review
from routing.store.memory import MemoryStore

POLICY = read_policy()
BODY = "Bonjour,\r\nje voudrais un devis pour ma voiture AB-123-CD, merci de me répondre, Perrotin attend.\r\n"


class Desk:
    """A store with decided mails, and a human who reviews them."""

    def __init__(self):
        self.store = MemoryStore()

    def decided(self, name, *, label="billing", queue="billing", body=BODY, sender="Sylvie Perrotin <s@example.org>"):
        raw = f"From: {sender}\r\nSubject: Dossier 2026-88213\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
        submission = Submission(
            source="gate", content=raw.encode(), format=MailFormat.RFC822, message_id=f"<{name}@x.org>", digest=name
        )
        at = 1_000.0 + len(name)
        [accepted] = self.store.submit([submission], now=at)
        [claim] = self.store.claim(worker="w/1", limit=1, lease_seconds=60.0, now=at)
        decision = Decision(label=label, confidence=0.9, queue=queue, decided_by=DecidedBy.MODEL, reason="sure")
        outcome = Decided(
            job_id=claim.job_id,
            lease=claim.lease,
            decision=decision,
            timings=None,
            subject="",
            sender="",
            message_id="",
        )
        self.store.record([outcome], worker="w/1", now=at)
        return accepted.job.id

    def says(self, job_id, label=None, queue=None):
        review(
            self.store,
            POLICY,
            job_id,
            label=label,
            queue=queue,
            reviewer="anne",
            actor="key desk",
            note="",
            now=5_000.0,
        )
        return job_id

    def labels(self):
        return [(example.id, example.label) for example in reviewed(self.store, POLICY)]


@pytest.fixture
def desk():
    return Desk()


def test_what_nobody_reviewed_stays(desk):
    desk.decided("a")
    assert desk.labels() == []


def test_a_corrected_and_a_confirmed_label_leave_newest_first(desk):
    corrected = desk.says(desk.decided("a"), label="quote")
    confirmed = desk.says(desk.decided("bb"))
    assert desk.labels() == [(confirmed, "billing"), (corrected, "quote")]


def test_one_who_confirms_triage_says_nothing_of_the_label(desk):
    desk.says(desk.decided("a", queue="triage"))
    assert desk.labels() == []


def test_one_who_moves_a_mail_from_triage_to_its_labels_queue_says_its_label(desk):
    moved = desk.says(desk.decided("a", queue="triage"), queue="billing")
    desk.says(desk.decided("bb", queue="triage"), queue="complaints")
    assert desk.labels() == [(moved, "billing")]


def test_a_label_that_was_given_stays_given_when_the_mail_moves_on(desk):
    job = desk.says(desk.decided("a"), label="quote")
    desk.says(job, queue="complaints")
    assert desk.labels() == [(job, "quote")]


def test_no_review_says_nothing():
    assert label_said((), POLICY) is None


def test_a_mail_that_retention_deleted_is_left_out(desk):
    desk.says(desk.decided("a"))
    desk.store.purge(mails_before=9_000.0, jobs_before=0.0, now=9_000.0)
    assert desk.labels() == []


def test_more_than_a_page_is_complete(desk):
    for number in range(205):
        desk.says(desk.decided(f"{number:04}"))
    assert len(desk.labels()) == 205


def test_an_export_is_masked_and_names_its_authors_by_pseudonyms(desk):
    desk.says(desk.decided("a"))
    desk.says(desk.decided("bb", sender="S@example.org"))
    desk.says(desk.decided("ccc", sender="t@example.org"))
    export = Export(store=desk.store, policy=POLICY)
    last, second, first = export.examples()
    assert (first.subject, first.language) == ("Dossier <REFERENCE>", "fr")
    assert "voiture <PLATE>, merci" in first.text
    assert first.text.rstrip().endswith("<NAME> attend.")
    assert (first.author == second.author, first.author == last.author, "@" in first.author) == (True, False, False)
    assert next(Export(store=desk.store, policy=POLICY).examples()).author != last.author
    assert export.masked["PLATE"] == 3


def test_an_export_may_be_asked_to_mask_nothing(desk):
    desk.says(desk.decided("a"))
    (example,) = Export(store=desk.store, policy=POLICY, mask=False).examples()
    assert "AB-123-CD" in example.text
    assert example.author == "s@example.org"


def test_an_export_may_take_one_language_or_the_latest_only(desk):
    desk.says(desk.decided("a"))
    english = desk.says(
        desk.decided("bb", body="Hello, please could you send me a quote for my new car, thank you.\r\n")
    )
    told = []
    found = Export(store=desk.store, policy=POLICY, language="en").examples(told.append)
    assert ([example.id for example in found], told) == ([english], [1])
    assert [example.id for example in Export(store=desk.store, policy=POLICY, since=1_001.5).examples()] == [english]


def test_a_corpus_is_written_for_its_owner_only_and_read_back(desk, tmp_path):
    desk.says(desk.decided("a"))
    file = tmp_path / "corpus.jsonl"
    counts = write_corpus(file, Export(store=desk.store, policy=POLICY).examples())
    assert counts == {"billing": 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["label"] == "billing"


def test_what_goes_wrong_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "corpus.jsonl"
    file.write_text("old")

    def torn():
        yield from ()
        raise ConfigurationError("the database went away")

    with pytest.raises(ConfigurationError, match="went away"):
        write_corpus(file, torn())
    assert ([path.name for path in tmp_path.iterdir()], file.read_text()) == (["corpus.jsonl"], "old")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_corpus(tmp_path / "nowhere" / "corpus.jsonl", ())
