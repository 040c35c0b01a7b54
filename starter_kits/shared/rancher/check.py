"""Check what Kustomize makes of every overlay: `make manifests`, with ARGS="--deploy staging" before deploying it.

Every pod must fit Pod Security's restricted profile, write nowhere but to volumes, name its resources and its image,
and be closed in by network policies. So must a pod that lies in a ConfigMap for somebody to start, such as Spark's
executors; who starts it may add image and resources. With `--deploy`, what still stands as an example is refused too.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

RANCHER = Path(__file__).resolve().parent
OVERLAYS = RANCHER / "overlays"
EXAMPLE = re.compile(r"(^|[/.@])example\.(org|com|net)\b")
ZEROS = "sha256:" + "0" * 64
PINNED = re.compile(r"\S+@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|API_KEY|://[^/]*:[^/]*@")
REFERRED = re.compile(r":?\$\([A-Z_]+\)")  # to another variable, and so to a Secret
STAYING = {"Deployment", "StatefulSet", "DaemonSet"}
DRAFT = "Pod in ConfigMap"
Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """A template of pods, and what makes them."""

    name: str
    kind: str
    labels: dict[str, str]
    spec: Resource

    @property
    def containers(self) -> list[Resource]:
        """All of them, those that run first included."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


def main() -> int:
    """Check all overlays, say what is wrong, and return whether anything is."""
    parser = argparse.ArgumentParser(description="Check what Kustomize makes of every overlay.")
    parser.add_argument("--deploy", metavar="OVERLAY", action="append", default=[], help="refuse what is an example")
    given = parser.parse_args()
    names = sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))
    if unknown := sorted(set(given.deploy) - set(names)):
        print(f"There is no overlay {unknown[0]}: there are {', '.join(names)}.", file=sys.stderr)
        return 2
    wrong = 0
    for name in names:
        resources = rendered(OVERLAYS / name)
        found = [*about_pods(resources), *about_the_rest(resources)]
        if name in given.deploy:
            found += examples(resources)
        print(f"{name}: {len(resources)} resources, {len(found)} faults")
        print("".join(f"  {each}\n" for each in found), end="")
        wrong += len(found)
    faults = list(about_fleet(names))
    print("".join(f"fleet.yaml: {each}\n" for each in faults), end="")
    return 1 if wrong or faults else 0


def rendered(folder: Path) -> list[Resource]:
    """Return what an overlay puts into a cluster. Ends the program with kubectl's words when it cannot be rendered."""
    kubectl = os.environ.get("KUBECTL", "kubectl")
    done = subprocess.run(  # noqa: S603 - kubectl, by the name that the caller gives it
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{folder.name} cannot be rendered: {done.stderr.strip()}")
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def pods_of(resources: list[Resource]) -> Iterator[Pod]:
    """Give the templates of all pods."""
    for each in resources:
        kind, spec = each["kind"], each.get("spec", {})
        if kind == "ConfigMap":
            yield from drafts_in(each)
            continue
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        elif kind not in {*STAYING, "Job"}:
            continue
        template = spec["template"]
        labels = template.get("metadata", {}).get("labels", {})
        yield Pod(name=f"{kind} {each['metadata']['name']}", kind=kind, labels=labels, spec=template["spec"])


def drafts_in(config_map: Resource) -> Iterator[Pod]:
    """Give the pods that lie in a ConfigMap as text."""
    for key, text in config_map.get("data", {}).items():
        try:
            documents = list(yaml.safe_load_all(text))
        except yaml.YAMLError:  # some other text
            continue
        for each in documents:
            if isinstance(each, dict) and each.get("kind") == "Pod":
                labels = each.get("metadata", {}).get("labels", {})
                name = f"{DRAFT} {config_map['metadata']['name']}, {key}"
                yield Pod(name=name, kind=DRAFT, labels=labels, spec=each["spec"])


def about_pods(resources: list[Resource]) -> Iterator[str]:
    """Say what pods may not be."""
    for pod in pods_of(resources):
        account = pod.spec.get("automountServiceAccountToken")
        if account is not False and pod.spec.get("serviceAccountName") not in with_rights(resources):
            yield f"{pod.name}: a token for Kubernetes is mounted (automountServiceAccountToken)"
        yield from (f"{pod.name}: {each}" for each in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(each))
        for volume in pod.spec.get("volumes", []):
            if "hostPath" in volume:
                yield f"{pod.name}: volume {volume['name']} is a folder of the node"
            if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
                yield f"{pod.name}: volume {volume['name']} has no sizeLimit"
        for container in pod.containers:
            where = f"{pod.name}, container {container['name']}"
            yield from (f"{where}: {fault}" for fault in about_container(pod, container))


def about_container(pod: Pod, container: Resource) -> Iterator[str]:
    """Say what a container may not be."""
    yield from about_rights(pod, container)
    for part in ("requests", "limits") if pod.kind != DRAFT else ():
        given = container.get("resources", {}).get(part, {})
        yield from (f"no {part}.{resource}" for resource in ("cpu", "memory") if resource not in given)
    image = container.get("image")
    if not (PINNED.fullmatch(image or "") or (image is None and pod.kind == DRAFT)):
        yield f"the image {image} has no digest, and may be another one tomorrow"
    for each in container.get("env", []):
        if each.get("value") and SECRET.search(f"{each['name']} {REFERRED.sub('', each['value'])}"):
            yield f"{each['name']} is written down; refer to a Secret"
    yield from about_probes(pod, container)


def about_rights(pod: Pod, container: Resource) -> Iterator[str]:
    """Say what a container may do and should not."""
    own = container.get("securityContext", {})
    merged = {**pod.spec.get("securityContext", {}), **own}
    if not (merged.get("runAsNonRoot") and merged.get("runAsUser", 0) > 0):
        yield "it may be root (runAsNonRoot, runAsUser by number)"
    if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
        yield "privileges can be gained (allowPrivilegeEscalation)"
    if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
        yield "it keeps capabilities"
    if merged.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "system calls are not filtered (seccompProfile)"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "its root file system can be written (readOnlyRootFilesystem)"


def about_probes(pod: Pod, container: Resource) -> Iterator[str]:
    """Say which probes are missing, and which ask a port that is not there."""
    ports = {port.get("name") for port in container.get("ports", [])}
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    for probe in probes:
        asked = container.get(probe, {}).get("httpGet", {}).get("port")
        if asked is not None and asked not in ports:
            yield f"{probe} asks the port {asked!r}, which it has not"
    if pod.kind in STAYING and container in pod.spec["containers"]:
        yield from (f"no {probe}" for probe in probes[1:] if probe not in container)


def with_rights(resources: list[Resource]) -> set[str]:
    """Return the accounts that a RoleBinding gives rights to: their pods need a token."""
    bound = (each for each in resources if each["kind"] == "RoleBinding")
    return {subject["name"] for each in bound for subject in each.get("subjects", [])}


def about_the_rest(resources: list[Resource]) -> Iterator[str]:
    """Say what is wrong beside the pods: namespaces, network policies, services, secrets."""
    namespaces = {str(each["metadata"].get("namespace")) for each in resources}
    if len(namespaces) != 1:
        yield f"resources are in several namespaces: {', '.join(sorted(namespaces))}"
    policies = [each["spec"] for each in resources if each["kind"] == "NetworkPolicy"]
    if not any(denies_all(each) for each in policies):
        yield "no network policy denies by default (podSelector {}, Ingress and Egress)"
    yield from (
        f"Secret {each['metadata']['name']}: secrets are made in the cluster"
        for each in resources
        if each["kind"] == "Secret"
    )
    staying = [pod for pod in pods_of(resources) if pod.kind in STAYING]
    for each in (each for each in resources if each["kind"] == "Service" and each["spec"].get("selector")):
        chosen = [pod for pod in staying if each["spec"]["selector"].items() <= pod.labels.items()]
        wanted = {port.get("targetPort", port["port"]) for port in each["spec"]["ports"]}
        if not chosen or any(wanted - ports_of(pod) for pod in chosen):
            yield f"Service {each['metadata']['name']}: no pod has its port"


def denies_all(policy: Resource) -> bool:
    """Say whether a network policy lets nothing through, for all pods."""
    both = set(policy["policyTypes"]) == {"Ingress", "Egress"}
    return both and not (policy["podSelector"] or policy.get("ingress") or policy.get("egress"))


def ports_of(pod: Pod) -> set[str | int]:
    """Return the ports of a pod, by name and by number."""
    ports = [port for container in pod.containers for port in container.get("ports", [])]
    return {port[key] for port in ports for key in ("name", "containerPort") if key in port}


def about_fleet(overlays: list[str]) -> Iterator[str]:
    """Say where fleet.yaml names an overlay that is not there, or another namespace than the overlay's."""
    fleet = yaml.safe_load((RANCHER / "fleet.yaml").read_text(encoding="utf-8"))
    for target in fleet["targetCustomizations"]:
        if target.get("doNotDeploy"):
            continue
        overlay = Path(target["kustomize"]["dir"]).name
        if overlay not in overlays:
            yield f"the target {target['name']} names the overlay {overlay}, which is not there"
            continue
        own = yaml.safe_load((OVERLAYS / overlay / "kustomization.yaml").read_text(encoding="utf-8"))["namespace"]
        told = target.get("defaultNamespace", fleet["defaultNamespace"])
        if own != told:
            yield f"the target {target['name']} is in namespace {told}, its overlay in {own}"


def examples(resources: list[Resource]) -> Iterator[str]:
    """Say what still stands as an example, and must not be deployed."""
    for pod in pods_of(resources):
        for container in pod.containers:
            image = container.get("image", "")
            if ZEROS in image or EXAMPLE.search(image):
                yield f"{pod.name}: {image} is an example; pin an image, with rancher/pin_image.py"
    for each in resources:
        if each["kind"] == "Ingress":
            hosts = {rule.get("host", "") for rule in each["spec"]["rules"]}
            yield from (f"Ingress: {host} is nobody's address" for host in sorted(hosts) if EXAMPLE.search(host))


if __name__ == "__main__":
    sys.exit(main())
