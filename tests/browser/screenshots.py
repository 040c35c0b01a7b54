"""`make screenshots`: pictures of the console for docs/pictures/, of the real service with the sample mails.

python tests/browser/screenshots.py [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [
    str(ROOT),
    *(str(ROOT / folder) for folder in ("tests/integration", "tests/browser", "benchmarks")),
]

from browsing import HOW, Browsing, chromium, launched  # noqa: E402 - found by the lines above
from console_service import ConsoleService  # noqa: E402 - the same
from pictures import smaller  # noqa: E402 - the same

MOST_BYTES = 150_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One picture: what it shows, to whom, and how the window is."""

    name: str
    path: str
    user: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    languages: tuple[str, ...] = ("fr", "en")


def pictures(mail: str) -> Iterator[Picture]:
    """All of them; `mail` is the job shown on the mail's page."""
    yield Picture(name="queue", path="/queues/claims-home", user="camille")
    yield Picture(name="mail", path=f"/mails/{mail}", user="camille", height=1000)
    yield Picture(name="dashboard", path="/dashboard", user="sophie", height=1000)
    yield Picture(name="policy", path="/policy", user="nadia", height=1000)
    yield Picture(name="queue-phone", path="/queues/claims-home", user="camille", width=390, height=844)
    yield Picture(name="queue-dark", path="/queues/claims-home", user="camille", scheme="dark")


def take(folder: Path) -> None:
    """Start the service, and take every picture."""
    path = chromium()
    if path is None:
        sys.exit(HOW)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="facteur-screenshots-") as var:
        service = ConsoleService.at(Path(var), days=35, mails_a_day=24)
        try:
            service.start_ready()
            shown = service.receive_samples()[0]
            with launched(path) as browser:
                browsing = Browsing(browser=browser, service=service)
                for picture in pictures(shown):
                    for language in picture.languages:
                        _take(browsing, picture, language, folder)
        finally:
            service.stop()


def _take(browsing: Browsing, picture: Picture, language: str, folder: Path) -> None:
    page = browsing.open(
        picture.user, language=language, width=picture.width, height=picture.height, scheme=picture.scheme
    )
    page.goto(picture.path, wait_until="networkidle")
    content = smaller(page.screenshot(scale="css", animations="disabled"))
    file = folder / f"{picture.name}-{language}.png"
    file.write_bytes(content)
    page.context.close()
    note = "" if len(content) < MOST_BYTES else " TOO LARGE"
    print(f"{file.name}: {len(content) // 1024} kB{note}")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    take(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "pictures")
