"""The image that `image/test.sh` built, and the program that runs containers of it.

From the environment: RUNNER (docker or podman), IMAGE (the image's name), COMPOSE (the words of the compose command).
"""

from __future__ import annotations

import json
import os

import pytest
from containers import Runner

FIGURES = pytest.StashKey()


@pytest.fixture
def figure(request):
    """Writes a measurement down, to be told after the tests."""
    kept = request.config.stash.setdefault(FIGURES, [])

    def write(text):
        kept.append(text)

    return write


def pytest_terminal_summary(terminalreporter, config):
    """Tell what was measured."""
    kept = config.stash.get(FIGURES, [])
    if kept:
        terminalreporter.section("measured")
    for text in kept:
        terminalreporter.write_line(text)


@pytest.fixture(scope="session")
def runner():
    return Runner(os.environ["RUNNER"])


@pytest.fixture(scope="session")
def image():
    return os.environ["IMAGE"]


@pytest.fixture
def containers(runner):
    """Names of containers that the test started, removed after it."""
    started = []
    yield started
    for name in started:
        runner.remove(name)


@pytest.fixture(scope="session")
def described(runner, image):
    """What the image says of itself."""
    return json.loads(runner("image", "inspect", image))[0]
