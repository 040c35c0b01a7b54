"""Training end to end, on a network small enough to be trained while one waits."""

import importlib.util

import pytest

from model.directory import CARD, open_model
from model.registry import load_classifier
from routing.errors import ConfigurationError
from routing.mail import Mail

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)


from model.training.bases import base_directory, find_base
from model.training.options import TrainOptions
from model.training.preparation import prepare
from model.training.train import train

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter uses what it deprecates itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def trained(base, mails, other_mails, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    seen = []
    options = TrainOptions(
        name="tiny",
        epochs=12,
        patience=0,
        batch=4,
        held_out=0.25,
        threads=1,
        bfloat16=False,
        learning_rate=5e-3,
        test=other_mails,
    )
    return train(prepare([mails], options), find_base(base), out, options, seen.append), seen, out


def test_training_learns_what_the_corpus_shows(trained):
    report, _, _ = trained
    assert report.test.accuracy == 1.0
    assert report.validation.examples == 10
    assert report.agreement == 1.0


def test_what_serves_and_the_checkpoint_say_the_same(trained):
    report, _, _ = trained
    mail = Mail(text="the car burnt my house")
    served, kept = (
        load_classifier(spec).classify([mail])[0] for spec in (str(report.model), f"torch:{report.checkpoint}")
    )
    assert {score.label: score.probability for score in served.scores} == pytest.approx(
        {score.label: score.probability for score in kept.scores}, abs=0.05
    )


def test_training_leaves_two_sealed_directories_and_nothing_half_written(trained):
    report, _, out = trained
    assert sorted(path.name for path in out.iterdir()) == ["checkpoints", report.model.name]
    assert open_model(report.model).config.labels == ("claim_home", "claim_motor")
    assert "accuracy" in (report.model / CARD).read_text()


def test_progress_is_told_to_the_end(trained):
    _, seen, _ = trained
    steps = [progress for progress in seen if progress.stage == "train" and not progress.note]
    assert [progress.done for progress in steps] == list(range(1, steps[0].total + 1))
    assert (seen[-1].stage, seen[-1].done) == ("export", seen[-1].total)


def test_a_base_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no config\.json"):
        base_directory(tmp_path)
