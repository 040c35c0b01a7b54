"""What tests of the starter kits share: projects that are made once, and what only `make kits` runs.

`make test` runs what costs little: every question, every file, no installation. `make kits` sets KITS to `whole`, with
`--quick` to `quick`, and then tests marked `installs` run as well, and in the whole form those marked `whole`.
"""

from __future__ import annotations

import os

import pytest
from generating import Generated

FORMS = {"quick": {"installs"}, "whole": {"installs", "whole"}}


def pytest_collection_modifyitems(config, items):
    """Leave out what another form runs."""
    runs = FORMS.get(os.environ.get("KITS", ""), set())
    out = [item for item in items if {mark.name for mark in item.iter_markers()} & FORMS["whole"] - runs]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """Projects by their combination, each made once: `generated("python", language="fr")`. Only to be read."""
    return Generated(tmp_path_factory.mktemp("generated"))


@pytest.fixture
def project(generated, tmp_path):
    """Makes a copy to be changed and run, committed on `main`: `project("python", deploy=False)`."""

    def copied(one, **answers):
        return generated.copy(tmp_path / "project", one, **answers)

    return copied
