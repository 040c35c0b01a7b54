"""A canary runs beside what is deployed, and ends with whatever comes next: the whole, or going back."""

from __future__ import annotations

import sys

import pytest
from checkout import git
from deployments import OVERLAY, STAGING, image


def test_a_canary_runs_beside_what_is_deployed_and_ends_with_the_next_deployment(deployments):
    words = (*STAGING, *OVERLAY, "--pin", f"{sys.executable} rancher/pin_image.py")
    assert "nothing to run a canary beside" in deployments.do("canary", *words, "--image", image(2), code=1)
    deployments.deploy(1)
    deployments.do("canary", *words, "--image", image(2))
    assert deployments.watched("rancher/overlays/staging/canary.txt") == image(2)
    assert deployments.running() == image(1)
    assert deployments.do("status", *STAGING).startswith(f"staging runs {image(1)}")
    deployments.do("canary", *words)
    assert "canary.txt" not in git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/staging")
    deployments.do("canary", *words, "--image", image(2))
    deployments.deploy(2)
    assert "canary.txt" not in git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/staging")


def canaries(deployments):
    names = git(deployments.server, "ls-tree", "-r", "--name-only", "deploy/staging").splitlines()
    return [deployments.watched(name) for name in names if name.endswith("canary.txt")]


@pytest.mark.parametrize("recovering", [False, True])
def test_going_back_does_not_bring_the_bad_image_back_as_a_canary(deployments, recovering):
    """First a canary, then the whole, then back: the canary must not run again."""
    words = (*STAGING, *OVERLAY, "--pin", f"{sys.executable} rancher/pin_image.py")
    deployments.deploy(1)
    deployments.do("canary", *words, "--image", image(2))
    deployments.write({"app/new.py": "pass\n"})
    deployments.deploy(2)
    source = ("--source", git(deployments.source, "rev-parse", "HEAD")) if recovering else ()
    deployments.do("rollback", *STAGING, *source)
    assert deployments.running() == image(1)
    assert canaries(deployments) == []
    assert deployments.titles()[0] == "Take back facteur:2.0 from staging"
    # And what came after that goes on as ever.
    deployments.do("canary", *words, "--image", image(3))
    deployments.deploy(3)
    deployments.do("rollback", *STAGING)
    assert (deployments.running(), canaries(deployments)) == (image(1), [])


def test_going_back_ends_a_canary_that_began_since(deployments):
    """Also where one ran before the deployment too, so that both changed the same lines."""
    words = (*STAGING, *OVERLAY, "--pin", f"{sys.executable} rancher/pin_image.py")
    deployments.deploy(1)
    deployments.do("canary", *words, "--image", image(2))
    deployments.deploy(2)
    deployments.do("canary", *words, "--image", image(3))
    deployments.by_hand("rancher/base/api.yaml", "replicas: 7\n")
    deployments.do("rollback", *STAGING)
    assert (deployments.running(), canaries(deployments)) == (image(1), [])
    assert deployments.watched("rancher/base/api.yaml") == "replicas: 7"
