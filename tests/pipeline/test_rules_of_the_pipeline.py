"""What the pipeline as a whole must hold: read from what its components become."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import yaml
from checkout import ROOT, git, project_of
from test_components import BUILT, CHECKS, MERGE_REQUEST, TAG, TRAIN, jobs

SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule"}
OURS = re.compile(
    r"BUILD_IMAGE_|BUILDAH_|BUILT_|END_TO_END_|FF_|GIT_|MODEL_GATE_|PIP_|POSTGRES_|PYTHON_VERSION$"
    r"|STORAGE_DRIVER$"
)
"""Names that nobody gives to a variable of his group for something else. GitLab prefers the group's."""


@pytest.fixture(scope="module")
def expanded(tree):
    return yaml.safe_load(tree.ask("--preview").partition("---\n")[2])


def scripts(expanded):
    return {
        name: job
        for name, job in expanded.items()
        if isinstance(job, dict) and "script" in job and not name.startswith(".")
    }


def test_a_schedule_checks_and_builds_and_deploys_nothing(tree):
    found = jobs(tree, SCHEDULE)
    assert set(found) == CHECKS | BUILT | TRAIN | {"model-gate", "manifests"}


def test_the_image_is_tried_out_on_a_runner_that_can_where_there_is_one(tree):
    runner = {"IMAGE_TEST_RUNNER": "debian-vm"}
    assert jobs(tree, {**SCHEDULE, **runner})["image-test"] == "on_success"
    for variables in ({}, MERGE_REQUEST, TAG):
        assert jobs(tree, {**variables, **runner})["image-test"] == "manual"
        assert "image-test" not in jobs(tree, variables)


def test_that_job_runs_all_of_it_there(expanded):
    assert expanded["image-test"]["script"] == ["make image-test"]
    assert expanded["image-test"]["tags"] == ["$IMAGE_TEST_RUNNER"]


@pytest.mark.parametrize("tag", ["latest", "x/y", "before-the-move"])
def test_a_tag_that_is_no_version_builds_no_image(tree, tag):
    assert not (BUILT | TRAIN | {"release", "deploy-production"}) & set(jobs(tree, {**TAG, "CI_COMMIT_TAG": tag}))


def test_a_release_does_not_wait_for_anybody_to_deploy_it(expanded):
    stages = expanded["stages"]
    assert stages.index("accept") < stages.index(expanded["release"]["stage"]) < stages.index("deploy")
    before = stages[: stages.index("release")]
    waiting = [
        name
        for name, job in scripts(expanded).items()
        if job["stage"] in before
        and any(rule.get("when") == "manual" and not rule.get("allow_failure") for rule in job.get("rules") or [])
    ]
    assert waiting == []


def test_services_of_the_end_to_end_job_reach_each_other(expanded):
    assert expanded["end-to-end"]["variables"]["FF_NETWORK_PER_BUILD"] == "true"


def test_they_are_those_of_compose(expanded):
    """What is tried out is what runs elsewhere, by digest."""
    composed = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    images = [service["name"] for service in expanded["end-to-end"]["services"][:2]]
    assert [image.partition(":")[0] for image in images] == ["postgres", "redis"]
    assert all(image in composed for image in images)


def test_the_service_waits_for_a_database_whose_name_nobody_knows_yet(expanded):
    (program,) = expanded["end-to-end"]["services"][2]["command"]
    assert "time.monotonic() + 90" in program
    done = subprocess.run(
        [sys.executable, "-c", program.replace("time.monotonic() + 90", "time.monotonic() + 1.2")],
        cwd=ROOT,
        env={
            **os.environ,
            "END_TO_END_DATABASE_URL": "postgresql+psycopg://test:test@postgres/test",
            "END_TO_END_REDIS_URL": "",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("PostgreSQL cannot be reached: ")


def test_variables_of_jobs_have_names_of_their_own(expanded):
    strange = {
        f"{name}: {variable}"
        for name, job in scripts(expanded).items()
        for variable in job.get("variables") or {}
        if not OURS.match(variable)
    }
    assert strange == set()


def test_what_is_passed_on_has_names_of_its_own(expanded):
    passed = [job["variables"].get("BUILD_IMAGE_PASSED_AS") for job in scripts(expanded).values() if "variables" in job]
    assert {name for name in passed if name} == {"BUILT_IMAGE", "BUILT_IMAGE_TRAIN"}
    for name in ("build-image-version", "build-image-train-version"):
        assert 'echo "BUILT_VERSION=$version"' in expanded[name]["script"][1]


@pytest.mark.parametrize("job", ["build-image", "build-image-train"])
def test_the_builder_copies_files_where_it_cannot_mount(expanded, job):
    assert expanded[job]["variables"]["STORAGE_DRIVER"] == "vfs"


def test_what_builds_and_what_holds_a_token_is_an_image_by_digest(expanded):
    floating = [
        name
        for name, job in scripts(expanded).items()
        if (job.get("resource_group") or name.startswith(("build-image", "release")))
        and not re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", job["image"]["name"])
    ]
    assert floating == []


def test_one_job_says_the_coverage(expanded):
    assert [name for name, job in scripts(expanded).items() if job.get("coverage")] == ["unit"]


def test_what_ran_out_of_time_is_not_run_again(expanded):
    assert {str(job["retry"]) for job in scripts(expanded).values()} == {
        "{'max': 1, 'when': ['runner_system_failure']}"
    }


def test_the_image_that_trains_asks_the_index_that_is_named_for_pytorch_and_has_time_for_cuda(expanded):
    assert "TORCH_INDEX" in expanded["variables"]
    assert expanded["build-image-train"]["timeout"] == "1 hour"


COMPONENTS = """\
stages: [check]
include:
  - local: ci/manifests.yml
  - local: ci/model.yml
always:
  stage: check
  script: ["true"]
"""


@pytest.mark.parametrize(
    ("changed", "job"),
    [
        ("rancher/base/network/api.yaml", "manifests"),
        ("tests/manifests/test_overlays.py", "manifests"),
        ("model/bundled/manifest.json", "model-gate"),
        ("docs/why.md", None),
    ],
)
def test_a_merge_request_checks_what_it_changes(tmp_path, changed, job):
    project = project_of(tmp_path / "changed", {".gitlab-ci.yml": COMPONENTS})
    git(project.path, "switch", "--quiet", "--create", "change")
    project.write(changed, "changed")
    git(project.path, "add", changed)
    git(project.path, "commit", "--quiet", "--message", "Change")
    assert set(jobs(project, MERGE_REQUEST)) == {"always"} | ({job} if job else set())


def test_our_own_pipeline_leaves_what_changes_count_to_the_components(expanded):
    paths = {name: expanded[name]["rules"][0]["changes"] for name in ("manifests", "model-gate")}
    assert paths == {"manifests": ["rancher/**/*", "tests/manifests/**/*"], "model-gate": ["model/**/*"]}
