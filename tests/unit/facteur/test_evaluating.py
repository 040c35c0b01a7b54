"""`facteur evaluate` and `facteur compare`, from the command line to the files."""

import json

import pytest
from click.testing import CliRunner

from facteur.cli import main

MAILS = [
    {"id": "1", "label": "quote", "language": "fr", "subject": "Devis", "text": "un devis auto"},
    {"id": "2", "label": "billing", "language": "en", "subject": "", "text": "the direct debit of my premium"},
    {"id": "3", "label": "cancellation", "language": "fr", "subject": "", "text": "je veux un devis, jean@example.org"},
    {"id": "4", "label": "quote", "language": "fr", "subject": "", "text": "quel tarif pour ma moto"},
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def running(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return running


@pytest.fixture
def corpus(tmp_path):
    return written(tmp_path / "mails.jsonl", MAILS)


def written(file, mails):
    file.write_text("\n".join(map(json.dumps, mails)), encoding="utf-8")
    return file


def assert_refused(result, says):
    assert result.exit_code == 1
    (said,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert says in said
    assert "Traceback" not in result.output


def test_an_evaluation_is_shown_and_lies_in_the_folder(run, corpus, tmp_path):
    result = run("evaluate", corpus, "--model", "keywords", "--out", "reports")
    assert result.exit_code == 0, result.output
    page, document = sorted((tmp_path / "reports").iterdir())
    assert (page.suffix, document.suffix) == (".html", ".json")
    assert f"reports/{page.name}" in result.stdout
    assert "Of 100 mails like these, the model sends about 75 to the right team" in " ".join(result.stdout.split())
    assert "stand-in, no trained model" in result.stdout
    assert len(result.stdout.splitlines()) < 30
    assert "jean@example.org" not in page.read_text(encoding="utf-8")
    assert "je veux un devis" in page.read_text(encoding="utf-8")
    content = json.loads(document.read_text(encoding="utf-8"))
    assert content["corpus"]["files"] == ["mails.jsonl"]
    assert content["model"]["figures"]["accuracy"] == 0.75
    assert content["baseline"]["cross_validated"] is True


def test_it_speaks_french_and_leaves_texts_out(run, corpus, tmp_path):
    result = run("evaluate", corpus, "--model", "keywords", "--language", "fr", "--no-texts")
    assert result.exit_code == 0, result.output
    assert "le modèle en envoie environ 75 à la bonne équipe" in " ".join(result.stdout.split())
    (page,) = (tmp_path / "reports").glob("*.html")
    assert "je veux un devis" not in page.read_text(encoding="utf-8")


def test_the_baseline_learns_from_the_mails_that_are_given(run, corpus, tmp_path):
    train = written(
        tmp_path / "train.jsonl", [{**mail, "id": f"t{mail['id']}", "text": mail["text"] * 2} for mail in MAILS]
    )
    result = run("evaluate", corpus, "--model", "keywords", "--train", train)
    assert result.exit_code == 0, result.output
    (document,) = (tmp_path / "reports").glob("*.json")
    baseline = json.loads(document.read_text(encoding="utf-8"))["baseline"]
    assert (baseline["trained_on"], baseline["cross_validated"]) == (4, False)


def test_two_reports_are_compared_without_their_mails(run, corpus, tmp_path):
    assert run("evaluate", corpus, "--model", "keywords", "--out", "a").exit_code == 0
    (one,) = (tmp_path / "a").glob("*.json")
    value = json.loads(one.read_text(encoding="utf-8"))
    value["model"]["name"] = "better"
    for mail in value["mails"]:
        mail["said"] = mail["truth"]
    other = tmp_path / "better.json"
    other.write_text(json.dumps(value), encoding="utf-8")
    result = run("compare", one, other)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "better against keywords (stand-in)" in said
    assert "No difference can be shown: +25.0 points" in said.replace("\u202f", " ")
    assert len(list((tmp_path / "reports").iterdir())) == 2


def test_a_model_is_compared_with_a_report_on_the_same_mails_only(run, corpus, tmp_path):
    assert run("evaluate", corpus, "--model", "keywords", "--out", "a").exit_code == 0
    (one,) = (tmp_path / "a").glob("*.json")
    assert run("compare", one, "keywords", corpus).exit_code == 0
    assert_refused(run("compare", one, "keywords", written(tmp_path / "other.jsonl", MAILS[:2])), "the same mails")


@pytest.mark.parametrize(
    ("mails", "says"),
    [
        ([], "empty"),
        ([{**MAILS[0], "label": "nothing\x1b[31m it knows"}], "knows none of the labels"),
        ([{"id": "1", "subject": "no label", "text": "at all"}], "label"),
    ],
)
def test_a_corpus_that_cannot_be_judged_by_is_refused(run, tmp_path, mails, says):
    result = run("evaluate", written(tmp_path / "mails.jsonl", mails), "--model", "keywords")
    assert_refused(result, says)
    assert "\x1b" not in result.stderr


def test_one_mail_is_judged_and_the_reader_warned(run, tmp_path):
    result = run("evaluate", written(tmp_path / "mails.jsonl", MAILS[:1]), "--model", "keywords")
    assert result.exit_code == 0, result.output
    assert "The corpus is small (n = 1)" in result.stdout
    assert "baseline could not be trained" in result.stdout


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(run, corpus, tmp_path):
    (tmp_path / "file").touch()
    result = run("evaluate", corpus, "--model", "keywords", "--out", tmp_path / "file" / "reports")
    assert_refused(result, "the report cannot be written to")
    assert "0/4" not in result.stderr


@pytest.mark.parametrize("report", ["missing.json", "mails.json"])
def test_what_is_no_report_cannot_be_compared(run, tmp_path, report):
    written(tmp_path / "mails.json", MAILS)
    assert_refused(run("compare", report, "keywords"), report)


@pytest.mark.parametrize("words", [("evaluate", "mails.jsonl", "--model", "gone"), ("compare", "keywords", "gone")])
def test_a_model_that_is_not_there_leaves_no_folder(run, tmp_path, words):
    written(tmp_path / "mails.jsonl", MAILS)
    assert_refused(run(*words, "--out", tmp_path / "reports"), "there is no model directory")
    assert not (tmp_path / "reports").exists()
