"""`facteur new`: a whole project or none, one sentence where something is wrong."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from generating import git
from matrix import KITS
from repositories import put_small_kits
from terminal import Terminal, a_process

from facteur import kits as kits_module
from facteur import questionnaire
from facteur.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nobodys_defaults(tmp_path, monkeypatch):
    """copier reads defaults of whoever runs it; the folder where projects are made is the working directory."""
    monkeypatch.delenv("COPIER_SETTINGS_PATH", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(autouse=True)
def small_kits(request, tmp_path, monkeypatch):
    """What the kits ask, and next to nothing of what they make; tests marked `usefixtures("real_kits")` take all."""
    kits = put_small_kits(tmp_path)
    if "real_kits" not in request.fixturenames:
        monkeypatch.setattr(kits_module, "INSTALLED", kits)
    return kits


@pytest.fixture
def real_kits():
    """Of the tree."""


@pytest.fixture
def new():
    def running(*arguments, **how):
        return CliRunner().invoke(main, ["new", *map(str, arguments)], **how)

    return running


def assert_refused(result, says, *, status=2):
    assert result.exit_code == status, result.output
    assert result.stderr.startswith("Error: ")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.rstrip().endswith((".", "my-project"))


def assert_nothing_is_left():
    assert list(Path().iterdir()) == []


def answers_of(folder):
    return yaml.safe_load((Path(folder) / ".copier-answers.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "kit", [pytest.param(kit, marks=[] if kit == "python" else pytest.mark.installs) for kit in KITS]
)
@pytest.mark.usefixtures("real_kits")
def test_a_project_is_made_by_its_folder_and_kit_alone(new, kit, monkeypatch):
    monkeypatch.setattr(questionnaire, "port_in_use", lambda _: False)  # it may be, where somebody tries a kit
    result = new("claims-radar", "--kit", kit, "--defaults")
    assert result.exit_code == 0, result.output
    answers = answers_of("claims-radar")
    assert answers["kit"] == kit
    assert answers["project_name"] == "Claims radar"
    assert answers["package"] == "claims_radar"
    assert (Path("claims-radar") / "src" / "claims_radar").is_dir()
    assert "cd claims-radar\n" in result.stdout
    assert "make test" in result.stdout
    assert [path.name for path in Path().iterdir()] == ["claims-radar"]


def test_the_kits_are_listed_with_what_they_are(new):
    result = new("--list")
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert tuple(sorted(lines)) == tuple(sorted(KITS))
    assert all(len(what) > 10 for what in lines.values())
    assert_nothing_is_left()


def test_answers_come_from_the_command_line_before_a_file_before_what_is_usual(new):
    Path("answers.yml").write_text("_commit: v1\nteam: Motor\nlanguage: fr\ndeploy: false\nport: 9000\n", "utf-8")
    result = new("radar", "--answers", "answers.yml", "--answer", "language=en", "--defaults")
    assert result.exit_code == 0, result.output
    answers = answers_of("radar")
    assert (answers["team"], answers["language"], answers["deploy"]) == ("Motor", "en", False)
    assert answers["license"] == "none"
    assert "port" not in answers, "a file may answer what this kit does not ask"
    assert answers.get("_commit") != "v1"


def test_the_answers_file_of_another_project_can_be_given(new):
    assert new("radar", "--answer", "team=Motor", "--defaults").exit_code == 0
    assert new("sonar", "--answers", "radar/.copier-answers.yml", "--answer", "slug=sonar", "--defaults").exit_code == 0
    assert (answers_of("sonar")["team"], answers_of("sonar")["slug"]) == ("Motor", "sonar")


def test_without_a_folder_it_says_so(new):
    assert_refused(new("--defaults"), "Name the FOLDER")
    assert_nothing_is_left()


def test_a_version_needs_a_repository(new):
    assert_refused(new("radar", "--ref", "v1.0.0"), "--from")


# -- the folder


def test_a_folder_with_something_in_it_is_left_as_it_is(new):
    Path("radar").mkdir()
    Path("radar/mine.txt").write_text("mine", "utf-8")
    assert_refused(new("radar", "--defaults"), "is not empty")
    assert [path.name for path in Path("radar").iterdir()] == ["mine.txt"]


def test_a_file_is_left_as_it_is(new):
    Path("radar").write_text("mine", "utf-8")
    assert_refused(new("radar", "--defaults"), "is a file")
    assert_refused(new("radar/inside", "--defaults"), "cannot be written")
    assert Path("radar").read_text("utf-8") == "mine"


def test_an_empty_folder_is_filled_and_stays_the_same_folder(new, monkeypatch):
    Path("radar").mkdir(mode=0o750)
    before = Path("radar").stat()
    monkeypatch.chdir("radar")
    assert new(".", "--defaults").exit_code == 0
    assert (Path.cwd().stat().st_ino, Path.cwd().stat().st_mode) == (before.st_ino, before.st_mode)
    assert answers_of(".")["project_name"] == "Radar"


def test_a_clone_of_an_empty_repository_is_filled(new):
    git(Path(), "init", "--quiet", "radar")
    result = new("radar", "--defaults")
    assert result.exit_code == 0, result.output
    assert "git init" not in result.stdout
    assert git(Path("radar"), "rev-parse", "--git-dir") == ".git"


def test_folders_above_it_are_made_too(new):
    assert new("teams/motor/radar", "--defaults").exit_code == 0
    assert (Path("teams/motor/radar/pyproject.toml")).is_file()


def test_where_nothing_may_be_written_it_says_so(new):
    """Nobody makes folders in /proc, not even root."""
    assert_refused(new("/proc/radar", "--defaults"), "Error: /proc cannot be written (")
    Path("locked").mkdir(mode=0o555)
    result = new("locked/radar", "--defaults")
    if os.geteuid() != 0:
        assert_refused(result, f"{Path('locked').resolve()} cannot be written (Permission denied).")


def in_a_process(kits, *arguments, before=()):
    command, environ = a_process(kits)
    words = [*before, *command, *arguments]
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def test_on_a_full_disk_it_says_so_and_leaves_nothing(small_kits):
    """No file may grow over some kilobytes, in sh's blocks: what a full disk is to whoever writes."""
    result = in_a_process(small_kits, "radar", "--defaults", before=["sh", "-c", 'ulimit -f 4; exec "$0" "$@"'])
    assert result.returncode == 2
    assert "(File too large)" in result.stderr
    assert result.stderr.count("\n") == 1
    assert_nothing_is_left()


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("exists", [True, False], ids=["into an empty folder", "as a new folder"])
def test_what_stops_half_way_leaves_nothing(new, monkeypatch, trouble, exists):
    def half(_kits, folder, _answers):
        folder.mkdir()
        (folder / "pyproject.toml").write_text("[project]", "utf-8")
        raise trouble

    monkeypatch.setattr(questionnaire, "render", half)
    if exists:
        Path("radar").mkdir()
    assert new("radar", "--defaults").exit_code in {1, 2}
    assert [str(path) for path in Path().rglob("*")] == (["radar"] if exists else [])


def test_what_cannot_be_moved_in_is_taken_back(new, monkeypatch):
    Path("radar").mkdir()
    rename = Path.rename

    def refusing(self, target):
        if self.name == "README.md":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    assert_refused(new("radar", "--defaults"), "Input/output error")
    assert list(Path("radar").iterdir()) == []


# -- who is asked


def test_without_a_terminal_every_answer_must_be_given(new):
    result = new("radar", "--kit", "python", "--answer", "team=Motor")
    assert_refused(result, "There is no terminal to ask at: give --defaults, or --answer for ")
    named = result.stderr.partition("--answer for ")[2].rstrip(".\n").split(", ")
    assert {"project_name", "language", "license"} <= set(named)
    assert {"kit", "team", "port", "reserved_names"} & set(named) == set()
    assert_nothing_is_left()


def test_without_a_terminal_all_answers_are_enough(new):
    assert new("radar", "--defaults").exit_code == 0
    result = new("sonar", "--answers", "radar/.copier-answers.yml")
    assert result.exit_code == 0, result.output
    assert answers_of("sonar") == answers_of("radar")


def test_at_a_terminal_it_asks_what_is_not_answered(small_kits):
    given = ("kit=python", "language=en", "license=MIT", "components=vendored", "deploy=no", "description=Counts.")
    rest = ("team=Motor", "contact=motor@example.org", "registry=registry.example.org/motor/radar")
    terminal = Terminal(small_kits, "claims-radar", *(word for one in (*given, *rest) for word in ("--answer", one)))
    terminal.wait_for("called")
    terminal.wait_for("Claims radar")
    terminal.type("\x08" * len("radar") + "sonar\r")
    terminal.wait_for("claims-sonar")
    terminal.type("\r")
    terminal.wait_for("claims_sonar")
    terminal.type("\r")
    assert terminal.status() == 0, terminal.seen
    answers = answers_of("claims-radar")
    assert (answers["project_name"], answers["slug"], answers["deploy"]) == ("Claims sonar", "claims-sonar", False)


def test_a_bad_answer_is_said_before_the_first_question(small_kits):
    terminal = Terminal(small_kits, "radar", "--answer", "contact=nobody")
    assert terminal.status() == 2
    assert "contact: An e-mail address looks like" in terminal.seen
    assert "called" not in terminal.seen


def test_ctrl_c_at_a_question_leaves_nothing(small_kits):
    terminal = Terminal(small_kits, "radar")
    terminal.wait_for("Which kit?")
    terminal.type("\x03")
    assert terminal.status() == 128 + signal.SIGINT
    assert "Stopped; nothing was made." in terminal.seen
    assert_nothing_is_left()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda sent: sent.name)
def test_whoever_leaves_at_a_question_leaves_nothing(small_kits, sent):
    terminal = Terminal(small_kits, "radar")
    terminal.wait_for("Which kit?")
    terminal.process.send_signal(sent)
    assert terminal.status() in {-sent, 128 + sent}
    assert_nothing_is_left()


def test_a_port_in_use_is_asked_for_again_and_nothing_else_is(small_kits):
    """All is answered on the command line, but another program has the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server, closing(socket.create_server(("", 0))) as other:
        busy, free = server.getsockname()[1], other.getsockname()[1]
        other.close()
        assert (
            in_a_process(
                small_kits, "like-this", "--kit", "predictive-api", "--defaults", "--answer", f"port={free}"
            ).returncode
            == 0
        )
        terminal = Terminal(
            small_kits, "radar", "--answers", "like-this/.copier-answers.yml", "--answer", f"port={busy}"
        )
        terminal.wait_for(f"port: {busy} is in use on this machine; choose another.")
        terminal.wait_for("On which port")
        terminal.wait_for("8030")
        terminal.type("\x08" * 4 + f"{free}\r")
        assert terminal.status() == 0, terminal.seen
    assert answers_of("radar")["port"] == free


# -- what is installed


def test_without_copier_it_says_what_to_install(new, monkeypatch):
    monkeypatch.delitem(sys.modules, "facteur.questionnaire")
    monkeypatch.setitem(sys.modules, "copier", None)
    assert_refused(new("radar", "--defaults"), "pip install 'facteur[kits]'")
    assert_nothing_is_left()


def test_an_installation_without_kits_says_so(new, monkeypatch, tmp_path):
    monkeypatch.setattr(kits_module, "INSTALLED", tmp_path / "elsewhere" / "starter_kits")
    assert_refused(new("radar", "--defaults"), "holds no starter kits")


def test_what_python_left_beside_the_kits_is_not_copied(new, small_kits):
    for folder in [path for path in small_kits.rglob("*") if path.is_dir()]:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"\0")
    assert new("radar", "--defaults").exit_code == 0
    assert [path for path in Path("radar").rglob("*") if "pyc" in path.name] == []
