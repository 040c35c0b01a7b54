"""Which jobs run when, and that other projects can include the same components."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from checkout import ROOT, git, project_of

MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_BRANCH": "",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
}
TAG = {"CI_COMMIT_TAG": "v1.2.3", "CI_COMMIT_BRANCH": ""}
CHECKS = {"lint", "unit: [3.11]", "unit: [3.12]", "integration", "audit", "static", "secrets", "sbom"}
BUILT = {"build-image-version", "build-image", "end-to-end"}
TRAIN = {"build-image-train-version", "build-image-train"}


def jobs(checkout, variables):
    """The jobs of a pipeline with what starts them."""
    listed = checkout.with_variables(**variables).ask("--list-json")
    found = {job["name"]: job["when"] for job in json.loads(listed[listed.index("[") :])}
    return {name: when for name, when in found.items() if when != "never"}


def environment(name, *more):
    return {f"{act}-{name}" for act in ("deploy", "recover", "rollback", *more)}


def test_the_default_branch_is_checked_built_tried_out_and_deployed_to_staging(tree):
    found = jobs(tree, {})
    assert set(found) == CHECKS | BUILT | TRAIN | {"model-gate", "manifests"} | environment("staging")
    assert found["deploy-staging"] == "on_success"
    assert found["recover-staging"] == "on_failure"
    assert found["rollback-staging"] == "manual"


def test_a_tag_goes_to_production_by_hand_and_is_released(tree):
    found = jobs(tree, TAG)
    assert set(found) == CHECKS | BUILT | TRAIN | {"model-gate", "manifests", "release"} | environment(
        "production", "canary"
    )
    assert found["deploy-production"] == found["canary-production"] == found["rollback-production"] == "manual"


def test_a_merge_request_may_have_a_review_app_and_deploys_nowhere(tree):
    found = jobs(tree, MERGE_REQUEST)
    assert CHECKS | BUILT | {"start-review", "stop-review"} <= set(found)
    assert not {name for name in found if name.startswith(("deploy", "release", "build-image-train"))}
    assert found["start-review"] == found["stop-review"] == "manual"


def test_a_branch_is_checked_and_builds_no_image(tree):
    assert set(jobs(tree, {"CI_COMMIT_BRANCH": "new-colours"})) == CHECKS


def test_nothing_of_gitlab_com_is_asked_elsewhere(tree):
    """The templates would be fetched from gitlab.com, which no test reaches: another project has stand-ins for them."""
    assert not {"sast", "secret_detection"} & set(jobs(tree, {}))
    include = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))["include"]
    (scanners,) = (one for one in include if one["local"] == "ci/gitlab_com.yml")
    assert scanners["rules"] == [{"if": '$CI_SERVER_HOST == "gitlab.com"'}]


@pytest.mark.parametrize(("host", "scans"), [("gitlab.com", True), ("gitlab.example", False)])
def test_gitlab_coms_own_scanners_run_there_alone(tmp_path, host, scans):
    ours = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    rule = next(one for one in ours["include"] if one["local"] == "ci/gitlab_com.yml")
    job = {"sast": {"stage": "test", "script": ["true"]}}
    project = project_of(
        tmp_path / "scanned",
        {
            ".gitlab-ci.yml": yaml.safe_dump({"stages": ours["stages"], "include": [rule], "own": job["sast"]}),
            "templates.yml": yaml.safe_dump(job),
        },
    )
    templates = yaml.safe_load((ROOT / "ci/gitlab_com.yml").read_text(encoding="utf-8"))
    stood_in_for = {**templates, "include": [{"local": "templates.yml"}]}
    project.write("ci/gitlab_com.yml", yaml.safe_dump(stood_in_for))
    git(project.path, "remote", "set-url", "origin", f"ssh://git@{host}/insurance/facteur.git")
    assert set(jobs(project, {})) == ({"own", "sast"} if scans else {"own"})
    assert set(templates) == {"include", "variables"}, "a job that a template lacks would be no job at all"


@pytest.fixture(scope="module")
def expanded(tree):
    text = tree.ask("--preview")
    return yaml.safe_load(text[text.index("---") :])


def test_what_was_deployed_starts_no_pipeline(expanded):
    """Read, since the runner here leaves out the rules of `workflow`."""
    assert expanded["workflow"]["rules"][0] == {"if": "$CI_COMMIT_BRANCH =~ /^deploy\\//", "when": "never"}


def test_jobs_of_deployment_are_not_interrupted_and_others_are(expanded):
    for name, job in expanded.items():
        if isinstance(job, dict) and "script" in job and not name.startswith("."):
            assert job["interruptible"] is not (bool(job.get("resource_group")) or name == "release"), name


def test_what_a_job_uses_of_others_comes_from_a_job_that_it_needs(expanded):
    """With `needs`, GitLab gives a job the variables of those jobs alone."""
    makes = {"BUILT_IMAGE": "build-image", "BUILT_VERSION": "build-image-version"}
    for name, job in expanded.items():
        if isinstance(job, dict) and job.get("needs"):
            needed = {need["job"] for need in job["needs"]}
            used = {word for word in makes if re.search(rf"\${word}\b", str(job))}
            assert {makes[word] for word in used} <= needed | {name}, name


def test_tests_leave_junit_and_coverage_for_the_merge_request(expanded):
    for name in ("unit", "integration"):
        reports = expanded[name]["artifacts"]["reports"]
        assert reports["junit"] == "junit.xml"
        assert reports["coverage_report"]["path"] == "coverage.xml"
        assert expanded[name]["artifacts"]["when"] == "always"


@pytest.mark.parametrize("name", ["lint", "unit", "integration", "audit", "sbom", "model-gate"])
def test_what_installs_packages_keeps_them_for_the_next_run(expanded, name):
    keys = [cache["key"] for cache in expanded[name]["cache"]]
    assert any(isinstance(key, dict) and key["files"][0].endswith(".txt") for key in keys)


def test_every_job_says_how_long_it_took(expanded):
    silent = [
        name
        for name, job in expanded.items()
        if isinstance(job, dict) and "script" in job and "CI_JOB_STARTED_AT" not in str(job.get("after_script"))
    ]
    assert silent == []


OTHER = """\
stages: [check, build]
include:
  - local: ci/python.yml
    inputs:
      pythons: ["3.12"]
      lint: python3 -m compileall -q price.py
      unit: python3 -m unittest -v test_price.py
      integration_when: never
      lock: requirements.txt
  - local: ci/image.yml
    inputs:
      build: sh build.sh
      target: production
"""
PROJECT = {
    ".gitlab-ci.yml": OTHER,
    "requirements.txt": "",
    "price.py": "def price(age):\n    return 100 + age\n",
    "test_price.py": (
        "import unittest\nfrom price import price\n\n\nclass Price(unittest.TestCase):\n"
        "    def test_rises_with_age(self):\n        self.assertEqual(price(40), 140)\n"
    ),
    # Stands in for a builder, so that this test needs none.
    "build.sh": 'echo "building $1 as $2, version $VERSION"\n',
}


@pytest.fixture
def other_project(tmp_path):
    return project_of(tmp_path / "price", PROJECT)


def test_another_project_includes_the_same_components(other_project):
    assert set(jobs(other_project, {})) == {"lint", "unit: [3.12]", "build-image-version", "build-image"}
    run = other_project.run("lint", "unit: [3.12]", "build-image-version", "build-image")
    assert run.code == 0, run.log
    assert "test_rises_with_age" in run.log
    assert "building production as localhost/" in run.log
    assert other_project.path.joinpath("image.env").read_text().startswith("BUILT_IMAGE=localhost/")


def test_another_projects_failing_test_fails_its_pipeline(other_project):
    other_project.write("price.py", "def price(age):\n    return 100 - age\n")
    run = other_project.run("unit: [3.12]")
    assert run.code == 1
    assert run.failed("unit: [3.12]")


def test_an_input_of_the_wrong_type_is_refused(other_project):
    other_project.write(".gitlab-ci.yml", OTHER.replace('pythons: ["3.12"]', "pythons: 3.12"))
    with pytest.raises(AssertionError, match="pythons"):
        other_project.ask("--list")


def test_every_component_says_what_it_is_and_what_it_takes():
    for file in sorted((ROOT / "ci").glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# "), file.name
        if file.name not in {"job.yml", "gitlab_com.yml"}:
            assert yaml.safe_load(text.partition("\n---\n")[0])["spec"]["inputs"], file.name
