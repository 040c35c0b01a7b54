"""The TF-IDF baseline: it learns, it is honest about how, and it says when it cannot."""

import importlib.abc
import sys

import pytest

from model.corpus import Example
from model.evaluation.assessment import assess
from model.evaluation.baseline import cross_validated_baseline, trained_baseline
from model.evaluation.figures import summarise
from model.evaluation.outcome import digest_of
from model.keywords import KeywordClassifier

WORDS = {"quote": "a quotation for my new car please", "billing": "the direct debit was taken twice this month"}


def mails(count, labels=("quote", "billing"), prefix="m"):
    return [
        Example(
            id=f"{prefix}{number}-{label}",
            label=label,
            language="en",
            subject="",
            text=f"{WORDS.get(label, label)} {prefix}{number}",
        )
        for number in range(count)
        for label in labels
    ]


def test_it_learns_from_other_mails():
    judged = trained_baseline(mails(12), mails(5, prefix="other"))
    assert summarise(judged.outcomes).accuracy == 1.0
    assert (judged.trained_on, judged.cross_validated) == (24, False)
    assert [outcome.id for outcome in judged.outcomes] == [mail.id for mail in mails(5, prefix="other")]
    assert all(0.5 < outcome.confidence <= 1.0 for outcome in judged.outcomes)


def test_it_never_learns_from_a_mail_that_it_is_judged_by():
    train = mails(12)
    assert trained_baseline(train, train[:4]).trained_on == 20


def test_without_other_mails_it_is_cross_validated():
    judged = cross_validated_baseline(mails(10))
    assert judged.cross_validated
    assert summarise(judged.outcomes).accuracy == 1.0
    assert [outcome.digest for outcome in judged.outcomes] == [digest_of(mail) for mail in mails(10)]


def test_more_than_two_labels_are_told_apart():
    labels = ("quote", "billing", "stolen", "moved")
    judged = trained_baseline(mails(8, labels), mails(3, labels, prefix="other"))
    assert summarise(judged.outcomes).accuracy == 1.0
    assert {outcome.rank for outcome in judged.outcomes} == {1}


def test_one_label_is_too_few():
    with pytest.raises(ValueError, match="two labels"):
        cross_validated_baseline(mails(10, ("quote",)))


@pytest.mark.parametrize("examples", [mails(4, ("quote",)), mails(1, ("quote",))])
def test_a_report_says_that_it_could_not_be_trained(examples):
    assessment = assess(KeywordClassifier(), examples)
    assert assessment.baseline is None
    assert "baseline_impossible" in {notice.key for notice in assessment.notices}


class WithoutScikitLearn(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - the interface's
        if fullname.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")


def test_a_report_says_how_to_install_scikit_learn(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [WithoutScikitLearn(), *sys.meta_path])
    assessment = assess(KeywordClassifier(), mails(5))
    assert assessment.baseline is None
    assert assessment.versus is None
    (notice,) = [notice for notice in assessment.notices if notice.key == "baseline_missing"]
    assert notice.values == {"command": "sh requirements/install.sh train"}


def test_mails_that_are_in_both_corpora_are_told():
    notices = {notice.key: notice.values for notice in assess(KeywordClassifier(), mails(3), mails(12)).notices}
    assert notices["baseline_left_out"] == {"mails": 6}
