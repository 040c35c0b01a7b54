"""The locked sets: what they hold, what they weigh."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 280
"""The promise is 300 for the whole of .venv after its first run; bytecode of what is used adds about 20."""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name):
    """Return the versions that a lock file names, by distribution."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {
        canonical(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.MULTILINE)
    }


def asked_for(requirements):
    return {canonical(re.match(r"[\w.-]+", requirement).group()) for requirement in requirements}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_dependency_is_locked(project):
    train = asked_for(project["project"]["optional-dependencies"]["train"])
    groups = project["dependency-groups"]
    assert asked_for(project["project"]["dependencies"]) <= set(pins("serve"))
    assert asked_for(groups["build"]) <= set(pins("serve"))
    assert train - set(pins("train")) == {"torch"}
    assert asked_for(groups["torch"]) <= set(pins("train"))
    assert asked_for(groups["test"]) <= set(pins("test"))
    assert asked_for(groups["new"]) <= set(pins("new"))


def test_a_larger_set_holds_the_smaller_one_in_the_same_versions():
    assert pins("serve").items() <= pins("train").items()
    assert pins("train").items() <= pins("test").items()


def test_torch_has_the_version_that_the_project_names(project):
    assert f"torch=={pins('torch')['torch']}" in project["project"]["optional-dependencies"]["train"]


def test_what_serves_holds_nothing_of_training():
    assert {"torch", "transformers", "onnx", "safetensors", "huggingface-hub"} & set(pins("serve")) == set()


@pytest.mark.parametrize("name", ["serve", "train", "test", "new"])
def test_every_pin_has_a_hash_and_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(requirements) == len(pins(name))
    assert [one for one in requirements if "--hash=sha256:" not in one] == []


def test_what_serves_takes_less_than_300_megabytes():
    """Weighs the files of the installed distributions as they lie on the disk, pip included, bytecode excluded."""
    sizes = {}
    for name in [*pins("serve"), "pip"]:
        try:
            files = distribution(name).files or ()
        except PackageNotFoundError:  # for another machine or another Python
            continue
        paths = {path.locate() for path in files if path.suffix != ".pyc"}
        sizes[name] = sum(Path(path).stat().st_size for path in paths if Path(path).is_file()) / MEGABYTE
    assert len(sizes) > 40
    assert sum(sizes.values()) < MOST_MEGABYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]
