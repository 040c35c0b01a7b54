"""The rows: which columns there are, what each may hold, and how a CSV file of them is read.

This is the module to write again for data of your own; nothing else knows a column by name.
Whatever a row says wrong is named with its place, and the row is set aside; nothing is guessed.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd


class DataError(Exception):
    """The file cannot be read as a table at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A column of numbers; an empty cell is a missing value where that is allowed.

    With `log` the logistic model sees the logarithm, for what differs by factors: of 1 + the number, so none below 0.
    """

    name: str
    low: float
    high: float
    optional: bool = False
    log: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A column of words out of a list."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A column of days, as 2026-11-20; kept for the card, no feature."""

    name: str


ID: Final = "claim_id"
# Rows that share it are of one matter, and are never split between training and test.
GROUP: Final = "policy_id"
DAY: Final = Day(name="declared_on")
TARGET: Final = Category(name="track", values=("fast", "standard", "expert"))
NUMBERS: Final = (
    Number(name="amount_eur", low=0, high=10_000_000, optional=True, log=True),  # as the policyholder estimates it
    Number(name="policy_age_days", low=0, high=40_000, log=True),  # age of the policy when the claim was declared
    Number(name="delay_days", low=0, high=3_650, log=True),  # from the event to its declaration
    Number(name="documents", low=0, high=200, log=True),
    Number(name="previous_claims", low=0, high=100, log=True),
    Number(name="has_injury", low=0, high=1),
)
CATEGORIES: Final = (
    Category(name="line", values=("motor", "home", "travel")),
    Category(name="channel", values=("web", "phone", "broker", "letter")),
)
# Columns by whose values the model is judged apart, so that no group's harm hides in an average.
SLICES: Final = ("line", "channel")

NUMBER_NAMES: Final = [column.name for column in NUMBERS]
CATEGORY_NAMES: Final = [column.name for column in CATEGORIES]
FEATURES: Final = [*NUMBER_NAMES, *CATEGORY_NAMES]
COLUMNS: Final = [ID, GROUP, DAY.name, *FEATURES, TARGET.name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One cell that is wrong: the row's number (the first after the header is 1) and ID, and how it is wrong."""

    row: int
    id: str
    column: str
    value: str
    reason: str  # "type", "range" or "value"

    def __str__(self) -> str:
        """The fault as a message."""
        said = {"type": "is not readable", "range": "is out of range", "value": "is not a known value"}
        return f"row {self.row}: {self.column} {self.value!r} {said[self.reason]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What was read: the rows that are right, the faults of the others, and the columns of the file.

    Where columns are missing no row was understood, and there are none here.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    rows_read: int
    columns: tuple[str, ...]  # in the order of the file, also those that come twice or that nobody asked for
    missing_columns: tuple[str, ...]


def read(path: Path, *, with_target: bool = True) -> Table:
    """Read a CSV file with a header, in UTF-8; without target (for `predict`) that column is not asked for.

    Raises:
        DataError: there is no such file, or it is no table.
    """
    columns, cells = _cells(path)
    wanted = [name for name in COLUMNS if with_target or name != TARGET.name]
    missing = tuple(name for name in wanted if name not in columns)
    if missing:
        nothing = pd.DataFrame(columns=wanted)
        return Table(frame=nothing, faults=(), rows_read=len(cells), columns=columns, missing_columns=missing)
    parsed = pd.DataFrame({ID: cells[ID], GROUP: cells[GROUP]})
    faults: list[Fault] = []

    def set_aside(column: str, wrong: "pd.Series[bool]", reason: str) -> None:
        faults.extend(
            Fault(row=int(row) + 1, id=cells[ID].iloc[row], column=column, value=cells[column].iloc[row], reason=reason)
            for row in np.flatnonzero(wrong.to_numpy())
        )

    for name in (ID, GROUP):
        set_aside(name, cells[name].str.strip() == "", "value")
    days = pd.to_datetime(cells[DAY.name], format="%Y-%m-%d", errors="coerce")
    set_aside(DAY.name, days.isna(), "type")
    parsed[DAY.name] = cells[DAY.name]
    for number in NUMBERS:
        values = pd.to_numeric(cells[number.name], errors="coerce").astype("float64")
        empty = cells[number.name].str.strip() == ""
        unreadable = (values.isna() | values.isin([np.inf, -np.inf])) & ~(empty & number.optional)
        set_aside(number.name, unreadable, "type")
        set_aside(number.name, ~unreadable & ((values < number.low) | (values > number.high)), "range")
        parsed[number.name] = values
    for category in (*CATEGORIES, *([TARGET] if with_target else [])):
        set_aside(category.name, ~cells[category.name].isin(category.values), "value")
        parsed[category.name] = cells[category.name]
    wrong_rows = {fault.row - 1 for fault in faults}
    right = parsed.drop(index=sorted(wrong_rows)).reset_index(drop=True)
    faults.sort(key=lambda fault: fault.row)
    return Table(frame=right[wanted], faults=tuple(faults), rows_read=len(cells), columns=columns, missing_columns=())


def _cells(path: Path) -> tuple[tuple[str, ...], pd.DataFrame]:
    """The header, and all cells as words; of two columns of one name the first. pandas would guess at uneven rows."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file, strict=True) if line]
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (csv.Error, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no CSV table in UTF-8: {str(error).rstrip('.')}.") from None
    if not lines:
        raise DataError(f"{path} is no CSV table in UTF-8: it is empty.")
    header, rows = lines[0], lines[1:]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            said = f"row {number} has {len(row)} cells, the header {len(header)}"
            raise DataError(f"{path} is no CSV table in UTF-8: {said}.")
    cells = pd.DataFrame(rows, columns=header, dtype=str)
    return tuple(header), cells.loc[:, ~cells.columns.duplicated()]
