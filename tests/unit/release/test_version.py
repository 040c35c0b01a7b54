"""The version follows from the tags of git: the same by shell, by setuptools-scm, and in what is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from repository import Repository

from routing.version import version

SCM = "import setuptools_scm as scm; print(scm._get_version(scm.Configuration.from_file('pyproject.toml')))"


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "origin").start()
    made.copy("pyproject.toml", "requirements/version.sh", ".git_archival.txt", ".gitattributes")
    made.commit("Begin")
    return made


def by_shell(repository, **variables):
    status, said, complaint = repository.run("/bin/sh", "requirements/version.sh", **variables)
    assert (status, complaint) == (0, "")
    return said.strip()


def by_setuptools_scm(repository):
    status, said, complaint = repository.run(sys.executable, "-W", "ignore", "-c", SCM)
    assert status == 0, complaint
    return said.strip()


def unpacked(repository, commit, folder):
    """An archive as GitLab's "Download source code" gives it."""
    packed = folder.with_suffix(".zip")
    repository.git("archive", "--format=zip", f"--output={packed}", commit)
    shutil.unpack_archive(packed, folder)
    return Repository(folder)


def untagged(repository, _):
    repository.commit()
    return repository


def tagged(repository, _):
    repository.git("tag", "--annotate", "v1.9.9", "--message", "1.9.9")
    repository.git("tag", "nightly-7")
    return repository


def changed(repository, _):
    tagged(repository, _).write("pyproject.toml", (repository.folder / "pyproject.toml").read_text() + "\n")
    return repository


def commits_after(repository, _):
    tagged(repository, _).commit()
    repository.commit()
    return repository


def shallow(repository, folder):
    return commits_after(repository, folder).clone(folder / "clone", "--depth=1")


def shallow_on_the_tag(repository, folder):
    return tagged(repository, folder).clone(folder / "clone", "--depth=1")


def archive(repository, folder):
    return unpacked(commits_after(repository, folder), "HEAD", folder / "archive")


def archive_of_the_tag(repository, folder):
    return unpacked(commits_after(repository, folder), "v1.9.9", folder / "archive")


def inside_another(repository, folder):
    inner = tagged(repository, folder).folder / "vendored"
    for name in ("pyproject.toml", "requirements/version.sh"):
        (inner / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository.folder / name, inner / name)
    return Repository(inner)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (untagged, "0.1.dev2"),
        (tagged, "1.9.9"),
        (changed, "1.9.10.dev0"),
        (commits_after, "1.9.10.dev2"),
        (shallow, "0.1.dev1"),
        (shallow_on_the_tag, "1.9.9"),
        (archive, "1.9.10.dev2"),
        (archive_of_the_tag, "1.9.9"),
        (inside_another, "0.0"),
    ],
)
def test_shell_and_setuptools_scm_say_the_same_version(repository, tmp_path, state, expected):
    checkout = state(repository, tmp_path)
    assert by_shell(checkout) == expected
    assert by_setuptools_scm(checkout) == expected
    assert re.fullmatch(r"[\w][\w.-]{0,127}", expected), "an image may carry it as its tag"


def test_without_git_on_the_machine_there_is_a_version_still(repository, tmp_path):
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("sh", "dirname", "sed"):
        (bare / program).symlink_to(shutil.which(program))
    assert by_shell(tagged(repository, tmp_path), PATH=str(bare)) == "0.0"


def test_whoever_builds_says_which_version_and_a_pipeline_by_its_tag(repository):
    assert by_shell(repository, VERSION="3.1.4") == "3.1.4"
    assert by_shell(repository, VERSION="v3.1.4") == "3.1.4"
    assert by_shell(repository, VERSION="12 (bookworm)") == "0.1.dev1"
    assert by_shell(repository, CI_COMMIT_TAG="v2.7.1") == "2.7.1"
    assert by_shell(repository, CI_COMMIT_TAG="nightly") == "0.1.dev1"


def test_what_is_installed_says_one_version_everywhere():
    done = subprocess.run([sys.executable, "-m", "facteur", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(f"facteur, version {version()}\n")
    assert version() == metadata.version("facteur")
