"""What a model may know of a claim on the day it is reported. Nothing here looks at that day or later ones."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

YEAR = 365  # days


def add_features(claims: DataFrame) -> DataFrame:
    """Add the columns that follow, as of `reported_on`.

    - `days_to_report`: days from the event to its report
    - `claims_before`, `amount_before_eur`: number and amount of the policy's claims in the year before
    - `days_since_last`: days since the policy's last claim; null for its first
    - `amount_ratio`: the amount over the mean of its kind in the year before; null without any
    - `month`: that of the report, like 2026-11
    """
    day = sf.unix_date("reported_on")
    of_policy = Window.partitionBy("policy_id").orderBy(day)
    year_before = of_policy.rangeBetween(-YEAR, -1)
    ever_before = of_policy.rangeBetween(Window.unboundedPreceding, -1)
    amount_before = sf.coalesce(sf.sum("amount_eur").over(year_before), sf.lit(0).cast("decimal(22,2)"))
    return (
        claims.withColumns(
            {
                "days_to_report": sf.datediff("reported_on", "occurred_on"),
                "claims_before": sf.count("*").over(year_before),
                "amount_before_eur": amount_before,
                "days_since_last": day - sf.max(day).over(ever_before),
                "month": sf.date_format("reported_on", "yyyy-MM"),
            }
        )
        .join(sf.broadcast(_usual_amounts(claims)), ["kind", "reported_on"], "left")
        .withColumn("amount_ratio", sf.try_divide(sf.col("amount_eur").cast("double"), "usual_amount_eur"))
        .drop("usual_amount_eur")
    )


def _usual_amounts(claims: DataFrame) -> DataFrame:
    """Give the mean amount of each kind over the year before each day.

    Summed by day first: a window over all claims of a kind would be one task for each kind, however large the cluster.
    """
    by_day = claims.groupBy("kind", "reported_on").agg(
        sf.sum(sf.col("amount_eur").cast("double")).alias("amount_eur"), sf.count("*").alias("claims")
    )
    before = Window.partitionBy("kind").orderBy(sf.unix_date("reported_on")).rangeBetween(-YEAR, -1)
    usual = sf.try_divide(sf.sum("amount_eur").over(before), sf.sum("claims").over(before))
    return by_day.select("kind", "reported_on", usual.alias("usual_amount_eur"))
