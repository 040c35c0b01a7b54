"""Chromium on the service: who is signed in, how the window is, and what it must not have done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console_service import PASSWORD, ConsoleService
from playwright.sync_api import Browser, Page, sync_playwright
from watching import Watch

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE_MS = 30_000
"""How long a page may take on a busy machine before a test fails."""
HOW = (
    "No Chromium was found, so the console was NOT tested in a browser. Install one (apt-get install chromium; or "
    ".venv/bin/playwright install chromium) and run again."
)


def chromium() -> str | None:
    """Return where a Chromium of this machine is: in the path, else the one that playwright was told to install."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """Run a Chromium. As root, as in containers, it has no sandbox of its own."""
    bare = os.geteuid() == 0 or bool(os.environ.get("CI"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-dev-shm-usage", "--force-color-profile=srgb", *(["--no-sandbox"] if bare else [])],
        )
        yield browser
        browser.close()


@dataclass
class Browsing:
    """Opens pages in fresh contexts, each user signed in once for all tests."""

    browser: Browser
    service: ConsoleService
    states: dict[str, Any] = field(default_factory=dict)

    def open(  # noqa: PLR0913 - what a window is like, one word each
        self,
        name: str | None,
        *,
        watch: Watch | None = None,
        language: str = "en",
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        javascript: bool = True,
    ) -> Page:
        """Return a page of a context of its own, signed in as `name` (None: as nobody), on no address yet."""
        context = self.browser.new_context(
            base_url=self.service.address,
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            timezone_id="Europe/Paris",
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            storage_state=self._state(name) if name else None,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        if watch:
            watch.listen(context)
        return context.new_page()

    def close(self) -> None:
        """Close every context that was opened."""
        for context in self.browser.contexts:
            context.close()

    def _state(self, name: str) -> Any:
        if name not in self.states:
            page = self.open(None)
            sign_in(page, name)
            self.states[name] = page.context.storage_state()
            page.context.close()
        return self.states[name]


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in by the form, as people do."""
    page.goto("/sign-in")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
