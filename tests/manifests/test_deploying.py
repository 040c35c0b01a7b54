"""An example is not deployed."""

from __future__ import annotations

import pytest
from made_up import examples
from rendering import rendered, whole


def test_nothing_of_what_is_deployed_is_an_example(to_deploy):
    if to_deploy != "none":
        assert examples(rendered(to_deploy)) == []


def test_examples_are_known_as_such():
    made = whole("production").copy()
    made.one("Deployment", "facteur-api")["spec"]["template"]["spec"]["containers"][0]["image"] = (
        f"registry.example.com/facteur:0.1.0@sha256:{'0' * 64}"
    )
    made.one("Ingress", "facteur")["spec"]["rules"][0]["host"] = "facteur.example.org"
    found = "\n".join(examples(made))
    assert "Deployment facteur-api: registry.example.com/facteur" in found
    assert "is no image" in found
    assert "facteur.example.org is nobody's address" in found


@pytest.mark.parametrize("host", ["mail.company.fr", "notexample.org", "example.organic.fr"])
def test_what_is_somebodys_is_none(host):
    made = whole("production").copy()
    for pod in made.pods:
        for container in pod.containers:
            container["image"] = f"{host}/facteur:1.0.0@sha256:{'a' * 64}"
    for ingress in made.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            rule["host"] = host
    assert examples(made) == []
