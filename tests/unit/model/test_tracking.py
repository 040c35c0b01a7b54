"""Runs in MLflow: a real store in a file, and what is said when there is none."""

import importlib.util
import sys

import pytest

from model.training.tracking import ADDRESS, Untracked, tracker_of
from routing.errors import ConfigurationError

needs_mlflow = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="MLFLOW NOT TESTED: install the extra `mlflow`"
)


def test_without_an_address_nothing_is_tracked():
    assert isinstance(tracker_of({}), Untracked)


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ConfigurationError, match=r"pip install facteur\[mlflow\]"):
        tracker_of({ADDRESS: "sqlite:///x.db"})


@needs_mlflow
@pytest.mark.filterwarnings("ignore")  # MLflow uses what its own dependencies deprecate
def test_a_run_is_tracked_with_figures_and_files_and_gone_on_with(tmp_path, monkeypatch):
    from mlflow.tracking import MlflowClient  # noqa: PLC0415 - only where it is installed

    monkeypatch.chdir(tmp_path)
    address = f"sqlite:///{tmp_path}/mlflow.db"
    (tmp_path / "run.json").write_text("{}")
    for epoch in (1, 2):
        tracker = tracker_of({ADDRESS: address, "MLFLOW_EXPERIMENT_NAME": "mail"})
        tracker.begin("run-1", {"epochs": 2, "long": "x" * 9000}, {"code": "v1"})
        tracker.measured({"held_out_loss": 1 / epoch}, epoch)
        tracker.end("FINISHED", (tmp_path / "run.json", tmp_path / "not-there"))
    client = MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("mail").experiment_id])
    assert (run.data.params["epochs"], run.data.tags["code"], run.info.status) == ("2", "v1", "FINISHED")
    assert [point.value for point in client.get_metric_history(run.info.run_id, "held_out_loss")] == [1.0, 0.5]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["run.json"]


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_an_address_that_cannot_be_used_is_named_without_its_password():
    with pytest.raises(ConfigurationError, match=r"MLflow cannot be used at MLFLOW_TRACKING_URI=strange://h") as caught:
        tracker_of({ADDRESS: "strange://me:secret@host"})
    assert "secret" not in str(caught.value)
