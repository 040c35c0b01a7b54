"""Tables as folders of Parquet, one folder a partition: writing the same rows again leaves the same table."""

from urllib.parse import unquote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf


def replace(rows: DataFrame, folder: str, by: str, within: Column) -> None:
    """Replace the partitions of a table, one for each value of the column `by`, by those of the rows.

    within: the values of `by` of which these are all rows there are. A partition of these that has none any more is
    emptied; others stay as they are.

    Spark puts partitions into their places when all are written, so what fails on its way leaves the old ones, and
    running again completes what was stopped. Two that write the same table at once are not foreseen.
    """
    spark = rows.sparkSession
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    # Each value to one task, so that it is one file; Spark divides what is too much for one (about 64 MB).
    rows.hint("rebalance", by).write.mode("overwrite").partitionBy(by).parquet(folder)
    written = {row[0] for row in rows.select(by).distinct().collect()}
    bare = rows.drop(by).schema
    for value, place in _partitions(rows, folder, by, within):
        if value not in written:
            spark.createDataFrame([], bare).write.mode("overwrite").parquet(place)


def _partitions(rows: DataFrame, folder: str, by: str, within: Column) -> list[tuple[object, str]]:
    """Give the partitions that have rows, with their folders."""
    table = rows.sparkSession.read.schema(rows.schema).parquet(folder)
    files = table.where(within).select(by, sf.col("_metadata.file_path").alias("file")).distinct().collect()
    return list({row[by]: (row[by], unquote(row["file"].rpartition("/")[0])) for row in files}.values())
