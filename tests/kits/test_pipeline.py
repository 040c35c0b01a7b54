"""The pipeline that each kit generates is run, by gitlab-ci-local on the generated project itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from checkout import ROOT, Checkout, git
from matrix import COMPONENTS, KITS, PACKAGE, combination
from workshop import WITHOUT_JAVA, lent

pytestmark = pytest.mark.installs

MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_BRANCH": "",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
}
TAG = {"CI_COMMIT_TAG": "v1.2.3", "CI_COMMIT_BRANCH": ""}
CHECKS = {"lint", "unit: [3.11]", "unit: [3.12]", "audit", "static", "secrets", "sbom"}
BUILT = {"build-image-version", "build-image"}
PLANTED = f"import {PACKAGE}\n\n\ndef test_that_was_planted_to_fail():\n    assert 1 + 1 == 3, {PACKAGE}\n"
DIGEST = "sha256:" + "0123456789abcdef" * 4
BUILDAH = """#!/bin/sh
echo "$@" >>"$CALLS"
"""


def each_kit():
    return pytest.mark.parametrize("kit", KITS)


def checkout_of(path, **variables):
    """A project as a clone on a desk, whose server's names gitlab-ci-local reads from its remote."""
    git(path, "remote", "add", "origin", "ssh://git@gitlab.example/data/claims-radar.git")
    checkout = Checkout(path=path, variables=variables)
    checkout.commit()
    return checkout


@pytest.fixture(scope="session")
def components(tmp_path_factory):
    """Variables of a server that has the components, as this tree holds them, in a project of their own."""
    server = tmp_path_factory.mktemp("server")
    tree = server / "tree"
    shutil.copytree(ROOT / "ci", tree / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    git(server, "init", "--quiet", "--initial-branch", "main", str(tree))
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "Begin")
    git(tree, "tag", "v1.2.3")
    bare = server / f"{COMPONENTS}.git"
    bare.parent.mkdir(parents=True)
    git(server, "clone", "--quiet", "--bare", str(tree), str(bare))
    return f"file://{server}"


@pytest.fixture
def reached(components, monkeypatch):
    """Let whoever includes from the made-up server be answered by the one of the fixture `components`."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{components}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "ssh://git@gitlab.example:22/")
    return components


def jobs(checkout, variables):
    """The jobs of a pipeline with what starts them."""
    listed = checkout.with_variables(**variables).ask("--list-json")
    found = {job["name"]: job["when"] for job in json.loads(listed[listed.index("[") :])}
    return {name: when for name, when in found.items() if when != "never"}


def environment(name):
    return {f"{act}-{name}" for act in ("deploy", "recover", "rollback")}


def expanded(checkout):
    return yaml.safe_load(checkout.ask("--preview").partition("---\n")[2])


@each_kit()
def test_which_jobs_run_when(generated, tmp_path, kit):
    checkout = checkout_of(generated.copy(tmp_path / "project", kit))
    branch, tag = jobs(checkout, {}), jobs(checkout, TAG)
    assert set(branch) == CHECKS | BUILT | {"manifests"} | environment("staging")
    assert set(tag) == CHECKS | BUILT | {"manifests", "release"} | environment("production")
    assert (branch["deploy-staging"], tag["deploy-production"]) == ("on_success", "manual")
    assert set(jobs(checkout, {"CI_COMMIT_BRANCH": "new-colours"})) == CHECKS
    assert CHECKS | BUILT <= set(jobs(checkout, MERGE_REQUEST)) <= CHECKS | BUILT | {"manifests"}


@each_kit()
def test_what_is_not_deployed_has_no_jobs_for_it(generated, tmp_path, kit):
    checkout = checkout_of(generated.copy(tmp_path / "project", kit, deploy=False))
    assert set(jobs(checkout, {})) == CHECKS | BUILT
    assert set(jobs(checkout, TAG)) == CHECKS | BUILT | {"release"}
    assert expanded(checkout)["stages"] == [".pre", "check", "build", "release", ".post"]


@pytest.mark.usefixtures("reached")
@pytest.mark.parametrize("deploy", [True, False], ids=["deployed", "not"])
@each_kit()
def test_included_components_make_the_same_pipeline(generated, tmp_path, kit, deploy):
    vendored = expanded(checkout_of(generated.copy(tmp_path / "vendored", kit, deploy=deploy)))
    included = checkout_of(generated.copy(tmp_path / "included", kit, deploy=deploy, components="included"))
    assert not (included.path / "ci").exists()
    told = yaml.safe_dump(expanded(included)).replace(f"{COMPONENTS}@v1.2.3", "")
    assert yaml.safe_load(told) == vendored


def with_environment(checkout, kit, installed):
    """A checkout in which jobs find what they would install."""
    if kit == "pyspark" and os.environ.get("KITS_WITHOUT_JAVA"):
        pytest.skip(WITHOUT_JAVA)
    lent(checkout.path, installed(kit))
    return checkout


@pytest.mark.parametrize("kit", [pytest.param(kit, marks=[] if kit == "python" else pytest.mark.whole) for kit in KITS])
def test_lint_and_unit_pass_as_they_stand(installed, generated, tmp_path, kit):
    checkout = checkout_of(generated.copy(tmp_path / "project", kit))
    with_environment(checkout, kit, installed)
    run = checkout.run("lint", "unit: [3.11]")
    assert run.code == 0, run.log
    assert run.passed("lint")
    assert run.passed("unit: [3.11]")
    assert re.search(r"PASS .*unit: \[3\.11\] (9\d|100)% coverage", run.log), "GitLab shows it"
    assert "<testsuite" in (checkout.path / "junit.xml").read_text(encoding="utf-8")
    assert "<coverage " in (checkout.path / "coverage.xml").read_text(encoding="utf-8")


@each_kit()
def test_a_planted_failing_test_fails_the_pipeline_and_mended_it_passes(installed, generated, tmp_path, kit):
    # Without monitoring: in a shell its job would install Prometheus into this machine, for a test that needs none.
    answers = {"monitoring": False} if kit == "predictive-api" else {}
    checkout = checkout_of(generated.copy(tmp_path / "project", kit, **answers))
    with_environment(checkout, kit, installed)
    # Alone: all the others run in the job as it stands.
    given = checkout.with_variables(ARGS="tests/test_planted.py")
    given.write("tests/test_planted.py", PLANTED)
    failed = given.run("unit: [3.11]")
    assert failed.code == 1
    assert failed.failed("unit: [3.11]")
    assert "test_that_was_planted_to_fail" in failed.log
    given.write("tests/test_planted.py", PLANTED.replace("== 3", "== 2"))
    mended = given.run("unit: [3.11]")
    assert mended.code == 0, mended.log
    assert mended.passed("unit: [3.11]")


@each_kit()
def test_nothing_unsafe_and_no_secret_is_generated(generated, tmp_path, kit):
    """With the tools of this tree's own `make security`, which are installed for it where they are not yet."""
    path = generated.copy(tmp_path / "project", kit)
    tools = {"SECURITY_TOOLS": str(ROOT / ".venv-security")}
    for act in ("static", "secrets", "sbom"):
        words = ["sh", "ci/security.sh", act, *(["requirements/run.txt"] if act == "sbom" else [])]
        done = subprocess.run(words, cwd=path, env={**os.environ, **tools}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((path / "sbom.cdx.json").read_text())["components"]
    assert git(path, "status", "--porcelain") == "", "what it leaves is ignored by git"


@pytest.mark.parametrize("kit", ["python"])
def test_scripts_come_from_the_project_of_the_components_at_their_ref(generated, tmp_path, reached, kit):
    path = generated.copy(tmp_path / "project", kit, components="included")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/buildah").write_text(BUILDAH)
    (tmp_path / "bin/buildah").chmod(0o755)
    checkout = checkout_of(
        path,
        CI_SERVER_URL=reached,
        CALLS=str(tmp_path / "calls"),
        PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        SECURITY_TOOLS=str(ROOT / ".venv-security"),
        BUILDAH_ISOLATION="chroot",
    )
    git(path, "tag", "v0.1.0")
    run = checkout.run("static", "build-image-version", "build-image")
    assert run.code == 0, run.log
    assert (path / "image.env").read_text().startswith("BUILT_IMAGE=localhost/")
    calls = (tmp_path / "calls").read_text()
    assert "--target run" in calls
    assert "VERSION=v0.1.0" in calls


@pytest.mark.usefixtures("reached")
@pytest.mark.parametrize("kit", ["python"])
def test_components_that_cannot_be_read_are_named(generated, tmp_path, kit):
    path = generated.copy(tmp_path / "project", kit, components="included")
    checkout = checkout_of(path, CI_SERVER_URL=f"file://{tmp_path}/nowhere")
    run = checkout.run("build-image-version")
    assert run.code == 1
    assert f"The scripts of the components cannot be read: {COMPONENTS}@v1.2.3 must exist" in run.log


def deployed(path, *words):
    done = subprocess.run([sys.executable, "ci/gitops", *words], cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@each_kit()
def test_a_deployment_is_a_commit_and_so_is_its_undoing(generated, tmp_path, kit):
    path = generated.copy(tmp_path / "project", kit)
    git(tmp_path, "init", "--quiet", "--bare", "server.git")
    where = ("--repository", str(tmp_path / "server.git"), "--environment", "staging", "--branch", "deploy/staging")

    def pinned():
        name = "deploy/staging:rancher/overlays/staging/image/kustomization.yaml"
        return yaml.safe_load(git(tmp_path / "server.git", "show", name))["images"][0]

    for number in (1, 2):
        image = f"registry.example/data/claims-radar:{number}.0@{DIGEST}"
        deployed(path, "deploy", *where, "--overlay", "rancher/overlays/staging", "--image", image)
        assert pinned() == {
            "name": "claims-radar",
            "newName": "registry.example/data/claims-radar",
            "newTag": f"{number}.0",
            "digest": DIGEST,
        }
    deployed(path, "rollback", *where)
    assert pinned()["newTag"] == "1.0"


@pytest.mark.parametrize("kit", ["python"])
def test_the_job_deploys_what_the_pipeline_built(generated, tmp_path, kit):
    git(tmp_path, "init", "--quiet", "--bare", "server.git")
    image = f"registry.example/data/claims-radar:2.0@{DIGEST}"
    checkout = checkout_of(
        generated.copy(tmp_path / "project", kit),
        DEPLOY_REPOSITORY=str(tmp_path / "server.git"),
        BUILT_IMAGE=image,
        BUILT_VERSION="2.0",
    )
    run = checkout.run("deploy-staging")
    assert run.code == 0, run.log
    assert DIGEST in git(
        tmp_path / "server.git", "show", "deploy/staging:rancher/overlays/staging/image/kustomization.yaml"
    )


@pytest.mark.parametrize("kit", ["python", "python,fr"])
def test_a_releases_notes_are_its_part_of_the_changelog(generated, tmp_path, kit):
    path = generated.copy(tmp_path / "project", combination("python", language="fr" if "fr" in kit else "en"))
    changelog = path / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(text.replace("## [Unreleased]", "## [Unreleased]\n\n## [1.0.0] - 2026-11-20"))
    git(path, "commit", "--quiet", "--all", "--message", "Release 1.0.0")
    git(path, "tag", "v1.0.0")
    done = subprocess.run(
        [sys.executable, "ci/release.py", "notes", "v1.0.0"], cwd=path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("### Added\n\n- "), done.stderr
    assert "Upgrade" not in done.stdout
