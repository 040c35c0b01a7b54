"""Each kit, as somebody uses it who has just made a project: its commands work on a fresh machine as they stand."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from generating import generate, git
from matrix import EVERY, KITS, PACKAGE, combination
from reading import texts_of
from workshop import Project, free_port, fresh_environment, lent

pytestmark = pytest.mark.installs

OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
PLANTED = """def test_that_was_planted_to_fail():
    assert 1 + 1 == 3
"""
SERVES = {"predictive-api"}
NOT_OURS = ("WARNING: Location", "WARNING: Using incubator modules")
"""How pip warns of an index that lacks a package, and Java of what Spark asks it for."""


def each_kit():
    return pytest.mark.parametrize("kit", KITS)


def ask(port, path, body=None):
    """Return the status of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def prediction_of_readme(project):
    """Type what the README shows beside a service that runs; return the answer."""
    readme = (project.path / "README.md").read_text(encoding="utf-8")
    [typed] = [block for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) if "curl" in block]
    typed = typed.replace("curl ", "curl --noproxy '*' ")
    return json.loads(subprocess.run(["sh", "-ec", typed], capture_output=True, text=True, check=True).stdout)


def wait_until(holds, said, seconds=60):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, said()
        time.sleep(0.2)


def is_ready(port):
    with suppress(OSError):
        return ask(port, "/readyz") == 200
    return False


@each_kit()
def test_from_copier_copy_to_green_tests(installed, record_property, kit):
    project = installed(kit)
    assert project.tested.code == 0, str(project.tested)
    record_property("kit", [kit, project.seconds])
    assert "<coverage " in (project.path / "coverage.xml").read_text(encoding="utf-8")
    told = (project.path / "junit.xml").read_text(encoding="utf-8")
    assert 'failures="0"' in told
    assert 'skipped="0"' in told


@each_kit()
def test_lint_is_clean_and_formatting_changes_nothing(installed, kit):
    project = installed(kit)
    linted = project.make("lint")
    assert linted.code == 0, str(linted)
    formatted = project.make("format")
    changed = git(project.path, "diff")
    git(project.path, "checkout", "--", ".")
    assert formatted.code == 0, str(formatted)
    assert changed == ""


@each_kit()
def test_a_failing_test_and_a_wrong_type_are_seen(installed, kit):
    project = installed(kit)
    planted = project.path / "tests" / "test_planted.py"
    wrong = project.path / "src" / PACKAGE / "planted.py"
    planted.write_text(PLANTED)
    wrong.write_text('"""Planted."""\n\nNUMBER: int = "one"\n')
    try:
        tested = project.make("test", ARGS="tests/test_planted.py")
        linted = project.make("lint")
    finally:
        planted.unlink()
        wrong.unlink()
    assert tested.code != 0
    assert "test_that_was_planted_to_fail" in tested.said
    assert linted.code != 0
    assert "planted.py:3: error: Incompatible types in assignment" in linted.said


def installed_packages(project):
    return {path: path.stat().st_mtime_ns for path in (project.path / ".venv").rglob("*.dist-info/RECORD")}


def has_its_result(project, done):
    """Hold what `make run` says and writes to what the kit promises."""
    assert done.code == 0, str(done)
    assert "Traceback" not in done.said
    warned = [line for line in done.said.splitlines() if "WARN" in line and not line.startswith(NOT_OURS)]
    assert warned == [], str(done)
    assert git(project.path, "status", "--porcelain") == "", "what it writes is ignored by git"


@pytest.mark.parametrize("kit", [kit for kit in KITS if kit not in SERVES])
def test_run_gives_its_result_and_a_second_run_installs_nothing(installed, kit):
    project = installed(kit)
    has_its_result(project, project.make("run"))
    before = installed_packages(project)
    again = project.make("run", **OFFLINE)
    has_its_result(project, again)
    assert "Installing" not in again.said
    assert installed_packages(project) == before


@pytest.mark.parametrize("kit", sorted(SERVES))
def test_run_serves_until_ctrl_c_and_a_second_run_installs_nothing(installed, kit):
    project = installed(kit)
    before = installed_packages(project)
    answers = []
    for _ in range(2):
        with project.running("make", "run", **OFFLINE) as said:
            wait_until(lambda: is_ready(project.port), said)
            wait_until(lambda: f"http://127.0.0.1:{project.port}" in said(), said)
            assert "Installing" not in said()
            assert ask(project.port, "/openapi.json") == 200
            assert ask(project.port, "/metrics") == 200
            assert ask(project.port, "/v1/predictions", "{}") in {400, 422}
            wait_until(lambda: answers.append(prediction_of_readme(project)) or "prediction" in answers[-1], said)
            assert answers[-1]["prediction"]["model_version"].startswith("logistic-")
        with pytest.raises(OSError, match="refused"):
            ask(project.port, "/readyz")
    assert installed_packages(project) == before
    assert git(project.path, "status", "--porcelain") == ""


@each_kit()
def test_help_names_every_target(installed, kit):
    project = installed(kit)
    helped = project.make("help")
    assert helped.code == 0
    makefile = (project.path / "Makefile").read_text(encoding="utf-8")
    phony = makefile.split(".PHONY:")[1].split("\n\n")[0].replace("\\\n", " ").split()
    assert [target for target in phony if f"make {target} " not in helped.said] == []
    assert {"run", "test", "lint", "format", "check", "lock", "image", "manifests", "clean"} <= set(phony)


@pytest.mark.whole
@each_kit()
def test_locking_again_changes_nothing(installed, kit):
    project = installed(kit)
    locked = project.make("lock")
    assert locked.code == 0, str(locked)
    assert git(project.path, "status", "--porcelain") == ""


SEEN = ("src/", "tests/", "examples/", "requirements/", "pyproject.toml")
SAID_ALONE = ("license", "description", '"ci/', '"rancher/')
"""How lines of pyproject.toml begin that change neither lint nor tests of the code."""


def code_of(project):
    """What lint and tests see of a project."""
    return tuple(
        (name, "".join(line for line in text.splitlines() if not line.startswith(SAID_ALONE)))
        for name, text in texts_of(project)
        if name.startswith(SEEN)
    )


@pytest.mark.whole
@each_kit()
def test_whatever_is_answered_lint_is_clean_and_tests_pass(installed, generated, tmp_path, kit):
    """Once for each code that the answers make."""
    different = {}
    for one in EVERY:
        if one.kit == kit:
            different.setdefault(code_of(generated(one)), one)
    ones = [one for one in different.values() if one != combination(kit)]
    # What is installed depends on MLflow alone; the first that has it lends it to the others.
    lenders = {False: installed(kit)}
    for number, one in enumerate(ones):
        path = generated.copy(tmp_path / str(number), one)
        with_mlflow = bool(one["mlflow"])
        project = lent(path, lenders[with_mlflow]) if with_mlflow in lenders else Project(path=path)
        for target in ("lint", "test"):
            done = project.make(target)
            assert done.code == 0, f"{one}: make {target}\n{done}"
        lenders.setdefault(with_mlflow, project)


@pytest.mark.whole
@each_kit()
def test_it_works_for_a_user_without_rights(kit):
    if os.getuid() != 0:
        return  # we are one: the other tests showed it
    nobody = pwd.getpwnam("nobody")
    folder = Path("/var/tmp") / f"kit-{os.getpid()}-{kit}"  # noqa: S108 - a folder that another user reaches
    folder.mkdir()
    try:
        path = generate(folder / "project", combination(kit), **({"port": free_port()} if kit in SERVES else {}))
        (folder / "home").mkdir()
        for entry in (folder, *folder.rglob("*")):
            os.chown(entry, nobody.pw_uid, nobody.pw_gid)
        environ = {**fresh_environment(), "HOME": str(folder / "home")}
        before = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        project = Project(path=path, environ=environ, before=before)
        for target in ("test",) if kit in SERVES else ("run", "test"):
            done = project.make(target)
            assert done.code == 0, str(done)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("kit", ["python"])
def test_without_a_right_python_one_sentence_says_what_to_do(project, tmp_path, kit):
    path = project(kit)
    (tmp_path / "bin").mkdir()
    for program in ("sh", "make", "cat", "cksum", "dirname", "awk"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    done = Project(path=path, environ={"PATH": str(tmp_path / "bin")}).make("run")
    assert done.code != 0
    assert "apt-get install python3 python3-venv" in done.said
    assert not (path / ".venv").exists()
