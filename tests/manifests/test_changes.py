"""What rancher/README.md tells operators to change, changed: it renders, keeps every rule, and can be rolled out."""

from __future__ import annotations

import re
import subprocess
import sys

import policies_of_networks  # noqa: F401 - enters its rules into the list
import policies_of_pods  # noqa: F401 - the same
import policies_of_rollouts  # noqa: F401 - the same
import pytest
from policies import POLICIES
from rendering import RANCHER, Deployment, copy_tree, kustomize, load, whole
from validity import VERSIONS, complaints

NEW = f"registry.example.net/facteur:1.5.0@sha256:{'b' * 64}"
LOG_LEVEL = """
configMapGenerator:
  - name: facteur-settings
    behavior: merge
    literals: [FACTEUR_LOG_LEVEL=debug]
"""


MANUAL = (RANCHER / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def tree(tmp_path):
    """A copy of rancher/ to write into."""
    return copy_tree(tmp_path / "rancher")


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def component(tree, overlay, name):
    """Add a component after those of an overlay, as README.md says."""
    change(tree / "overlays" / overlay / "kustomization.yaml", "patches:\n", f"  - ../../components/{name}\npatches:\n")


def deployed(tree, overlay):
    return Deployment(overlay=overlay, resources=load(kustomize(tree / "overlays" / overlay)))


def broken(deployment):
    return {name: found for name, rule in POLICIES.items() if (found := rule(deployment))}


def assert_right(deployment):
    assert broken(deployment) == {}
    assert [each for version in VERSIONS for it in deployment.resources for each in complaints(it, version)] == []


def jobs(deployment):
    return {each["metadata"]["name"]: each["spec"]["template"] for each in deployment.of("Job")}


@pytest.mark.parametrize("overlay", ["dev", "staging", "second-region-standby"])
def test_a_changed_setting_starts_pods_anew_and_leaves_the_migration_as_it_is(tree, overlay):
    with (tree / "overlays" / overlay / "kustomization.yaml").open("a") as file:
        file.write(LOG_LEVEL)
    before, after = whole(overlay), deployed(tree, overlay)
    templates = [each.one("Deployment", "facteur-api")["spec"]["template"] for each in (before, after)]
    assert templates[0] != templates[1]
    for name, template in jobs(after).items():
        assert jobs(before).get(name, template) == template, "Kubernetes lets nobody change a Job that exists"
    assert_right(after)


@pytest.mark.parametrize("with_canary", [False, True])
def test_a_model_of_ones_own_is_read_by_every_worker(tree, with_canary):
    if with_canary:
        words = [sys.executable, str(tree / "pin_image.py"), "production", NEW, "--canary"]
        subprocess.run(words, check=True, capture_output=True)
    component(tree, "production", "own-model")
    deployment = deployed(tree, "production")
    workers = [pod for pod in deployment.pods if pod.labels["app.kubernetes.io/component"] == "worker"]
    assert len(workers) == 1 + with_canary
    for pod in workers:
        assert "/models" in {mount["mountPath"] for mount in pod.spec["containers"][0]["volumeMounts"]}
    assert_right(deployment)


def test_a_part_that_the_canary_does_not_get_is_refused(tree):
    words = [sys.executable, str(tree / "pin_image.py"), "production", NEW, "--canary"]
    subprocess.run(words, check=True, capture_output=True)
    change(
        tree / "overlays/production/kustomization.yaml", "  - image\n", "  - ../../components/own-model\n  - image\n"
    )
    assert set(broken(deployed(tree, "production"))) == {"a_canary_is_like_what_it_stands_beside"}


def test_the_second_overlay_of_a_cluster_does_without_alerts_and_keeps_its_figures(tree):
    change(tree / "overlays/staging/kustomization.yaml", "  - ../../components/alerts\n", "")
    deployment = deployed(tree, "staging")
    assert deployment.of("PrometheusRule") == []
    assert len(deployment.of("ServiceMonitor", "PodMonitor")) == 2
    assert_right(deployment)


def test_without_figures_there_is_no_autoscaler(tree):
    change(tree / "overlays/staging/kustomization.yaml", "  - ../../components/monitoring\n", "")
    assert set(broken(deployed(tree, "staging"))) == {"an_autoscaler_has_figures"}


def test_another_postgresql_is_backed_up_by_its_own_programs(tree):
    with (tree / "overlays/production/kustomization.yaml").open("a") as file:
        file.write(f"images:\n  - name: postgres\n    newTag: 16-bookworm\n    digest: sha256:{'c' * 64}\n")
    deployment = deployed(tree, "production")
    images = {
        container["image"]
        for cron in ("facteur-backup", "facteur-restore")
        for container in deployment.one("CronJob", cron)["spec"]["jobTemplate"]["spec"]["template"]["spec"][
            "containers"
        ]
    }
    assert images == {f"postgres:16-bookworm@sha256:{'c' * 64}"}
    assert_right(deployment)


def test_the_manual_says_which_postgresql_is_backed_up():
    (row,) = re.findall(r"^\| PostgreSQL's version, for the backup .* \| (\d+) \|$", MANUAL, flags=re.MULTILINE)
    backup = whole("production").one("CronJob", "facteur-backup")
    image = backup["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith(f"postgres:{row}-")


def test_the_manual_installs_an_autoscaler_that_knows_what_ours_asks_for():
    (version,) = re.findall(r"keda --version '\^([\d.]+)'", MANUAL)
    assert tuple(map(int, version.split("."))) >= (2, 18, 0), "before, a trigger by Value had no fallback"


def test_a_registry_that_asks_for_a_password_is_given_one(tree):
    with (tree / "base/account.yaml").open("a") as file:
        file.write("imagePullSecrets: [{name: registry}]\n")
    assert_right(deployed(tree, "production"))


def test_services_may_be_at_other_ports_and_callbacks_inside(tree):
    change(tree / "components/external-services/database.yaml", "port: 5432", "port: 6432")
    change(
        tree / "components/external-services/redis.yaml",
        "        - {protocol: TCP, port: 6379}\n",
        "        - {protocol: TCP, port: 6379}\n        - {protocol: TCP, port: 26379}\n",
    )
    with (tree / "base/network/callbacks.yaml").open("a") as file:
        file.write(
            "    - to:\n        - ipBlock: {cidr: 10.9.9.9/32}\n      ports:\n        - {protocol: TCP, port: 8443}\n"
        )
    assert_right(deployed(tree, "production"))


def test_names_may_be_asked_of_the_node(tree):
    change(
        tree / "base/network/names.yaml",
        "      ports:\n",
        "        - ipBlock: {cidr: 169.254.20.10/32}\n      ports:\n",
    )
    assert_right(deployed(tree, "production"))


REPLICAS = """
replicas:
  - {name: facteur-api, count: 3}
  - {name: facteur-worker, count: 3}
"""


@pytest.mark.parametrize(
    ("overlay", "parts"),
    [
        ("production", ["autoscaling"]),
        ("production", ["alerts", "ingress", "backup", "training"]),
        ("second-region-standby", ["autoscaling", "monitoring", "alerts"]),
    ],
)
def test_parts_may_be_left_out(tree, overlay, parts):
    file = tree / "overlays/production/kustomization.yaml"
    for part in parts:
        change(file, f"  - ../../components/{part}\n", "")
    if "autoscaling" in parts:
        file.write_text(file.read_text(encoding="utf-8") + REPLICAS, encoding="utf-8")
    assert_right(deployed(tree, overlay))
