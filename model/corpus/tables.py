"""Corpora in tables: JSON Lines, CSV and TSV, Parquet. Each is read a row at a time."""

from __future__ import annotations

import csv
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.corpus.example import Example
from model.corpus.layout import Layout
from model.corpus.lines import encoding_of, text_lines
from model.corpus.rows import TEXT_CHARACTERS, UnusableRow, check_columns, example_of_row
from routing.errors import ConfigurationError

_DELIMITERS = (",", ";", "\t", "|")
_PARQUET_ROWS = 1_000

Row = Example | ConfigurationError
"""What a reader yields: an example, or why a row is none. What ends the reading of a file is raised."""


def json_lines(path: Path, layout: Layout) -> Iterator[Row]:
    """Read one JSON object a line (UTF-8, RFC 8259)."""
    encoding = layout.encoding or encoding_of(path, guess=False)
    for number, line in text_lines(path, encoding):
        if line.isspace():
            continue
        place = f"{path}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield ConfigurationError(f"{place} is not an example: it is no JSON ({error}).")
            continue
        if isinstance(value, dict):
            yield _row(value, layout, place)
        else:
            yield ConfigurationError(f"{place} is not an example: write one JSON object a line.")


def delimited(path: Path, layout: Layout) -> Iterator[Row]:
    """Read CSV or TSV (RFC 4180) with a header row; the delimiter is the one that cuts the header into most columns."""
    encoding = layout.encoding or encoding_of(path, guess=True)
    number, over = 0, False

    def lines() -> Iterator[str]:
        nonlocal number, over
        for number, line in text_lines(path, encoding):  # noqa: B007 - read by the loop below
            yield line
        over = True
        yield "\n"  # an empty row, unless a quote is still open

    source = lines()
    header = next(source, "")
    if header.lower().startswith("sep=") and len(header.strip()) == len("sep=;"):
        header = next(source, "")  # Excel's own hint, before the header row
    delimiter = max(_DELIMITERS, key=header.count)
    first = number
    before = csv.field_size_limit(TEXT_CHARACTERS)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        names = _our_spelling(names, layout)
        check_columns(names, layout, place=f"{path}:{number}")
        first = number + 1
        for values in csv.reader(source, delimiter=delimiter):
            place, first = f"{path}:{first}", number + 1
            if not any(values):
                continue
            if over:
                raise ConfigurationError(f"{place} opens a quote that is never closed: close it, or write it twice.")
            if len(values) > len(names):
                yield ConfigurationError(
                    f"{place} has {len(values)} fields, the header {len(names)}: quote texts that hold {delimiter!r}."
                )
                continue
            yield _row(dict(zip(names, values, strict=False)), layout, place)
    except csv.Error as error:
        raise ConfigurationError(
            f"{path}:{first} cannot be read as CSV ({error}): is a quote left open, or the line ended by CR alone?"
        ) from error
    finally:
        csv.field_size_limit(before)


def parquet(path: Path, layout: Layout) -> Iterator[Row]:
    """Read a Parquet file, a thousand rows at a time."""
    try:
        reader: Any = importlib.import_module("pyarrow.parquet")
        arrow: Any = importlib.import_module("pyarrow")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{path} is Parquet, which needs the package pyarrow: install it with `pip install facteur[train]`."
        ) from error
    try:
        with reader.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            check_columns(names, layout, place=str(path))
            number = 0
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield _row(row, layout, f"{path}:{number}")
    except (OSError, arrow.ArrowException) as error:
        reason = str(error).split("\n", 1)[0]
        raise ConfigurationError(f"{path} cannot be read as Parquet: {reason}") from error


def _row(value: dict[str, Any], layout: Layout, place: str) -> Row:
    try:
        return example_of_row(value, layout, place=place)
    except UnusableRow as error:
        return ConfigurationError(f"{place} {error}.")


def _our_spelling(names: list[str], layout: Layout) -> list[str]:
    """Return the header with `Text` and `TEXT` read as `text`, where that is what is looked for."""
    wanted = {
        layout.column(name).casefold(): layout.column(name) for name in ("id", "label", "language", "subject", "text")
    }
    return [name if name in wanted.values() else wanted.get(name.casefold(), name) for name in names]
