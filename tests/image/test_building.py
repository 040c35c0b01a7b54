"""How the image is built: twice the same, by a Dockerfile without a fault, with Docker as with buildah."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from containers import ROOT, run

DOCKERFILES = sorted([ROOT / "Dockerfile", *(ROOT / "image").rglob("*Dockerfile")])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_finds_no_fault(path):
    run(str(Path(sys.executable).parent / "hadolint"), str(path))


@pytest.mark.full
def test_two_builds_from_nothing_make_the_same(runner, image, tmp_path):
    # Both: the image that the other tests try may have layers of an earlier build.
    tags = [f"{image}-one", f"{image}-again"]
    for tag in tags:
        run("sh", "image/build.sh", "serve", tag, "--no-cache")
    try:
        assert contents(runner, tags[1], tmp_path) == contents(runner, tags[0], tmp_path)
        first, second = (json.loads(runner("image", "inspect", tag))[0] for tag in tags)
    finally:
        runner("image", "rm", *tags)
    # Docker writes the time of the build into files; buildah is told which time to write.
    if os.environ["BUILDER"] == "buildah":
        assert second["RootFS"]["Layers"] == first["RootFS"]["Layers"]
    # The whole image's digest is another one: buildah writes numbers of its own into the history.
    assert second["Config"] == first["Config"]


def contents(runner, image, folder):
    """Return what an image holds: of each path its kind, rights, owner, and what is in it or where it leads."""
    container = runner("create", image).strip()
    packed = folder / "packed.tar"
    try:
        runner("export", "--output", str(packed), container)
    finally:
        runner.remove(container)
    with tarfile.open(packed) as opened:
        return {
            member.name: (
                member.type,
                member.mode,
                member.uid,
                member.gid,
                hashlib.sha256(opened.extractfile(member).read()).hexdigest() if member.isreg() else member.linkname,
            )
            for member in opened
        }


@pytest.mark.full
@pytest.mark.skipif(not os.environ.get("TORCH_INDEX"), reason="TORCH_INDEX says where PyTorch's build for CPUs is")
@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("train", ("train", "--help")),
        ("train", ("--entrypoint", "python", "-c", "import torch, transformers, model.training")),
        ("test", ("tests/unit/release", "-n0", "-q")),
    ],
    ids=["train-help", "train-torch", "test-release"],
)
def test_the_images_that_train_and_test_do_so(runner, image, target, words):
    name = f"{image}-{target}"
    run("sh", "image/build.sh", target, name, "--quiet")
    before, words = (words[:2], words[2:]) if words[0] == "--entrypoint" else ((), words)
    try:
        runner("run", "--rm", *before, name, *words)
        described = json.loads(runner("image", "inspect", name))[0]
        assert described["Config"]["User"] == "10001:10001"
    finally:
        runner("image", "rm", name)


@pytest.fixture
def docker(tmp_path):
    """A docker that writes down what it is asked, on a machine without anything else."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> "$ASKED"\n')
    (bin_ / "docker").chmod(0o755)
    ours = {"BASE", "BUILDER", "CI_REGISTRY", "PIP_CONFIG", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "STAND_INS"}
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    return {**environ, "PATH": f"{bin_}:{os.environ['PATH']}", "ASKED": str(tmp_path / "asked")}


def test_where_a_docker_engine_answers_it_builds_from_the_pinned_base(docker):
    environ = docker | {
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
    assert "BASE_DIGEST=sha256:" in built


def asked_of_buildah(docker, tmp_path, **environ):
    """Build with a buildah that writes down what it is asked, beside that docker."""
    (tmp_path / "bin/buildah").write_text('#!/bin/sh\nprintf "buildah %s\\n" "$*" >> "$ASKED"\n')
    (tmp_path / "bin/buildah").chmod(0o755)
    done = subprocess.run(
        ["sh", "image/build.sh", "serve", "facteur:1"],
        cwd=ROOT, env=docker | {"VERSION": "1", "IMAGE_STORE": str(tmp_path / "store")} | environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done, Path(docker["ASKED"]).read_text()


def test_where_docker_lacks_buildx_buildah_builds_and_it_says_why(docker, tmp_path):
    (tmp_path / "bin/docker").write_text('#!/bin/sh\n[ "$1" != buildx ]\n')
    done, asked = asked_of_buildah(docker, tmp_path)
    assert "buildah build" in asked
    assert "Docker lacks its plugin buildx" in done.stderr


def test_the_builder_that_is_named_builds(docker, tmp_path):
    done, asked = asked_of_buildah(docker, tmp_path, BUILDER="buildah")
    assert done.returncode == 0
    assert "buildah build" in asked
    assert "\nbuild " not in asked


REFUSES = '#!/bin/sh\n[ "$1" = pull ] || exit 1\necho "toomanyrequests: You have reached your limit" >&2; exit 1\n'


def base_without_a_registry(docker, tmp_path, **environ):
    """Ask for the base where the registry refuses."""
    (tmp_path / "bin/buildah").write_text(REFUSES)
    (tmp_path / "bin/buildah").chmod(0o755)
    given = docker | {"BUILDER": "buildah", "IMAGE_STORE": str(tmp_path / "store")} | environ
    return subprocess.run(
        ["sh", "image/stand_ins.sh", "base"], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )


def test_where_a_registry_refuses_the_base_the_build_ends_with_its_words(docker, tmp_path):
    done = base_without_a_registry(docker, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "toomanyrequests: You have reached your limit" in done.stderr
    assert "STAND_INS=1" in done.stderr


@pytest.mark.parametrize("wanted", ["1", "unreachable"])
def test_what_is_pushed_is_never_built_on_a_stand_in(docker, tmp_path, wanted):
    done = base_without_a_registry(docker, tmp_path, STAND_INS=wanted, CI_REGISTRY="registry.example")
    assert (done.returncode, done.stdout) == (1, "")
    assert "What is pushed to registry.example is not built on a stand-in" in done.stderr


def test_pip_asks_the_index_of_the_environment_in_the_build_too(docker):
    copy = '#!/bin/sh\nfor word; do case $word in id=pip,src=*) cat "${word#id=pip,src=}" >> "$ASKED" ;; esac; done\n'
    (Path(docker["PATH"].split(":")[0]) / "docker").write_text(copy)
    run("sh", "image/build.sh", "serve", "facteur:1", env=docker | {"PIP_INDEX_URL": "https://index.example/simple"})
    assert Path(docker["ASKED"]).read_text() == "[global]\nindex-url = https://index.example/simple\n"


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
