"""Claims as files hold them: every column is text until it has been checked."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.readwriter import DataFrameReader
from pyspark.sql.streaming.readwriter import DataStreamReader
from pyspark.sql.types import StringType, StructField, StructType

COLUMNS = ("claim_id", "policy_id", "kind", "department", "occurred_on", "reported_on", "amount_eur", "updated_at")
FORMATS = ("csv", "json")
RECORD = StructType([StructField(name, StringType()) for name in (*COLUMNS, "malformed")])


def read_records(reader: DataFrameReader | DataStreamReader, folder: str, form: str) -> DataFrame:
    """Read the files of a folder, at once or as a stream, by the reader given: `spark.read` or `spark.readStream`.

    Columns: those of RECORD as text, `malformed` (a line of other columns, as it is) and `source` (the file's name).
    """
    options = {
        "pathGlobFilter": f"*.{form}",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "malformed",
        # CSV's: the header must name the columns in their order, and a line is judged by all its columns, not by
        # those that a query happens to ask for.
        "header": "true",
        "enforceSchema": "false",
        "columnPruning": "false",
        "escape": '"',  # a quote within quotes is doubled (RFC 4180); a line break within them is not read
    }
    files = reader.format(form).schema(RECORD).options(**options).load(folder)
    return files.withColumn("source", sf.col("_metadata.file_name"))
