"""What a pod may be: the restricted profile of Pod Security, and more."""

from __future__ import annotations

import re

from policies import policy
from rendering import TRIALS, Deployment, Pod

from routing.settings import ELSEWHERE, PREFIX, Settings

IMAGE = re.compile(r"^(?P<name>[a-z0-9.:/_-]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$")
PLAIN_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SETTINGS = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
SECRETS = {PREFIX + name.upper() for name, each in Settings.__dataclass_fields__.items() if each.metadata["secret"]}


def each_container(deployment: Deployment):
    for pod in deployment.pods:
        for container in pod.containers:
            yield pod, container, f"{pod.name}, container {container['name']}"


@policy
def an_image_names_one_image_for_ever(deployment: Deployment) -> list[str]:
    found = []
    for _, container, where in each_container(deployment):
        match = IMAGE.match(container["image"])
        if match is None or not (match["tag"] or match["digest"]):
            found.append(f"{where}: {container['image']} names no version")
        elif match["tag"] == "latest":
            found.append(f"{where}: {container['image']} is another image tomorrow")
        elif match["digest"] is None and deployment.overlay not in TRIALS:
            found.append(f"{where}: {container['image']} has no digest")
    return found


@policy
def nobody_is_root(deployment: Deployment) -> list[str]:
    return [
        f"{where}: {'runAsNonRoot is not set' if not merged.get('runAsNonRoot') else 'no user by number, or root'}"
        for pod, container, where in each_container(deployment)
        for merged in [{**pod.spec.get("securityContext", {}), **container.get("securityContext", {})}]
        if not (merged.get("runAsNonRoot") and merged.get("runAsUser", 0) > 0 and merged.get("runAsGroup", 0) > 0)
    ]


@policy
def nobody_gains_privileges(deployment: Deployment) -> list[str]:
    found = []
    for pod, container, where in each_container(deployment):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            found.append(f"{where}: privileges can be gained")
        capabilities = own.get("capabilities", {})
        if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
            found.append(f"{where}: it keeps capabilities")
        profile = {**pod.spec.get("securityContext", {}), **own}.get("seccompProfile", {})
        if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
            found.append(f"{where}: system calls are not filtered (seccompProfile)")
    return found


@policy
def nothing_of_the_node_is_shared(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        found += [f"{pod.name}: {each}" for each in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(each)]
        for volume in pod.spec.get("volumes", []):
            if not PLAIN_VOLUMES & set(volume):
                found.append(f"{pod.name}: volume {volume['name']} is none of {', '.join(sorted(PLAIN_VOLUMES))}")
        for container in pod.containers:
            found += [f"{pod.name}: hostPort" for port in container.get("ports", []) if port.get("hostPort")]
    return found


@policy
def the_root_file_system_is_read_only(deployment: Deployment) -> list[str]:
    return [
        f"{where}: its root file system can be written"
        for _, container, where in each_container(deployment)
        if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True
    ]


@policy
def what_ours_writes_to_is_a_volume_with_a_limit(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        found += [
            f"{pod.name}: volume {volume['name']} has no sizeLimit"
            for volume in pod.spec.get("volumes", [])
            if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {})
        ]
        for container in pod.containers:
            if "facteur" not in container["image"]:
                continue
            mounted = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
            found += [f"{pod.name}: nothing is mounted at {path}" for path in {"/tmp", "/var/lib/facteur"} - mounted]  # noqa: S108 - a path of the image
    return found


@policy
def every_container_has_requests_and_limits(deployment: Deployment) -> list[str]:
    return [
        f"{where}: no {part}.{resource}"
        for _, container, where in each_container(deployment)
        for part in ("requests", "limits")
        for resource in ("cpu", "memory")
        if resource not in container.get("resources", {}).get(part, {})
    ]


@policy
def what_stays_is_probed(deployment: Deployment) -> list[str]:
    return [
        f"{pod.name}, container {container['name']}: no {probe}"
        for pod in deployment.pods
        if pod.stays
        for container in pod.spec["containers"]
        for probe in ("readinessProbe", "livenessProbe")
        if probe not in container
    ]


@policy
def a_probe_asks_a_port_that_is_there(deployment: Deployment) -> list[str]:
    found = []
    for _, container, where in each_container(deployment):
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container.get(probe, {}).get("httpGet", {}).get("port")
            if asked is not None and asked not in ports:
                found.append(f"{where}: {probe} asks port {asked!r}")
    return found


@policy
def no_pod_may_ask_kubernetes_for_anything(deployment: Deployment) -> list[str]:
    return [
        f"{pod.name}: a token is mounted"
        for pod in deployment.pods
        if pod.spec.get("automountServiceAccountToken") is not False
    ]


@policy
def no_variables_of_services_are_injected(deployment: Deployment) -> list[str]:
    """Kubernetes would set FACTEUR_API_PORT for the Service facteur-api, and Facteur would refuse to start."""
    return [
        f"{pod.name}: enableServiceLinks is not false"
        for pod in deployment.pods
        if pod.spec.get("enableServiceLinks") is not False
    ]


def variables(deployment: Deployment):
    """Give every variable that reaches a container: where, its name, its value (None when it is referred to)."""
    maps = {each["metadata"]["name"]: each.get("data", {}) for each in deployment.of("ConfigMap")}
    for _, container, where in each_container(deployment):
        for each in container.get("env", []):
            yield where, each["name"], each.get("value")
        for source in container.get("envFrom", []):
            for name, value in maps.get(source.get("configMapRef", {}).get("name"), {}).items():
                yield where, name, value


@policy
def every_setting_exists(deployment: Deployment) -> list[str]:
    return [
        f"{where}: {name} is no setting"
        for where, name, _ in variables(deployment)
        if name.startswith(PREFIX) and name not in SETTINGS - ELSEWHERE
    ]


@policy
def no_secret_stands_in_a_manifest(deployment: Deployment) -> list[str]:
    found = [
        f"{where}: {name} is written down; refer to a Secret"
        for where, name, value in variables(deployment)
        if value and (name in SECRETS or re.search(r"PASSWORD|SECRET|TOKEN|://[^/]*:[^/]*@", f"{name} {value}"))
    ]
    if deployment.overlay not in TRIALS:
        found += [
            f"Secret {each['metadata']['name']}: secrets are made in the cluster" for each in deployment.of("Secret")
        ]
    return found


@policy
def a_role_knows_only_the_secrets_that_it_needs(deployment: Deployment) -> list[str]:
    needs = {
        "api": {"FACTEUR_DATABASE_URL", "FACTEUR_REDIS_URL", "FACTEUR_SESSION_SECRET", "FACTEUR_WEBHOOK_SECRET"},
        "worker": {"FACTEUR_DATABASE_URL", "FACTEUR_REDIS_URL"},
        "errands": {"FACTEUR_DATABASE_URL", "FACTEUR_REDIS_URL", "FACTEUR_WEBHOOK_SECRET"},
        "beat": {"FACTEUR_REDIS_URL"},
        "migrate": {"FACTEUR_DATABASE_URL"},
        "train": {"FACTEUR_DATABASE_URL"},
        "backup": {"FACTEUR_DATABASE_URL", "RESTORE_DATABASE_URL", "RESTORE_FILE"},
    }
    return [
        f"{pod.name}: {', '.join(sorted(keys ^ allowed))}: it has other secrets than its role needs"
        for pod in deployment.pods
        if (allowed := needs.get(pod.labels.get("app.kubernetes.io/component", ""))) is not None
        for keys in [secrets_of(pod)]
        if (keys != allowed if "backup" not in pod.name and "restore" not in pod.name else not keys <= allowed)
    ]


def secrets_of(pod: Pod) -> set[str]:
    keys = {
        each["valueFrom"]["secretKeyRef"]["key"]
        for container in pod.containers
        for each in container.get("env", [])
        if "secretKeyRef" in each.get("valueFrom", {})
    }
    whole = {"all" for container in pod.containers for each in container.get("envFrom", []) if "secretRef" in each}
    return keys | whole


@policy
def a_preset_number_of_processes_fits_the_limit(deployment: Deployment) -> list[str]:
    found = []
    for _, container, where in each_container(deployment):
        for each in container.get("env", []):
            if each["name"] in {"FACTEUR_API_PROCESSES", "FACTEUR_WORKER_PROCESSES"}:
                cores = container["resources"]["limits"]["cpu"]
                if float(cores.removesuffix("m")) / (1000 if cores.endswith("m") else 1) != float(each["value"]):
                    found.append(f"{where}: {each['value']} processes on {cores} cores")
    return found
