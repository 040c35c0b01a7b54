"""The wheel carries the kits: what is installed makes the same project as the repository, and it can be updated."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path

import copier
import pytest
from generating import ROOT, commit, git
from matrix import KITS, combination
from repositories import put_kits, release

pytestmark = pytest.mark.installs

MADE_OF = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")
"""What a build reads beside the packages."""
PACKAGES = ("facteur", "routing")
"""Those of ours that `facteur new` imports; the others only take time here."""
WITHOUT = shutil.ignore_patterns("__pycache__", "*.py[co]")


def run(*words, at=ROOT, **environ):
    done = subprocess.run(
        list(map(str, words)), cwd=at, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A repository of the product, released as v1.0.0."""
    folder = tmp_path_factory.mktemp("source") / "facteur"
    folder.mkdir()
    put_kits(folder)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=WITHOUT)
    for name in MADE_OF:
        shutil.copy(ROOT / name, folder)
    release(folder, "v1.0.0")
    return folder


@pytest.fixture(scope="session")
def built(source, tmp_path_factory):
    """Its wheel, built from a copy, since setuptools builds inside."""
    folder = tmp_path_factory.mktemp("built")
    git(folder, "clone", "--quiet", str(source), "copy")
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"),
        *("--disable-pip-version-check", "--wheel-dir", folder, folder / "copy"),
    )
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith("facteur-1.0.0-")
    return wheel


@pytest.fixture(scope="session")
def facteur(built, tmp_path_factory):
    """The command in an environment of its own, where pip compiled what it installed; libraries are those of here."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python),
        *("install", "--no-deps", "--no-index", built),
    )
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), "utf-8")

    def running(*words, at):
        command = (python, "-I", environment / "bin" / "facteur", "new", *words)
        return run(*command, at=at, XDG_CONFIG_HOME=str(at / "config"))

    running.packages = packages
    return running


def free_port():
    with closing(socket.create_server(("", 0))) as server:
        return server.getsockname()[1]


def files(folder, *, without=()):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o111)
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != ".git" and path.name not in without
    }


def test_the_wheel_holds_every_file_of_the_kits_once_and_no_other(facteur, source):
    folder = facteur.packages / "starter_kits"
    installed = files(folder)
    compiled = {name for name in installed if name.endswith(".pyc")}
    assert compiled, "pip compiles what it installs; this is what must not be copied"
    assert {name: installed[name] for name in set(installed) - compiled} == files(source / "starter_kits")
    assert [path for path in folder.rglob("*") if path.is_symlink()] == []


@pytest.mark.parametrize("kit", KITS)
def test_what_is_installed_makes_the_same_project_as_the_repository(facteur, source, tmp_path, kit, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    answers = combination(kit, language="fr", license="MIT").data
    if kit == "predictive-api":  # whose usual port may be in use here, by one who tries it
        answers["port"] = free_port()
    words = [word for name, value in answers.items() for word in ("--answer", f"{name}={value}")]
    facteur("by-facteur", "--defaults", *words, at=tmp_path)
    copier.run_copy(str(source), tmp_path / "by-copier", data=answers, defaults=True, quiet=True)
    remembers = ".copier-answers.yml"
    assert files(tmp_path / "by-facteur", without=[remembers]) == files(tmp_path / "by-copier", without=[remembers])
    ours = (tmp_path / "by-facteur" / remembers).read_text("utf-8")
    theirs = (tmp_path / "by-copier" / remembers).read_text("utf-8")
    missing = "# `copier update` needs one more line here, Facteur's repository: _src_path: https://…/facteur.git\n"
    assert ours == theirs.replace(f"_src_path: {source}\n", missing)


def test_a_project_made_of_the_package_follows_the_repository_once_it_knows_it(facteur, source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    later = tmp_path / "facteur"
    git(tmp_path, "clone", "--quiet", str(source), str(later))
    install = later / "starter_kits" / "shared" / "install.sh"
    install.write_text(install.read_text("utf-8") + "# mended in v1.1.0\n", "utf-8")
    release(later, "v1.1.0")
    project = tmp_path / "radar"
    said = facteur("radar", "--defaults", at=tmp_path)
    assert said.endswith("Complete radar/.copier-answers.yml as it says, so that copier update finds newer kits.\n")
    commit(project)
    with pytest.raises(TypeError, match="Template not found"):  # hence what `facteur new` says in the end
        copier.run_update(project, defaults=True, overwrite=True, quiet=True)

    remembers = project / ".copier-answers.yml"
    remembers.write_text(remembers.read_text("utf-8") + f"_src_path: {later}\n", "utf-8")
    commit(project, "Say where newer kits are")
    copier.run_update(project, defaults=True, overwrite=True, quiet=True)

    assert (project / "requirements" / "install.sh").read_text("utf-8").endswith("# mended in v1.1.0\n")
    assert set(git(project, "diff", "--name-only").split()) == {".copier-answers.yml", "requirements/install.sh"}
    assert "_commit: v1.1.0\n" in remembers.read_text("utf-8")
    assert "#" not in remembers.read_text("utf-8").partition("\n")[2], "the comment has served"
