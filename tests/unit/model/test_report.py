"""The page and the document of an evaluation: whole, light, and safe whatever a mail holds."""

import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

import model.report
from model.corpus import Example
from model.evaluation import Outcome
from model.evaluation.assessment import Assessment, Notice, contestant
from model.evaluation.comparison import compare
from model.evaluation.foreign import foreign
from model.evaluation.judged import Judged
from model.evaluation.keeping import kept
from model.evaluation.outcome import corpus_digest
from model.masking import mask
from model.report.comparison_page import comparison_page
from model.report.document import comparison_document, evaluation_document, json_bytes, read_judged
from model.report.excerpt import NO_TEXTS, shortened, texts_of
from model.report.files import check_folder, file_name, write
from model.report.page import Circumstances, evaluation_page, lead
from model.report.wording import LANGUAGES, WORDS, Wording
from routing.errors import ConfigurationError
from routing.promise import Promise

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\ud800\"'><img src=x onerror=alert(2)>"
WHEN = Circumstances(made_at="2026-11-20T10:00:00+00:00", corpus=("mails.jsonl",), program="0.1.0", machine="2 cores")
PROMISE = Promise(precision=0.97, delta=0.1, thresholds={"a": 0.5, "b": None}, alone=("a",), mails=400, routed=0.8)


class Reader(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], ""
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in {"meta", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def outcomes(count, labels=("a", "b"), wrong_every=5):
    return tuple(
        Outcome(
            truth=labels[number % len(labels)],
            said=labels[(number + (number % wrong_every == 0)) % len(labels)],
            confidence=0.3 + 0.7 * ((number * 7919) % 1_000) / 1_000,
            language=("fr", "en", "")[number % 3],
            id=f"m{number}",
            digest=f"d{number}",
            words=number % 300,
            rank=1,
            stranger=(number % 10) / 8,
        )
        for number in range(count)
    )


def assessed(judged_outcomes, *, baseline=True, notices=(), labels=("a", "b")):
    model = Judged(name=f"model {HOSTILE}", outcomes=judged_outcomes, cpu_seconds=2.0)
    rival = Judged(name="rival", outcomes=judged_outcomes, trained_on=40)
    return Assessment(
        corpus=corpus_digest(judged_outcomes),
        model=contestant(model),
        baseline=contestant(rival) if baseline else None,
        versus=compare(rival, model) if baseline else None,
        promises=(kept(PROMISE, judged_outcomes),),
        foreign=foreign(judged_outcomes, labels),
        notices=notices,
    )


def mails(count):
    text = f"{HOSTILE} Rappelez Jean au 06 12 34 56 78 ou jean.dupont@example.org, merci. " * 10
    return [Example(id=f"m{number}", label="a", language="fr", subject=HOSTILE, text=text) for number in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_everything_and_runs_nothing_whatever_a_mail_holds(language):
    say = Wording(language)
    page = evaluation_page(assessed(outcomes(40)), texts_of(mails(40), mask), WHEN, say)
    page.encode("utf-8")
    reader = read(page)
    assert {"script", "img", "iframe", "link", "object", "form"} & reader.tags == set()
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert not [name for name, value in reader.attributes if name in {"src", "href"} and not value.startswith("#")]
    assert "url(" not in page
    assert "@import" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "<script>alert(1)</script>" in reader.text
    headings = [say(key) for key in ("promises", "thresholds", "strangers", "reliability", "risk", "labels", "worst")]
    assert [heading for heading in headings if heading not in reader.text] == []
    assert ("lang", language) in reader.attributes
    assert any("default-src 'none'" in (value or "") for _, value in reader.attributes)


def test_personal_data_is_masked_and_texts_can_be_left_out():
    assessment, say = assessed(outcomes(40)), Wording("en")
    page = evaluation_page(assessment, texts_of(mails(40), mask), WHEN, say)
    assert "Rappelez" in page
    assert "06 12 34" not in page
    assert "jean.dupont" not in page
    assert "Rappelez" not in evaluation_page(assessment, NO_TEXTS, WHEN, say)


def test_every_plot_has_a_name_and_a_table_behind_it():
    page = evaluation_page(assessed(outcomes(40)), NO_TEXTS, WHEN, Wording("en"))
    plots = re.findall(r"<svg [^>]*>", page)
    assert len(plots) > 4
    assert [plot for plot in plots if 'role="img"' not in plot or not re.search('aria-label="[^"]{5,}"', plot)] == []
    assert page.count("<details>") == 3
    assert page.count("<caption>") == page.count("<table>")


def test_ten_thousand_mails_of_150_labels_make_a_light_page():
    labels = tuple(f"a_label_with_a_long_name_{number}" for number in range(150))
    judged = outcomes(10_000, labels)
    page = evaluation_page(assessed(judged), texts_of(mails(10_000), mask), WHEN, Wording("en"))
    assert len(page.encode()) < 1_000_000
    read(page)


@pytest.mark.parametrize("judged", [outcomes(1), outcomes(1, wrong_every=2), outcomes(30, ("a",), 1_000)])
def test_one_mail_one_label_and_no_error_make_a_page_too(judged):
    for assessment in (assessed(judged), assessed(judged, baseline=False)):
        read(evaluation_page(assessment, NO_TEXTS, WHEN, Wording("fr")))


def test_the_summary_is_one_sentence_that_holds_the_promise_and_the_rival():
    sentence = lead(assessed(outcomes(400)), Wording("en"))
    assert sentence.startswith("Of 100 mails like these, the model sends about 80 to the right team (76 to 84")
    assert "held to its promise of 97%" in sentence
    assert "no difference to counting words can be shown (80 of 100)" in sentence
    assert sentence.count(". ") == 0


def test_a_missing_baseline_is_said_in_its_column_and_in_the_notices():
    notice = Notice(key="baseline_missing", values={"command": "install it"})
    reader = read(
        evaluation_page(assessed(outcomes(9), baseline=False, notices=(notice,)), NO_TEXTS, WHEN, Wording("en"))
    )
    assert "not installed: install it" in reader.text
    assert "needs scikit-learn, which is not installed; to install it: `install it`" in reader.text


def test_a_comparison_is_a_page_that_runs_nothing():
    first = Judged(name="one", outcomes=outcomes(60))
    second = Judged(name=HOSTILE, outcomes=outcomes(60, wrong_every=3))
    for language in LANGUAGES:
        page = comparison_page(compare(first, second), texts_of(mails(60), mask), WHEN, Wording(language))
        assert "script" not in read(page).tags


def test_two_models_of_one_name_are_called_a_and_b():
    one = Judged(name="same", outcomes=outcomes(30))
    assert "B against A" in comparison_page(compare(one, one), NO_TEXTS, WHEN, Wording("en"))


def test_both_languages_have_the_same_words_with_the_same_places_to_fill():
    def places(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    english, french = (WORDS[language] for language in LANGUAGES)
    assert set(english) == set(french)
    assert [key for key in english if places(english[key]) != places(french[key])] == []


def test_every_word_is_used():
    room = Path(model.report.__file__).parents[2]
    files = [*(room / "model").rglob("*.py"), *(room / "facteur").glob("evaluat*.py")]
    code = "".join(file.read_text(encoding="utf-8") for file in files if "words" not in file.parts)
    composed = ("slice_", "rival_", "strangers_", "legend_")
    assert [key for key in WORDS["en"] if not key.startswith(composed) and f'"{key}"' not in code] == []


def test_french_figures_are_french():
    say = Wording("fr")
    assert (say.percent(0.9134), say.count(12_345)) == ("91,3\u202f%", "12\u202f345")
    assert say.points(-0.034) == "\N{MINUS SIGN}3,4\u202fpoints"
    assert "\u202f;" in say("lead_no_threshold")


def test_nothing_is_rounded_to_certainty():
    assert Wording("en").percent(0.9999) == "99.9%"
    assert Wording("en").percent(0.9999, 0) == "99%"
    assert Wording("en").percent(0.00001) == "0.1%"
    assert Wording("en").percent(1.0) == "100.0%"


def test_the_document_is_json_without_texts_and_can_be_read_again(tmp_path):
    judged = (*outcomes(20), Outcome(truth="a", said="b", confidence=0.4, id=f"x{HOSTILE}", digest="x"))
    assessment = assessed(judged)
    content = json_bytes(evaluation_document(assessment, WHEN, Wording("en")))
    document = json.loads(content)
    assert (document["format"], document["version"]) == ("facteur-evaluation", 1)
    assert document["corpus"]["mails"] == len(document["mails"]) == 21
    assert document["model"]["figures"]["accuracy"] == assessment.model.evaluation.accuracy
    (tmp_path / "a.json").write_bytes(content)
    again = read_judged(tmp_path / "a.json")
    assert (again.outcomes, again.name, again.cpu_seconds) == (judged, assessment.model.judged.name, 2.0)


def test_the_handbook_names_every_field_of_both_documents():
    page = (Path(model.report.__file__).parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")
    both = Judged(name="one", outcomes=outcomes(12)), Judged(name="two", outcomes=outcomes(12, wrong_every=3))
    documents = (
        evaluation_document(assessed(outcomes(20)), WHEN, Wording("en")),
        comparison_document(compare(*both), WHEN),
    )
    fields = {key for document in documents for key in document} | set(documents[0]["mails"][0])
    fields |= set(documents[0]["model"]) | set(documents[0]["model"]["figures"]) | set(documents[0]["promises"][0])
    assert sorted(field for field in fields if f"`{field}`" not in page) == []


def test_the_document_of_a_comparison_has_both_models():
    both = Judged(name="one", outcomes=outcomes(12)), Judged(name="two", outcomes=outcomes(12, wrong_every=3))
    document = json.loads(json_bytes(comparison_document(compare(*both), WHEN)))
    assert document["format"] == "facteur-comparison"
    assert (document["first"]["name"], document["second"]["name"]) == ("one", "two")
    assert document["whole"]["mails"] == len(document["mails"]) == 12


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no evaluation of version 1"),
        ('{"format": "facteur-evaluation", "version": 2}', "is no evaluation of version 1"),
        ('{"format": "facteur-evaluation", "version": 1}', "lacks a field"),
        ('{"format": "facteur-evaluation", "version": 1, "model": [], "mails": 3}', "lacks a field"),
    ],
)
def test_what_is_no_report_is_refused_with_its_name(tmp_path, content, says):
    file = tmp_path / "a.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=says) as refused:
        read_judged(file)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("confidence", float("nan")), ("confidence", 1.5), ("words", -1), ("rank", -1), ("words", 1e400)],
)
def test_numbers_that_no_evaluation_writes_are_refused(tmp_path, field, value):
    outcome = {"id": "1", "digest": "d", "truth": "a", "said": "a", "confidence": 0.5, "language": "", "words": 3}
    file = tmp_path / "a.json"
    report = {"format": "facteur-evaluation", "version": 1, "model": {"name": "m", "cpu_seconds": None}}
    file.write_text(json.dumps({**report, "mails": [{**outcome, "rank": 1, field: value}]}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="has a wrong one"):
        read_judged(file)


def test_a_text_is_cut_at_a_word():
    assert shortened("one\n\n two  \nthree", 40) == "one ⏎ two ⏎ three"
    assert shortened("word " * 100, 23) == "word word word word \N{HORIZONTAL ELLIPSIS}"


def test_files_are_named_by_what_is_in_them_and_lie_in_their_folder():
    assert file_name("keywords (stand-in)", "ab12") == "keywords-stand-in--ab12"
    assert file_name("../../etc/passwd") == "etc-passwd"
    assert file_name("...") == "report"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be written to"):
        check_folder(tmp_path / "file" / "reports")
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written to"):
        write(tmp_path / "taken.html", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken.html"]
