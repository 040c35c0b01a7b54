"""What a model may know of a claim on the day it is reported. Nothing here looks at what was known that day or later.

So a claim counts by the version that was known then, even if it was corrected since: what a correction says is the
future. The claim itself counts as it first came.
"""

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as sf

from .clean import newest

YEAR = 365  # days


def add_features(versions: DataFrame) -> DataFrame:
    """Give the newest version of each claim, with the columns that follow, as of the day it was first reported.

    - `days_to_report`: days from the event to its report
    - `claims_before`, `amount_before_eur`: number and amount of the policy's claims of the year before
    - `days_since_last`: days since a claim of the policy was last reported for the first time; null for its first
    - `amount_ratio`: the amount over the mean of its kind in the year before; null without any
    - `month`: that of the report, like 2026-11. Corrections do not move a claim to another one.

    versions: see clean.versions.
    """
    changes = _changes(versions)
    asked = newest(versions).withColumns({"policy": sf.col("first.policy_id"), "day": sf.col("first.reported_on")})
    kinds = asked.select(sf.col("first.kind").alias("usual_kind"), "day")
    of_policy = _until("policy")
    return (
        asked.unionByName(changes.drop("usual_kind"), allowMissingColumns=True)
        .withColumns(
            {
                "days_to_report": sf.datediff("first.reported_on", "first.occurred_on"),
                "claims_before": sf.coalesce(sf.sum("change").over(of_policy), sf.lit(0)),
                "amount_before_eur": sf.coalesce(sf.sum("change_eur").over(of_policy), sf.lit(0).cast("decimal(22,2)")),
                "days_since_last": sf.datediff("day", sf.max("came_on").over(of_policy)),
                "month": sf.date_format("day", "yyyy-MM"),
                "usual_kind": sf.col("first.kind"),
            }
        )
        .where("claim_id is not null")
        .join(sf.broadcast(_usual_amounts(changes, kinds)), ["usual_kind", "day"], "left")
        .withColumn("amount_ratio", sf.try_divide(sf.col("first.amount_eur").cast("double"), "usual_amount_eur"))
        .select(
            *[name for name in versions.columns if name not in ("first", "is_first", "known_on", "replaced_on")],
            *("days_to_report", "claims_before", "amount_before_eur", "days_since_last", "amount_ratio", "month"),
        )
    )


def _changes(versions: DataFrame) -> DataFrame:
    """Give the days from which on a version counts, and from which on no more: it was replaced, or is a year old.

    What counts on a day is the sum of the changes until then: one pass, where a join of each claim with the versions
    known on its day would look at all pairs of a policy.
    """
    begins = sf.date_add(sf.greatest("known_on", "reported_on"), 1)
    ends = sf.greatest(begins, sf.date_add(sf.least("replaced_on", sf.date_add("reported_on", YEAR)), 1))
    came_on = sf.when(sf.col("is_first"), sf.col("reported_on"))
    both = sf.array(
        _change(begins, sf.lit(1), sf.col("amount_eur"), came_on),
        _change(ends, sf.lit(-1), -sf.col("amount_eur"), sf.lit(None).cast("date")),
    )
    return versions.select(sf.col("policy_id").alias("policy"), sf.col("kind").alias("usual_kind"), sf.inline(both))


def _change(day: Column, claims: Column, amount: Column, came_on: Column) -> Column:
    return sf.struct(day.alias("day"), claims.alias("change"), amount.alias("change_eur"), came_on.alias("came_on"))


def _usual_amounts(changes: DataFrame, asked: DataFrame) -> DataFrame:
    """Give the mean amount of each kind over the year before each day asked for.

    Summed by day first: a window over all claims of a kind would be one task for each kind, however large the cluster.
    """
    by_day = (
        asked.unionByName(changes.drop("policy", "came_on"), allowMissingColumns=True)
        .groupBy("usual_kind", "day")
        .agg(sf.sum("change").alias("change"), sf.sum("change_eur").alias("change_eur"))
    )
    until = _until("usual_kind")
    usual = sf.try_divide(sf.sum("change_eur").over(until).cast("double"), sf.sum("change").over(until))
    return by_day.select("usual_kind", "day", usual.alias("usual_amount_eur"))


def _until(name: str) -> WindowSpec:
    """Span what happened to a policy or a kind until a day, that day included."""
    return Window.partitionBy(name).orderBy("day").rangeBetween(Window.unboundedPreceding, Window.currentRow)
