"""What stands in the tree as an example, and must not be deployed."""

from __future__ import annotations

import re

from rendering import Deployment

EXAMPLE = re.compile(r"(?:^|[\s/:.@*\"'=-])((?:[\w-]+\.)*example\.(?:org|com|net))\b")
ZEROS = f"sha256:{'0' * 64}"


def examples(deployment: Deployment) -> list[str]:
    """Return a sentence for each image that no registry has, and each address that is nobody's."""
    found = []
    for pod in deployment.pods:
        for container in pod.containers:
            if ZEROS in container["image"]:
                found.append(f"{pod.name}: {container['image']} is no image; pin one, with rancher/pin_image.py")
            if EXAMPLE.search(container["image"]):
                found.append(f"{pod.name}: {container['image']} is at a registry that is nobody's")
    found += [
        f"Ingress {ingress['metadata']['name']}: {rule['host']} is nobody's address"
        for ingress in deployment.of("Ingress")
        for rule in ingress["spec"]["rules"]
        if EXAMPLE.search(rule["host"])
    ]
    return sorted(set(found))
