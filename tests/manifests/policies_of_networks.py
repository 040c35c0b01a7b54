"""Who may talk to whom: the network policies are asked, as a cluster would ask them."""

from __future__ import annotations

import ipaddress
from typing import Any

from policies import policy
from rendering import Deployment, Pod, selects

COMPONENT = "app.kubernetes.io/component"
DNS = {"k8s-app": "kube-dns"}
INGRESS = {"app.kubernetes.io/name": "rke2-ingress-nginx"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
STRANGER = {"app": "somebody-else"}

Peer = tuple[str, dict[str, str]] | str
"""A pod by its namespace and labels, or an address."""


def _namespace_labels(name: str) -> dict[str, str]:
    return {"kubernetes.io/metadata.name": name}


def _is_taken(block: dict[str, Any], peer: Peer, own_namespace: str) -> bool:
    if "ipBlock" in block:
        if not isinstance(peer, str):
            return False
        address = ipaddress.ip_address(peer)
        networks = [
            ipaddress.ip_network(each) for each in [block["ipBlock"]["cidr"], *block["ipBlock"].get("except", [])]
        ]
        same = [network for network in networks if network.version == address.version]
        return address in networks[0] and not any(address in network for network in same if network != networks[0])
    if isinstance(peer, str):
        return False
    namespace, labels = peer
    in_namespace = (
        selects(block["namespaceSelector"], _namespace_labels(namespace))
        if "namespaceSelector" in block
        else namespace == own_namespace
    )
    return in_namespace and selects(block.get("podSelector", {}), labels)


def _port_is(port: dict[str, Any], wanted: int, protocol: str, names: dict[str, int]) -> bool:
    given = port.get("port")
    return port.get("protocol", "TCP") == protocol and (given is None or names.get(given, given) == wanted)


def allowed(deployment: Deployment, pod: Pod, direction: str, peer: Peer, port: int | str) -> bool:
    """Say whether traffic of a pod (`ingress` to it, `egress` from it) with a peer is let through; 53 or "53/UDP"."""
    number, _, given = str(port).partition("/")
    protocol = given or "TCP"
    names = {each["name"]: each["containerPort"] for container in pod.containers for each in container.get("ports", [])}
    kind, side = ("Ingress", "from") if direction == "ingress" else ("Egress", "to")
    about = [
        each["spec"]
        for each in deployment.of("NetworkPolicy")
        if kind in each["spec"]["policyTypes"] and selects(each["spec"]["podSelector"], pod.labels)
    ]
    if not about:
        return True
    return any(
        (side not in rule or any(_is_taken(block, peer, deployment.namespace) for block in rule[side]))
        and ("ports" not in rule or any(_port_is(each, int(number), protocol, names) for each in rule["ports"]))
        for spec in about
        for rule in spec.get(direction, [])
    )


def component(pod: Pod) -> str:
    return pod.labels.get(COMPONENT, "")


@policy
def nothing_is_let_through_by_default(deployment: Deployment) -> list[str]:
    for each in deployment.of("NetworkPolicy"):
        spec = each["spec"]
        if spec["podSelector"] == {} and set(spec["policyTypes"]) == {"Ingress", "Egress"}:
            return [] if not spec.get("ingress") and not spec.get("egress") else ["the policy for all lets through"]
    return ["no policy denies by default"]


@policy
def strangers_are_kept_out(deployment: Deployment) -> list[str]:
    """Neither other pods of the cluster nor the internet reach any port, and nobody reaches the cloud's metadata."""
    strangers = [("default", STRANGER), (deployment.namespace, STRANGER), ("kube-system", STRANGER), "203.0.113.9"]
    found = []
    for pod in deployment.pods:
        found += [
            f"{pod.name}: {peer} reaches port {port}"
            for port in (22, 80, 5432, 6379, 8025, 8026)
            for peer in strangers
            if allowed(deployment, pod, "ingress", peer, port)
        ]
        found += [
            f"{pod.name}: it reaches {address}:{port}"
            for address in ("169.254.169.254", "10.0.0.1", "192.168.1.1")
            for port in (80, 443)
            if allowed(deployment, pod, "egress", address, port)
        ]
    return found


@policy
def only_callbacks_leave_for_the_internet(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        out = allowed(deployment, pod, "egress", "203.0.113.9", 443)
        if out != (component(pod) == "errands"):
            found.append(f"{pod.name}: {'it may' if out else 'it may not'} call addresses outside")
        if allowed(deployment, pod, "egress", "203.0.113.9", 80):
            found.append(f"{pod.name}: it may call without TLS")
    return found


@policy
def everybody_can_look_up_names(deployment: Deployment) -> list[str]:
    return [
        f"{pod.name}: it cannot ask the DNS over {protocol}"
        for pod in deployment.pods
        for protocol in ("UDP", "TCP")
        if not allowed(deployment, pod, "egress", ("kube-system", DNS), f"53/{protocol}")
    ]


@policy
def the_api_can_be_called_and_scraped(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        if component(pod) == "api" and not allowed(deployment, pod, "ingress", ("kube-system", INGRESS), 8025):
            found.append(f"{pod.name}: the ingress controller cannot reach it")
        port = {"api": 8025, "worker": 8026, "errands": 8026, "beat": 8026}.get(component(pod))
        if port and not allowed(deployment, pod, "ingress", ("cattle-monitoring-system", PROMETHEUS), port):
            found.append(f"{pod.name}: Prometheus cannot scrape it")
        if component(pod) != "api" and allowed(deployment, pod, "ingress", ("kube-system", INGRESS), port or 8025):
            found.append(f"{pod.name}: the ingress controller reaches it")
    return found


def _services(deployment: Deployment, name: str) -> list[tuple[Peer, int]]:
    """Give the addresses or pods that the network policy `name` leads to, each with a port; 0 is any port."""
    (spec,) = (each["spec"] for each in deployment.of("NetworkPolicy") if each["metadata"]["name"] == name)
    peers: list[tuple[Peer, int]] = []
    for rule in spec["egress"]:
        ports = [each.get("port", 0) for each in rule.get("ports", [{}])]
        for block in rule["to"]:
            peer: Peer = (
                str(ipaddress.ip_network(block["ipBlock"]["cidr"]).network_address)
                if "ipBlock" in block
                else (deployment.namespace, block["podSelector"]["matchLabels"])
            )
            peers += [(peer, port) for port in ports]
    return peers


@policy
def a_role_reaches_the_services_whose_secrets_it_knows(deployment: Deployment) -> list[str]:
    found = []
    for pod in deployment.pods:
        known = {
            each["valueFrom"]["secretKeyRef"]["key"]
            for container in pod.containers
            for each in container.get("env", [])
            if "secretKeyRef" in each.get("valueFrom", {})
        }
        for name, key in (("database", "FACTEUR_DATABASE_URL"), ("redis", "FACTEUR_REDIS_URL")):
            wanted = key in known or (name == "database" and "RESTORE_DATABASE_URL" in known)
            for peer, port in _services(deployment, name):
                if not port:
                    found.append(f"NetworkPolicy {name}: it names no port")
                elif allowed(deployment, pod, "egress", peer, port) != wanted:
                    found.append(f"{pod.name}: it {'cannot' if wanted else 'can'} reach the {name} at {peer}")
                if isinstance(peer, tuple):
                    found += _not_let_in(deployment, pod, peer, port, wanted=wanted)
    return found


def _not_let_in(
    deployment: Deployment, pod: Pod, peer: tuple[str, dict[str, str]], port: int, *, wanted: bool
) -> list[str]:
    (service,) = (each for each in deployment.pods if peer[1].items() <= each.labels.items())
    let_in = allowed(deployment, service, "ingress", (deployment.namespace, pod.labels), port)
    return [] if let_in == wanted else [f"{service.name}: {pod.name} is {'not ' if wanted else ''}let in"]


@policy
def a_service_or_monitor_finds_its_pods_and_port(deployment: Deployment) -> list[str]:
    found = []
    for service in deployment.of("Service"):
        name, selector = service["metadata"]["name"], service["spec"].get("selector")
        if selector is None:
            continue
        pods = [pod for pod in deployment.pods if pod.stays and selector.items() <= pod.labels.items()]
        ports = [{p["name"] for c in pod.containers for p in c.get("ports", [])} for pod in pods]
        wanted = {port["targetPort"] for port in service["spec"]["ports"]}
        if not pods or not all(wanted <= names for names in ports):
            found.append(f"Service {name}: no pod has its port")
    for monitor in deployment.of("PodMonitor"):
        pods = [pod for pod in deployment.pods if pod.stays and selects(monitor["spec"]["selector"], pod.labels)]
        wanted = {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]}
        if not pods or not all(
            wanted <= {p["name"] for c in pod.containers for p in c.get("ports", [])} for pod in pods
        ):
            found.append(f"PodMonitor {monitor['metadata']['name']}: no pod has its port")
    for monitor in deployment.of("ServiceMonitor"):
        services = [
            each
            for each in deployment.of("Service")
            if selects(monitor["spec"]["selector"], each["metadata"].get("labels", {}))
        ]
        wanted = {each["port"] for each in monitor["spec"]["endpoints"]}
        if len(services) != 1 or not wanted <= {port["name"] for port in services[0]["spec"]["ports"]}:
            found.append(f"ServiceMonitor {monitor['metadata']['name']}: it does not find one Service")
    return found


@policy
def figures_are_not_shown_outside_and_mail_comes_by_tls(deployment: Deployment) -> list[str]:
    found = []
    empty = {each["metadata"]["name"] for each in deployment.of("Service") if "selector" not in each["spec"]}
    for ingress in deployment.of("Ingress"):
        safe = {host for each in ingress["spec"].get("tls", []) for host in each["hosts"]}
        for rule in ingress["spec"]["rules"]:
            if rule.get("host") not in safe:
                found.append(f"Ingress {ingress['metadata']['name']}: {rule.get('host')} without TLS")
            hidden = {path["path"] for path in rule["http"]["paths"] if path["backend"]["service"]["name"] in empty}
            if "/metrics" not in hidden:
                found.append(f"Ingress {ingress['metadata']['name']}: /metrics is shown")
    return found


@policy
def its_namespace_refuses_what_is_not_restricted(deployment: Deployment) -> list[str]:
    return [
        f"Namespace {each['metadata']['name']}: Pod Security is not enforced as restricted"
        for each in deployment.of("Namespace")
        if each["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted"
    ] + [
        f"{each['kind']} {each['metadata']['name']} is in namespace {each['metadata'].get('namespace')}"
        for each in deployment.resources
        if each["kind"] != "Namespace" and each["metadata"].get("namespace") != deployment.namespace
    ]
