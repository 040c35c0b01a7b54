"""Deploying and going back, on a real repository that others push to as well."""

from __future__ import annotations

import sys

import pytest
from checkout import git
from deployments import OVERLAY, STAGING, image


def test_the_first_deployment_makes_the_branch_with_the_manifests_and_nothing_else(deployments):
    deployments.write({"app/secret_sauce.py": "pass\n"})
    said = deployments.deploy(1)
    assert image(1) in said
    assert deployments.running() == image(1)
    assert {
        name.partition("/")[0]
        for name in git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/staging").splitlines()
    } == {"rancher"}
    message = git(deployments.server, "log", "-1", "--format=%B", "deploy/staging")
    assert message.startswith("Deploy facteur:1.0 to staging\n")
    assert f"Image: {image(1)}" in message
    assert f"Source: {git(deployments.source, 'rev-parse', 'HEAD')}" in message


@pytest.mark.quick
def test_manifests_of_the_deployed_commit_come_along_and_go_back_with_it(deployments):
    deployments.deploy(1)
    deployments.write({"rancher/base/api.yaml": "replicas: 3\n", "rancher/base/new.yaml": "new: true\n"})
    deployments.deploy(2)
    assert deployments.watched("rancher/base/api.yaml") == "replicas: 3"
    said = deployments.do("rollback", *STAGING)
    assert "facteur:2.0 is taken back" in said
    assert "facteur:1.0 runs again" in said
    assert deployments.running() == image(1)
    assert deployments.watched("rancher/base/api.yaml") == "replicas: 1"
    assert "rancher/base/new.yaml" not in git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/staging")


def test_what_is_not_committed_is_not_deployed(deployments):
    (deployments.source / "rancher/base/api.yaml").write_text("replicas: 99\n", encoding="utf-8")
    deployments.deploy(1)
    assert deployments.watched("rancher/base/api.yaml") == "replicas: 1"


def test_deploying_the_same_again_commits_nothing(deployments):
    deployments.deploy(1)
    assert "holds already" in deployments.deploy(1)
    assert len(deployments.titles()) == 1


@pytest.mark.quick
def test_going_back_twice_goes_back_two_deployments_and_forward_again(deployments):
    for number in (1, 2, 3):
        deployments.deploy(number)
    deployments.do("rollback", *STAGING)
    assert deployments.running() == image(2)
    deployments.do("rollback", *STAGING)
    assert deployments.running() == image(1)
    said = deployments.do("rollback", *STAGING, code=1)
    assert said == "facteur:1.0 was the first in staging: there is nothing to go back to.\n"
    deployments.deploy(3)
    assert deployments.running() == image(3)
    deployments.do("rollback", *STAGING)
    assert deployments.running() == image(1)


def test_a_pipeline_takes_back_only_what_it_deployed_itself(deployments):
    deployments.deploy(1)
    deployments.write({"app/new.py": "pass\n"})
    deployments.deploy(2)
    first = git(deployments.source, "rev-parse", "HEAD^")
    assert "nothing is taken back" in deployments.do("rollback", *STAGING, "--source", first, code=1)
    assert deployments.running() == image(2)
    deployments.do("rollback", *STAGING, "--source", git(deployments.source, "rev-parse", "HEAD"))
    assert deployments.running() == image(1)


def test_a_pipeline_takes_nothing_back_that_ran_before_it(deployments, monkeypatch):
    """It deployed what was there already, and then something else than the deployment failed."""
    deployments.deploy(1)
    monkeypatch.setenv("CI_PIPELINE_URL", "https://gitlab.example/pipelines/1")
    deployments.deploy(2)
    monkeypatch.setenv("CI_PIPELINE_URL", "https://gitlab.example/pipelines/2")
    assert "holds already" in deployments.deploy(2)
    commit = git(deployments.source, "rev-parse", "HEAD")
    said = deployments.do("rollback", *STAGING, "--source", commit, code=1)
    assert "facteur:2.0 ran there before this pipeline, deployed by https://gitlab.example/pipelines/1" in said
    assert deployments.running() == image(2)
    monkeypatch.setenv("CI_PIPELINE_URL", "https://gitlab.example/pipelines/1")
    deployments.do("rollback", *STAGING, "--source", commit)
    assert deployments.running() == image(1)


def test_going_back_where_nothing_was_deployed_says_so(deployments):
    assert deployments.do("rollback", *STAGING, code=1).startswith("Nothing was deployed to staging")


def test_changes_by_hand_outlive_going_back(deployments):
    deployments.deploy(1)
    deployments.deploy(2)
    deployments.by_hand("rancher/base/api.yaml", "replicas: 7\n")
    deployments.do("rollback", *STAGING)
    assert deployments.running() == image(1)
    assert deployments.watched("rancher/base/api.yaml") == "replicas: 7"


def test_a_change_by_hand_of_the_same_line_is_not_overwritten(deployments):
    deployments.deploy(1)
    deployments.deploy(2)
    deployments.by_hand("rancher/overlays/staging/image.txt", "something else\n")
    said = deployments.do("rollback", *STAGING, code=1)
    assert "Revert it by hand" in said
    assert deployments.running() == "something else"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("registry.example/facteur:latest", "must be told apart"),
        ("registry.example/facteur", "must be told apart"),
        ("registry.example/facteur:1 && true", "must be told apart"),
        ("--help", "must be told apart"),
        ("registry.example/facteur:1.0@sha256:" + "0" * 64, "its digest is all zeros"),
    ],
)
def test_an_image_that_cannot_be_told_apart_is_not_deployed(deployments, wrong, sentence):
    assert sentence in deployments.do("deploy", *STAGING, *OVERLAY, f"--image={wrong}", code=1)


def test_an_overlay_that_is_not_there_is_named(deployments):
    words = ("--overlay", "rancher/overlays/moon", "--image", image(1))
    assert "no overlay rancher/overlays/moon" in deployments.do("deploy", *STAGING, *words, code=1)


def test_status_says_what_runs_and_what_ran(deployments):
    assert deployments.do("status", *STAGING).startswith("staging runs nothing")
    deployments.deploy(1)
    deployments.deploy(2)
    deployments.do("rollback", *STAGING)
    lines = deployments.do("status", *STAGING).splitlines()
    assert lines[0] == f"staging runs {image(1)}"
    assert [line.split("  ")[2] for line in lines[1:]] == [
        "Take back facteur:2.0 from staging",
        "Deploy facteur:2.0 to staging",
        "Deploy facteur:1.0 to staging",
    ]


REVIEWS = ("--branch", "deploy/reviews")
MADE = (
    "--overlay",
    "rancher/overlays/review-{name}",
    "--image",
    image(1),
    "--make",
    f"{sys.executable} rancher/review.py",
)


def test_a_review_app_comes_with_an_overlay_of_its_own_and_goes(deployments):
    deployments.do("review-start", *REVIEWS, "--name", "new-colours", *MADE)
    made = "rancher/overlays/review-new-colours"
    kustomization = deployments.watched(f"reviews/new-colours/{made}/kustomization.yaml", "deploy/reviews")
    assert kustomization == f"namespace: facteur-review-new-colours  # {image(1)}"
    assert f"dir: {made}" in deployments.watched("reviews/new-colours/fleet.yaml", "deploy/reviews")
    deployments.do("review-start", *REVIEWS, "--name", "other", *MADE)
    deployments.do("review-stop", *REVIEWS, "--name", "new-colours")
    assert git(deployments.server, "ls-tree", "--name-only", "deploy/reviews:reviews") == "other"
    assert deployments.do("review-stop", *REVIEWS, "--name", "new-colours") == "There is no new-colours.\n"


def test_what_fleet_does_with_environments_is_not_done_with_review_apps(deployments):
    deployments.do("review-start", *REVIEWS, "--name", "one", *MADE)
    names = git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/reviews").splitlines()
    assert [name for name in names if name.endswith("fleet.yaml")] == ["reviews/one/fleet.yaml"]


def test_the_last_review_app_leaves_a_folder_for_fleet_to_watch(deployments):
    deployments.do("review-start", *REVIEWS, "--name", "one", *MADE)
    deployments.do("review-stop", *REVIEWS, "--name", "one")
    assert deployments.watched("reviews/README.md", "deploy/reviews") == "No review app runs."


def test_the_image_of_the_training_stays_until_another_is_given(deployments):
    pin = ("--pin", f"{sys.executable} rancher/pin_image.py")
    train = "rancher/overlays/staging/train.txt"
    deployments.do("deploy", *STAGING, *OVERLAY, "--image", image(1), "--also", f"{image(7)} --train", *pin)
    deployments.deploy(2)
    assert (deployments.running(), deployments.watched(train)) == (image(2), image(7))
    assert "holds already" in deployments.deploy(2)
    deployments.do("deploy", *STAGING, *OVERLAY, "--image", image(2), "--also", f"{image(8)} --train", *pin)
    assert deployments.watched(train) == image(8)
    deployments.do("rollback", *STAGING)
    deployments.deploy(3)
    assert deployments.watched(train) == image(7)


def test_the_image_of_the_training_is_pinned_with_the_one_that_serves(deployments):
    deployments.do(
        "deploy",
        *STAGING,
        *OVERLAY,
        "--image",
        image(1),
        "--also",
        f"{image(7)} --train",
        "--pin",
        f"{sys.executable} rancher/pin_image.py",
    )
    assert deployments.running() == image(1)
    assert deployments.watched("rancher/overlays/staging/train.txt") == image(7)


@pytest.mark.parametrize("name", ["../escape", "UPPER", "", "a" * 41, "-x", "x/y"])
def test_a_review_app_whose_name_is_no_namespaces_is_refused(deployments, name):
    said = deployments.do("review-stop", "--branch", "deploy/reviews", f"--name={name}", code=1)
    assert "is no name for a review app" in said
