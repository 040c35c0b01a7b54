"""Writes the report: Markdown, which people read as it is."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from .reader import Batch
from .summary import LineSummary


def write_report(path: Path, lines: Sequence[LineSummary], batch: Batch) -> str:
    """Write the report and give its text; a reader of `path` sees the old report or the new one, never half of it.

    Args:
        path: Where it goes.
        lines: The claims that it is about, summed up.
        batch: All that was read.

    Raises:
        OSError: The place cannot be written to.
    """
    text = report(lines, batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return text


def report(lines: Sequence[LineSummary], batch: Batch) -> str:
    """Give the report as text."""
    parts = ["# Claims", "", "| line | claims | open | total | median |", "| --- | ---: | ---: | ---: | ---: |"]
    parts += [
        f"| {line.line} | {line.count} | {line.still_open} | {_euros(line.total)} | {_euros(line.median)} |"
        for line in lines
    ]
    unusual = [claim for line in lines for claim in line.unusual]
    if unusual:
        parts += ["", "Unusually large, to be looked at:", ""]
        parts += [f"- {one.claim_id} ({one.line}, {one.opened_on}): {_euros(one.amount_eur)}" for one in unusual]
    if batch.rejected:
        parts += ["", f"Rejected: {len(batch.rejected)} of {batch.rows} rows.", ""]
        parts += [f"- line {bad.line}: {bad.reason}" for bad in batch.rejected]
    return "\n".join(parts) + "\n"


def _euros(amount: Decimal) -> str:
    return f"{amount:,.2f} EUR"
