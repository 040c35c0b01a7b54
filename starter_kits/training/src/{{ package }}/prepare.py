"""The first step: rows are read, split and checked, and written down as they will be learned from."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from .checks import Evidence, Outcome, check
from .dataset import CATEGORY_NAMES, DAY, GROUP, ID, NUMBER_NAMES, TARGET, Table, read
from .recipe import DataRecipe
from .splitting import Split, split

TRAIN: Final = "train.csv"
TEST: Final = "test.csv"
SET_ASIDE: Final = "set-aside.csv"
FACTS: Final = "facts.json"


class ChecksFailedError(Exception):
    """The data is not such that one should learn from it."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = outcomes
        failed = [outcome.name for outcome in outcomes if not outcome.passed]
        super().__init__(f"The data failed {len(failed)} of {len(outcomes)} checks: {', '.join(failed)}.")


def examine(data: Path, recipe: DataRecipe) -> tuple[Table, Split, list[Outcome]]:
    """Read, split and check, and write nothing.

    Raises:
        DataError: the file is no table.
    """
    table = read(data)
    parts = split(table.frame, recipe.test_share)
    return table, parts, check(Evidence(table=table, split=parts, recipe=recipe))


def prepare(data: Path, recipe: DataRecipe, folder: Path) -> None:
    """Write both splits, the faults of the rows that were set aside, and what the card tells of them.

    The order of the rows in the file makes no difference.

    Raises:
        DataError: the file is no table.
        ChecksFailedError: a check failed.
    """
    table, parts, outcomes = examine(data, recipe)
    if not all(outcome.passed for outcome in outcomes):
        raise ChecksFailedError(outcomes)
    for name, frame in ((TRAIN, parts.train), (TEST, parts.test)):
        # By ID, so that an extract that comes in another order is no new data.
        frame.sort_values(ID).to_csv(folder / name, index=False, lineterminator="\n")
    with (folder / SET_ASIDE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", ID, "column", "value", "reason"])
        writer.writerows([fault.row, fault.id, fault.column, fault.value, fault.reason] for fault in table.faults)
    facts = {
        "rows_read": str(table.rows_read),
        "rows_set_aside": str(len({fault.row for fault in table.faults})),
        "first_day": str(table.frame[DAY.name].min()),
        "last_day": str(table.frame[DAY.name].max()),
        "train_rows": str(len(parts.train)),
        "train_groups": str(parts.train[GROUP].nunique()),
        "test_rows": str(len(parts.test)),
        "test_groups": str(parts.test[GROUP].nunique()),
        "checks": ", ".join(outcome.name for outcome in outcomes),
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def rows(path: Path) -> pd.DataFrame:
    """The rows of a split, exactly as they were written: words as words, numbers to the last bit."""
    words = [ID, GROUP, DAY.name, *CATEGORY_NAMES, TARGET.name]
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(words, str),
        keep_default_na=False,  # a policy may be called NA
        na_values=dict.fromkeys(NUMBER_NAMES, ""),
    )
