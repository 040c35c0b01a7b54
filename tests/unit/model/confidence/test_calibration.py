"""Calibration: probabilities become shares of being right, and the method is chosen by measurement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.confidence.calibrating import calibrate
from model.confidence.calibration import Calibration
from model.confidence.honesty import honesty


@settings(deadline=None)
@given(
    arrays.arrays(np.float64, (5, 4), elements=st.floats(-30, 30)),
    st.floats(0.2, 5.0),
)
def test_a_temperature_never_changes_the_order_of_labels(scores, temperature):
    calibration = Calibration(temperature=temperature)
    probabilities = calibration.probabilities(scores)
    order = np.argsort(scores, axis=1)
    assert (np.diff(np.take_along_axis(probabilities, order, axis=1), axis=1) >= 0).all()
    assert probabilities.sum(1) == pytest.approx(np.ones(5))


def test_offsets_and_scales_are_applied_label_by_label_and_may_change_the_order():
    calibration = Calibration(temperature=2.0, scales=(1.0, 3.0), offsets=(0.0, -1.0))
    logits = np.array([1.0, 2.0])  # 2 / 2 * 1 + 0, 2 / 2 * 3 - 1
    assert calibration.probabilities(np.array([2.0, 2.0])) == pytest.approx(np.exp(logits) / np.exp(logits).sum())


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ArithmeticError):
        Calibration().probabilities(np.array([0.0, np.nan]))


def test_the_temperature_that_a_model_was_made_with_is_found(numbers):
    assert calibrate(*numbers(temperature=2.0).mails(1500)).calibration.temperature == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_needs_one_temperature_gets_no_more(numbers, seed):
    found = calibrate(*numbers(seed=seed, labels=6).mails(354))
    assert found.method == "temperature"
    assert (found.calibration.scales, found.calibration.offsets) == ((), ())
    assert len(found.trials) > 1


def test_fewer_mails_than_fifty_a_label_are_not_even_tried_otherwise(numbers):
    assert [trial.method for trial in calibrate(*numbers(labels=13).mails(354)).trials] == ["temperature"]


def test_a_label_that_is_always_overrated_is_corrected_where_mails_are_many(numbers):
    model = numbers(temperature=1.0)
    scores, truths = model.mails(1500)
    scores[:, 0] += 2.0
    found = calibrate(scores, truths)
    assert found.method != "temperature"
    shift = found.calibration.offsets[0] - np.mean(found.calibration.offsets[1:])
    assert shift * found.calibration.temperature == pytest.approx(-2.0, abs=0.6)
    fresh, truth = model.mails(3000)
    fresh[:, 0] += 2.0
    probabilities = found.calibration.probabilities(fresh)
    told = honesty(probabilities.max(1), probabilities.argmax(1) == truth)
    assert told.error < 0.03


def test_every_mail_is_judged_by_a_calibration_that_has_not_seen_it(numbers):
    scores, truths = numbers().mails(200)
    found = calibrate(scores, truths)
    assert found.probabilities.shape == scores.shape
    whole = found.calibration.probabilities(scores)
    assert not np.allclose(found.probabilities, whole, atol=1e-12)
    assert np.abs(found.probabilities - whole).max() < 0.1


def test_honest_confidence_shows_no_more_error_than_chance_and_flattery_does():
    draw = np.random.default_rng(3)
    confidence = draw.uniform(0.3, 1.0, 4000)
    honest = honesty(confidence, draw.random(4000) < confidence)
    assert honest.error < honest.ceiling
    assert honest.floor < honest.ceiling < 0.05
    flattering = honesty(confidence, draw.random(4000) < confidence - 0.1)
    assert flattering.error == pytest.approx(0.1, abs=0.03)
    assert flattering.error > flattering.ceiling


def test_the_floor_rises_as_mails_become_few():
    draw = np.random.default_rng(3)
    floors = [honesty(confidence, confidence > 0.5).floor for confidence in map(draw.random, (100, 1000, 10_000))]
    assert floors[0] > 2 * floors[1] > 4 * floors[2]


def test_there_is_no_honesty_without_mails():
    with pytest.raises(ValueError, match="no mail"):
        honesty(np.zeros(0), np.zeros(0))
