"""What Kustomize makes of an overlay, and the pods in it."""

from __future__ import annotations

import copy
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pin_image import NO_CANARY

ROOT = Path(__file__).resolve().parents[2]
RANCHER = ROOT / "rancher"
OVERLAYS = sorted(path.parent.name for path in (RANCHER / "overlays").glob("*/kustomization.yaml"))
TRIALS = {"dev", "review"}
"""Overlays that hold their own database, and make their own namespace and secrets."""

Resource = dict[str, Any]


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML's safe loader, in C where there is one; `=` is a text (an operator of Kubernetes') and no more."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


def load(text: str) -> list[Resource]:
    """Return the documents of a YAML text, without empty ones."""
    return [document for document in yaml.load_all(text, Loader=Loader) if document]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """A template of pods and what makes them."""

    owner: Resource
    template: Resource

    @property
    def name(self) -> str:
        return f"{self.owner['kind']} {self.owner['metadata']['name']}"

    @property
    def kind(self) -> str:
        return self.owner["kind"]

    @property
    def labels(self) -> dict[str, str]:
        return self.template["metadata"].get("labels", {})

    @property
    def spec(self) -> dict[str, Any]:
        return self.template["spec"]

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def stays(self) -> bool:
        """Say whether its pods run for as long as nobody stops them."""
        return self.kind in {"Deployment", "StatefulSet", "DaemonSet"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Everything that one overlay puts into a cluster."""

    overlay: str
    resources: list[Resource] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Resource]:
        return [resource for resource in self.resources if resource["kind"] in kinds]

    def one(self, kind: str, name: str) -> Resource:
        (found,) = (each for each in self.of(kind) if each["metadata"]["name"].startswith(name))
        return found

    @property
    def namespace(self) -> str:
        (namespace,) = {each["metadata"]["namespace"] for each in self.of("ServiceAccount")}
        return namespace

    @property
    def pods(self) -> list[Pod]:
        return list(self._pods())

    def _pods(self) -> Iterator[Pod]:
        for resource in self.resources:
            if resource["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}:
                yield Pod(owner=resource, template=resource["spec"]["template"])
            elif resource["kind"] == "CronJob":
                yield Pod(owner=resource, template=resource["spec"]["jobTemplate"]["spec"]["template"])

    def copy(self) -> Deployment:
        return Deployment(overlay=self.overlay, resources=copy.deepcopy(self.resources))


def kustomize(folder: Path) -> str:
    """Return what `kubectl kustomize` makes of a folder. Raises AssertionError with its complaint."""
    done = subprocess.run(
        [os.environ.get("KUBECTL", "kubectl"), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr, done.stderr
    return done.stdout


@functools.cache
def rendered(overlay: str) -> Deployment:
    """Return an overlay of the tree, rendered once for all tests; copy it before changing anything."""
    return Deployment(overlay=overlay, resources=load(kustomize(RANCHER / "overlays" / overlay)))


def copy_tree(target: Path) -> Path:
    """Copy rancher/ to a new folder; its production has every part and no canary, whatever that of this tree has."""
    shutil.copytree(RANCHER, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("whole.yaml"), target / "overlays" / "production" / "kustomization.yaml")
    (target / "overlays" / "production" / "canary" / "kustomization.yaml").write_text(NO_CANARY, encoding="utf-8")
    return target


@functools.cache
def whole(overlay: str) -> Deployment:
    """Return an overlay as `rendered` does, from a tree whose production has every part."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder) / "rancher")
        return Deployment(overlay=overlay, resources=load(kustomize(tree / "overlays" / overlay)))


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether a selector of Kubernetes' (labels, expressions, or both; an empty one selects all) takes labels."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for each in selector.get("matchExpressions", []):
        key, values = each["key"], each.get("values", [])
        holds = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }[each["operator"]]
        if not holds:
            return False
    return True
