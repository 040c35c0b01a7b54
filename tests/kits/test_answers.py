"""A bad answer is told in one sentence and leaves no folder, by `facteur new` and by copier alone."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import copier
import pytest
from click.testing import CliRunner
from repositories import put_small_kits

from facteur import kits as kits_module
from facteur.cli import main

NO_NAME = ("project_name", "")
BAD = [
    ("python", *NO_NAME, "project_name: Name the project"),
    ("python", "project_name", 'A "quoted" name', "project_name: "),
    ("python", "project_name", "Two\nlines", "project_name: "),
    ("python", "project_name", "x" * 61, "project_name: "),
    ("python", "slug", "Claims Radar", "slug: "),
    ("python", "slug", "claims--radar", "slug: "),
    ("python", "slug", "-claims", "slug: "),
    ("python", "slug", "c" * 41, "slug: "),
    ("python", "package", "2claims", "package: "),
    ("python", "package", "claims-radar", "package: "),
    ("python", "package", "Claims", "package: "),
    ("python", "package", "class", "package: The name class is taken"),
    ("python", "package", "json", "package: The name json is taken"),
    ("python", "package", "tests", "package: The name tests is taken"),
    ("pyspark", "package", "pyspark", "package: The name pyspark is taken"),
    ("training", "package", "sklearn", "package: The name sklearn is taken"),
    ("predictive-api", "package", "celery", "package: The name celery is taken"),
    ("python", "package", "", "package: "),
    ("python", "description", "$(rm -rf /)", "description: "),
    ("python", "team", "{{ 7 * 7 }}", "team: "),
    ("python", "contact", "nobody", "contact: "),
    ("python", "license", "GPL-3.0", "There is no license 'GPL-3.0'; choose one of none, Apache-2.0"),
    ("python", "language", "de", "There is no language 'de'; choose one of en, fr."),
    ("python", "components", "borrowed", "There is no components 'borrowed'"),
    ("python", "repository", "git@gitlab.example.org:x.git", "repository: "),
    ("python", "repository", "https://me:secret@gitlab.example.org/x.git", "repository: "),
    ("python", "registry", "registry.example.org/X:latest", "registry: "),
    ("predictive-api", "port", "80", "port: "),
    ("predictive-api", "port", "70000", "port: "),
]
ONLY_NEW = [
    ("nope", "team", "Motor", "There is no kit 'nope'; choose one of python, pyspark, predictive-api, training."),
    ("predictive-api", "port", "abc", "port: abc is not a whole number."),
    ("python", "deploy", "maybe", "deploy: answer yes or no, not maybe."),
    ("python", "taem", "Motor", "There is no question taem; the kits ask kit, "),
    ("python", "reserved_names", "none", "There is no question reserved_names"),
    ("python", "port", "8031", "port is not asked with these answers; leave it out."),
    ("python", "components_ref", "v1", "components_ref is not asked with these answers; leave it out."),
]
"""What copier by itself does not notice, or not in a sentence."""


@pytest.fixture(scope="module")
def kits(tmp_path_factory):
    return put_small_kits(tmp_path_factory.mktemp("kits"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, kits):
    monkeypatch.setattr(kits_module, "INSTALLED", kits)
    monkeypatch.delenv("COPIER_SETTINGS_PATH", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def new(*arguments):
    return CliRunner().invoke(main, ["new", "radar", "--defaults", *arguments])


def assert_refused(result, says):
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"Error: {says}")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(".\n")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(("kit", "name", "value", "says"), [*BAD, *ONLY_NEW])
def test_a_bad_answer_is_told_in_one_sentence(kit, name, value, says):
    assert_refused(new("--kit", kit, "--answer", f"{name}={value}"), says)


@pytest.mark.parametrize(("kit", "name", "value", "says"), BAD)
def test_copier_alone_refuses_the_same_and_leaves_no_folder(kits, kit, name, value, says):
    data = {"project_name": "Claims radar", "kit": kit, name: value}
    with pytest.raises(ValueError, match=name):
        copier.run_copy(str(kits), "radar", data=data, defaults=True, quiet=True)
    assert says
    assert list(Path().iterdir()) == []


def test_copier_alone_ends_its_traceback_with_the_sentence(kits):
    """As docs/starter-kits.md says of a bad `--data`."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--data", "kit=nope", str(kits), "radar"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "nope" in done.stderr.splitlines()[-1]
    assert list(Path().iterdir()) == []


def test_copier_alone_asks_for_the_name_of_the_project_and_nothing_else(kits):
    with pytest.raises(ValueError, match='Question "project_name" is required'):
        copier.run_copy(str(kits), "radar", defaults=True, quiet=True)
    assert list(Path().iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the folder that copier was reading
def test_copier_alone_takes_back_what_it_began(kits, monkeypatch):
    write = Path.write_bytes

    def full(self, data):
        if self.name == "pyproject.toml":
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        copier.run_copy(str(kits), "radar", data={"project_name": "Radar"}, defaults=True, quiet=True)
    gc.collect()
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("numpy", "slug: no name for machines can be made of numpy, which is taken by Python or by a library"),
        ("2026 Пример", "slug: no name for machines can be made of 2026 Пример, which has no letter from a to z"),
        ("Test radar", "package: a package called test_… would be taken for a test"),
    ],
)
def test_a_project_whose_name_gives_no_other_names_says_why_and_what_to_give(name, says):
    question = says.partition(":")[0]
    result = new("--answer", f"project_name={name}")
    assert_refused(result, says)
    assert result.stderr.endswith(f"; give one: --answer {question}=NAME.\n")
    assert new("--answer", f"project_name={name}", "--answer", f"{question}=radar").exit_code == 0


def test_what_has_no_usual_answer_says_how_to_give_one():
    result = CliRunner().invoke(main, ["new", "2026", "--defaults"])
    assert_refused(result, "project_name: this needs an answer: --answer project_name=NAME.")


def test_a_port_in_use_is_refused():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        result = new("--kit", "predictive-api", "--answer", f"port={port}")
        assert_refused(result, f"port: {port} is in use on this machine; choose another.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n- list\n", "answers.yml holds no answers"),
        ("", "answers.yml holds no answers"),
        ("team: [", "answers.yml is not YAML"),
        ("team:\n", "team: an answer is one word, number or line."),
        ("team: [Motor]\n", "team: an answer is one word, number or line."),
        ("taem: Motor\n", "There is no question taem"),
        ("port: abc\n", "port: abc is not a whole number."),
        ("team: '\x00'", "answers.yml is not YAML"),
    ],
)
def test_a_bad_file_of_answers_is_told_in_one_sentence(tmp_path, monkeypatch, text, says):
    (tmp_path / "answers.yml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["new", "here/radar", "--defaults", "--answers", "answers.yml"])
    monkeypatch.chdir(tmp_path / "here")
    assert_refused(result, says)


def test_a_file_of_answers_that_cannot_be_read_is_told(tmp_path):
    assert_refused(new("--answers", "nowhere.yml"), "nowhere.yml cannot be read (No such file or directory).")
    (tmp_path / "latin").write_bytes("équipe: é".encode("latin-1"))
    assert_refused(new("--answers", str(tmp_path / "latin")), f"{tmp_path / 'latin'} cannot be read (not UTF-8).")


def test_an_answer_is_a_name_and_a_value():
    assert_refused(new("--answer", "team"), "--answer team: write NAME=VALUE.")
