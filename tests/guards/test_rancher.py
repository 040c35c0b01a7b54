"""What the manifests tell our programs to do is something that they do; `make manifests` checks the rest."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import yaml

from facteur.cli import main

RANCHER = Path(__file__).parents[2] / "rancher"


def containers(value):
    """Every container in a document, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"containers", "initContainers"}:
                yield from inner
            yield from containers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from containers(inner)


def commands():
    found = {}
    for path in sorted(RANCHER.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            for container in containers(document):
                if str(container.get("image", "")).startswith("facteur"):
                    found[" ".join(container["args"])] = container["args"]
    return found


@pytest.mark.parametrize("arguments", commands().values(), ids=" ".join)
def test_a_container_is_given_a_command_and_options_that_exist(arguments):
    command = main.get_command(click.Context(main), arguments[0])
    assert command is not None
    command.make_context(arguments[0], list(arguments[1:]))


def test_every_role_has_a_container():
    assert {arguments[0] for arguments in commands().values()} == {
        "api",
        "beat",
        "errands",
        "migrate",
        "train",
        "worker",
    }


def test_every_role_with_probes_of_its_own_is_given_the_port_that_they_ask():
    for role in ("worker", "errands", "beat"):
        (container,) = (
            each
            for each in containers(yaml.safe_load((RANCHER / f"base/roles/{role}/deployment.yaml").read_text()))
            if "ports" in each
        )
        (port,) = (each["containerPort"] for each in container["ports"])
        assert {"name": "FACTEUR_METRICS_PORT", "value": str(port)} in container["env"]
