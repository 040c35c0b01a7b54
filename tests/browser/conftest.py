"""The console in a real Chromium, on the real service with the bundled model: one service for all tests.

A test asks for `agent`, `supervisor` or `administrator` (pages, in English, 1280 px wide) or opens windows of its own
by `browse`. Mails that a test changes it posts itself (`service.post`), since all share one service. When a test ends,
its pages must have asked no other host, logged no error, violated no policy, and met no answer from 500 on; a test that
provokes a refusal says so: `watch.expect(403)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from browsing import HOW, PATIENCE_MS, Browsing, chromium, launched
from console_service import ConsoleService
from playwright.sync_api import Page, expect
from watching import Watch


def pytest_collection_modifyitems(items):
    """Mark everything here as what it is, and run it in one go, last."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = chromium()
    if path is None:
        pytest.skip(HOW)
    return path


@pytest.fixture(scope="session")
def service(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleService]:
    """The running service; nothing of it is started where there is no browser."""
    assert chromium_path
    running = ConsoleService.at(tmp_path_factory.mktemp("console"))
    try:
        running.start_ready()
        running.receive_today()
        yield running
        running.assert_alive()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browsing(chromium_path: str, service: ConsoleService) -> Iterator[Browsing]:
    expect.set_options(timeout=PATIENCE_MS)
    with launched(chromium_path) as browser:
        yield Browsing(browser=browser, service=service)


@pytest.fixture
def watch(service: ConsoleService) -> Watch:
    return Watch(host=service.host)


@pytest.fixture
def browse(browsing: Browsing, service: ConsoleService, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open windows: browse("camille", language="fr", width=390, scheme="dark", javascript=False) -> page."""
    yield partial(browsing.open, watch=watch)
    browsing.close()
    wrong = watch.verdict()
    assert not wrong, "\n".join([*wrong, service.logs() if "answered 5" in str(wrong) else ""])


@pytest.fixture
def agent(browse) -> Page:
    return browse("camille")


@pytest.fixture
def supervisor(browse) -> Page:
    return browse("sophie")


@pytest.fixture
def administrator(browse) -> Page:
    return browse("nadia")
