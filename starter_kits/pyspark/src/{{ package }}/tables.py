"""Tables as folders of Parquet, one folder a partition: writing the same rows again leaves the same table."""

from urllib.parse import unquote

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf


def replace(rows: DataFrame, folder: str, by: str, within: str = "true") -> None:
    """Replace the partitions of a table, one for each value of the column `by`, by those of the rows.

    within: a condition on `by`; partitions that meet it and have no rows any more are emptied, others stay. Spark puts
    a partition in its place only when it is written as a whole, so what fails on its way leaves the old ones, and
    running again completes the rest. Two that write the same table at once are not foreseen.
    """
    spark = rows.sparkSession
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    rows.repartition(by).sortWithinPartitions(by).write.mode("overwrite").partitionBy(by).parquet(folder)
    written = {row[0] for row in rows.select(by).distinct().collect()}
    bare = rows.drop(by).schema
    for value, place in _partitions(rows, folder, by, within):
        if value not in written:
            spark.createDataFrame([], bare).write.mode("overwrite").parquet(place)


def _partitions(rows: DataFrame, folder: str, by: str, within: str) -> list[tuple[object, str]]:
    """Give the partitions that have rows, with their folders."""
    try:
        table = rows.sparkSession.read.schema(rows.schema).parquet(folder)
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return []
        raise
    files = table.where(within).select(by, sf.col("_metadata.file_path").alias("file")).distinct().collect()
    return list({row[by]: (row[by], unquote(row["file"].rpartition("/")[0])) for row in files}.values())
