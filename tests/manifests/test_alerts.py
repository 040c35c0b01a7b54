"""Every alert fires when it should and not otherwise: asked of Prometheus' own tool."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from rendering import ROOT, whole

TESTS = sorted(Path(__file__).parent.glob("alerts*.yaml"))
PROMTOOL = os.environ.get("PROMTOOL", "promtool")


@pytest.fixture(scope="module")
def groups():
    return whole("production").one("PrometheusRule", "facteur")["spec"]


@pytest.fixture(scope="module")
def folder(groups, tmp_path_factory):
    """The rules as a file for promtool, with the tests beside it."""
    made = tmp_path_factory.mktemp("rules")
    (made / "rules.yaml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    for path in TESTS:
        shutil.copy(path, made)
    return made


def promtool(*arguments, cwd):
    return subprocess.run([PROMTOOL, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_prometheus_takes_the_rules(folder):
    done = promtool("check", "rules", "--lint-fatal", "rules.yaml", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should(folder):
    done = promtool("test", "rules", *(path.name for path in TESTS), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_does_not_fire_is_noticed(folder, groups):
    worse = re.sub(r"> 120\b", "> 12000", yaml.safe_dump(groups))
    (folder / "worse.yaml").write_text(worse, encoding="utf-8")
    tests = (folder / "alerts.yaml").read_text(encoding="utf-8").replace("rules.yaml", "worse.yaml")
    (folder / "worse_alerts.yaml").write_text(tests, encoding="utf-8")
    assert promtool("test", "rules", "worse_alerts.yaml", cwd=folder).returncode != 0


def test_every_alert_is_tested_both_ways(groups):
    tests = [test for path in TESTS for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    alerts = {rule["alert"] for group in groups["groups"] for rule in group["rules"]}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == alerts
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == alerts


def test_every_metric_of_ours_in_rules_and_autoscalers_exists(groups):
    documented = set(re.findall(r"\bfacteur_[a-z_]+\b", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))
    scaler = whole("production").one("ScaledObject", "facteur-worker")
    asked = {rule["expr"] for group in groups["groups"] for rule in group["rules"]}
    asked |= {trigger["metadata"]["query"] for trigger in scaler["spec"]["triggers"]}
    named = {name for expression in asked for name in re.findall(r"\bfacteur_[a-z_]+\b", expression)}
    assert named
    assert named - documented == set()


def test_every_alert_says_what_and_how_bad(groups):
    for group in groups["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "description"}
            assert rule["labels"]["severity"] in {"critical", "warning"}
