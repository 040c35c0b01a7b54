"""How the image is built: twice the same, by a Dockerfile without a fault, with Docker as with buildah."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from containers import ROOT, run

DOCKERFILES = sorted([ROOT / "Dockerfile", *(ROOT / "image").rglob("*Dockerfile")])


@pytest.mark.full
@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_finds_no_fault(path):
    run(str(Path(sys.executable).parent / "hadolint"), str(path))


@pytest.mark.full
def test_a_second_build_from_nothing_makes_the_same_layers(runner, image, described):
    again = f"{image}-again"
    run("sh", "image/build.sh", "serve", again, "--no-cache")
    try:
        second = json.loads(runner("image", "inspect", again))[0]
    finally:
        runner("image", "rm", again)
    assert second["RootFS"]["Layers"] == described["RootFS"]["Layers"]
    # The whole image's digest is another one: buildah writes numbers of its own into the history.
    assert second["Config"] == described["Config"]


@pytest.fixture
def docker(tmp_path):
    """A docker that writes down what it is asked, on a machine without anything else."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> "$ASKED"\n')
    (bin_ / "docker").chmod(0o755)
    return {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "ASKED": str(tmp_path / "asked")}


def test_where_a_docker_engine_answers_it_builds_from_the_pinned_base(docker):
    environ = {name: value for name, value in docker.items() if name not in {"BASE", "STAND_INS"}}
    environ |= {
        "VERSION": "1.2.3",
        "REVISION": "a" * 40,
        "SOURCE_DATE_EPOCH": "0",
        "TORCH_INDEX": "https://torch.example",
    }
    run("sh", "image/build.sh", "train", "facteur:1.2.3", "--pull", env=environ)
    asked = Path(environ["ASKED"]).read_text().splitlines()
    (built,) = [line for line in asked if line.startswith("build ")]
    for flag in (
        "--tag facteur:1.2.3",
        "--target train",
        "--pull",
        "--build-arg VERSION=1.2.3",
        f"--build-arg REVISION={'a' * 40}",
        "--build-arg CREATED=1970-01-01T00:00:00Z",
        "--build-arg SOURCE_DATE_EPOCH=0",
        "--build-arg TORCH_INDEX=https://torch.example",
    ):
        assert flag in built
    assert "BASE=docker.io/library/debian:bookworm-slim@sha256:" in built


def test_it_says_in_one_sentence_what_is_missing():
    done = subprocess.run(["sh", "image/build.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "image/build.sh TARGET TAG [FLAG...]\n"


def test_what_the_dockerfile_copies_is_sent_to_the_builder():
    text = (ROOT / "Dockerfile").read_text()
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [
        word
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for word in line.split()[1:-1]
        if word != "."
    ]
    assert copied
    assert [
        word for word in copied if not any(Path(word).match(name) or word.startswith(f"{name}/") for name in sent)
    ] == []
