"""The jobs that deploy, as they stand in the pipeline: run, with a git server and an address that answers."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from checkout import git
from serving import serving

IMAGES = {
    "BUILT_IMAGE": f"registry.example/facteur:2.0@sha256:{2:064d}",
    "BUILT_IMAGE_TRAIN": f"registry.example/facteur:2.0-train@sha256:{3:064d}",
}
OLD = f"registry.example/facteur:1.0@sha256:{1:064d}"
OLD_TRAIN = f"registry.example/facteur:1.0-train@sha256:{4:064d}"


@pytest.fixture
def server(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "server.git")
    return tmp_path / "server.git"


def run(tree, server, *jobs, **variables):
    given = {"DEPLOY_REPOSITORY": str(server), "VERIFY_SECONDS": "1", **IMAGES, "BUILT_VERSION": "2.0", **variables}
    return tree.with_variables(**given).run(*jobs)


def deployed_before(tree, server):
    """Something that one can go back to."""
    done = subprocess.run(
        ["python3", "ci/gitops", "deploy", "--repository", str(server), "--environment", "staging", "--branch",
         "deploy/staging", "--overlay", "staging", "--image", OLD, "--also", f"{OLD_TRAIN} --train"],
        cwd=tree.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def history(server):
    return git(server, "log", "--format=%s", "deploy/staging").splitlines()


def test_a_deployment_ends_when_its_version_answers(tree, server):
    with serving(lambda *_: (200, '{"info": {"version": "2.0"}}')) as (address, asked):
        run_ = run(tree, server, "deploy-staging", STAGING_URL=address, VERIFY_SECONDS="60")
    assert run_.code == 0, run_.log
    assert run_.passed("deploy-staging")
    assert [path for _, path, *_ in asked] == ["/openapi.json"] * 3 + ["/readyz"]
    pinned = git(server, "show", "deploy/staging:rancher/overlays/staging/image/kustomization.yaml")
    assert all(image.partition("@")[2] in pinned for image in IMAGES.values())


@pytest.mark.quick
def test_a_deployment_whose_version_does_not_answer_goes_back_by_itself(tree, server):
    deployed_before(tree, server)
    # The old version answers: it must not pass for the new one.
    with serving(lambda *_: (200, '{"info": {"title": "", "version": "1.0"}}')) as (address, _):
        failed = run(tree, server, "deploy-staging", "recover-staging", STAGING_URL=address)
    assert failed.code == 1, failed.log
    assert failed.failed("deploy-staging")
    assert "info.version is '1.0', not '2.0'" in failed.log
    assert failed.passed("recover-staging"), failed.log
    assert len(history(server)) == 3
    pinned = git(server, "show", "deploy/staging:rancher/overlays/staging/image/kustomization.yaml")
    assert OLD.partition("@")[2] in pinned


def test_a_deployment_that_knows_no_version_does_not_pass(tree, server):
    with serving(lambda *_: (200, '{"info": {"title": "", "version": "1.0"}}')) as (address, asked):
        failed = run(tree, server, "deploy-staging", STAGING_URL=address, BUILT_VERSION="")
    assert failed.failed("deploy-staging")
    assert "a variable is empty" in failed.log
    assert asked == []


@pytest.fixture(scope="module")
def expanded(tree):
    return yaml.safe_load(tree.ask("--preview").partition("---\n")[2])


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_what_deploys_counts_as_a_deployment(expanded, environment):
    deploy = expanded[f"deploy-{environment}"]["environment"]
    assert deploy.get("action", "start") == "start"
    assert deploy["url"] == f"${environment.upper()}_URL"
    for act in ("canary", "recover", "rollback"):
        assert expanded[f"{act}-{environment}"]["environment"]["action"] == "access", act


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_environment_is_held_until_the_version_answers(expanded, environment):
    """Another job would give the resource back in between."""
    job = expanded[f"deploy-{environment}"]
    assert job["resource_group"] == environment
    assert "ci/gitops deploy" in job["script"][1]
    assert "info.version=$BUILT_VERSION" in job["script"][2]
    assert "/readyz" in job["script"][2]


def review_name(expanded, slug, number):
    lines = [line for line in expanded["start-review"]["before_script"] if line.startswith("name=")]
    script = "\n".join([*lines, 'printf %s "$name"'])
    environ = {"CI_COMMIT_REF_SLUG": slug, "CI_MERGE_REQUEST_IID": str(number), "PATH": "/usr/bin:/bin"}
    return subprocess.run(["sh", "-eu", "-c", script], env=environ, capture_output=True, text=True, check=True).stdout


def test_review_apps_of_branches_that_begin_alike_have_names_of_their_own(expanded):
    slug = "feature-customer-portal-new-navigation-and-colours"
    names = {review_name(expanded, f"{slug}-{end}", number) for number, end in ((7, "a"), (8, "b"))}
    assert len(names) == 2
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name) for name in names)
    assert len(review_name(expanded, slug, 9_999_999)) <= 40


def test_review_apps_never_see_the_token_that_deploys(expanded):
    for name in ("start-review", "stop-review"):
        before = "\n".join(expanded[name]["before_script"])
        assert 'DEPLOY_TOKEN="$REVIEW_TOKEN"' in before
        assert 'DEPLOY_REPOSITORY="$REVIEW_REPOSITORY"' in before
        assert "$DEPLOY_TOKEN" not in str(expanded[name])
        assert expanded[name]["environment"]["name"] == "review/$CI_MERGE_REQUEST_IID"


MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_BRANCH": "",
    "CI_COMMIT_REF_SLUG": "new-colours",
    "CI_MERGE_REQUEST_IID": "17",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
}


def test_a_review_app_is_written_to_its_own_repository_alone(tree, server, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "reviews.git")
    given = {**MERGE_REQUEST, "REVIEW_TOKEN": "x"}
    refused = run(tree, server, "start-review", **given)
    assert not refused.passed("start-review")
    assert "REVIEW_REPOSITORY is empty" in refused.log
    started = run(tree, server, "start-review", **given, REVIEW_REPOSITORY=str(tmp_path / "reviews.git"))
    assert started.passed("start-review"), started.log
    folders = git(tmp_path / "reviews.git", "ls-tree", "--name-only", "deploy/reviews", "reviews/")
    assert folders == "reviews/new-colours-17"
    assert git(server, "branch", "--list") == ""
