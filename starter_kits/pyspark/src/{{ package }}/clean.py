"""The versions of a claim in order: files hold a claim again whenever it changed."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf


def versions(claims: DataFrame) -> DataFrame:
    """Say of each version of a claim when it was known; of versions of one time, the same one is newest on every run.

    Columns added:
    - `first`: policy_id, kind, amount_eur, occurred_on and reported_on of the claim's first version
    - `known_on`: the day of `updated_at`, but not before the first version's `reported_on`
    - `replaced_on`: `known_on` of the next version; null for the newest
    - `is_first`: whether no version is older
    """
    ties = [name for name in sorted(claims.columns) if name != "claim_id"]
    in_order = Window.partitionBy("claim_id").orderBy("updated_at", "source", sf.hash(*ties))
    first = sf.first(sf.struct("policy_id", "kind", "amount_eur", "occurred_on", "reported_on")).over(in_order)
    known = claims.withColumns({"first": first, "is_first": sf.row_number().over(in_order) == 1})
    known = known.withColumn("known_on", sf.greatest(sf.to_date("updated_at"), "first.reported_on"))
    return known.withColumn("replaced_on", sf.lead("known_on").over(in_order))


def newest(versions: DataFrame) -> DataFrame:
    """Keep the newest of the versions of each claim."""
    return versions.where("replaced_on is null")
