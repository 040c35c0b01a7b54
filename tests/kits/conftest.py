"""What tests of the starter kits share: projects that are made once, and what only `make kits` runs.

`make test` runs what costs little: every question, every file, no installation. `make kits` sets KITS to `whole`, with
`--quick` to `quick`, and then tests marked `installs` run as well, and in the whole form those marked `whole`.
KITS_ONLY names the one kit to try.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from generating import Generated
from times import table, write
from workshop import Workshop

FORMS = {"quick": {"installs"}, "whole": {"installs", "whole"}}


def pytest_collection_modifyitems(config, items):
    """Leave out what another form runs, and other kits where one is named."""
    left_out = FORMS["whole"] - FORMS.get(os.environ.get("KITS", ""), set())
    only = os.environ.get("KITS_ONLY")
    here = Path(__file__).parent
    out = [
        item
        for item in items
        if here in item.path.parents
        and ({mark.name for mark in item.iter_markers()} & left_out or (only and f"[{only}" not in item.nodeid))
    ]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_terminal_summary(terminalreporter):
    """Tell how long each kit took, wherever it ran."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    told = dict(said for report in reports for name, said in report.user_properties if name == "kit")
    if told:
        terminalreporter.section("starter kits")
        for line in table(told):
            terminalreporter.write_line(line)
        if os.environ.get("KITS_RESULTS"):
            write(Path(os.environ["KITS_RESULTS"]), told)


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


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Kits by their defaults, whose tests ran once: `installed("python").path` has a `.venv` to lend."""
    return Workshop(tmp_path_factory.mktemp("installed"))
