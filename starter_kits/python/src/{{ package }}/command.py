"""The command line: reads a file of claims and writes a report."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .claim import Claim
from .reader import UnreadableFileError, read_claims
from .report import write_report
from .summary import summarise

FAILED = 1  # the file was read, and is too bad to be trusted
MISUSED = 2  # nothing could be done with what was given


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job and give its exit status: 0, `FAILED` or `MISUSED`."""
    given = _parser().parse_args(arguments)
    try:
        batch = read_claims(given.file)
        lines = summarise(batch.claims if given.month is None else _of_month(batch.claims, given.month))
        write_report(given.output, lines, batch)
    except UnreadableFileError as error:
        print(error, file=sys.stderr)
        return MISUSED
    except OSError as error:
        print(f"The report cannot be written to {given.output}: {error.strerror}.", file=sys.stderr)
        return MISUSED
    # What is printed is kept as a log, by whoever runs this: counts, and nothing of a claim.
    for line in lines:
        print(f"{line.line}: {line.count} claims, {line.still_open} of them open, {len(line.unusual)} unusually large")
    bad = len(batch.rejected)
    print(f"{bad} of {batch.rows} rows were rejected")
    print(f"Written to {given.output}")
    # The file is judged as a whole: of a row that is no claim nobody knows the month.
    if bad > given.tolerated * batch.rows:
        shares = f"{bad} of {batch.rows} rows were rejected, more than the {given.tolerated:.0%} tolerated."
        print(shares, file=sys.stderr)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "file", type=Path, nargs="?", default=Path("examples/claims.csv"), help="CSV of claims (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("var/report.md"), help="where the report goes (default: %(default)s)"
    )
    parser.add_argument("--month", type=_month, metavar="YYYY-MM", help="only claims that were opened in this month")
    parser.add_argument(
        "--tolerated",
        type=_share,
        default=0.1,
        metavar="SHARE",
        help="share of rejected rows from which the job fails (default: %(default)s)",
    )
    return parser


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no month; write it like 2026-10") from error


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share; write a number from 0 to 1")
    return share


def _of_month(claims: Sequence[Claim], month: date) -> list[Claim]:
    return [claim for claim in claims if claim.opened_on.replace(day=1) == month]
