"""A bad manifest is refused: every rule, and every schema, has one here."""

from __future__ import annotations

import policies_of_networks  # noqa: F401 - enters its rules into the list
import policies_of_pods  # noqa: F401 - the same
import policies_of_rollouts  # noqa: F401 - the same
import pytest
from policies import POLICIES
from rendering import RANCHER, Deployment, load, whole
from validity import VERSIONS, complaints, complaints_about_fleet

API = ("Deployment", "facteur-api")
WORKER = ("Deployment", "facteur-worker")
ERRANDS = ("Deployment", "facteur-errands")
BEAT = ("Deployment", "facteur-beat")
MIGRATION = ("Job", "facteur-migrate")
BACKUP = ("CronJob", "facteur-backup")
GONE = object()


def pod_spec(resource):
    spec = resource["spec"]
    return (
        spec["jobTemplate"]["spec"]["template"]["spec"] if resource["kind"] == "CronJob" else spec["template"]["spec"]
    )


def in_pod(where, change):
    """Change a pod's specification."""
    return lambda deployment: change(pod_spec(deployment.one(*where)))


def in_container(where, change):
    """Change the first container of a pod."""
    return lambda deployment: change(pod_spec(deployment.one(*where))["containers"][0])


def setting(where, path, value):
    """Set, or with GONE delete, what a dotted path of a resource leads to."""

    def change(deployment):
        *folders, last = path.split(".")
        place = deployment.one(*where)
        for folder in folders:
            place = place[int(folder)] if isinstance(place, list) else place[folder]
        key = int(last) if isinstance(place, list) else last
        if value is GONE:
            del place[key]
        else:
            place[key] = value

    return change


def without(kind, name):
    return lambda deployment: deployment.resources.remove(deployment.one(kind, name))


def again(kind, name, other):
    """Add a resource once more, under another name."""

    def change(deployment):
        copy = Deployment(overlay="", resources=[deployment.one(kind, name)]).copy().resources[0]
        copy["metadata"]["name"] = other
        deployment.resources.append(copy)

    return change


def container(path, value):
    return lambda where: setting(where, f"spec.template.spec.containers.0.{path}", value)


def secret(deployment):
    deployment.resources.append(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "facteur", "namespace": "facteur"},
            "stringData": {},
        }
    )


def opened(deployment):
    deployment.one("NetworkPolicy", "api")["spec"]["ingress"].append({"ports": [{"port": "http"}]})


def reaching_inside(deployment):
    (rule,) = deployment.one("NetworkPolicy", "callbacks")["spec"]["egress"]
    rule["to"][0]["ipBlock"]["except"].remove("169.254.0.0/16")


def shown(deployment):
    paths = deployment.one("Ingress", "facteur")["spec"]["rules"][0]["http"]["paths"]
    paths.pop(0)


UNPINNED = "registry.example.com/facteur:1.0.0"
BAD = [
    ("an_image_names_one_image_for_ever", container("image", "registry.example.com/facteur")(API)),
    ("an_image_names_one_image_for_ever", container("image", "registry.example.com/facteur:latest")(API)),
    ("an_image_names_one_image_for_ever", container("image", UNPINNED)(API)),
    ("nobody_is_root", setting(API, "spec.template.spec.securityContext.runAsUser", 0)),
    ("nobody_is_root", setting(API, "spec.template.spec.securityContext.runAsNonRoot", GONE)),
    ("nobody_is_root", in_container(BACKUP, lambda it: it["securityContext"].update(runAsUser=0))),
    ("nobody_gains_privileges", container("securityContext.allowPrivilegeEscalation", GONE)(WORKER)),
    ("nobody_gains_privileges", container("securityContext.privileged", value=True)(WORKER)),
    ("nobody_gains_privileges", container("securityContext.capabilities", {"drop": ["ALL"], "add": ["NET_RAW"]})(API)),
    ("nobody_gains_privileges", setting(BEAT, "spec.template.spec.securityContext.seccompProfile", GONE)),
    ("nothing_of_the_node_is_shared", in_pod(API, lambda it: it.update(hostNetwork=True))),
    (
        "nothing_of_the_node_is_shared",
        in_pod(API, lambda it: it["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    ),
    ("nothing_of_the_node_is_shared", container("ports.0.hostPort", 8025)(API)),
    ("the_root_file_system_is_read_only", container("securityContext.readOnlyRootFilesystem", GONE)(ERRANDS)),
    ("what_ours_writes_to_is_a_volume_with_a_limit", setting(API, "spec.template.spec.volumes.0.emptyDir", {})),
    ("what_ours_writes_to_is_a_volume_with_a_limit", container("volumeMounts", [])(API)),
    ("every_container_has_requests_and_limits", container("resources.limits", {"cpu": "2"})(WORKER)),
    ("every_container_has_requests_and_limits", in_container(MIGRATION, lambda it: it.pop("resources"))),
    ("what_stays_is_probed", container("livenessProbe", GONE)(BEAT)),
    ("what_stays_is_probed", container("readinessProbe", GONE)(API)),
    ("a_probe_asks_a_port_that_is_there", container("livenessProbe.httpGet.port", "http")(WORKER)),
    ("no_pod_may_ask_kubernetes_for_anything", in_pod(API, lambda it: it.pop("automountServiceAccountToken"))),
    ("no_variables_of_services_are_injected", in_pod(WORKER, lambda it: it.pop("enableServiceLinks"))),
    (
        "every_setting_exists",
        in_container(API, lambda it: it["env"].append({"name": "FACTEUR_PROCESES", "value": "1"})),
    ),
    ("every_setting_exists", setting(("ConfigMap", "facteur-settings"), "data.FACTEUR_LOGLEVEL", "info")),
    (
        "no_secret_stands_in_a_manifest",
        in_container(API, lambda it: it["env"].append({"name": "FACTEUR_SESSION_SECRET", "value": "x" * 32})),
    ),
    ("no_secret_stands_in_a_manifest", secret),
    ("no_secret_stands_in_a_manifest", setting(("ConfigMap", "facteur-settings"), "data.A", "redis://me:you@there")),
    (
        "a_role_knows_only_the_secrets_that_it_needs",
        in_container(BEAT, lambda it: it.update(envFrom=[{"secretRef": {"name": "facteur"}}])),
    ),
    ("a_role_knows_only_the_secrets_that_it_needs", container("env", [])(WORKER)),
    ("a_preset_number_of_processes_fits_the_limit", container("resources.limits.cpu", "4")(WORKER)),
    ("a_migration_that_is_changed_gets_another_name", setting(MIGRATION, "metadata.name", "facteur-migrate")),
    ("a_migration_that_is_changed_gets_another_name", setting(MIGRATION, "spec.ttlSecondsAfterFinished", 60)),
    (
        "a_migration_that_is_changed_gets_another_name",
        container("image", f"{UNPINNED}@sha256:{'1' * 64}")(MIGRATION),
    ),
    ("a_migration_that_is_changed_gets_another_name", container("resources.limits.memory", "2Gi")(MIGRATION)),
    (
        "a_migration_that_is_changed_gets_another_name",
        container("envFrom", [{"configMapRef": {"name": "facteur-settings"}}])(MIGRATION),
    ),
    ("a_migration_that_is_changed_gets_another_name", in_pod(MIGRATION, lambda it: it.update(restartPolicy="Always"))),
    ("an_autoscaler_has_figures", without("ServiceMonitor", "facteur-api")),
    (
        "the_backups_programs_are_of_the_servers_version",
        in_container(BACKUP, lambda it: it.update(image="postgres:16")),
    ),
    ("a_new_schema_is_there_before_what_needs_it", in_pod(WORKER, lambda it: it.pop("initContainers"))),
    ("a_new_schema_is_there_before_what_needs_it", container("image", UNPINNED)(MIGRATION)),
    ("there_is_one_clock", setting(BEAT, "spec.replicas", 2)),
    ("what_is_scaled_names_no_replicas", setting(WORKER, "spec.replicas", 2)),
    ("what_is_scaled_names_no_replicas", without(*WORKER)),
    ("what_is_scaled_names_no_replicas", again("ScaledObject", "facteur-worker", "another")),
    (
        "an_autoscaler_looks_at_its_own_mail",
        setting(("ScaledObject", "facteur-worker"), "spec.triggers.0.metadata.query", "max(facteur_jobs_queued)"),
    ),
    ("an_autoscaler_knows_what_to_do_without_figures", setting(("ScaledObject", "facteur"), "spec.fallback", GONE)),
    (
        "an_autoscaler_knows_what_to_do_without_figures",
        setting(("ScaledObject", "facteur"), "spec.fallback.behavior", "static"),
    ),
    (
        "an_autoscaler_knows_what_to_do_without_figures",
        setting(("ScaledObject", "facteur"), "spec.triggers.1.metadata.ignoreNullValues", GONE),
    ),
    ("a_drained_node_may_always_go", setting(("PodDisruptionBudget", "facteur-api"), "spec.maxUnavailable", 0)),
    ("a_drained_node_may_always_go", setting(("PodDisruptionBudget", "facteur-api"), "spec.minAvailable", 1)),
    ("a_drained_node_may_always_go", without(*ERRANDS)),
    ("many_pods_of_a_role_have_a_budget_and_are_spread", without("PodDisruptionBudget", "facteur-worker")),
    (
        "many_pods_of_a_role_have_a_budget_and_are_spread",
        in_pod(WORKER, lambda it: it.pop("topologySpreadConstraints")),
    ),
    ("no_two_deployments_own_the_same_pods", again("Deployment", "facteur-worker", "facteur-worker-canary")),
    ("an_api_pod_leaves_the_proxy_before_it_ends", container("lifecycle", GONE)(API)),
    ("an_api_pod_leaves_the_proxy_before_it_ends", container("lifecycle.preStop.sleep.seconds", 30)(API)),
    ("a_job_ends_and_never_meets_itself", setting(MIGRATION, "spec.activeDeadlineSeconds", GONE)),
    ("a_job_ends_and_never_meets_itself", setting(BACKUP, "spec.concurrencyPolicy", "Allow")),
    ("everything_that_is_named_is_there", without("ConfigMap", "facteur-settings")),
    ("everything_that_is_named_is_there", without("PersistentVolumeClaim", "facteur-backup")),
    ("everything_that_is_named_is_there", without("Service", "facteur-nobody")),
    ("every_placeholder_was_replaced", container("image", "facteur")(BEAT)),
    (
        "every_placeholder_was_replaced",
        setting(("NetworkPolicy", "redis"), "spec.egress.0.to.0.ipBlock.cidr", "192.0.2.20/32"),
    ),
    ("nothing_is_let_through_by_default", without("NetworkPolicy", "nothing")),
    ("nothing_is_let_through_by_default", setting(("NetworkPolicy", "nothing"), "spec.ingress", [{}])),
    ("strangers_are_kept_out", opened),
    ("strangers_are_kept_out", reaching_inside),
    ("strangers_are_kept_out", without("NetworkPolicy", "nothing")),
    ("only_callbacks_leave_for_the_internet", setting(("NetworkPolicy", "callbacks"), "spec.podSelector", {})),
    ("only_callbacks_leave_for_the_internet", without("NetworkPolicy", "callbacks")),
    ("everybody_can_look_up_names", without("NetworkPolicy", "names")),
    ("the_api_can_be_called_and_scraped", without("NetworkPolicy", "api")),
    ("the_api_can_be_called_and_scraped", without("NetworkPolicy", "metrics")),
    ("a_role_reaches_the_services_whose_secrets_it_knows", setting(("NetworkPolicy", "redis"), "spec.podSelector", {})),
    (
        "a_role_reaches_the_services_whose_secrets_it_knows",
        setting(("NetworkPolicy", "database"), "spec.egress.0.ports", GONE),
    ),
    ("a_service_or_monitor_finds_its_pods_and_port", setting(("Service", "facteur-api"), "spec.selector.track", "old")),
    (
        "a_service_or_monitor_finds_its_pods_and_port",
        setting(("PodMonitor", "facteur"), "spec.podMetricsEndpoints.0.port", "http"),
    ),
    (
        "a_service_or_monitor_finds_its_pods_and_port",
        setting(("ServiceMonitor", "facteur"), "spec.endpoints.0.port", "metrics"),
    ),
    ("figures_are_not_shown_outside_and_mail_comes_by_tls", shown),
    ("figures_are_not_shown_outside_and_mail_comes_by_tls", setting(("Ingress", "facteur"), "spec.tls", [])),
    ("its_namespace_refuses_what_is_not_restricted", setting(("ServiceAccount", "facteur"), "metadata.namespace", "x")),
]


@pytest.mark.parametrize(("name", "worsen"), BAD, ids=[f"{name}-{index}" for index, (name, _) in enumerate(BAD)])
def test_a_rule_refuses_what_is_against_it(name, worsen):
    bad = whole("production").copy()
    assert POLICIES[name](bad) == []
    worsen(bad)
    assert POLICIES[name](bad) != []


def test_a_region_that_waits_is_refused_when_something_of_it_runs():
    rule = POLICIES["a_region_that_waits_does_nothing"]
    for worsen in (
        setting(BEAT, "spec.replicas", 1),
        setting(MIGRATION, "spec.suspend", value=False),
        setting(("ScaledObject", "facteur-worker"), "metadata.annotations", {}),
    ):
        bad = whole("second-region-standby").copy()
        assert rule(bad) == []
        worsen(bad)
        assert rule(bad) != []


def test_a_namespace_that_restricts_nothing_is_refused():
    bad = whole("dev").copy()
    bad.one("Namespace", "facteur")["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "baseline"}
    assert POLICIES["its_namespace_refuses_what_is_not_restricted"](bad) != []


def test_a_database_that_lets_in_anybody_is_refused():
    bad = whole("dev").copy()
    bad.one("NetworkPolicy", "to-database")["spec"]["ingress"] = [{}]
    assert POLICIES["strangers_are_kept_out"](bad) != []
    bad = whole("dev").copy()
    bad.one("NetworkPolicy", "to-redis")["spec"]["ingress"] = []
    assert POLICIES["a_role_reaches_the_services_whose_secrets_it_knows"](bad) != []


def test_every_rule_refuses_something():
    tested = {name for name, _ in BAD} | {"a_region_that_waits_does_nothing", "a_canary_is_like_what_it_stands_beside"}
    assert set(POLICIES) == tested


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("Deployment", "facteur-api", "spec.template.spec.containers.0.livenessprobe", {}),
        ("Deployment", "facteur-api", "spec.replicas", "two"),
        ("Deployment", "facteur-api", "spec.selector", GONE),
        ("CronJob", "facteur-backup", "spec.jobTemplate.spec.template.spec.containers.0.resource", {}),
        ("HorizontalPodAutoscaler", "facteur-api", "spec.maxReplica", 3),
        ("NetworkPolicy", "api", "spec.ingress.0.from.0.podSelectors", {}),
        ("PodDisruptionBudget", "facteur-api", "spec.maxunavailable", 1),
        ("Ingress", "facteur", "spec.rules.0.http.paths.0.pathType", GONE),
        ("ScaledObject", "facteur-worker", "spec.maxReplicas", 3),
        ("ScaledObject", "facteur-worker", "spec.fallback.behavior", "currentReplicasIfMore"),
        ("ScaledObject", "facteur-worker", "spec.triggers.0.metadata.threshold", 2000),
        ("ScaledObject", "facteur-worker", "spec.scaleTargetRef", GONE),
        ("ServiceMonitor", "facteur-api", "spec.endpoint", []),
        ("ServiceMonitor", "facteur-api", "spec.endpoints.0.scheme", "gopher"),
        ("PodMonitor", "facteur-roles", "spec.podMetricsEndpoints.0.ports", "metrics"),
        ("PrometheusRule", "facteur", "spec.groups.0.rules.0.severity", "critical"),
        ("PrometheusRule", "facteur", "spec.groups.0.rules.0.expr", GONE),
    ],
)
def test_a_field_that_is_wrong_or_missing_is_refused(kind, name, path, value, version):
    bad = whole("production").copy()
    resource = bad.one(kind, name)
    assert complaints(resource, version) == []
    setting((kind, name), path, value)(bad)
    assert complaints(resource, version) != []


def test_a_field_that_only_newer_kubernetes_knows_is_refused_by_the_oldest():
    bad = whole("production").copy()
    resource = bad.one("Deployment", "facteur-api")
    resource["spec"]["template"]["spec"]["hostnameOverride"] = "facteur"
    assert complaints(resource, "1.34") == []
    assert complaints(resource, "1.31") != []


@pytest.mark.parametrize(
    "bad",
    [
        {"defaultNamespaces": "facteur"},
        {"helm": {"takeOwnerships": True}},
        {"correctDrifts": {"enabled": True}},
        {"rolloutStrategy": {"maxUnavailable": []}},
        {"targetCustomizations": [{"name": "staging", "kustomize": {"folder": "overlays/staging"}}]},
        {"targetCustomizations": [{"name": "staging", "clusterSelectors": {}}]},
    ],
)
def test_fleet_refuses_a_field_that_it_does_not_know(bad):
    assert complaints_about_fleet(bad) != []


def test_fleet_refuses_a_repository_with_a_field_that_it_does_not_know():
    (repository,) = load((RANCHER / "gitrepo" / "staging.yaml").read_text(encoding="utf-8"))
    repository["spec"]["branches"] = ["main"]
    assert complaints(repository, VERSIONS[0]) != []
