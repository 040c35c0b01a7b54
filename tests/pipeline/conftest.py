"""What tests of the pipeline share."""

from __future__ import annotations

import pytest
from checkout import copy_of_this_tree
from deployments import Deployments
from project import started


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: runs in the short form too, `make ci-local ARGS=--quick`")


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A copy of this tree, which tests only read and run."""
    return copy_of_this_tree(tmp_path_factory.mktemp("pipeline") / "facteur")


@pytest.fixture
def deployments(tmp_path):
    """A repository to deploy to."""
    return Deployments(tmp_path)


@pytest.fixture
def project(tmp_path):
    """A project of another kind, of one commit."""
    return started(tmp_path)
