"""An image is pinned, tried beside the old one, and taken back, by commits of one small file."""

from __future__ import annotations

import re
import subprocess
import sys

import policies_of_networks  # noqa: F401 - enters its rules into the list
import policies_of_pods  # noqa: F401 - the same
import policies_of_rollouts  # noqa: F401 - the same
import pytest
from policies import POLICIES
from rendering import Deployment, copy_tree, kustomize, load
from validity import VERSIONS, complaints

REGISTRY = "registry.example.net:5000/mail/facteur"
OLD = f"{REGISTRY}:1.4.0@sha256:{'a' * 64}"
NEW = f"{REGISTRY}:1.5.0-rc.1@sha256:{'b' * 64}"


@pytest.fixture
def tree(tmp_path):
    """A copy of rancher/ to write into."""
    return copy_tree(tmp_path / "rancher")


def run(tree, script, *arguments):
    return subprocess.run(
        [sys.executable, str(tree / script), *arguments],
        cwd=tree.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def pin(tree, *arguments):
    done = run(tree, "pin_image.py", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def deployed(tree, overlay):
    return Deployment(overlay=overlay, resources=load(kustomize(tree / "overlays" / overlay)))


def images(deployment):
    return {
        pod.owner["metadata"]["name"]: {each["image"] for each in pod.containers}
        for pod in deployment.pods
        if "postgres" not in pod.containers[0]["image"]
    }


def assert_right(deployment):
    assert {name: found for name, rule in POLICIES.items() if (found := rule(deployment))} == {}
    assert [each for version in VERSIONS for it in deployment.resources for each in complaints(it, version)] == []


@pytest.mark.parametrize("overlay", ["review", "production"])
def test_a_pinned_image_runs_everywhere_and_names_its_migration(tree, overlay):
    pin(tree, overlay, OLD)
    deployment = deployed(tree, overlay)
    ours = {name: found for name, found in images(deployment).items() if not name.endswith(("train", "redis"))}
    assert len(ours) == 5
    assert set().union(*ours.values()) == {OLD}
    (job,) = deployment.of("Job")
    assert job["metadata"]["name"].startswith("facteur-migrate-1-4-0-")
    assert_right(deployment)


def test_the_second_region_follows_productions_image(tree):
    pin(tree, "production", NEW)
    assert {NEW} in images(deployed(tree, "second-region-standby")).values()


def test_pinning_again_changes_nothing_and_another_image_changes_the_job(tree):
    pin(tree, "production", OLD)
    before = (tree / "overlays/production/image/kustomization.yaml").read_text()
    assert "unchanged" in pin(tree, "production", OLD)
    names = set()
    for image in (OLD, NEW, OLD.replace("a" * 64, "c" * 64), f"{REGISTRY}@sha256:{'d' * 64}"):
        pin(tree, "production", image)
        text = (tree / "overlays/production/image/kustomization.yaml").read_text()
        names |= set(re.findall(r"value: (facteur-migrate-\S+)\}", text))
    assert len(names) == 4
    changed = tree / "components/hardened/pod.yaml"
    was = changed.read_text()
    changed.write_text(was.replace("128Mi", "256Mi"))
    pin(tree, "production", OLD)
    text = (tree / "overlays/production/image/kustomization.yaml").read_text()
    assert re.findall(r"value: (facteur-migrate-\S+)\}", text)[0] not in names, "the Job is another one"
    changed.write_text(was)
    assert all(len(name) <= 57 for name in names), "a pod's name adds six characters, and 63 are allowed"
    pin(tree, "production", OLD)
    assert (tree / "overlays/production/image/kustomization.yaml").read_text() == before


def test_the_trainings_image_stays_when_another_one_serves(tree):
    train = f"{REGISTRY}-train:1.4.0@sha256:{'e' * 64}"
    pin(tree, "production", train, "--train")
    pin(tree, "production", NEW)
    pin(tree, "production", train.replace("1.4.0", "1.5.0"), "--train")
    pin(tree, "production", OLD)
    deployment = deployed(tree, "production")
    assert images(deployment)["facteur-train"] == {train.replace("1.4.0", "1.5.0")}
    assert images(deployment)["facteur-beat"] == {OLD}
    assert_right(deployment)


def test_a_canary_stands_beside_and_leaves_no_trace(tree):
    pin(tree, "production", OLD)
    before = kustomize(tree / "overlays/production")
    pin(tree, "production", NEW, "--canary", "--replicas", "2")
    deployment = deployed(tree, "production")
    found = images(deployment)
    assert found["facteur-api-canary"] == found["facteur-worker-canary"] == {NEW}
    assert found["facteur-api"] == found["facteur-worker"] == found["facteur-beat"] == {OLD}
    for role in ("api", "worker"):
        canary = deployment.one("Deployment", f"facteur-{role}-canary")
        assert canary["spec"]["replicas"] == 2
        assert canary["spec"]["selector"]["matchLabels"]["track"] == "canary"
        service = {"app.kubernetes.io/name": "facteur", "app.kubernetes.io/component": role}
        assert service.items() <= canary["spec"]["template"]["metadata"]["labels"].items()
    jobs = {job["metadata"]["name"].rpartition("-")[0]: job for job in deployment.of("Job")}
    assert set(jobs) == {"facteur-migrate-1-4-0", "facteur-migrate-canary-1-5-0-rc-1"}
    settings = deployment.one("ConfigMap", "facteur-settings")["metadata"]["name"]
    assert settings in str(deployment.one("Deployment", "facteur-api-canary"))
    assert_right(deployment)
    pin(tree, "production", "--no-canary")
    assert kustomize(tree / "overlays/production") == before


def test_a_canary_becomes_the_version_that_serves(tree):
    pin(tree, "production", OLD)
    pin(tree, "production", NEW, "--canary")
    pin(tree, "production", NEW)
    both = deployed(tree, "production")
    assert len({job["metadata"]["name"] for job in both.of("Job")}) == 2, "two Jobs of one image need two names"
    assert_right(both)
    pin(tree, "production", "--no-canary")
    assert {NEW} == images(deployed(tree, "production"))["facteur-api"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["production", "facteur"], "names no version"),
        (["production", "facteur:latest"], "another image tomorrow"),
        (["production", "Facteur:1"], "is no image"),
        (["production", "facteur:1@sha256:12"], "is no image"),
        (["production", "facteur:1\n  - name: x"], "is no image"),
        (["nowhere", OLD], "no overlay"),
        (["production"], "Name an image"),
        (["production", OLD, "--no-canary"], "takes no image"),
        (["production", OLD, "--canary", "--replicas", "0"], "one pod of each role"),
        (["production", OLD, "--replicas", "2"], "needs --canary"),
        (["production", "facteur:1.0.0"], "named by its digest"),
        (["staging", "facteur:1.0.0", "--canary"], "named by its digest"),
    ],
)
def test_what_cannot_be_pinned_is_refused_with_a_sentence(tree, arguments, reason):
    done = run(tree, "pin_image.py", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_a_branch_under_review_has_a_namespace_and_an_address_of_its_own(tree):
    done = run(tree, "review.py", "fix-42", NEW, "--domain", "try.example.net")
    assert done.returncode == 0, done.stderr
    deployment = deployed(tree, "review-fix-42")
    assert deployment.namespace == "facteur-review-fix-42"
    assert deployment.of("Namespace")[0]["metadata"]["name"] == "facteur-review-fix-42"
    assert deployment.of("Ingress")[0]["spec"]["rules"][0]["host"] == "fix-42.try.example.net"
    assert images(deployment)["facteur-api"] == {NEW}
    review = Deployment(overlay="review", resources=deployment.resources)
    assert_right(review)


@pytest.mark.parametrize("name", ["Fix", "fix_1", "-fix", "a" * 41, "../x", ""])
def test_a_review_that_is_no_host_name_is_refused(tree, name):
    done = run(tree, "review.py", name, NEW) if name[:1] != "-" else run(tree, "review.py", "--", name, NEW)
    assert done.returncode == 2
    assert "is no host name" in done.stderr
    assert [path.name for path in (tree / "overlays").glob("review-*")] == []
