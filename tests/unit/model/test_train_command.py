"""`facteur train` on the command line: what a run leaves, and what it says when it cannot be done."""

import importlib.util
import json
import resource
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from facteur.cli import main
from model.directory import open_model

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

from facteur import training
from model.training import exporting
from model.training.config import read_config
from model.training.runs import curves_of, open_run

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter uses what it deprecates itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

QUICK = ("--threads", "1", "--batch", "4", "--learning-rate", "5e-3", "--held-out", "0.25", "--no-bfloat16")


def facteur(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def done(base, mails, other_mails, tmp_path_factory):
    """A folder in which a training with cross-validation was done, and what it said."""
    folder = tmp_path_factory.mktemp("done")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = facteur("train", mails, "--base", base, "--test", other_mails, "--folds", 2, "--epochs", 6, *QUICK)
        assert result.exit_code == 0, result.output
    (run,) = (folder / "runs").iterdir()
    return run, result


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "no-cache"))


def refused(result, says):
    assert result.exit_code == 1, result.output
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert says in last
    assert "Traceback" not in result.output


# -- what a run leaves


def test_a_run_is_recorded_in_plain_files(done):
    run, result = done
    record = open_run(run).record
    assert record.status == "done"
    assert record.results["model"] == result.stdout.splitlines()[-1]
    assert open_model(record.results["model"])
    assert open_model(record.results["checkpoint"])
    assert record.figures["test_accuracy"] >= 0.8
    assert record.data
    assert record.code
    assert record.machine["torch"]
    assert [row["epoch"] for row in curves_of(run) if "fold" not in row] == [1, 2, 3, 4, 5, 6]
    assert "Fold" in result.stderr
    assert (run / "report.html").read_text().startswith("<!")
    assert (run / "corpus.txt").read_text().startswith("40 mails")
    assert "best epoch" in (run / "log.txt").read_text()
    assert not (run / "state").exists()


def test_every_mail_is_judged_once_by_a_model_that_had_not_learnt_it(done, mails):
    run, _ = done
    folds = [json.loads(line) for line in (run / "folds.jsonl").read_text().splitlines()]
    judged = sorted(mail["id"] for fold in folds for mail in fold["mails"])
    assert judged == sorted(json.loads(line)["id"] for line in mails.read_text().splitlines())
    record = open_run(run).record
    assert record.figures["folds_accuracy"] == pytest.approx(
        sum(fold["fold"]["accuracy"] for fold in folds) / 2, abs=1e-5
    )


def test_the_options_of_a_run_are_a_config_file(done, mails):
    run, _ = done
    config = read_config(run / "config.toml")
    assert (config["epochs"], config["batch"], config["folds"], config["corpora"]) == (6, 4, 2, [str(mails)])


def test_runs_are_listed_and_shown(done, monkeypatch):
    run, _ = done
    monkeypatch.setenv("COLUMNS", "200")
    listed = facteur("runs", "--runs", run.parent)
    assert run.name in listed.output
    assert "done" in listed.output
    shown = facteur("runs", run.name, "--runs", run.parent)
    assert "learning rate" in shown.output
    assert "held out loss" in shown.output
    assert json.loads(facteur("runs", "--runs", run.parent, "--json").output)["id"] == run.name


def test_the_card_says_how_it_was_made_and_carries_the_card_of_the_encoder(base, mails, here):
    copied = shutil.copytree(base, here / "small")
    (copied / "README.md").write_text("---\nlicense: mit\n---\n# Small\n\nMade of nothing.\n\n```\n# no heading\n```\n")
    result = facteur("train", mails, "--base", "small", "--epochs", 1, *QUICK)
    card = (open_model(result.stdout.strip()).path / "model_card.md").read_text()
    assert "| encoder | small (licence: mit) |" in card
    assert "## The encoder\n\n## Small\n\nMade of nothing.\n\n```\n# no heading\n```" in card


def test_a_model_can_be_made_of_nothing_but_ones_own_mail(mails, other_mails, here):
    scratch = ("--from-scratch", "--mail", other_mails, "--pretrain-epochs", 1)
    result = facteur("train", mails, *scratch, "--epochs", 1, *QUICK)
    assert result.exit_code == 0, result.output
    (run,) = (here / "runs").iterdir()
    assert (run / "encoder" / "tokenizer.json").is_file()
    card = (open_model(result.stdout.strip()).path / "model_card.md").read_text()
    assert "| encoder | own mail |" in card
    assert "no foreign weights" in card
    assert read_config(run / "config.toml")["mail"] == [str(other_mails)]


# -- going on


def test_an_interrupted_run_goes_on_as_if_it_had_never_stopped(done, base, mails, here, monkeypatch):
    @contextmanager
    def impatient(_console):
        def watch(progress):
            if progress.stage == "train" and progress.figures and progress.figures["epoch"] == 3:
                raise KeyboardInterrupt

        yield watch

    with monkeypatch.context() as patch:
        patch.setattr(training, "progress_of", impatient)
        stopped = facteur("train", mails, "--base", base, "--epochs", 6, *QUICK)
    (run,) = (here / "runs").iterdir()
    assert stopped.exit_code == training.INTERRUPTED
    assert f"facteur train --resume runs/{run.name}" in stopped.stderr
    assert not (here / "models").exists()
    assert open_run(run).record.status == "interrupted"
    gone_on = facteur("train", "--resume", run.name)
    assert gone_on.exit_code == 0, gone_on.output
    losses = {row["epoch"]: row["held_out_loss"] for row in curves_of(run)}
    whole = {row["epoch"]: row["held_out_loss"] for row in curves_of(done[0]) if "fold" not in row}
    assert losses == pytest.approx(whole, abs=1e-5)
    assert facteur("train", "--resume", run.name).stderr.strip().endswith("there is nothing to go on with.")


# -- what cannot be done

ROW = '{"id": "%d", "label": "%s", "text": "my car broke %d"}\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("not JSON\n", "mails.jsonl:1"),
        ("".join(ROW % (number, "quote", number) for number in range(30)), "label"),
    ],
    ids=["empty", "unreadable", "one label"],
)
def test_a_corpus_that_cannot_be_trained_on_is_refused_and_leaves_nothing(base, here, content, says):
    (here / "mails.jsonl").write_text(content)
    refused(facteur("train", "mails.jsonl", "--base", base, *QUICK), says)
    assert [path.name for path in here.iterdir()] == ["mails.jsonl"]


def test_labels_outside_the_taxonomy_are_refused(base, mails, here):
    policy = Path(__file__).parents[3] / "docs" / "examples" / "policy.yaml"
    refused(facteur("train", mails, "--base", base, "--policy", policy, *QUICK), "claim_home")
    assert list(here.iterdir()) == []


def test_a_corpus_that_is_not_there_is_refused(base, here):
    refused(facteur("train", "nowhere.jsonl", "--base", base, *QUICK), "nowhere.jsonl")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--base", "someone/encoder"), "neither a folder nor in this machine's cache"),
        (("--base", "no/such/folder"), "no folder no/such/folder"),
        (("--device", "abacus"), "no device 'abacus'"),
        (("--epochs", "0"), "The option epochs is 0: give 1 or more."),
        (("--max-length", "9999"), "reads 512 tokens at most"),
    ],
)
@pytest.mark.usefixtures("no_hub")
def test_what_cannot_be_had_is_refused_and_leaves_nothing(base, mails, here, arguments, says):
    given = arguments if "--base" in arguments else ("--base", base, *arguments)
    refused(facteur("train", mails, *QUICK, *given), says)
    assert [path for path in here.rglob("*") if path.name != "runs"] == []


def test_a_base_whose_weights_were_cut_off_is_refused(base, mails, here):
    copied = shutil.copytree(base, here / "cut")
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    refused(facteur("train", mails, "--base", "cut", *QUICK), "cannot be loaded")
    assert list(here.glob("runs/*")) == []
    assert not (here / "models").exists()


def test_an_encoder_in_the_hubs_cache_is_found_without_the_network(base, mails, here, monkeypatch):
    kept = here / "cache" / "models--someone--encoder"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    shutil.copytree(base, kept / "snapshots" / ("0" * 40))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(here / "cache"))
    result = facteur("train", mails, "--base", "someone/encoder", "--epochs", 1, *QUICK)
    assert result.exit_code == 0, result.output
    (run,) = (here / "runs").iterdir()
    assert open_run(run).record.parameters["base"] == "someone/encoder"


def test_a_full_disk_is_said_in_one_sentence_and_leaves_no_model(base, mails, here):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # Python ignores the signal: writing fails instead
    try:
        result = facteur("train", mails, "--base", base, "--epochs", 1, *QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    refused(result, "The disk is full")
    assert list(here.rglob("*.safetensors")) == []
    assert list(here.rglob(".unfinished-*")) == []


# -- export


@pytest.mark.usefixtures("here")
def test_a_run_is_exported_again_and_says_what_it_said(done):
    run, _ = done
    result = facteur("export", run, "--out", "again")
    assert result.exit_code == 0, result.output
    assert open_model(result.stdout.strip()).version == open_model(open_run(run).record.results["model"]).version


def test_an_export_that_differs_from_its_checkpoint_is_refused(done, other_mails, here, monkeypatch):
    run, _ = done
    honest = exporting.export_alike

    def contrary(*given):
        served, trained = honest(*given)
        return served[:, ::-1], trained

    monkeypatch.setattr(exporting, "export_alike", contrary)
    checkpoint = open_run(run).record.results["checkpoint"]
    refused(
        facteur("export", checkpoint, other_mails, "--out", "again"), "another label than the checkpoint on 10 of 10"
    )
    assert list((here / "again").iterdir()) == []


def test_a_checkpoint_that_was_cut_off_is_not_exported(done, other_mails, here):
    run, _ = done
    kept = open_model(open_run(run).record.results["checkpoint"])
    copied = shutil.copytree(kept.path, here / kept.path.name)
    weights = copied / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    refused(facteur("export", copied, other_mails), "differs from its digest")
    assert not (here / "models").exists()
