"""`make screenshots`: pictures of the console for docs/pictures/, of the real service with the sample mails.

python tests/browser/screenshots.py [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
import time
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

from routing.acts import act  # noqa: E402 - the same
from routing.decision import Priority  # noqa: E402 - the same
from routing.desk import Act, ListFilter, Order  # noqa: E402 - the same
from routing.policy.reading import read_policy  # noqa: E402 - the same

MOST_BYTES = 150_000
SHOWN = 14
"""Which of the samples is opened: a forwarded burglary, with a signature and what somebody else wrote before."""
QUEUE = "claims-home"


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
    yield Picture(name="queue", path=f"/queues/{QUEUE}", user="camille")
    yield Picture(name="mail", path=f"/mails/{mail}?from=/queues/{QUEUE}", user="camille", height=1000)
    yield Picture(name="dashboard", path="/dashboard", user="sophie", height=1000)
    yield Picture(name="policy", path="/policy", user="nadia", height=1000)
    yield Picture(name="queue-phone", path=f"/queues/{QUEUE}", user="camille", width=390, height=844)
    yield Picture(name="queue-dark", path=f"/queues/{QUEUE}", user="camille", scheme="dark")


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
            shown = service.receive_samples()[SHOWN]
            _work(service)
            with launched(path) as browser:
                browsing = Browsing(browser=browser, service=service)
                for picture in pictures(shown):
                    for language in picture.languages:
                        _take(browsing, picture, language, folder)
        finally:
            service.stop()


def _work(service: ConsoleService) -> None:
    """Let two agents be at work, and one mail be urgent."""
    now = time.time()
    with service.store() as store:
        jobs = store.listing(ListFilter(queue=QUEUE), order=Order.PRESSING, limit=4).jobs
        for name, what, job, priority in (
            ("camille", Act.TAKE, jobs[0], None),
            ("yanis", Act.TAKE, jobs[2], None),
            ("camille", Act.PRIORITY, jobs[1], Priority.URGENT),
        ):
            seen = [(job.id, job.handling.revision)]
            act(store, read_policy(), what, seen, user=service.users[name], now=now, priority=priority)


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
