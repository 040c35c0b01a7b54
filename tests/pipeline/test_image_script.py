"""What `ci/image.sh` gives to buildah, by a stand-in that writes down how it is called."""

from __future__ import annotations

import os
import subprocess

import pytest
from checkout import ROOT

NAME = "registry.example/insurance/facteur"
COMMIT = "c0ffee" + "0" * 34
BUILDAH = """#!/bin/sh
echo "$@" >>"$CALLS"
while [ $# -gt 0 ]; do
    if [ "$1" = --digestfile ]; then
        # Each push has a digest of its own here, so that it shows which one is passed on.
        number=$(grep -c ^push "$CALLS")
        printf 'sha256:%064d' "$number" >"$2"
    fi
    shift
done
"""
BUILD = 'echo "$BUILDER builds $* as $VERSION" >>"$CALLS"\n'
BRANCH = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
MERGE_REQUEST = {"CI_MERGE_REQUEST_IID": "17", "CI_DEFAULT_BRANCH": "main"}


@pytest.fixture
def build(tmp_path):
    """Run the script as a job does; return the calls, and what it passes on."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buildah").write_text(BUILDAH)
    (tmp_path / "bin" / "buildah").chmod(0o755)
    (tmp_path / "build.sh").write_text(BUILD)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "BUILD"))}

    def run(**variables):
        given = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "CI_REGISTRY": "registry.example",
            "CI_REGISTRY_USER": "job",
            "CI_REGISTRY_PASSWORD": "a-password-of-the-job",
            "CI_COMMIT_SHA": COMMIT,
            "CI_JOB_ID": "7",
            "BUILT_VERSION": "1.2.3",
            "BUILD_IMAGE_NAME": NAME,
            "BUILD_IMAGE_COMMAND": f"sh {tmp_path / 'build.sh'}",
        }
        done = subprocess.run(
            ["sh", str(ROOT / "ci/image.sh")],
            cwd=tmp_path,
            env={**ours, **given, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "a-password-of-the-job" not in done.stdout + done.stderr + (tmp_path / "calls").read_text()
        calls = (tmp_path / "calls").read_text().splitlines()
        return calls, (tmp_path / "image.env").read_text()

    return run


def pushed(calls):
    return [call.split()[-1] for call in calls if call.startswith("push")]


def test_what_may_be_deployed_is_built_without_the_layers_of_merge_requests(build):
    for where in (BRANCH, {"CI_COMMIT_TAG": "v1.2.3"}):
        calls, _ = build(**where)
        assert not [call for call in calls if "cache" in call]


def test_a_merge_request_takes_and_gives_layers(build):
    calls, _ = build(**MERGE_REQUEST)
    assert f"--cache-from {NAME}/cache --cache-to {NAME}/cache" in calls[1]
    assert pushed(calls) == [f"docker://{NAME}:{COMMIT}-7"]


def test_no_build_takes_the_name_of_another_of_the_same_commit(build):
    first, _ = build(**BRANCH)
    (again, passed_on) = build(**BRANCH, CI_JOB_ID="8")
    assert pushed(again)[len(pushed(first))] == f"docker://{NAME}:{COMMIT}-8"
    assert passed_on.startswith(f"BUILT_IMAGE={NAME}:{COMMIT}-8@sha256:")


def test_buildah_builds_what_buildah_pushes_also_beside_docker(build):
    calls, _ = build(**BRANCH)
    assert calls[1] == f"buildah builds serve {NAME}:{COMMIT}-7 as 1.2.3"


@pytest.mark.parametrize(
    ("tag", "name"),
    [("v1.2.3", "1.2.3"), ("v1.2.3-rc.1", "1.2.3-rc.1"), ("latest", None), ("x/y", None), ("v1.0.0+b", None)],
)
def test_only_a_version_becomes_a_name(build, tag, name):
    calls, passed_on = build(CI_COMMIT_TAG=tag, BUILD_IMAGE_SUFFIX="-train", BUILD_IMAGE_PASSED_AS="BUILT_IMAGE_TRAIN")
    first = f"docker://{NAME}:{COMMIT}-7-train"
    assert pushed(calls) == [first, *([f"docker://{NAME}:{name}-train"] if name else [])]
    # The digest of what is deployed, not that of its second name.
    assert passed_on == f"BUILT_IMAGE_TRAIN={NAME}:{COMMIT}-7-train@sha256:{1:064d}\n"


def test_the_default_branch_is_the_latest(build):
    calls, _ = build(**BRANCH)
    assert pushed(calls)[1:] == [f"docker://{NAME}:latest"]
