"""When an export is refused."""

import numpy as np
import pytest

from model.training.agreement import agreement_of
from routing.errors import ConfigurationError


def scores(labels):
    return np.eye(3, dtype=np.float32)[labels]


def agreement(mails, *, differ=0, lost=0):
    """Of `mails` mails the first `differ` get another label; `lost` of those were right before."""
    trained = np.zeros(mails, dtype=np.int64)
    served = trained.copy()
    served[:differ] = 1
    truths = np.full(mails, 2)
    truths[:lost] = 0
    return agreement_of(scores(served), scores(trained), truths.tolist())


@pytest.mark.parametrize(
    ("mails", "differ", "lost"), [(1000, 0, 0), (1000, 5, 3), (1000, 5, 0), (100, 1, 1), (10, 1, 0)]
)
def test_an_export_that_differs_in_one_mail_of_two_hundred_is_as_good(mails, differ, lost):
    assert agreement(mails, differ=differ, lost=lost).holds


@pytest.mark.parametrize(("mails", "differ", "lost"), [(1000, 6, 0), (1000, 5, 4), (100, 2, 0), (1000, 400, 0)])
def test_an_export_that_differs_more_or_is_less_often_right_is_refused(mails, differ, lost):
    assert not agreement(mails, differ=differ, lost=lost).holds


def test_the_refusal_is_one_sentence_with_both_figures():
    with pytest.raises(ConfigurationError) as refusal:
        agreement(1000, differ=30, lost=20).check()
    sentence = str(refusal.value)
    assert "97.0% the same label (99.5% needed)" in sentence
    assert "accuracy is 0.0% instead of 2.0% (0.3% apart at most)" in sentence


def test_a_good_export_passes_in_silence():
    agreement(1000, differ=1).check()
