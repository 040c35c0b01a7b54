"""The gate for models: what is worse than what serves does not ship, and why is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from checkout import ROOT, git

from model.directory import seal
from model.registry import bundled_model_path

FACTEUR = f"{sys.executable} -m facteur compare {{champion}} {{candidate}} --out {{out}} --no-texts"


class Gate:
    """The gate, run as the pipeline runs it."""

    def __init__(self, folder):
        self.folder = folder

    def judge(self, champion, candidate, compare=FACTEUR, cwd=ROOT, **options):
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "ci/model_gate.py"),
                *("--champion", str(champion), "--candidate", str(candidate), "--compare", compare),
                *("--out", str(self.folder / "reports"), "--junit", str(self.folder / "gate.xml"), *words),
            ],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    def failures(self):
        suite = ET.fromstring((self.folder / "gate.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own file
        return {case.get("name") for case in suite if case.find("failure") is not None}

    def judge_figures(self, **changes):
        """Judge a comparison of made-up figures."""
        file = self.folder / "made-up.json"
        file.write_text(json.dumps(figures(**changes)), encoding="utf-8")
        return self.judge(
            "old",
            "new",
            f"{sys.executable} -c 'import shutil,sys; shutil.copy(sys.argv[1], sys.argv[2])' {file} {{out}}",
        )


@pytest.fixture
def gate(tmp_path):
    (tmp_path / "reports").mkdir()
    return Gate(tmp_path)


def part(difference=0.0, p=1.0, mails=500, low=None, name=""):
    low = difference - 0.02 if low is None else low
    return {
        "name": name,
        "mails": mails,
        "difference": difference,
        "interval": {"low": low, "high": difference + 0.02},
        "p": p,
        "first": 0.9,
        "second": 0.9 + difference,
    }


def contestant(ece=0.03, speed=100.0):
    return {"figures": {"ece": ece}, "mails_per_cpu_second": speed}


def figures(*, whole=None, languages=(), labels=(), first=None, second=None):
    return {
        "whole": whole or part(),
        "languages": list(languages),
        "labels": list(labels),
        "first": first or contestant(),
        "second": second or contestant(),
    }


@pytest.mark.quick
def test_a_model_that_confuses_two_labels_does_not_ship(gate, tmp_path):
    """A real model, trained and sealed as any other, whose answers for two labels are exchanged."""
    worse = tmp_path / "worse"
    shutil.copytree(bundled_model_path(), worse)
    config = json.loads((worse / "config.json").read_text(encoding="utf-8"))
    labels = config["labels"]
    one, other = labels.index("claim_home"), labels.index("complaint")
    labels[one], labels[other] = labels[other], labels[one]
    (worse / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (worse / "manifest.json").unlink()
    code, said = gate.judge("bundled", seal(worse).path)
    assert code == 1
    assert {"accuracy", "labels"} <= gate.failures()
    assert "claim_home -" in said
    assert "The candidate does not ship." in said


def test_a_far_worse_model_does_not_ship_and_a_far_better_one_does(gate):
    assert gate.judge("bundled", "keywords")[0] == 1
    assert {"accuracy", "languages", "labels", "confidence"} <= gate.failures()
    code, said = gate.judge("keywords", "bundled")
    assert "accuracy" not in gate.failures(), said
    # It is hundreds of times slower than counting keywords, and nobody is to accept that in silence.
    assert (code, gate.failures()) == (1, {"speed"})
    assert gate.judge("keywords", "bundled", speed=0)[0] == 0


def test_the_model_that_serves_already_is_not_asked_again(gate):
    code, said = gate.judge(f"HEAD:{bundled_model_path().parent.relative_to(ROOT)}", "model/bundled")
    assert code == 0
    assert "serves already" in said


@pytest.mark.parametrize(
    "changed", [{"manifest.json": '{"weights": 2}'}, {"weights.bin": "2"}, {"more.bin": "1"}, {"weights.bin": None}]
)
def test_a_model_of_the_same_name_with_other_content_is_judged(gate, tmp_path, changed):
    project = tmp_path / "project"
    model = project / "models" / "price"
    model.mkdir(parents=True)
    for name, text in {"manifest.json": '{"weights": 1}', "weights.bin": "1"}.items():
        (model / name).write_text(text)
    git(tmp_path, "init", "--quiet", str(project))
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Train")
    assert gate.judge("HEAD:models/price", "models/price", "false", cwd=project)[0] == 0
    for name, text in changed.items():
        (model / name).write_text(text) if text else (model / name).unlink()
    code, said = gate.judge("HEAD:models/price", "models/price", "false", cwd=project)
    assert code == 1
    assert "The candidate does not ship: false ended with 1." in said
    assert "serves already" not in said


def test_a_champion_comes_out_of_the_history(gate, tmp_path):
    project = tmp_path / "project"
    for version in ("old-1", "new-2"):
        (project / "models").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(project / "models" / "old-1", ignore_errors=True)
        (project / "models" / version).mkdir()
        (project / "models" / version / "manifest.json").write_text(f'{{"name": "{version}"}}')
        if version == "old-1":
            git(tmp_path, "init", "--quiet", str(project))
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", version)
    compare = f"{sys.executable} -c 'import sys; sys.exit(sys.argv[1:])' {{champion}} {{candidate}}"
    code, said = gate.judge("HEAD^:models", "models", compare, cwd=project)
    assert code == 1
    assert "champion/models/old-1', 'models/new-2'" in said


def test_equal_figures_ship(gate):
    assert gate.judge_figures() == (0, gate.judge_figures()[1])
    assert gate.failures() == set()


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"whole": part(mails=199)}, "enough"),
        ({"whole": part(-0.011)}, "accuracy"),
        ({"whole": part(0.0, low=-0.06)}, "accuracy"),
        ({"languages": [part(name="en"), part(-0.03, p=0.02, name="fr")]}, "languages"),
        ({"labels": [part(-0.5, p=0.004, name=f"label-{number}") for number in range(10)]}, "labels"),
        ({"second": contestant(ece=0.07)}, "confidence"),
        ({"second": contestant(speed=49.0)}, "speed"),
    ],
)
def test_each_condition_fails_alone(gate, changes, failure):
    assert gate.judge_figures(**changes)[0] == 1
    assert gate.failures() == {failure}


@pytest.mark.parametrize(
    "changes",
    [
        {"whole": part(-0.009, low=-0.04)},
        {"languages": [part(name="en"), part(-0.03, p=0.03, name="fr")]},
        {"labels": [part(-0.5, p=0.006, name=f"label-{number}") for number in range(10)]},
        {"second": contestant(ece=0.05, speed=60.0)},
        {"first": {"figures": {}}, "second": {"figures": {}}},
    ],
)
def test_what_chance_explains_ships(gate, changes):
    assert gate.judge_figures(**changes)[0] == 0


@pytest.mark.parametrize(
    ("champion", "sentence"),
    [("HEAD:no/such/folder", "HEAD has no no/such/folder"), ("tests", "tests holds 0 models")],
)
def test_a_champion_that_is_not_there_ships_nothing(gate, champion, sentence):
    code, said = gate.judge(champion, "bundled")
    assert code == 1
    assert sentence in said


def test_a_comparison_that_fails_ships_nothing(gate):
    code, said = gate.judge("old", "new", "false")
    assert code == 1
    assert "The candidate does not ship: false ended with 1." in said


CHAMPION = ["sh", str(ROOT / "ci/champion.sh")]


def champion_of(project, **variables):
    environ = {**os.environ, "MODEL_GATE_MODEL": "models", "MODEL_GATE_FALLBACK": "keywords", **variables}
    subprocess.run(CHAMPION, cwd=project, env=environ, check=True, capture_output=True)
    return (project / ".champion").read_text().strip()


def test_the_champion_is_what_was_released_last_or_what_the_target_has(tmp_path, monkeypatch):
    monkeypatch.delenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", raising=False)
    git(tmp_path, "init", "--quiet", ".")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    assert champion_of(tmp_path) == "--champion keywords --speed 0"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model").write_text("one")
    git(tmp_path, "add", "models")
    git(tmp_path, "commit", "--quiet", "--message", "Train")
    git(tmp_path, "tag", "v1.0.0")
    assert champion_of(tmp_path) == "--champion keywords --speed 0", "it is not its own champion"
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Go on")
    assert champion_of(tmp_path) == "--champion v1.0.0:models"
    base = git(tmp_path, "rev-parse", "HEAD^")
    assert champion_of(tmp_path, CI_MERGE_REQUEST_DIFF_BASE_SHA=base) == f"--champion {base}:models"
