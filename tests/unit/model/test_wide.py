"""The wide part: fitted to n-grams, weighed against the deep one, added to it."""

import importlib.util

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("THE WIDE PART NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch

from model.ngrams import NOTHING, ngrams_of
from model.training.encoder import Wide, padded_ngrams
from model.training.wide import best_weight, fit_wide

TEXTS = ("my car broke down", "the roof of my house burnt", "a dent in the car", "water in the house", "?!") * 3
TARGETS = (0, 1, 0, 1, 0) * 3


@pytest.fixture(scope="module")
def fitted():
    return fit_wide(TEXTS, TARGETS, 2, ngrams=4096)


def test_it_learns_which_words_speak_for_what(fitted):
    unseen = fitted.scores(["two cars", "the roofs of houses", "the car, not the lorry"])
    assert unseen.argmax(1).tolist() == [0, 1, 0]


def test_it_is_the_best_there_is(fitted):
    """At the optimum of a convex loss the slope is zero: the mean score says as often what is as often so."""
    shares = torch.softmax(torch.from_numpy(fitted.scores(TEXTS)), 1).mean(0)
    assert shares.tolist() == pytest.approx([9 / 15, 6 / 15], abs=0.01)


def test_nothing_and_what_was_never_seen_say_nothing(fitted):
    assert not fitted.table[NOTHING].any()
    assert fitted.scores([""])[0] == pytest.approx(fitted.bias)
    seen = {number for text in TEXTS for number in ngrams_of(text, 4096)}
    assert not fitted.table[[number for number in range(4096) if number not in seen]].any()


def test_the_network_computes_what_was_fitted(fitted):
    wide = Wide(*fitted.table.shape)
    with torch.no_grad():
        wide.table.copy_(torch.from_numpy(fitted.table))
        computed = wide(padded_ngrams(TEXTS, 4096)).numpy() + fitted.bias
    assert computed == pytest.approx(fitted.scores(TEXTS), abs=1e-5)


def test_labels_can_weigh_alike_however_many_mails_they_have():
    weights = np.array([15 / 9, 15 / 6], dtype=np.float32)
    balanced = fit_wide(TEXTS, TARGETS, 2, ngrams=4096, weights=weights)
    assert balanced.scores([""])[0][1] > fit_wide(TEXTS, TARGETS, 2, ngrams=4096).scores([""])[0][1]


def test_a_wide_part_that_knows_more_is_heard_and_one_that_knows_nothing_is_not():
    draw = np.random.default_rng(1)
    truths = draw.integers(0, 2, 200)
    sure = np.eye(2, dtype=np.float32)[truths] * 4
    vague = sure * 0.1 + draw.normal(size=(200, 2)).astype(np.float32)
    assert best_weight(vague, sure, truths.tolist()) == 1.0
    assert best_weight(sure, draw.normal(size=(200, 2)).astype(np.float32) * 9, truths.tolist()) == 0.0
