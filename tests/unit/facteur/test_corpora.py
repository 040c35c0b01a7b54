"""`facteur corpus`, as it is typed."""

import json
import re

import pytest
from click.testing import CliRunner

from facteur.cli import main
from model.corpus import read_corpus
from routing.decision import DecidedBy, Decision, Timings
from routing.errors import ConfigurationError
from routing.job import Decided, MailFormat, Submission
from routing.policy.reading import read_policy
from routing.policy.writing import write_policy
from routing.review import review
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.policies import SavedPolicy

ROWS = "id;category;body\n" + "".join(
    f"{number};{label};{text} {number}, {WORD} merci\n"
    for number, (label, text, WORD) in enumerate(
        (label, f"Bonjour, {topic} {'abcdef'[turn % 6] * (turn + 2)}", chr(97 + turn) * 7)
        for label, topic in (("quote", "un devis pour ma voiture"), ("billing", "ma facture est fausse"))
        for turn in range(25)
    )
)
OPTIONS = ("--column", "label=category", "--column", "text=body")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("FACTEUR_POLICY", "FACTEUR_RULES"):
        monkeypatch.delenv(name, raising=False)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("FACTEUR_DATABASE_URL", url)
    migrate(url)
    (tmp_path / "mails.csv").write_text(ROWS)

    def invoke(*words):
        return CliRunner().invoke(main, ["corpus", *words], catch_exceptions=False)

    return invoke


def test_a_corpus_that_can_be_trained_on_passes(run):
    done = run("check", "mails.csv", *OPTIONS)
    assert done.exit_code == 0
    assert "50 mails, 2 labels" in done.output


def test_what_is_wrong_is_said_with_its_place_and_exit_code_1(run, tmp_path):
    (tmp_path / "bad.csv").write_text(ROWS + "99;Devis;bonjour tout le monde\n98;;sans label\n")
    done = run("check", "bad.csv", *OPTIONS)
    assert done.exit_code == 1
    assert "bad.csv:53 has no label" in done.output
    assert "Did you mean quote?" in done.output


def test_a_check_can_be_read_by_programs_and_told_to_take_any_label(run):
    done = run("check", "mails.csv", *OPTIONS, "--json", "--any-label", "--test", "mails.csv")
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert {finding["kind"] for finding in report["findings"]} >= {"leak"}
    assert "missing-label" not in {finding["kind"] for finding in report["findings"]}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("check", "nowhere.csv"), "no file, no folder and not store:"),
        (("check", "mails.csv"), "--column label=category"),
        (("check", "mails.csv", "--column", "x"), "OURS=THEIRS"),
        (("check", "store:"), "no example in store:"),
        (("export", "--out", "x.jsonl"), "No reviewed mail to export"),
        (("split", "mails.csv", "--out", "mails.csv", *OPTIONS), "mails.csv"),
        (("check", "a" * 300), "cannot be read: File name too long"),
        (("check", "mails.csv", "--encoding", "hex", *OPTIONS), "'hex' is no encoding"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_no_file(run, tmp_path, words, why):
    before = {path.name for path in tmp_path.iterdir()}
    done = run(*words)
    assert done.exit_code != 0
    assert why in done.output.replace("\n", " ")
    assert {path.name for path in tmp_path.iterdir()} - before <= {"store.db-wal", "store.db-shm"}


def test_a_corpus_is_parted_into_two_files(run, tmp_path):
    assert run("split", "mails.csv", "--out", "parts", "--share", "0.2", *OPTIONS).exit_code == 0
    train, test = (read_corpus([tmp_path / "parts" / name]) for name in ("train.jsonl", "test.jsonl"))
    assert (len(train) + len(test), {example.label for example in test}) == (50, {"quote", "billing"})


def test_a_corpus_that_leaves_nothing_for_one_part_is_not_parted(run, tmp_path):
    (tmp_path / "one.csv").write_text("label,text\nquote,un devis\n")
    done = run("split", "one.csv", "--out", "parts")
    assert (done.exit_code, "Nothing is left for one of the two parts" in done.output) == (1, True)
    assert not (tmp_path / "parts").exists()


def test_a_corpus_is_masked_into_a_file(run, tmp_path):
    (tmp_path / "one.csv").write_text("label,text\nquote,appelez 06 12 34 56 78\n")
    done = run("mask", "one.csv", "--out", "masked.jsonl")
    assert done.exit_code == 0
    assert "PHONE" in done.output
    (example,) = read_corpus([tmp_path / "masked.jsonl"])
    assert example.text == "appelez <PHONE>"


def test_an_author_leaves_as_a_pseudonym_and_is_masked_in_the_text_too(run, tmp_path):
    (tmp_path / "one.csv").write_text(
        "label,text,author\n"
        "quote,le contrat de Berthelot est vide,Anne Berthelot\n"
        "quote,merci,anne berthelot\n"
        "quote,encore un mot,b@example.fr\n"
        "quote,un autre,\n"
    )
    assert run("mask", "one.csv", "--out", "masked.jsonl").exit_code == 0
    masked = read_corpus([tmp_path / "masked.jsonl"])
    assert masked[0].text == "le contrat de <NAME> est vide"
    first, second, third, fourth = (example.author for example in masked)
    assert first == second != third
    assert fourth == ""
    assert "erthelot" not in (tmp_path / "masked.jsonl").read_text()
    assert "example" not in third


def test_half_a_surrogate_pair_is_shown_as_a_question_mark(run, tmp_path):
    (tmp_path / "half.jsonl").write_text('{"label": "\\ud800quote", "text": "prix \\udfff", "language": "\\ud800"}\n')
    done = run("check", "half.jsonl", "--json")
    assert done.exit_code == 1
    assert list(json.loads(done.output)["labels"]) == ["?quote"]


def put_reviewed_mail(url):
    raw = "Subject: Devis\r\n\r\nBonjour, un devis pour ma voiture, 06 12 34 56 78 merci.\r\n"
    store = open_store(url)
    sent = Submission(source="gate", content=raw.encode(), format=MailFormat.RFC822, digest="d")
    store.submit([sent], now=1_000.0)
    [claim] = store.claim(worker="w/1", limit=1, lease_seconds=60.0, now=1_000.0)
    decision = Decision(label="billing", confidence=0.9, queue="billing", decided_by=DecidedBy.MODEL, reason="sure")
    timings = Timings(queued=1.0, parse=1.0, classify=1.0, total=3.0)
    outcome = Decided(
        job_id=claim.job_id,
        lease=claim.lease,
        decision=decision,
        timings=timings,
        subject="Devis",
        sender="",
        message_id="",
    )
    store.record([outcome], worker="w/1", now=1_000.0)
    said = {"label": "quote", "queue": None, "reviewer": "anne", "actor": "key desk", "note": "", "now": 5_000.0}
    review(store, read_policy(), claim.job_id, **said)
    store.close()
    return claim.job_id


def test_what_humans_reviewed_is_exported_masked_and_read_from_the_store_as_it_is(run, tmp_path):
    job = put_reviewed_mail(f"sqlite:///{tmp_path / 'store.db'}")
    done = run("export", "--out", "out.jsonl")
    assert done.exit_code == 0
    assert "quote" in done.output
    (example,) = read_corpus([tmp_path / "out.jsonl"])
    assert (example.id, example.label, example.language) == (job, "quote", "fr")
    assert "<PHONE> merci" in example.text
    done = run("export", "--out", "bare.jsonl", "--no-mask", "--since", "1970-01-01", "--language", "fr")
    assert "is personal data" in done.output.replace("\n", " ")
    assert "06 12 34 56 78" in (tmp_path / "bare.jsonl").read_text()
    assert [example.text for example in read_corpus(["store:"])] == [
        example.text for example in read_corpus([tmp_path / "bare.jsonl"])
    ]
    assert run("export", "--out", "x.jsonl", "--since", "2026-01-01").exit_code == 1
    assert not (tmp_path / "x.jsonl").exists()


def test_what_a_label_is_in_the_store_is_said_by_the_policy_in_force_there_not_by_the_file(run, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    put_reviewed_mail(url)
    content = re.sub(r"\bquote\b", "offer", write_policy(read_policy()))
    store = open_store(url)
    store.save_policy(SavedPolicy(number=1, version="v1", content=content, author="user ana", at=6_000.0, note=""))
    store.close()
    with pytest.raises(ConfigurationError, match="no example"):
        read_corpus(["store:"])
    assert "No reviewed mail to export" in run("export", "--out", "out.jsonl").output
