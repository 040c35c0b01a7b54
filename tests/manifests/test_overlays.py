"""Every overlay is what Kubernetes takes, and keeps our own rules."""

from __future__ import annotations

import policies_of_networks
import policies_of_pods
import policies_of_rollouts
import pytest
import yaml
from policies import POLICIES
from rendering import OVERLAYS, RANCHER, TRIALS, load, rendered, whole
from validity import VERSIONS, complaints, complaints_about_fleet, custom

RULE_FILES = (policies_of_networks, policies_of_pods, policies_of_rollouts)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_takes_an_overlay(overlay, version):
    assert [complaint for each in rendered(overlay).resources for complaint in complaints(each, version)] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_keeps_every_rule(overlay):
    assert {name: found for name, rule in POLICIES.items() if (found := rule(rendered(overlay)))} == {}


def test_rules_of_each_file_are_in_the_list():
    assert {rule.__module__ for rule in POLICIES.values()} == {module.__name__ for module in RULE_FILES}


def test_the_overlays_that_are_written_about_are_there():
    assert set(OVERLAYS) >= {"dev", "review", "staging", "production", "second-region", "second-region-standby"}


def test_the_overlay_with_every_part_has_every_part():
    kinds = {each["kind"] for each in whole("production").resources}
    assert {"ScaledObject", "ServiceMonitor", "PodMonitor", "PrometheusRule", "NetworkPolicy", "Ingress"} <= kinds
    crons = {each["metadata"]["name"] for each in whole("production").of("CronJob")}
    assert crons == {"facteur-backup", "facteur-restore", "facteur-train"}


@pytest.mark.parametrize("path", sorted((RANCHER / "gitrepo").glob("*.yaml")), ids=lambda path: path.stem)
def test_fleet_takes_the_repositories(path):
    for each in load(path.read_text(encoding="utf-8")):
        assert f"{each['apiVersion']}/{each['kind']}" in custom()
        assert complaints(each, VERSIONS[0]) == []
        assert each["spec"]["paths"] == (["reviews/*"] if path.stem == "review" else ["rancher"])


@pytest.fixture(scope="module")
def fleet():
    return yaml.safe_load((RANCHER / "fleet.yaml").read_text(encoding="utf-8"))


def test_fleet_takes_its_file(fleet):
    assert complaints_about_fleet(fleet) == []


def test_fleet_finds_an_overlay_for_every_label_and_deploys_nothing_elsewhere(fleet):
    *targets, last = fleet["targetCustomizations"]
    for target in targets:
        label = target["clusterSelector"]["matchLabels"]["facteur"]
        assert target["kustomize"]["dir"] == f"overlays/{label}"
        namespace = target.get("defaultNamespace", fleet["defaultNamespace"])
        assert rendered(label).namespace == namespace
    assert (last["clusterSelector"], last["doNotDeploy"]) == ({}, True)
    assert {target["name"] for target in targets} == set(OVERLAYS) - TRIALS - made_for_reviews()


def made_for_reviews():
    return {overlay for overlay in OVERLAYS if overlay.startswith("review-")}


def test_every_label_that_a_repository_asks_for_has_an_overlay(fleet):
    known = {each["clusterSelector"].get("matchLabels", {}).get("facteur") for each in fleet["targetCustomizations"]}
    asked = set()
    for path in {*(RANCHER / "gitrepo").glob("*.yaml")} - {RANCHER / "gitrepo" / "review.yaml"}:
        for target in yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]["targets"]:
            selector = target["clusterSelector"]
            asked |= {selector.get("matchLabels", {}).get("facteur")} - {None}
            for each in selector.get("matchExpressions", []):
                asked |= set(each["values"])
    assert asked == known - {None}


def test_namespaces_are_restricted_whoever_makes_them(fleet):
    files = sorted((RANCHER / "overlays").glob("*/namespace.yaml"))
    made = {path.parent.name: load(path.read_text(encoding="utf-8"))[0] for path in files}
    assert {"dev", "review", "staging", "production"} <= set(made)
    for overlay, namespace in made.items():
        assert namespace["metadata"]["name"] == rendered(overlay).namespace
        assert namespace["metadata"]["labels"] == fleet["namespaceLabels"]
