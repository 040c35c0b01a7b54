"""Checks each record on its own. A bad record is set aside with its reasons, and never stops the others."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from .records import COLUMNS

KINDS = ("health", "home", "motor", "travel")
DEPARTMENT = "^(0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-6])$"
AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"
# Spark alone takes "2026" for a time, and "09:30" for one of today.
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$"
# A year mistyped as 9999 or 0026 would make a row for each week until there.
FIRST_YEAR, LAST_YEAR = 2000, 2099


def check(records: DataFrame) -> DataFrame:
    """Give the records typed, with `record` (the text as it came) and `reasons`, which is empty where nothing is wrong.

    Input: the columns of records.COLUMNS, `malformed` and `source`. A value that could not be read is null, and has a
    reason.
    """
    texts = records.select(
        *[sf.trim(name).alias(name) for name in COLUMNS],
        "source",
        "malformed",
        sf.coalesce("malformed", sf.to_json(sf.struct(*COLUMNS))).alias("record"),
    )
    typed = texts.select(
        "claim_id",
        "policy_id",
        sf.lower("kind").alias("kind"),
        sf.upper(sf.regexp_replace("department", "^([1-9])$", "0$1")).alias("department"),
        sf.try_to_date("occurred_on", "yyyy-MM-dd").alias("occurred_on"),
        sf.try_to_date("reported_on", "yyyy-MM-dd").alias("reported_on"),
        sf.when(sf.col("amount_eur").rlike(AMOUNT), sf.col("amount_eur").try_cast("decimal(12,2)")).alias("amount_eur"),
        sf.when(sf.col("updated_at").rlike(TIME), sf.try_to_timestamp("updated_at")).alias("updated_at"),
        "source",
        "malformed",
        "record",
    )
    return typed.withColumn("reasons", _reasons()).drop("malformed")


def accepted(checked: DataFrame) -> DataFrame:
    """Give the good ones of checked records, as claims."""
    return checked.where(sf.size("reasons") == 0).drop("record", "reasons")


def rejected(checked: DataFrame) -> DataFrame:
    """Give the bad ones: `record`, `reasons` and `source`."""
    return checked.where(sf.size("reasons") > 0).select("record", "reasons", "source")


def _rules() -> dict[str, Column]:
    """Say what may be wrong with a record, by its typed columns; what is null has a reason that says so."""
    kind, department = sf.col("kind"), sf.col("department")
    return {
        "claim_id is empty": sf.isnull("claim_id") | (sf.col("claim_id") == ""),
        "policy_id is empty": sf.isnull("policy_id") | (sf.col("policy_id") == ""),
        f"kind is none of {', '.join(KINDS)}": sf.isnull(kind) | ~kind.isin(*KINDS),
        "department is no French department": sf.isnull(department) | ~department.rlike(DEPARTMENT),
        "occurred_on is no date like 2026-11-20": sf.isnull("occurred_on"),
        "reported_on is no date like 2026-11-20": sf.isnull("reported_on"),
        "amount_eur is no amount like 1250.00": sf.isnull("amount_eur"),
        "updated_at is no time like 2026-11-20T09:30:00": sf.isnull("updated_at"),
        "the text is not UTF-8": sf.contains("record", sf.lit("\ufffd")),
        "reported_on is before occurred_on": sf.col("reported_on") < sf.col("occurred_on"),
        # A day more, since a day may be that of Paris, and a time that of Greenwich.
        "reported_on is after updated_at": sf.col("reported_on") > sf.date_add(sf.to_date("updated_at"), 1),
        f"occurred_on is before {FIRST_YEAR}": sf.year("occurred_on") < FIRST_YEAR,
        f"updated_at is after {LAST_YEAR}": sf.year("updated_at") > LAST_YEAR,
    }


def _reasons() -> Column:
    broken = sf.array_compact(sf.array(*[sf.when(is_broken, sf.lit(reason)) for reason, is_broken in _rules().items()]))
    return sf.when(sf.col("malformed").isNotNull(), sf.array(sf.lit("the line does not have the columns"))).otherwise(
        broken
    )
