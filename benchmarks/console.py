"""`make bench-console`: what the console's pages cost with a million mails behind them, against its goals.

python benchmarks/console.py [--mails N] [--seed S] [--rounds R] [--database sqlite,postgresql] [--write]

PostgreSQL is measured where FACTEUR_TEST_POSTGRES_URL names a server. Pages are asked of the application as gunicorn
runs it, in this process, signed in and compressed, so that the time is the server's alone; bytes are counted by a
client of HTTP and by Chromium, on the service in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / folder) for folder in ("integration", "browser"))]

from bench import machine, percentile  # noqa: E402
from million import Million, build  # noqa: E402
from wire import first_and_second_visit  # noqa: E402

from facteur.api import build_app  # noqa: E402
from routing.ids import uuid7  # noqa: E402
from routing.passwords import hash_password  # noqa: E402
from routing.people import Role, User  # noqa: E402
from routing.settings import Settings  # noqa: E402
from routing.store.opening import open_store  # noqa: E402
from routing.store.port import Store  # noqa: E402
from routing.store.sql.database import Transaction  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
PASSWORD = "measured, not guarded"
GOAL_MS = 30.0
GOAL_FIRST_BYTES, GOAL_SECOND_BYTES = 100_000, 15_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One address, and whether the goal for lists holds for it."""

    name: str
    path: str
    is_list: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one address cost."""

    name: str
    path: str
    is_list: bool
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    """Of these, the processor's, in the median."""
    statements: int
    bytes: int
    """Of the compressed body."""
    rows: int


class Statements:
    """Counts what is asked of the database."""

    count = 0

    @classmethod
    def install(cls) -> None:
        for name in ("run", "rows"):
            original = getattr(Transaction, name)

            def counted(*arguments: Any, original: Any = original) -> Any:
                cls.count += 1
                return original(*arguments)

            setattr(Transaction, name, counted)


def addresses(store: Store, page: str) -> list[Asked]:
    """All that is measured: the fullest queue in every order and filter, and the other pages."""
    states = store.queue_states()
    queue = f"/queues/{max(states, key=lambda state: state.open).queue}"
    job = re.search(r'href="(/mails/[0-9a-f-]{36})', page)
    cursor = re.search(r'href="[^"]*[?&;]cursor=([^"&]+)', page)
    lists = {
        "a queue": queue,
        **{f"a queue, {order} first": f"{queue}?sort={order}" for order in ("newest", "oldest", "unsure", "useful")},
        "its second page": f"{queue}?cursor={unescape(cursor[1])}" if cursor else "",
        "one label": f"{queue}?label=quote",
        "one language": f"{queue}?language=en",
        "unsure ones": f"{queue}?confidence_below=0.5",
        "my own": f"{queue}?mine=me",
        "older than three days": f"{queue}?age=over-3d",
        "decided by the model": f"{queue}?by=model",
        "all handled of a queue": f"{queue}?state=handled",
        "search, a frequent word": f"{queue}?q=contrat",
        "search, two words": f"{queue}?q=" + quote("guérin fictiv"),
        "search, nothing found": f"{queue}?q=xylophone",
        "all queues": "/mails",
        "all queues, most useful first": "/mails?sort=useful",
        "all queues, all states": "/mails?state=any",
        "search everywhere, a frequent word": "/mails?state=any&q=contrat",
        "search everywhere, two words": "/mails?state=any&q=" + quote("dégât Échantillon"),
        "search everywhere, one mail": "/mails?state=any&q=123456",
        "search everywhere, the beginning of a number": "/mails?state=any&q=1234",
        "triage, most useful first": "/triage",
    }
    pages = {
        "my queues": "/",
        "a mail": job[1] if job else "",
        "dashboard": "/dashboard",
        "failed": "/failed",
        "users": "/users",
        "system": "/system",
    }
    return [Asked(name=name, path=path) for name, path in lists.items() if path] + [
        Asked(name=name, path=path, is_list=False) for name, path in pages.items() if path
    ]


def pages_of(url: str, rounds: int, console: Console) -> tuple[list[Measured], dict[str, float]]:
    """Ask every address `rounds` times in turn; also the poll of a list that did not change."""
    settings = Settings.from_environ({"FACTEUR_DATABASE_URL": url, "FACTEUR_LOG_LEVEL": "warning"})
    app = build_app(settings)
    client = app.test_client()
    form = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf" value="([^"]+)"', form)
    fields = {"csrf": token[1] if token else "", "name": "measure", "password": PASSWORD}
    signed_in = client.post("/sign-in", data=fields, headers={"Origin": "http://localhost"})
    assert signed_in.status_code == 303, signed_in.get_data(as_text=True)
    store = open_store(url)
    fullest = max(store.queue_states(), key=lambda state: state.open).queue
    shown = client.get(f"/queues/{fullest}").get_data(as_text=True)
    asked = addresses(store, shown)
    store.close()
    headers = {"Accept-Encoding": "gzip"}
    times: dict[str, list[float]] = {}
    spent: dict[str, list[float]] = {}
    found: dict[str, tuple[int, int, int]] = {}
    for turn in range(rounds + 2):
        for each in asked:
            Statements.count = 0
            begin, worked = time.perf_counter(), time.thread_time()
            answer = client.get(each.path, headers=headers)
            elapsed, working = (time.perf_counter() - begin) * 1000, (time.thread_time() - worked) * 1000
            if turn == 0:
                if answer.status_code != 200:
                    console.print(f"{each.path} answers {answer.status_code}: not measured")
                    continue
                plain = client.get(each.path).get_data(as_text=True)
                found[each.name] = (0, len(answer.data), len(set(re.findall(r'href="/mails/([0-9a-f-]{36})', plain))))
            elif turn > 1 and each.name in found:
                times.setdefault(each.name, []).append(elapsed)
                spent.setdefault(each.name, []).append(working)
                found[each.name] = (Statements.count, *found[each.name][1:])
    measured = [
        Measured(
            **asdict(each),
            p50_ms=percentile(times[each.name], 0.5),
            p95_ms=percentile(times[each.name], 0.95),
            cpu_ms=percentile(spent[each.name], 0.5),
            statements=found[each.name][0],
            bytes=found[each.name][1],
            rows=found[each.name][2],
        )
        for each in asked
        if each.name in times
    ]
    news = re.search(r'data-news="([^"]+)"', shown)
    return measured, _poll(client, unescape(news[1]) if news else f"/queues/{fullest}", rounds)


def _poll(client: Any, path: str, rounds: int) -> dict[str, float]:
    """What a list that did not change costs when a browser asks again."""
    tag = client.get(path, headers={"HX-Request": "true"}).headers.get("ETag", "")
    times = []
    for _ in range(rounds):
        Statements.count = 0
        begin = time.perf_counter()
        answer = client.get(path, headers={"If-None-Match": tag, "HX-Request": "true"})
        times.append((time.perf_counter() - begin) * 1000)
    return {
        "status": answer.status_code,
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
        "statements": Statements.count,
        "bytes": len(answer.data),
    }


def staff(url: str, now: float) -> None:
    """Add who measures: an administrator, who may open every page."""
    user = User(
        id=uuid7(now),
        name="measure",
        full_name="Who measures",
        password=hash_password(PASSWORD),
        role=Role.ADMINISTRATOR,
        created_at=now,
    )
    store = open_store(url)
    store.add_user(user)
    store.close()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database that is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'facteur.sqlite'}"
        return
    server = os.environ["FACTEUR_TEST_POSTGRES_URL"]
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bench_console CASCADE")
        connection.execute("CREATE SCHEMA bench_console")
        try:
            url = make_url(server).update_query_dict({"options": "-csearch_path=bench_console"})
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute("DROP SCHEMA bench_console CASCADE")


def measure(kind: str, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Build a database and measure all on it."""
    now = time.time()
    with tempfile.TemporaryDirectory(prefix="facteur-bench-") as folder, database(kind, Path(folder)) as url:
        console.print(f"{kind}: writing {options.mails:,} mails …")
        build(url, Million(mails=options.mails, open=options.mails // 20, seed=options.seed, now=now))
        staff(url, now)
        built = time.time() - now
        console.print(f"{kind}: built in {built:.0f} s; measuring pages …")
        pages, poll = pages_of(url, options.rounds, console)
        wire = first_and_second_visit(url, Path(folder), "measure", PASSWORD) if kind == "sqlite" else {}
    return {"built_seconds": built, "pages": [asdict(each) for each in pages], "poll": poll, "wire": wire}


def markdown(results: dict[str, Any], described: dict[str, Any], options: argparse.Namespace) -> str:
    """Write all as a page, goals beside figures."""
    lines = [
        "# The console, measured",
        "",
        f"{described['date'][:10]}, {described['cores']} cores ({described['cpu']}), {described['memory_gb']} GB.",
        f"Python {described['python']}, seed {options.seed}.",
        f"Load {described['load_before']:.1f} before, {os.getloadavg()[0]:.1f} after.",
        "Where that is above the number of cores, other work took time from this: the CPU column says more then.",
        f"{options.mails:,} mails, {options.mails // 20:,} of them open; pages of 50 rows.",
        f"Each page was asked for {options.rounds} times, all in turn, compressed, by one process.",
        "",
    ]
    for kind, result in results.items():
        lines += [
            f"## On {'SQLite' if kind == 'sqlite' else 'PostgreSQL'}",
            "",
            f"| page | rows | p50 ms | goal: p50 ≤ {GOAL_MS:.0f} ms | p95 ms | CPU, p50 ms | statements | bytes |",
            "| --- | --: | --: | --- | --: | --: | --: | --: |",
        ]
        for page in result["pages"]:
            verdict = "" if not page["is_list"] else "reached" if page["p50_ms"] <= GOAL_MS else "MISSED"
            lines.append(
                f"| {page['name']} | {page['rows']} | {page['p50_ms']:.1f} | {verdict} | {page['p95_ms']:.1f} "
                f"| {page['cpu_ms']:.1f} | {page['statements']} | {page['bytes']:,} |"
            )
        poll = result["poll"]
        lines.append(
            f"| the poll of a list that did not change ({poll['status']}) | | {poll['p50_ms']:.1f} | "
            f"| {poll['p95_ms']:.1f} | | {poll['statements']} | {poll['bytes']} |"
        )
        lines += ["", f"Building the database took {result['built_seconds']:.0f} s.", ""]
        if result["wire"]:
            lines += ["## On the wire", "", "| what | by | bytes | goal |", "| --- | --- | --: | --- |"]
            for what, count in result["wire"].items():
                most = GOAL_FIRST_BYTES if what.startswith("first") else GOAL_SECOND_BYTES
                visit, _, by = what.partition(", ")
                lines.append(f"| {visit} | {by} | {count:,} | < {most:,} {'reached' if count < most else 'MISSED'} |")
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--rounds", type=int, default=100)
    with_postgresql = "sqlite,postgresql" if "FACTEUR_TEST_POSTGRES_URL" in os.environ else "sqlite"
    parser.add_argument("--database", default=with_postgresql)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results/")
    options = parser.parse_args()
    console = Console(highlight=False)
    described = machine()
    Statements.install()
    results = {kind: measure(kind, options, console) for kind in options.database.split(",")}
    text = markdown(results, described, options)
    table = Table("Database", "Page", "Rows", "p50 ms", "p95 ms", "CPU ms", "Statements", "Bytes", box=None)
    for kind, result in results.items():
        for page in result["pages"]:
            table.add_row(
                kind,
                page["name"],
                *(str(page["rows"]), f"{page['p50_ms']:.1f}", f"{page['p95_ms']:.1f}", f"{page['cpu_ms']:.1f}"),
                *(str(page["statements"]), str(page["bytes"])),
            )
        console.print(result["poll"], result["wire"])
    console.print(table)
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "console.md").write_text(text, encoding="utf-8")
        whole = {"machine": described, "seed": options.seed, "mails": options.mails, "results": results}
        (RESULTS / "console.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
        console.print(f"Written to {(RESULTS / 'console.md').relative_to(ROOT)} at {datetime.now(UTC):%H:%M} UTC")


if __name__ == "__main__":
    main()
