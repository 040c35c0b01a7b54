"""The sample mails: routed through the real HTTP API at the first start, so that a newcomer sees what happens."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WAIT_SECONDS = 20
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine: a proxy that the environment names has no business in between."""
WIDTHS = {"Label": 20, "Confidence": 10, "Queue": 15, "ms": 4}
"""Characters of each column but the first: what the bundled policy's longest names need."""
NUMBERS = frozenset({"Confidence", "ms"})
COLUMN_GAP = 1
LEAST_SUBJECT, MOST_SUBJECT = 20, 64


def route_samples(samples: Path, *, address: str, key: str, console: Console) -> None:
    """Post every `.eml` of a folder, wait for its decision, and print a table of what became of each."""
    files = sorted(samples.glob("*.eml"))
    if not files:
        return
    folder = f"{samples.parent.name}/{samples.name}"
    console.print(f"\nThe store is empty: routing the {len(files)} sample mails of {folder} through the API\n")
    table = jobs_table(console)
    for file in files:
        try:
            table.add_row(*job_cells(_post(file.read_bytes(), address=address, key=key)))
        except (OSError, http.client.HTTPException, ValueError) as error:
            table.add_row(file.name, f"[red]{escape(str(error))}[/red]", "", "", "")
    console.print(table)


def jobs_table(console: Console) -> Table:
    """Return an empty table for `job_cells`; a narrow terminal cuts subjects before anything else."""
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    others = sum(WIDTHS.values()) + len(WIDTHS) * COLUMN_GAP
    subject = max(LEAST_SUBJECT, min(MOST_SUBJECT, console.width - others))
    table.add_column("Subject", no_wrap=True, overflow="ellipsis", width=subject)
    for name, width in WIDTHS.items():
        table.add_column(name, no_wrap=True, justify="right" if name in NUMBERS else "left", min_width=width)
    return table


def job_cells(job: Mapping[str, Any]) -> list[str]:
    """Return the cells of one job: subject, label, confidence, queue, milliseconds from acceptance to decision."""
    decision = job.get("decision")
    subject = _cell(job.get("subject") or "(no subject)")
    if not decision:
        return [subject, _cell(job["status"]), "", "", ""]
    confidence = decision.get("confidence")
    timings = job.get("timings") or {}
    return [
        subject,
        _cell(decision.get("label") or decision.get("rule") or ""),
        f"{confidence:.2f}" if confidence is not None else "",
        _cell(decision["queue"]),
        f"{timings['total']:.0f}" if "total" in timings else "",
    ]


def _cell(text: str) -> str:
    """Return a text that neither a table nor a terminal takes for an order: a stranger wrote it."""
    return escape("".join(character if character.isprintable() else " " for character in text))


def _post(mail: bytes, *, address: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/v1/emails",
        data=mail,
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "message/rfc822",
            "Prefer": f"wait={WAIT_SECONDS}",
        },
    )
    with NO_PROXY.open(request, timeout=WAIT_SECONDS + 5) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
