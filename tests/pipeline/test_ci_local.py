"""The pipeline runs: what passes here passes it, and what fails here fails it."""

from __future__ import annotations

import json

import pytest

FEW_TESTS = "-n 0 tests/unit/broker"
PLANTED = """def test_that_was_planted_to_fail():
    assert 1 + 1 == 3
"""


def quick(checkout):
    return checkout.with_variables(UNIT_TESTS=FEW_TESTS)


@pytest.mark.quick
def test_lint_passes_in_the_pipeline(tree):
    run = tree.run("lint")
    assert run.code == 0, run.log
    assert run.passed("lint")


@pytest.mark.quick
def test_units_pass_in_the_pipeline_and_leave_their_reports(tree):
    run = quick(tree).run("unit: [3.11]")
    assert run.code == 0, run.log
    assert run.passed("unit: [3.11]")
    assert "</testsuite>" in (tree.path / "junit.xml").read_text(encoding="utf-8")
    assert "<coverage " in (tree.path / "coverage.xml").read_text(encoding="utf-8")
    assert json.loads(tree.ask("--list-json"))


@pytest.mark.quick
def test_a_failing_test_fails_the_pipeline(tree):
    tree.write("tests/unit/broker/test_planted.py", PLANTED)
    try:
        run = quick(tree).run("unit: [3.11]")
    finally:
        (tree.path / "tests/unit/broker/test_planted.py").unlink()
    assert run.code == 1
    assert run.failed("unit: [3.11]")
    assert "test_that_was_planted_to_fail" in run.log
    assert "assert (1 + 1) == 3" in run.log
