"""Everything fitted at once, and what the model's directory keeps of it."""

import json

import numpy as np
import pytest

from model.confidence.confidence import STRANGERS, fit_confidence
from model.confidence.document import calibration_of, promises_of
from model.directory import CONFIG, ModelConfig
from routing.errors import ConfigurationError


@pytest.fixture(scope="module")
def fitted(numbers, language):
    spoken, model = language(seed=1), numbers()
    scores, truths = model.mails(600)
    return fit_confidence(
        labels=model.labels,
        scores=scores,
        truths=truths.tolist(),
        rows=spoken.rows(600),
        training_rows=spoken.rows(1500),
        vocabulary=500,
    )


def config_of(fitted):
    return ModelConfig(name="m", labels=("a", "b", "c", "d"), languages=("fr",), max_length=64, **fitted.config())


def test_the_configuration_keeps_calibration_and_promises(fitted):
    said = json.loads(config_of(fitted).to_json())
    assert said["temperature"] == fitted.calibration.temperature
    assert calibration_of(said["calibration"], ("a", "b", "c", "d")) == fitted.calibration
    assert promises_of(said["promises"], ("a", "b", "c", "d")) == fitted.promises
    assert [promise["precision"] for promise in said["promises"]] == [0.9, 0.95, 0.97, 0.98, 0.99]
    assert said["strangers"] == 0.01


def test_the_tables_are_written_beside_it(fitted, tmp_path):
    fitted.write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [STRANGERS]
    assert (tmp_path / STRANGERS).stat().st_size < 1_000_000


def test_without_tokens_the_model_knows_no_strangers(numbers, tmp_path):
    scores, truths = numbers().mails(300)
    fitted = fit_confidence(labels=("a", "b", "c", "d"), scores=scores, truths=truths)
    fitted.write(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert config_of(fitted).strangers is None


def test_a_promise_holds_though_the_calibration_was_fitted_to_the_same_mails(numbers):
    model = numbers(labels=16, ease=8.0)
    fresh, truth = model.mails(20_000)
    broken = made = 0
    for _ in range(100):
        scores, truths = model.mails(155)  # too few for more than a temperature
        fitted = fit_confidence(labels=model.labels, scores=scores, truths=truths, precisions=[0.95])
        threshold = fitted.promises[0].thresholds["a"]
        probabilities = fitted.calibration.probabilities(fresh)
        if threshold is not None:
            kept = probabilities.max(1) >= threshold
            made += 1
            broken += (probabilities.argmax(1) == truth)[kept].mean() < 0.95
    assert made > 40
    assert broken <= 20  # 100 times 0.1, and chance of one in a thousand


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"truths": [], "scores": np.zeros((0, 2))}, "no mail was held out to calibrate confidence on"),
        ({"labels": ("a",), "scores": np.zeros((3, 1)), "truths": [0, 0, 0]}, "confidence in one label says nothing"),
        ({"scores": np.array([[0, 1], [np.nan, 1], [1, 0]])}, "not a finite number"),
        ({"scores": np.zeros((2, 2))}, r"shape \(2, 2\) for 3 held-out mails and 2 labels"),
        ({"truths": [0, 1, 2]}, "a label that the model does not have"),
    ],
)
def test_mails_that_cannot_be_used_are_one_sentence(changes, says):
    given = {"labels": ("a", "b"), "scores": np.zeros((3, 2)), "truths": [0, 1, 0], **changes}
    with pytest.raises(ConfigurationError, match=says) as caught:
        fit_confidence(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mails", [1, 2, 7])
def test_a_handful_of_mails_is_fitted_and_promises_nothing(numbers, mails):
    scores, truths = numbers().mails(mails)
    fitted = fit_confidence(labels=("a", "b", "c", "d"), scores=scores, truths=truths)
    assert all(promise.is_empty for promise in fitted.promises)
    assert np.isfinite(fitted.calibration.temperature)


@pytest.mark.parametrize(
    "field",
    [
        {"calibration": {"temperature": 0, "scales": [], "offsets": []}},
        {"calibration": {"temperature": 1, "scales": [1.0], "offsets": []}},
        {"calibration": {"temperature": 1}},
        {"calibration": [1]},
        {"promises": [{"precision": 0.9}]},
        {"promises": [1]},
        {"promises": 1},
        {"strangers": "many"},
    ],
)
def test_a_configuration_that_says_it_wrongly_is_one_sentence(fitted, field, sealed_as):
    said = json.loads(config_of(fitted).to_json()) | field
    with pytest.raises(ConfigurationError, match=f"{CONFIG} lacks a field or has a wrong one"):
        sealed_as(said)


def test_promises_for_other_labels_are_refused(fitted, sealed_as):
    said = json.loads(config_of(fitted).to_json())
    said["promises"][0]["thresholds"]["e"] = 0.5
    with pytest.raises(ConfigurationError, match="not for these labels"):
        sealed_as(said)


@pytest.fixture
def sealed_as(tmp_path):
    def build(config):
        from model.directory import TOKENIZER, seal  # noqa: PLC0415 - beside its use

        folder = tmp_path / "model"
        folder.mkdir()
        (folder / CONFIG).write_text(json.dumps(config))
        (folder / TOKENIZER).write_text("{}")
        return seal(folder)

    return build
