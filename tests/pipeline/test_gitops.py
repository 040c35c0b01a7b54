"""Deploying and going back, on a real repository that others push to as well."""

from __future__ import annotations

import subprocess
import sys

import pytest
from checkout import ROOT, git

DIGEST = "@sha256:" + "0123456789abcdef" * 4
PIN = """import pathlib, sys
overlay, image, *more = sys.argv[1:]
if image == "--no-canary":
    (pathlib.Path(overlay) / "canary.txt").unlink()
else:
    (pathlib.Path(overlay) / f"{more[0][2:] if more else 'image'}.txt").write_text(image)
"""
REVIEW_PY = """import pathlib, sys
name, image = sys.argv[1:]
overlay = pathlib.Path("rancher/overlays") / f"review-{name}"
overlay.mkdir()
(overlay / "kustomization.yaml").write_text(f"namespace: facteur-review-{name}  # {image}")
"""
STAGING = ("--environment", "staging", "--branch", "deploy/staging")
OVERLAY = ("--overlay", "rancher/overlays/staging")


def image(number, digest=DIGEST):
    return f"registry.example/insurance/facteur:{number}.0{digest}"


class Deployments:
    """A repository on a server, a checkout that is deployed from, and a clone that shows what Fleet would read."""

    def __init__(self, folder):
        self.folder = folder
        self.server = folder / "server.git"
        git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", str(self.server))
        self.source = folder / "facteur"
        git(folder, "init", "--quiet", "--initial-branch", "main", str(self.source))
        self.write(
            {
                "rancher/pin_image.py": PIN,
                "rancher/base/api.yaml": "replicas: 1\n",
                "rancher/overlays/staging/kustomization.yaml": "namespace: facteur\n",
                "rancher/fleet.yaml": "targetCustomizations: []\n",
                "rancher/review.py": REVIEW_PY,
            }
        )

    def write(self, files):
        for name, text in files.items():
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_text(text, encoding="utf-8")
        git(self.source, "add", "--all")
        git(self.source, "commit", "--quiet", "--message", "Change")

    def do(self, act, *words, code=0, repository=None):
        done = subprocess.run(
            [sys.executable, str(ROOT / "ci/gitops"), act, "--repository", str(repository or self.server), *words],
            cwd=self.source,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def deploy(self, number, **options):
        return self.do(
            "deploy",
            *STAGING,
            *OVERLAY,
            "--image",
            image(number),
            "--pin",
            f"{sys.executable} rancher/pin_image.py",
            **options,
        )

    def watched(self, name, branch="deploy/staging"):
        return git(self.server, "show", f"{branch}:{name}")

    def running(self):
        return self.watched("rancher/overlays/staging/image.txt")

    def titles(self, branch="deploy/staging"):
        return git(self.server, "log", "--format=%s", branch).splitlines()

    def by_hand(self, name, text):
        clone = self.folder / "hand"
        if not clone.exists():
            git(self.folder, "clone", "--quiet", "--branch", "deploy/staging", str(self.server), str(clone))
        git(clone, "pull", "--quiet")
        (clone / name).write_text(text, encoding="utf-8")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message", "By hand")
        git(clone, "push", "--quiet")


@pytest.fixture
def deployments(tmp_path):
    return Deployments(tmp_path)


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


def test_somebody_elses_push_in_between_is_kept(deployments):
    """The server refuses the first push, as it does when another job was faster, and lets the second through."""
    deployments.deploy(1)
    deployments.by_hand("rancher/base/api.yaml", "replicas: 7\n")
    hook = deployments.server / "hooks" / "pre-receive"
    hook.write_text(
        '#!/bin/sh\n[ -e "$GIT_DIR/refused" ] || { : >"$GIT_DIR/refused"; echo "try again" >&2; exit 1; }\n'
    )
    hook.chmod(0o755)
    deployments.deploy(2)
    assert deployments.running() == image(2)
    assert deployments.titles() == ["Deploy facteur:2.0 to staging", "By hand", "Deploy facteur:1.0 to staging"]


def test_a_server_that_takes_no_push_is_named_as_the_reason(deployments):
    hook = deployments.server / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\necho "protected branch" >&2\nexit 1\n')
    hook.chmod(0o755)
    assert "protected branch" in deployments.deploy(1, code=1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("registry.example/facteur:latest", "must be told apart"),
        ("registry.example/facteur", "must be told apart"),
        ("registry.example/facteur:1 && true", "must be told apart"),
        ("--help", "must be told apart"),
    ],
)
def test_an_image_that_cannot_be_told_apart_is_not_deployed(deployments, wrong, sentence):
    assert sentence in deployments.do("deploy", *STAGING, *OVERLAY, f"--image={wrong}", code=1)


def test_an_overlay_that_is_not_there_is_named(deployments):
    words = ("--overlay", "rancher/overlays/moon", "--image", image(1))
    assert "no overlay rancher/overlays/moon" in deployments.do("deploy", *STAGING, *words, code=1)


def test_a_repository_that_cannot_be_reached_is_named(deployments):
    assert "cannot be read" in deployments.deploy(1, code=1, repository=deployments.folder / "nowhere.git")


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


def test_the_token_stands_in_no_command_and_no_log(deployments, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "a-token-that-nobody-shall-read")
    monkeypatch.setenv("GIT_TRACE", "1")
    assert "nobody-shall-read" not in deployments.deploy(1)


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
