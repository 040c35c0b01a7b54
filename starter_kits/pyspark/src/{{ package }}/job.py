"""The batch job: check, clean, features, weeks, write. Run again on the same files, it leaves the same tables."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as sf

from . import tables
from .check import accepted, rejected
from .clean import newest, versions
from .features import add_features
from .radar import weeks


class RefusedError(Exception):
    """The input is not what the job takes; the message says why. Nothing was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a run did."""

    records: int
    rejected: dict[str, int]  # bad records by their first reason
    claims: int  # those in the months that were written
    surges: list[Row]  # weeks with many more claims than expected, the most surprising first; see radar.WEEK


def run(
    checked: DataFrame, output: str, *, first: str | None = None, last: str | None = None, most_rejected: float = 0.05
) -> Outcome:
    """Write the tables `claims`, `weeks` and `rejected` under a folder.

    first, last: the months to write, like 2026-11; if not given, the first and the last of the input. The input holds
    all claims of these months, and those of the year before, which features look at. Other months stay as they are.
    `rejected` holds the bad records of this input, of whatever month.
    most_rejected: the share of bad records above which nothing is written, since such files are more likely wrong
    than their records.

    Raises RefusedError.
    """
    kept = [checked.persist()]
    try:
        counts = _count(checked)
        bad = {reason: count for reason, count in counts.items() if reason}
        _accept(sum(counts.values()), sum(bad.values()), most_rejected)
        known = _keep(kept, versions(accepted(checked)))
        within = sf.col("month").between(*_months(known, first, last))
        claims = _keep(kept, add_features(known).where(within))
        found = _keep(kept, weeks(newest(known)).where(within))
        tables.replace(claims, f"{output}/claims", by="month", within=within)
        tables.replace(found, f"{output}/weeks", by="month", within=within)
        bad_records = rejected(checked).withColumn("reason", sf.element_at("reasons", 1))
        tables.replace(bad_records, f"{output}/rejected", by="reason", within=sf.expr("true"))
        surges = found.where("is_surge").orderBy(sf.desc("surprise"), "week", "kind", "department").collect()
        return Outcome(records=sum(counts.values()), rejected=bad, claims=claims.count(), surges=surges)
    finally:
        for frame in reversed(kept):
            frame.unpersist()


def _months(known: DataFrame, first: str | None, last: str | None) -> tuple[str, str]:
    """Give the first and the last month to write: those of all versions where none is given; none without claims."""
    month = sf.date_format("reported_on", "yyyy-MM")
    ((earliest, latest),) = known.select(sf.min(month), sf.max(month)).collect()
    return first or earliest or "", last or latest or ""


def _keep(kept: list[DataFrame], frame: DataFrame) -> DataFrame:
    """Compute a frame once, however often it is used."""
    kept.append(frame.persist())
    return frame


def _count(checked: DataFrame) -> dict[str | None, int]:
    """Count records by their first reason: None for good ones."""
    rows = checked.groupBy(sf.try_element_at("reasons", sf.lit(1)).alias("reason")).count().orderBy("reason").collect()
    return {row["reason"]: row["count"] for row in rows}


def _accept(records: int, bad: int, most_rejected: float) -> None:
    if records == 0:
        raise RefusedError("There are no records in the input.")
    if bad > most_rejected * records:
        raise RefusedError(
            f"{bad} of {records} records are bad, more than the {most_rejected:.1%} allowed; nothing was written. "
            "Look at the files, or allow more with --most-rejected."
        )
