"""Whether a resource is one: Kubernetes' own schemas, and those of custom resources, with no field that they lack."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate import utils
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = ("1.31", "1.34")
"""The oldest and the newest Kubernetes that Rancher 2.12 and 2.13 run on."""


@functools.cache
def _kubernetes(version: str) -> Registry:
    definitions = utils.schema_contents(f"kubernetes-json-schema/{_folder(version)}/_definitions.json", version)
    return Resource.from_contents(definitions) @ Registry()


@functools.cache
def _folder(version: str) -> str:
    releases = [each.partition("-")[0] for each in utils.all_versions() if utils.major_minor(each) == version]
    return f"v{releases[-1]}-local-strict"


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Draft202012Validator:
    group, _, rest = api_version.rpartition("/")
    name = "-".join(filter(None, [kind.lower(), group.partition(".")[0], rest]))
    schema = utils.schema_contents(f"kubernetes-json-schema/{_folder(version)}/{name}.json", version)
    registry = Resource.from_contents(schema) @ _kubernetes(version)
    return Draft202012Validator(schema, registry=registry)


@functools.cache
def custom() -> dict[str, dict[str, Any]]:
    """Return the schemas of custom resources by `apiVersion/kind`, and that of `fleet.yaml`."""
    schemas: dict[str, dict[str, Any]] = {}
    for path in sorted(SCHEMAS.glob("*.json")):
        schemas |= json.loads(path.read_text(encoding="utf-8"))
    fleet = yaml.safe_load((SCHEMAS / "fleet.yaml").read_text(encoding="utf-8"))
    definitions = fleet.pop("$defs")
    return schemas | {name: {**schema, "$defs": definitions} for name, schema in fleet.items()}


@functools.cache
def _custom(name: str) -> Draft202012Validator:
    return Draft202012Validator(custom()[name])


def complaints(resource: dict[str, Any], version: str) -> list[str]:
    """Return what a version of Kubernetes, or the definition of a custom resource, has against a resource."""
    # Most of one overlay is in the others too, to the letter.
    return list(_complaints(json.dumps(resource, sort_keys=True), version))


@functools.cache
def _complaints(content: str, version: str) -> tuple[str, ...]:
    resource = json.loads(content)
    name = f"{resource['apiVersion']}/{resource['kind']}"
    validator = _custom(name) if name in custom() else _validator(resource["apiVersion"], resource["kind"], version)
    return tuple(_told(validator, resource, f"{resource['kind']} {resource['metadata']['name']}"))


def complaints_about_fleet(document: dict[str, Any]) -> list[str]:
    """Return what Fleet has against the content of a `fleet.yaml`."""
    return _told(_custom("fleet.yaml"), document, "fleet.yaml")


def _told(validator: Draft202012Validator, document: dict[str, Any], name: str) -> list[str]:
    return [
        f"{name}: {'.'.join(map(str, error.absolute_path)) or 'it'}: {error.message}"
        for error in validator.iter_errors(document)
    ]
