"""Hold the manifests of generated projects to Kubernetes' schemas and to this tree's own rules, as far as they fit.

    python judge_manifests.py PROJECT...

Runs in the environment of `make manifests` (build/manifests/venv), with tests/manifests, rancher and the tree itself on
PYTHONPATH. Prints a line for each complaint, and at the end how many resources were judged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import policies_of_networks
import policies_of_pods
import yaml
from policies_of_networks import DNS, INGRESS, PROMETHEUS, STRANGER, allowed, component
from rendering import Deployment, Pod, kustomize, load
from validity import VERSIONS, complaints, complaints_about_fleet

RULES = (
    policies_of_pods.an_image_names_one_image_for_ever,
    policies_of_pods.nobody_is_root,
    policies_of_pods.nobody_gains_privileges,
    policies_of_pods.nothing_of_the_node_is_shared,
    policies_of_pods.the_root_file_system_is_read_only,
    policies_of_pods.every_container_has_requests_and_limits,
    policies_of_pods.what_stays_is_probed,
    policies_of_pods.a_probe_asks_a_port_that_is_there,
    policies_of_pods.no_variables_of_services_are_injected,
    policies_of_networks.nothing_is_let_through_by_default,
    policies_of_networks.everybody_can_look_up_names,
    policies_of_networks.a_service_or_monitor_finds_its_pods_and_port,
    policies_of_networks.figures_are_not_shown_outside_and_mail_comes_by_tls,
)


def main(projects: list[str]) -> int:
    """Judge all projects; return 1 where anything is wrong."""
    found, judged = [], 0
    for project in map(Path, projects):
        rancher = project / "rancher"
        for overlay in sorted(path.parent for path in rancher.glob("overlays/*/kustomization.yaml")):
            resources = load(kustomize(overlay))
            deployment = Deployment(overlay=overlay.name, resources=[*resources, *started_by_spark(resources)])
            namespace = load((overlay / "namespace.yaml").read_text(encoding="utf-8"))
            judged += len(deployment.resources)
            found += [f"{overlay}: {each}" for each in about(deployment, namespace)]
        fleet = yaml.safe_load((rancher / "fleet.yaml").read_text(encoding="utf-8"))
        found += [f"{project}: {each}" for each in complaints_about_fleet(fleet)]
        for path in sorted(rancher.glob("gitrepo/*.yaml")):
            found += [
                f"{path}: {each}" for one in load(path.read_text("utf-8")) for each in complaints(one, VERSIONS[0])
            ]
    sys.stdout.write("".join(f"{each}\n" for each in found) + f"{judged} resources judged\n")
    return 1 if found else 0


def started_by_spark(resources: list[dict]) -> Iterator[dict]:
    """Give a Job for each pod that lies in a ConfigMap: what becomes of it once Spark has added what it adds."""
    for each in (each for each in resources if each["kind"] == "ConfigMap"):
        for key, text in each.get("data", {}).items():
            if key.endswith((".yaml", ".yml")):
                yield from (_completed(each, pod, resources) for pod in load(text) if pod["kind"] == "Pod")


def _completed(config_map: dict, pod: dict, resources: list[dict]) -> dict:
    (driver,) = (
        container
        for each in resources
        if each["kind"] == "CronJob"
        for container in each["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    )
    template = deepcopy({"metadata": pod["metadata"], "spec": pod["spec"]})
    template["metadata"]["labels"]["spark-role"] = "executor"
    template["spec"].setdefault("restartPolicy", "Never")
    for container in template["spec"]["containers"]:
        (container["image"],) = (one["value"] for one in driver["env"] if one["name"] == "IMAGE")
        container["ports"] = [{"name": "blockmanager", "containerPort": 7079}]
        for part in ("requests", "limits"):
            container["resources"][part] |= {"cpu": "1", "memory": "3Gi"}
    metadata = {"name": f"{config_map['metadata']['name']}-executor", "namespace": config_map["metadata"]["namespace"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}


def about(deployment: Deployment, namespace: list[dict]) -> Iterator[str]:
    """Give all that is wrong with an overlay."""
    for each in [*deployment.resources, *namespace]:
        for version in VERSIONS:
            yield from complaints(each, version)
    for rule in RULES:
        yield from rule(deployment)
    (made,) = namespace
    if made["metadata"]["name"] != deployment.namespace:
        yield f"its namespace.yaml makes {made['metadata']['name']}"
    if made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] != "restricted":
        yield "its namespace does not enforce the restricted profile"
    yield from about_networks(deployment)


def about_networks(deployment: Deployment) -> Iterator[str]:
    """Ask the network policies, as a cluster would."""
    strangers = [("default", STRANGER), (deployment.namespace, STRANGER), ("kube-system", STRANGER), "203.0.113.9"]
    for pod in deployment.pods:
        ports = {port["containerPort"] for container in pod.containers for port in container.get("ports", [])}
        for port in ports | {22, 80, 6379}:
            yield from (
                f"{pod.name}: {peer} reaches port {port}"
                for peer in strangers
                if allowed(deployment, pod, "ingress", peer, port)
            )
        for address in ("169.254.169.254", "203.0.113.9"):
            if allowed(deployment, pod, "egress", address, 443):
                yield f"{pod.name}: it reaches {address}"
        if not allowed(deployment, pod, "egress", ("kube-system", DNS), "53/UDP"):
            yield f"{pod.name}: it cannot look up names"
        yield from about_callers(deployment, pod, ports)
        yield from about_redis(deployment, pod)


def about_callers(deployment: Deployment, pod: Pod, ports: set[int]) -> Iterator[str]:
    """Say whether an API's pod is reached by those who call it, and by Prometheus where that watches it."""
    if component(pod) != "api":
        return
    (port,) = ports
    watched = bool(deployment.of("ServiceMonitor"))
    if not allowed(deployment, pod, "ingress", ("kube-system", INGRESS), port):
        yield f"{pod.name}: the ingress controller cannot reach it"
    if allowed(deployment, pod, "ingress", ("cattle-monitoring-system", PROMETHEUS), port) != watched:
        yield f"{pod.name}: Prometheus {'cannot reach it' if watched else 'reaches it'}"


def about_redis(deployment: Deployment, pod: Pod) -> Iterator[str]:
    """Say whether a pod reaches Redis and should not, or cannot and should."""
    wanted = component(pod) in {"api", "worker"}
    for each in (each for each in deployment.pods if component(each) == "redis"):
        there = allowed(deployment, pod, "egress", (deployment.namespace, each.labels), 6379)
        let_in = allowed(deployment, each, "ingress", (deployment.namespace, pod.labels), 6379)
        if (there, let_in) != (wanted, wanted):
            yield f"{pod.name}: {'it cannot reach' if wanted else 'it reaches'} Redis"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
