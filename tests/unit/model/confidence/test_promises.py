"""Promised precisions: they are kept as often as they say, and behave."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.confidence.binomial import tail
from model.confidence.promises import PRECISIONS, make_promises, threshold_for

LABELS = ("a", "b", "c")
DRAWS = 120


class World:
    """Mails whose confidence is honest: of those with probability p, the share p is right."""

    def __init__(self, seed, ease=3.0):
        self._draw = np.random.default_rng(seed)
        self._ease = ease
        self._sure = np.sort(self.confidence(400_000))[::-1]
        self._means = np.cumsum(self._sure) / np.arange(1, len(self._sure) + 1)

    def confidence(self, mails):
        return 1 / (1 + np.exp(-self._draw.normal(self._ease, 2.0, mails)))

    def mails(self, number):
        confidence = self.confidence(number)
        return confidence, self._draw.random(number) >= confidence

    def precision(self, threshold):
        """The true share of right mails among all that reach the threshold."""
        return self._means[max(np.searchsorted(-self._sure, -threshold, side="right") - 1, 0)]

    def labelled(self, number, shares=(0.6, 0.3, 0.1)):
        """Probabilities over three labels, and truths."""
        confidence, wrong = self.mails(number)
        confidence = np.maximum(confidence, 0.5)
        said = self._draw.choice(3, number, p=shares)
        probabilities = np.repeat(((1 - confidence) / 2)[:, np.newaxis], 3, axis=1)
        probabilities[np.arange(number), said] = confidence
        return probabilities, np.where(wrong, (said + 1) % 3, said)


def allowed_violations(delta):
    """How many of DRAWS promises may be broken before chance, one in ten thousand, no longer explains it."""
    return next(count for count in range(DRAWS) if tail(count, DRAWS, delta) > 1 - 1e-4)


@pytest.mark.parametrize("mails", [150, 400, 2000])
@pytest.mark.parametrize("precision", [0.9, 0.95, 0.97])
def test_a_promise_is_broken_no_more_often_than_it_says(mails, precision):
    world = World(seed=mails + int(precision * 100))
    delta = 0.1
    broken = made = 0
    for _ in range(DRAWS):
        threshold = threshold_for(*world.mails(mails), precision=precision, delta=delta)
        made += threshold is not None
        broken += threshold is not None and world.precision(threshold) < precision
    assert broken <= allowed_violations(delta)
    assert made or mails * (1 - precision) < 8


def test_a_promise_routes_much_of_what_could_be_routed():
    world = World(seed=3)
    could = next(
        share for share in np.arange(1, 0, -0.01) if world.precision(np.quantile(world._sure, 1 - share)) >= 0.95
    )
    routed = []
    for _ in range(50):
        confidence, wrong = world.mails(2000)
        routed.append((confidence >= threshold_for(confidence, wrong, precision=0.95, delta=0.1)).mean())
    assert np.mean(routed) > could - 0.07


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500), st.floats(0.5, 5.0))
def test_thresholds_rise_with_the_promise_and_fewer_mails_are_routed(seed, mails, ease):
    promises = make_promises(LABELS, *World(seed, ease).labelled(mails))
    assert [promise.precision for promise in promises] == list(PRECISIONS)
    for laxer, stricter in itertools.pairwise(promises):
        assert laxer.routed >= stricter.routed
        for label in LABELS:
            low, high = laxer.thresholds[label], stricter.thresholds[label]
            assert high is None or (low is not None and low <= high)


def test_labels_with_few_mails_share_one_threshold_and_one_promise():
    probabilities, truths = World(seed=1).labelled(600)
    promises = make_promises(LABELS, probabilities, truths)
    assert all(promise.alone == () for promise in promises)
    assert all(len(set(promise.thresholds.values())) == 1 for promise in promises)
    lax = promises[0]
    kept = probabilities.max(1) >= lax.thresholds["a"]
    assert lax.routed == pytest.approx(kept.mean(), abs=1e-4)
    assert (probabilities.argmax(1) == truths)[kept].mean() >= 0.9
    assert (lax.mails, lax.delta) == (600, 0.1)


def test_labels_with_many_mails_get_a_promise_of_their_own():
    promises = make_promises(LABELS, *World(seed=2).labelled(6000, shares=(0.6, 0.37, 0.03)))
    assert all(promise.alone == ("a", "b") for promise in promises)


def test_promises_of_several_groups_hold_all_at_once():
    world = World(seed=5)
    broken = 0
    for _ in range(100):
        (promise,) = make_promises(LABELS, *world.labelled(3000, shares=(0.5, 0.45, 0.05)), precisions=[0.95])
        assert promise.alone == ("a", "b")
        broken += any(
            each is not None and world.precision(max(each, 0.5)) < 0.95 for each in promise.thresholds.values()
        )
    assert broken <= 22  # 100 times 0.1, and chance


def test_too_few_mails_promise_nothing():
    for promise in make_promises(LABELS, *World(seed=4).labelled(15)):
        assert promise.is_empty
        assert promise.routed == 0.0


def test_a_model_that_is_always_right_still_needs_mails_to_prove_it():
    sure = np.full(300, 0.99)
    assert threshold_for(sure, np.zeros(300, bool), precision=0.99, delta=0.1) == 0.0
    assert threshold_for(sure[:229], np.zeros(229, bool), precision=0.99, delta=0.1) is None


def test_a_model_that_is_always_wrong_is_promised_nothing():
    assert threshold_for(np.full(500, 0.99), np.ones(500, bool), precision=0.9, delta=0.1) is None
