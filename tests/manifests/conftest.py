"""`make manifests ARGS='--deploy production'` also holds an overlay to what may be deployed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the overlay that is about to be deployed."""
    parser.addoption("--deploy", metavar="OVERLAY", action="append", default=[], help="refuse what is still an example")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask the tests with an argument `to_deploy` about each overlay that was named."""
    if "to_deploy" in metafunc.fixturenames:
        metafunc.parametrize("to_deploy", metafunc.config.getoption("--deploy") or ["none"])
