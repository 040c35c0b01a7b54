"""The image of each kit: hadolint finds nothing, its base is one for ever, and it runs without any right."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from generating import ROOT
from matrix import KITS, PACKAGE, TRIED

pytestmark = pytest.mark.installs

HADOLINT = os.environ.get("HADOLINT", str(ROOT / "build/image-test/bin/hadolint"))
HARDENED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none")


@pytest.mark.parametrize("kit", KITS)
def test_hadolint_finds_no_fault_whatever_was_answered(generated, kit):
    different = {(generated(one) / "Dockerfile").read_text(encoding="utf-8") for one in TRIED if one.kit == kit}
    for dockerfile in different:
        done = subprocess.run([HADOLINT, "-"], input=dockerfile, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kit", KITS)
def test_the_base_is_that_of_this_tree_and_nobody_is_root(generated, kit):
    ours = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    theirs = (generated(kit) / "Dockerfile").read_text(encoding="utf-8")
    (base,) = re.findall(r"^ARG BASE=(.+)$", theirs, flags=re.MULTILINE)
    assert base == re.search(r"^ARG BASE=(.+)$", ours, flags=re.MULTILINE)[1]
    assert re.findall(r"^USER (.+)$", theirs, flags=re.MULTILINE) == ["10001:10001"]
    # What is copied from outside reaches the builder.
    listed = (generated(kit) / ".dockerignore").read_text(encoding="utf-8")
    for words in re.findall(r"^COPY (?!--from)(.+) \S+$", theirs, flags=re.MULTILINE):
        for word in words.split():
            assert f"!{word}\n" in listed
            assert (generated(kit) / word).exists()


@pytest.mark.parametrize("kit", KITS)
def test_make_image_calls_the_builder_that_is_there(generated, tmp_path, kit):
    path = generated.copy(tmp_path / "project", kit)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/buildah").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "bin/buildah").chmod(0o755)
    for program in ("sh", "make", "git", "date", "dirname"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    environ = {"PATH": str(tmp_path / "bin"), "BASE": "registry.test/debian:12", "DAY": "2026-11-20"}
    done = subprocess.run(["make", "image"], cwd=path, env=environ, capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert said[said.index("--tag") : said.index("--tag") + 2] == ["--tag", "claims-radar:latest"]
    assert {"BASE=registry.test/debian:12", "DAY=2026-11-20"} <= set(said)
    (tmp_path / "bin/buildah").unlink()
    done = subprocess.run(["make", "image"], cwd=path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "apt-get install buildah" in done.stderr


@pytest.fixture(scope="module")
def engine():
    """Variables with which buildah and podman work on this machine, and the base that they can have."""
    script = """
        . image/engine.sh
        find_builder
        find_runner
        BASE=$(STAND_INS=unreachable sh image/stand_ins.sh base)
        env -0
        printf 'BASE=%s\\0RUNNER=%s\\0' "$BASE" "$RUNNER"
    """
    done = subprocess.run(["sh", "-ec", script], cwd=ROOT, capture_output=True, text=True, check=True)
    said = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    return {**os.environ, **{name: said[name] for name in said if re.match(r"BASE$|BUILD|CONTAINERS_|RUNNER$", name)}}


@pytest.fixture
def image(engine, generated, tmp_path):
    """Builds the image of a kit, and says what it is called; it is taken away at the end."""
    made = []

    def built(kit):
        path = generated.copy(tmp_path / "project", kit)
        name = f"localhost/kit-test-{kit}:{os.getpid()}"
        done = subprocess.run(
            ["sh", "image.sh", "run", name], cwd=path, env=engine, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(name)
        return name

    yield built
    for name in made:
        subprocess.run([engine["RUNNER"], "image", "rm", "--force", name], env=engine, capture_output=True, check=False)


WORDS = {
    "python": (["claims.csv", "--output", "report.md"], "report.md"),
    "pyspark": (["run", "--input", "/var/lib/app/claims", "--output", "/var/lib/app/tables"], "tables"),
    "training": (["run"], "registry"),
}
"""What a job is told, as its manifest does, and what it leaves on its volume."""


@pytest.mark.whole
@pytest.mark.parametrize("kit", KITS)
def test_the_image_runs_without_rights_and_without_a_writable_root(engine, image, generated, tmp_path, kit):
    name = image(kit)
    volume = tmp_path / "data"
    shutil.copytree(generated(kit) / "examples", volume)
    volume.chmod(0o777)

    def run(*words):
        given = ["--rm", *HARDENED, "--tmpfs", "/tmp", "--volume", f"{volume}:/var/lib/app"]  # noqa: S108 - the image's
        for variable in ("DATA=/var/lib/app/claims.csv", "VAR=/var/lib/app"):
            given += ["--env", variable]
        done = subprocess.run(
            [engine["RUNNER"], "run", *given, *words], env=engine, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "usage" in run(name).lower()
    assert run("--entrypoint", "id", name, "-u").strip() == "10001"
    importing = f"import os, {PACKAGE}; print(os.environ['APP_VERSION'])"
    assert re.fullmatch(r"[0-9a-f]{7,}\n", run("--entrypoint", "python", name, "-c", importing))
    if kit in WORDS:
        words, left = WORDS[kit]
        run(name, *words)
        assert (volume / left).exists()
