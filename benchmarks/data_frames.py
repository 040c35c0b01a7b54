"""What one machine does with claims: doubled ones dropped, the rest summed up by region and month, by five tools.

It needs an environment of its own, with numpy, pandas below 3, pyarrow, polars, duckdb and pyspark, and Java 17:

    python benchmarks/data_frames.py [ROWS …]      100,000, 1, 10 and 50 million where none is named

Data is made, from a seed, in the folder that TMPDIR names (1 GB for 50 million rows). Each tool runs in a process of
its own, start included; it is given two threads and, where it takes such a limit, 4 GB of memory. The figures are in
docs/starter-kits.md.
"""

# ruff: noqa: PLC0415 - a process imports only the tool that it measures
from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROWS = (100_000, 1_000_000, 10_000_000, 50_000_000)
FILE_ROWS = 2_000_000
CSV_ROWS = 1_000_000  # the most that plain Python is asked to read
Answer = tuple[int, float]
"""Groups, and euros in all: the same for every tool."""


def make(rows: int, folder: Path) -> None:
    """Write claims as Parquet, one in twenty doubled, and as CSV where that is not too large."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    random = np.random.default_rng(20261120)
    regions = np.array([f"region-{number:02d}" for number in range(18)])
    months = np.array([f"2025-{number:02d}" for number in range(1, 13)])
    (folder / "parquet").mkdir()
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        count = min(FILE_ROWS, rows - start)
        ids = np.arange(start, start + count)
        doubled = random.random(count) < 0.05
        ids[doubled] = np.maximum(ids[doubled] - 1, 0)
        table = pa.table(
            {
                "claim_id": np.char.add("C", ids.astype(str)),
                "region": regions[random.integers(0, len(regions), count)],
                "month": months[random.integers(0, len(months), count)],
                "contract_id": random.integers(0, max(rows // 4, 1), count),
                "amount_eur": np.round(random.lognormal(7, 1.2, count), 2),
            }
        )
        parquet.write_table(table, folder / "parquet" / f"part-{number:03d}.parquet")
        if rows <= CSV_ROWS:
            arrow_csv.write_csv(table, folder / "claims.csv")


def plain_python(folder: Path) -> Answer:
    seen: set[str] = set()
    sums: dict[tuple[str, str], float] = {}
    with (folder / "claims.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["claim_id"] not in seen:
                seen.add(row["claim_id"])
                group = row["region"], row["month"]
                sums[group] = sums.get(group, 0) + float(row["amount_eur"])
    return len(sums), sum(sums.values())


def with_pandas(folder: Path) -> Answer:
    import pandas as pd

    claims = pd.read_parquet(folder / "parquet").drop_duplicates("claim_id")
    sums = claims.groupby(["region", "month"])["amount_eur"].sum()
    return len(sums), sums.sum()


def with_polars(folder: Path) -> Answer:
    import polars as pl

    claims = pl.scan_parquet(folder / "parquet" / "*.parquet").unique("claim_id", keep="any")
    sums = claims.group_by("region", "month").agg(pl.col("amount_eur").sum()).collect(engine="streaming")
    return len(sums), sums["amount_eur"].sum()


def with_duckdb(folder: Path) -> Answer:
    import duckdb

    given = {"threads": 2, "memory_limit": "4GB", "temp_directory": str(folder / "spilled")}
    sums = duckdb.connect(config=given).execute(
        "SELECT region, month, sum(amount_eur) FROM (SELECT any_value(region) AS region, any_value(month) AS month,"
        " any_value(amount_eur) AS amount_eur FROM read_parquet(?) GROUP BY claim_id) GROUP BY ALL",
        [str(folder / "parquet" / "*.parquet")],
    )
    rows = sums.fetchall()
    return len(rows), sum(row[2] for row in rows)


def with_spark(folder: Path) -> Answer:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    builder = SparkSession.builder.master("local[2]")
    for name, value in {
        "driver.host": "127.0.0.1",
        "driver.bindAddress": "127.0.0.1",
        "driver.memory": "4g",
        "ui.enabled": "false",
        "ui.showConsoleProgress": "false",
        "sql.shuffle.partitions": "8",
        "local.dir": str(folder),
    }.items():
        builder = builder.config(f"spark.{name}", value)
    spark = builder.getOrCreate()
    claims = spark.read.parquet(str(folder / "parquet")).dropDuplicates(["claim_id"])
    rows = claims.groupBy("region", "month").agg(f.sum("amount_eur").alias("total")).collect()
    java = spark.sparkContext._gateway.proc  # noqa: SLF001 - waited for, so that its time is counted
    spark.stop()
    java.stdin.close()
    java.wait()
    return len(rows), sum(row.total for row in rows)


TOOLS: dict[str, Callable[[Path], Answer]] = {
    "Python": plain_python,
    "pandas": with_pandas,
    "Polars": with_polars,
    "DuckDB": with_duckdb,
    "Spark": with_spark,
}


def own_process(*words: object) -> str:
    """Run this file in a process of its own, which inherits no memory; return what it prints."""
    done = subprocess.run([sys.executable, __file__, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def measured(tool: str, folder: Path) -> tuple[int, str]:
    """Run a tool; return how many groups it found, and its processor time and memory in words."""
    groups, seconds, megabytes = own_process("--tool", tool, folder).split()[-3:]
    return int(groups), f"{float(seconds):.1f} s, {float(megabytes) / 1000:.1f} GB"


def one(tool: str, folder: Path) -> None:
    groups, _ = TOOLS[tool](folder)
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    print(groups, seconds, max(each.ru_maxrss for each in used) / 1000)


def main(sizes: tuple[int, ...]) -> None:
    print(f"| rows | {' | '.join(TOOLS)} |\n|{' --- |' * (len(TOOLS) + 1)}")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            own_process("--make", rows, folder)
            asked = [tool for tool in TOOLS if tool != "Python" or rows <= CSV_ROWS]
            found = {tool: measured(tool, Path(folder)) for tool in asked}
        if len({groups for groups, _ in found.values()}) != 1:
            sys.exit(f"The tools do not agree: {found}")
        print(f"| {rows:,} | {' | '.join(found[tool][1] if tool in found else '' for tool in TOOLS)} |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--tool", tool, folder]:
            one(tool, Path(folder))
        case ["--make", rows, folder]:
            make(int(rows), Path(folder))
        case sizes:
            main(tuple(map(int, sizes)) or ROWS)
