"""What a rollout, an autoscaler and a drained node may do."""

from __future__ import annotations

import copy
import functools
from typing import Any

from pin_image import Image
from policies import policy
from rendering import RANCHER, TRIALS, Deployment, kustomize, load, selects

GIVEN_SECRETS = {"facteur", "facteur-restore", "facteur-tls"}
"""Secrets that an operator makes: see rancher/README.md."""
PLACEHOLDERS = {"facteur", "facteur-train", "facteur-canary", "postgres", "redis"}


def resting(deployment: Deployment) -> bool:
    return deployment.overlay.endswith("-standby")


@functools.cache
def _job_of_the_base() -> dict[str, Any]:
    (job,) = (each for each in load(kustomize(RANCHER / "base")) if each["kind"] == "Job")
    return _what_pin_image_knows(job)


def _what_pin_image_knows(job: dict[str, Any]) -> dict[str, Any]:
    """Return a Job's template without what its name tells (the image, its track) and what may be changed later."""
    template = copy.deepcopy(job["spec"]["template"])
    template["metadata"]["labels"].pop("track", None)
    for container in template["spec"]["containers"]:
        del container["image"]
    return template


@policy
def a_migration_that_is_changed_gets_another_name(deployment: Deployment) -> list[str]:
    """A Job cannot be changed: with another image, or another template, it needs another name."""
    found = []
    for job in deployment.of("Job"):
        image = job["spec"]["template"]["spec"]["containers"][0]["image"]
        track = "canary-" if job["spec"]["template"]["metadata"]["labels"].get("track") else ""
        if job["metadata"]["name"] != f"facteur-migrate-{track}{Image.read(image).job}":
            found.append(f"Job {job['metadata']['name']}: pin {image} again, so that its name changes with it")
        if _what_pin_image_knows(job) != _job_of_the_base():
            found.append(f"Job {job['metadata']['name']}: change it in base/roles/migrate, where its name changes too")
        if "ttlSecondsAfterFinished" in job["spec"]:
            found.append(f"Job {job['metadata']['name']}: Fleet makes a Job anew that deletes itself")
        if job["spec"]["template"]["spec"]["restartPolicy"] != "Never":
            found.append(f"Job {job['metadata']['name']}: when it fails its pod goes, and its log with it")
    return found


@policy
def a_new_schema_is_there_before_what_needs_it(deployment: Deployment) -> list[str]:
    migrated = {
        pod.spec["containers"][0]["image"]
        for pod in deployment.pods
        if pod.labels.get("app.kubernetes.io/component") == "migrate"
    }
    found = []
    for pod in deployment.pods:
        if pod.labels.get("app.kubernetes.io/component") not in {"api", "worker", "errands"}:
            continue
        waits = [each for each in pod.spec.get("initContainers", []) if each.get("args") == ["migrate", "--wait"]]
        image = pod.spec["containers"][0]["image"]
        if [each["image"] for each in waits] != [image]:
            found.append(f"{pod.name}: nothing waits for the schema that {image} needs")
        if image not in migrated:
            found.append(f"{pod.name}: nobody migrates for {image}")
    return found


@policy
def a_canary_is_like_what_it_stands_beside(deployment: Deployment) -> list[str]:
    """But for its image: a part that is added after the canary only would try something that nobody deploys."""
    found = []
    for canary in deployment.pods:
        if canary.labels.get("track") != "canary" or canary.kind != "Deployment":
            continue
        (stable,) = (pod for pod in deployment.pods if f"{pod.name}-canary" == canary.name)
        for part in ("volumes", "containers", "initContainers"):
            theirs, ours = (_without_images(pod.spec[part]) for pod in (stable, canary))
            if theirs != ours:
                found.append(
                    f"{canary.name}: other {part} than {stable.name}; list the canary before what changes them"
                )
    return found


def _without_images(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "image"} for each in part]


@policy
def the_backups_programs_are_of_the_servers_version(deployment: Deployment) -> list[str]:
    """Where the server is ours too; `backup.sh` asks the others."""
    images = {
        pod.name: container["image"].partition("@")[0].rpartition(":")[2].partition("-")[0].partition(".")[0]
        for pod in deployment.pods
        for container in pod.containers
        if "postgres:" in container["image"]
    }
    return [] if len(set(images.values())) <= 1 else [f"PostgreSQL in several versions: {images}"]


@policy
def there_is_one_clock(deployment: Deployment) -> list[str]:
    beats = [pod for pod in deployment.pods if pod.labels.get("app.kubernetes.io/component") == "beat"]
    counts = [pod.owner["spec"].get("replicas", 1) for pod in beats]
    wanted = [0] if resting(deployment) else [1]
    return [] if counts == wanted else [f"{counts} pods of the beat; {wanted} is right"]


@policy
def what_is_scaled_names_no_replicas(deployment: Deployment) -> list[str]:
    scaled = [
        each["spec"]["scaleTargetRef"]["name"] for each in deployment.of("HorizontalPodAutoscaler", "ScaledObject")
    ]
    found = []
    for name in scaled:
        targets = [each for each in deployment.of("Deployment") if each["metadata"]["name"] == name]
        if not targets:
            found.append(f"an autoscaler scales {name}, which is not there")
        elif "replicas" in targets[0]["spec"] and not resting(deployment):
            found.append(f"Deployment {name}: each rollout would undo its autoscaler")
    return found + [f"{name} has two autoscalers" for name in set(scaled) if scaled.count(name) > 1]


@policy
def an_autoscaler_has_figures(deployment: Deployment) -> list[str]:
    monitored = deployment.of("ServiceMonitor")
    return [
        f"ScaledObject {each['metadata']['name']}: nothing scrapes what it asks for; see components/monitoring"
        for each in deployment.of("ScaledObject")
        if not monitored
    ]


@policy
def an_autoscaler_looks_at_its_own_mail(deployment: Deployment) -> list[str]:
    return [
        f"ScaledObject {each['metadata']['name']}: {query} is not of namespace {deployment.namespace}"
        for each in deployment.of("ScaledObject")
        for trigger in each["spec"]["triggers"]
        for query in [trigger["metadata"].get("query", "")]
        if f'{{namespace="{deployment.namespace}"}}' not in query
    ]


@policy
def an_autoscaler_knows_what_to_do_without_figures(deployment: Deployment) -> list[str]:
    found = []
    for each in deployment.of("ScaledObject"):
        spec, name = each["spec"], each["metadata"]["name"]
        if (
            not spec.get("minReplicaCount", 0)
            <= spec.get("fallback", {}).get("replicas", -1)
            <= spec["maxReplicaCount"]
        ):
            found.append(f"ScaledObject {name}: no fallback within its bounds")
        if spec.get("fallback", {}).get("behavior") != "currentReplicasIfHigher":
            found.append(f"ScaledObject {name}: without figures it takes pods away from mail that waits")
        if any(trigger["metadata"].get("ignoreNullValues") != "false" for trigger in spec["triggers"]):
            found.append(f"ScaledObject {name}: missing figures would count as no mail")
    return found


@policy
def a_drained_node_may_always_go(deployment: Deployment) -> list[str]:
    found = []
    for budget in deployment.of("PodDisruptionBudget"):
        spec, name = budget["spec"], budget["metadata"]["name"]
        if spec.get("maxUnavailable") in {0, "0%"} or "minAvailable" in spec:
            found.append(f"PodDisruptionBudget {name}: it may hold a node for ever; allow maxUnavailable")
        if not any(pod.stays and selects(spec["selector"], pod.labels) for pod in deployment.pods):
            found.append(f"PodDisruptionBudget {name}: it is about no pod")
    return found


@policy
def many_pods_of_a_role_have_a_budget_and_are_spread(deployment: Deployment) -> list[str]:
    budgets = [each["spec"]["selector"] for each in deployment.of("PodDisruptionBudget")]
    found = []
    for pod in deployment.pods:
        if pod.kind != "Deployment" or pod.owner["spec"].get("replicas") in {0, 1}:
            continue
        if not any(selects(selector, pod.labels) for selector in budgets):
            found.append(f"{pod.name}: no PodDisruptionBudget")
        keys = {
            each["topologyKey"]
            for each in pod.spec.get("topologySpreadConstraints", [])
            if selects(each["labelSelector"], pod.labels)
        }
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            found.append(f"{pod.name}: not spread over zones and nodes")
    return found


@policy
def no_two_deployments_own_the_same_pods(deployment: Deployment) -> list[str]:
    owners = deployment.of("Deployment", "StatefulSet")
    return [
        f"{each['metadata']['name']} and {other['metadata']['name']} select the same pods"
        for index, each in enumerate(owners)
        for other in owners[index + 1 :]
        if selects(each["spec"]["selector"], other["spec"]["template"]["metadata"]["labels"])
        or selects(other["spec"]["selector"], each["spec"]["template"]["metadata"]["labels"])
    ]


@policy
def an_api_pod_leaves_the_proxy_before_it_ends(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        if pod.labels.get("app.kubernetes.io/component") != "api":
            continue
        (container,) = pod.spec["containers"]
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if not 0 < sleep < pod.spec["terminationGracePeriodSeconds"] - 5:
            found.append(f"{pod.name}: it ends while callers are still sent to it, or has no time to end")
    return found


@policy
def a_job_ends_and_never_meets_itself(deployment: Deployment) -> list[str]:
    found = []
    for each in deployment.of("CronJob", "Job"):
        name = f"{each['kind']} {each['metadata']['name']}"
        job = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
        if "activeDeadlineSeconds" not in job or "backoffLimit" not in job:
            found.append(f"{name}: it may try for ever")
        if each["kind"] == "CronJob" and each["spec"].get("concurrencyPolicy") != "Forbid":
            found.append(f"{name}: two may run at a time")
    return found


@policy
def everything_that_is_named_is_there(deployment: Deployment) -> list[str]:
    there = {(each["kind"], each["metadata"]["name"]) for each in deployment.resources}
    there |= {("Secret", name) for name in GIVEN_SECRETS if deployment.overlay not in TRIALS or name == "facteur-tls"}
    named = set()
    for pod in deployment.pods:
        named.add(("ServiceAccount", pod.spec.get("serviceAccountName", "")))
        for volume in pod.spec.get("volumes", []):
            named.add(("ConfigMap", volume.get("configMap", {}).get("name", "")))
            named.add(("Secret", volume.get("secret", {}).get("secretName", "")))
            named.add(("PersistentVolumeClaim", volume.get("persistentVolumeClaim", {}).get("claimName", "")))
        for container in pod.containers:
            named |= {
                ("ConfigMap", each.get("configMapRef", {}).get("name", "")) for each in container.get("envFrom", [])
            }
            named |= {
                ("Secret", each.get("valueFrom", {}).get("secretKeyRef", {}).get("name", ""))
                for each in container.get("env", [])
            }
    for ingress in deployment.of("Ingress"):
        named |= {("Secret", each["secretName"]) for each in ingress["spec"]["tls"]}
        named |= {
            ("Service", path["backend"]["service"]["name"])
            for rule in ingress["spec"]["rules"]
            for path in rule["http"]["paths"]
        }
    return [f"{kind} {name} is named and not there" for kind, name in sorted(named - there) if name]


@policy
def every_placeholder_was_replaced(deployment: Deployment) -> list[str]:
    found = [
        f"{pod.name}: image {container['image']} was never pinned; run rancher/pin_image.py"
        for pod in deployment.pods
        for container in pod.containers
        if container["image"] in PLACEHOLDERS
    ]
    found += [
        f"NetworkPolicy {each['metadata']['name']}: the overlay does not say where the service is"
        for each in deployment.of("NetworkPolicy")
        if "192.0.2." in str(each["spec"])
    ]
    return found


@policy
def a_region_that_waits_does_nothing(deployment: Deployment) -> list[str]:
    if not resting(deployment):
        return []
    found = [
        f"{each['kind']} {each['metadata']['name']} runs"
        for each in deployment.of("Deployment", "StatefulSet", "Job", "CronJob")
        if each["spec"].get("replicas") != 0 and not each["spec"].get("suspend")
    ]
    found += [
        f"ScaledObject {each['metadata']['name']} is not paused"
        for each in deployment.of("ScaledObject")
        if each["metadata"].get("annotations", {}).get("autoscaling.keda.sh/paused-replicas") != "0"
    ]
    return found + [f"{each['metadata']['name']} scales" for each in deployment.of("HorizontalPodAutoscaler")]
