"""What a browser did besides what was asked of it: errors, refused resources, requests to other hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP ${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d)")
INNER = {"about", "blob", "chrome-error", "data"}
"""Schemes that leave the browser for nobody."""


@dataclass
class Watch:
    """Listens to all contexts of one test."""

    host: str
    """The service's own host and port; every other is a third party."""
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    """Statuses from 400 to 499 that pages or their scripts were answered."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of all that was asked of the service."""
    expected: set[int] = field(default_factory=set)

    def expect(self, *statuses: int) -> None:
        """Say that this test is answered so, on purpose."""
        self.expected.update(statuses)

    def listen(self, context: Any) -> None:
        """Listen to every page of a context, those that it will open too."""
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def verdict(self) -> list[str]:
        """Return all that a test must not leave behind."""
        refused = [f"answered {status}" for status in self.refused if status not in self.expected]
        return [*self.errors, *(f"asked {url}" for url in self.elsewhere), *refused]

    def _console(self, message: Any) -> None:
        if message.type == "error" and not REFUSAL.match(message.text):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in INNER:
            return
        if parts.netloc != self.host:
            self.elsewhere.append(request.url)
        self.requests.append((request.method, f"{parts.path}?{parts.query}" if parts.query else parts.path))

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.errors.append(f"answered {response.status}: {response.url}")
        elif response.status >= 400:
            self.refused.append(response.status)

    def _failed(self, request: Any) -> None:
        # A page that is left breaks off what it waits for; a download is no page.
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"{request.failure}: {request.url}")
