"""Weeks with more claims of a kind in a department than the weeks before let expect: hail, a storm, a fraud."""

from datetime import timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

HALF_LIFE = 8  # weeks: a week this old counts half as much as the last one
ENOUGH_WEEKS = 8  # before them nothing is expected
SURPRISE = 4.0  # standard deviations of a Poisson count
ENOUGH_CLAIMS = 5  # three claims where none were expected are no storm

WEEK = (
    "kind string, department string, week date, claims long, "
    "expected double, surprise double, is_surge boolean, month string"
)


def weeks(claims: DataFrame) -> DataFrame:
    """Count the claims of each kind, department and week, and say how surprising the count is.

    Columns: see WEEK. Weeks begin on Monday and are those of the report; weeks without claims are there, with 0; the
    last one is the last that is over. Their month is that of their Sunday: in the month before they were not over.
    """
    dated = claims.select("kind", "department", "reported_on", _monday(sf.col("reported_on")).alias("week"))
    counts = dated.groupBy("kind", "department", "week").agg(sf.count("*").alias("claims"))
    last = sf.date_sub(_monday(sf.date_add(sf.max("reported_on"), 1)), 7)
    span = dated.agg(sf.min("week").alias("first"), last.alias("last")).where("first <= last")
    every = span.select(sf.explode(sf.expr("sequence(first, last, interval 7 days)")).alias("week"))
    grid = counts.select("kind", "department").distinct().crossJoin(sf.broadcast(every))
    filled = grid.join(counts, ["kind", "department", "week"], "left").fillna(0, ["claims"])
    # A mean in which older weeks count less depends on the week before and so on to the first, which no window function
    # of SQL says; pandas does, and each series of weeks is small.
    return filled.groupBy("kind", "department").applyInPandas(judge, WEEK)


def judge(series: pd.DataFrame) -> pd.DataFrame:
    """Judge one series of weeks, of one kind and department: columns of WEEK, in order of weeks."""
    series = series.sort_values("week", ignore_index=True)
    expected = series["claims"].ewm(halflife=HALF_LIFE).mean().shift(1)
    series["expected"] = expected.where(series.index >= ENOUGH_WEEKS)
    series["surprise"] = (series["claims"] - series["expected"]) / series["expected"].clip(lower=1.0) ** 0.5
    series["is_surge"] = (series["surprise"] >= SURPRISE) & (series["claims"] >= ENOUGH_CLAIMS)
    series["month"] = [f"{week + timedelta(days=6):%Y-%m}" for week in series["week"]]
    return series[["kind", "department", "week", "claims", "expected", "surprise", "is_surge", "month"]]


def _monday(day: Column) -> Column:
    return sf.date_trunc("week", day).cast("date")
