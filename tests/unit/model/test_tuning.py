"""Random search: draws that repeat, a budget, going on, and the best options as a file."""

import importlib.util
import json

import pytest
from click.testing import CliRunner

from facteur.cli import main
from model.training.space import DEFAULT_SPACE, drawn, space_of
from routing.errors import ConfigurationError

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

from model.training.config import read_config
from model.training.runs import open_run
from model.training.tuning import trials_in

QUICK = ("--threads", "1", "--held-out", "0.25", "--no-bfloat16", "--ngrams", "0", "--epochs", "2")
SPACE = "learning_rate = {low = 1e-3, high = 1e-2, log = true}\nbatch = {choices = [4, 8]}\n"


def facteur(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_search_keeps_its_trials_and_its_best_and_goes_on(base, mails, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.toml").write_text(SPACE)
    result = facteur("tune", mails, "--base", base, "--space", "space.toml", "--trials", 2, *QUICK)
    assert result.exit_code == 0, result.output
    (search,) = (tmp_path / "runs").glob("*-search")
    first = trials_in(search)
    assert [trial.number for trial in first] == [1, 2]
    assert all(open_run(tmp_path / "runs" / trial.run).record.figures["held_out_accuracy"] >= 0 for trial in first)
    assert facteur("tune", "--resume", search.name, "--trials", 3).exit_code == 0
    trials = trials_in(search)
    assert trials[:2] == first
    assert [trial.options for trial in trials] == [drawn(space_of(SPACE), 13, number) for number in (1, 2, 3)]
    best = max(trials, key=lambda trial: trial.figures["macro_f1"])
    config = read_config(search / "best.toml")
    assert {name: config[name] for name in best.options} == best.options
    assert config["epochs"] == 2
    assert result.stdout.strip().endswith("best.toml")


def test_the_space_that_is_printed_is_the_one_that_is_searched():
    assert facteur("tune", "--print-space").stdout == DEFAULT_SPACE
    assert "learning_rate" in space_of(DEFAULT_SPACE)


def test_draws_stay_within_the_space_and_repeat():
    space = space_of(DEFAULT_SPACE)
    draws = [drawn(space, 1, number) for number in range(200)]
    assert draws == [drawn(space, 1, number) for number in range(200)]
    assert draws != [drawn(space, 2, number) for number in range(200)]
    assert all(5e-5 <= draw["learning_rate"] <= 5e-4 and 4 <= draw["epochs"] <= 12 for draw in draws)
    assert {json.dumps(draw["vary"]) for draw in draws} == {"true", "false"}
    assert sum(draw["learning_rate"] < 1.6e-4 for draw in draws) > 60  # drawn evenly on a logarithmic scale


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ("", "empty"),
        ("not TOML", "not TOML"),
        ("colour = {choices = [1]}", "'colour', which is no option"),
        ("batch = {choices = []}", "batch"),
        ("batch = {choices = ['x']}", "batch"),
        ("batch = {low = 9, high = 1}", "batch"),
        ("learning_rate = {low = 0, high = 1, log = true}", "learning_rate"),
    ],
)
def test_a_space_that_is_none_is_refused(space, says):
    with pytest.raises(ConfigurationError, match=says):
        space_of(space)
