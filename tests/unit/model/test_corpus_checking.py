"""What a check finds in a corpus, and what it says to do."""

from random import Random

import pytest

from model.corpus import Example, Severity
from model.corpus.checking import check_corpus
from model.corpus.labels import nearest

LABELS = ("billing", "claim_motor", "quote")
NAMES = {"Sinistre auto": "claim_motor", "Motor claim": "claim_motor", "Devis et souscription": "quote"}
FRENCH_TEXT = """
    je vous nous la voiture le toit une fuite la banque votre facture mon échéance les clés cette vitre notre jardin
    avec le chien mon avocat est venu pour le garage depuis la pluie et la route
"""
ENGLISH_TEXT = """
    i have you we the car roof a leak bank your invoice my premium keys this window our garden with the dog lawyer
    came for the garage since rain and road please
"""
FRENCH, ENGLISH = FRENCH_TEXT.split(), ENGLISH_TEXT.split()


def seeded(seed):
    return Random(seed)  # noqa: S311 - texts of a test are no secret


def mails(label, count, *, language="fr", start=0, **fields):
    draw = seeded(f"{label} {language} {start}")
    words = FRENCH if language == "fr" else ENGLISH
    return [
        Example(
            **{
                "id": f"{label}-{language}-{start + number}",
                "label": label,
                "language": language,
                "subject": "",
                "text": " ".join(draw.choices(words, k=30)),
                "place": f"{label}.csv:{number + 2}",
            }
            | fields
        )
        for number in range(count)
    ]


CLEAN = [*mails("quote", 30), *mails("billing", 30), *mails("claim_motor", 30)]


def found(examples, kind, **known):
    return [finding for finding in check_corpus(examples, **known).findings if finding.kind == kind]


def test_nothing_is_said_of_a_clean_corpus():
    report = check_corpus(CLEAN, labels=LABELS)
    assert report.findings == ()
    assert (report.examples, dict(report.labels)["quote"], report.languages) == (90, 30, {"fr": 90})


def test_an_unknown_label_is_an_error_with_the_label_that_was_meant():
    (finding,) = found([*CLEAN, *mails("Sinistre auto", 25)], "unknown-label", labels=LABELS, names=NAMES)
    assert finding.severity is Severity.ERROR
    assert "'Sinistre auto' of 25 mails" in finding.what
    assert "claim_motor?" in finding.advice
    assert finding.where[0] == "Sinistre auto.csv:2"


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("sinistre_auto", "claim_motor"),
        ("CLAIM MOTOR", "claim_motor"),
        ("Claim-Motor ", "claim_motor"),
        ("devis", "quote"),
        ("biling", "billing"),
        ("météo", None),
    ],
)
def test_the_nearest_label_is_found_whatever_the_case_and_the_spaces(label, meant):
    assert nearest(label, LABELS, NAMES) == meant


def test_too_few_mails_of_a_label_are_told_and_one_is_an_error():
    few = found([*CLEAN, *mails("rare", 5), *mails("single", 1)], "few-mails")
    assert [(finding.severity, finding.what) for finding in few] == [
        (Severity.ERROR, "The label 'single' has 1 mail"),
        (Severity.WARNING, "The label 'rare' has 5 mails"),
    ]


def test_one_label_is_nothing_to_learn():
    assert found(mails("quote", 30), "one-label")[0].severity is Severity.ERROR


def test_a_label_of_the_policy_without_mail_is_told():
    (finding,) = found(CLEAN, "missing-label", labels=[*LABELS, "complaint"])
    assert "complaint" in finding.what


def test_copies_in_the_test_set_are_a_leak_and_many_are_an_error():
    fields = {"label": "quote", "language": "fr", "subject": ""}
    near = Example(id="n", text=f"{CLEAN[0].text} svp", place="test.csv:9", **fields)
    same = Example(id="s", text=f" {CLEAN[1].text.upper()}", place="test.csv:10", **fields)
    others = mails("quote", 40, start=100)
    (finding,) = found(CLEAN, "leak", test=[near, same, *others])
    assert "Copies (1) and near-copies (1)" in finding.what
    assert (finding.severity, finding.where) == (
        Severity.WARNING,
        ("quote.csv:2 ~ test.csv:9", "quote.csv:3 ~ test.csv:10"),
    )
    assert found(CLEAN, "leak", test=[near, *others[:2]])[0].severity is Severity.WARNING
    (finding,) = found(CLEAN, "leak", validation=[same, *others[:4]])
    assert finding.severity is Severity.ERROR
    assert "5 mails of the validation set" in finding.what


def test_near_copies_with_different_labels_contradict_each_other():
    contrary = Example(id="x", label="billing", language="fr", subject="", text=CLEAN[0].text.upper(), place="x.csv:2")
    (finding,) = found([*CLEAN, contrary], "contradiction")
    assert finding.where == ("quote.csv:2 quote ~ x.csv:2 billing",)


def test_duplicates_and_near_copies_are_told_apart():
    text = CLEAN[0].text
    same = Example(id="s", label="quote", language="fr", subject=" ", text=text.replace(" ", "\n"), place="s")
    near = Example(id="n", label="quote", language="fr", subject="", text=f"{text} 12", place="n")
    assert found([*CLEAN, same], "duplicate")[0].where == ("quote.csv:2 ~ s",)
    assert found([*CLEAN, near], "near-copy")[0].where == ("quote.csv:2 ~ n",)


def test_a_tag_or_a_footer_that_gives_a_label_away_is_told():
    tagged = [*CLEAN[30:], *mails("quote", 30, subject="[DEVIS-WEB] demande")]
    footed = [
        *CLEAN[30:],
        *(
            Example(
                id=e.id,
                label=e.label,
                language="fr",
                subject="",
                text=f"{e.text}\n\nFormulaire 12 du site",
                place=e.place,
            )
            for e in CLEAN[:30]
        ),
    ]
    assert any("'[devis-web]'" in finding.what for finding in found(tagged, "telltale"))
    assert any("line 'formulaire 12 du site'" in finding.what for finding in found(footed, "telltale"))


def test_texts_that_say_nothing_are_told():
    blank = Example(
        id="b", label="quote", language="fr", subject="", text="> Bonjour\n> Où en est mon dossier ?", place="b.csv:7"
    )
    bare = Example(id="s", label="quote", language="fr", subject="Attestation habitation", text="", place="s.csv:3")
    assert found([*CLEAN, bare], "subject-only")[0].where == ("s.csv:3",)
    assert found([*CLEAN, blank], "empty")[0].severity is Severity.WARNING
    assert found([*CLEAN, *mails("quote", 1, start=50, text="mot " * 6_000)], "long")


def test_a_label_in_one_language_only_is_told():
    mixed = [*CLEAN, *mails("quote", 30, language="en"), *mails("billing", 30, language="en")]
    (finding,) = found(mixed, "language-mix")
    assert "'claim_motor' has no mail in en" in finding.what


def test_a_wrong_or_missing_language_is_told():
    wrong = mails("quote", 2, language="en", start=70)[1:]
    said = Example(id="w", label="quote", language="fr", subject="", text=wrong[0].text, place="w.csv:2")
    none = Example(id="n", label="quote", language="", subject="", text="Bonjour à vous", place="n.csv:2")
    assert found([*CLEAN, said], "other-language")[0].where == ("w.csv:2",)
    assert found([*CLEAN, none], "no-language")[0].where == ("n.csv:2",)


def test_personal_data_is_told_by_kind():
    (finding,) = found(
        [*CLEAN, *mails("quote", 1, start=90, text="Mon mail : a@example.org, 06 12 34 56 78")], "personal-data"
    )
    assert "EMAIL 1, PHONE 1" in finding.what


def test_the_gravest_comes_first_and_the_report_is_json():
    report = check_corpus([*CLEAN, *mails("single", 1)], labels=LABELS, faults=["a.csv:2 has no label."])
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {finding.kind for finding in report.errors} == {"unreadable", "unknown-label", "few-mails"}
    assert report.document["findings"][0]["where"] == ["a.csv:2 has no label"]


def test_a_test_set_may_have_no_label_of_its_own():
    assert found(CLEAN, "unknown-label", test=mails("strange", 3))[0].severity is Severity.ERROR


def test_a_corpus_of_nothing_but_faults_can_be_reported():
    assert [finding.kind for finding in check_corpus([], faults=["a.csv:2 has no label."]).errors] == ["unreadable"]
