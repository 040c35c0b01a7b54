"""What data must fulfil before anything is learned from it: named checks, each with one sentence when it fails.

To add one, write a function that takes the evidence and returns what is wrong (nothing, when all is well), and put it
into `CHECKS` under the name that people will read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from .dataset import CATEGORY_NAMES, COLUMNS, FEATURES, GROUP, ID, NUMBERS, TARGET, Table
from .recipe import DataRecipe
from .splitting import Split

SHOWN: Final = 3  # examples that a failure names


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the checks look at."""

    table: Table
    split: Split
    recipe: DataRecipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one check found; an empty problem means that it passed."""

    name: str
    problem: str

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.problem


Check = Callable[[Evidence], str]


def columns(evidence: Evidence) -> str:
    """Every column is there, once."""
    present = evidence.table.columns
    if missing := evidence.table.missing_columns:
        return f"The file lacks {_named(list(missing))}; it has {', '.join(present)}."
    twice = [name for name in COLUMNS if present.count(name) > 1]
    return f"The file has {_named(twice)} twice." if twice else ""


def _set_aside(reason: str, what: str) -> Check:
    def check(evidence: Evidence) -> str:
        faults = [fault for fault in evidence.table.faults if fault.reason == reason]
        rows = len({fault.row for fault in faults})
        limit = evidence.recipe.bad_rows_max
        if rows <= limit * evidence.table.rows_read:
            return ""
        shown = "; ".join(str(fault) for fault in faults[:SHOWN])
        return f"{rows} of {evidence.table.rows_read} rows {what}, more than {limit:.1%}: {shown}."

    return check


def missing(evidence: Evidence) -> str:
    """No optional column is empty too often."""
    limit = evidence.recipe.missing_max
    for column in NUMBERS:
        share = float(evidence.table.frame[column.name].isna().mean())
        if share > limit:
            return f"{column.name} is empty in {share:.1%} of the rows, more than {limit:.1%}."
    return ""


def duplicates(evidence: Evidence) -> str:
    """No claim comes twice, and few rows say the same as another."""
    frame = evidence.table.frame
    twice = frame[ID][frame[ID].duplicated()]
    if len(twice):
        return f"{len(twice)} rows have the {ID} of another: {_named(twice)}."
    same = frame[ID][frame.duplicated(subset=[GROUP, *FEATURES, TARGET.name])]
    if len(same) > evidence.recipe.duplicates_max * len(frame):
        return f"{len(same)} rows say the same as another, such as {_named(same)}."
    return ""


def size(evidence: Evidence) -> str:
    """There is enough to learn from and enough to judge by."""
    for name, frame, least in (
        ("train", evidence.split.train, evidence.recipe.train_rows_min),
        ("test", evidence.split.test, evidence.recipe.test_rows_min),
    ):
        if len(frame) < least:
            return f"The {name} split has {len(frame)} rows, fewer than {least}."
    return ""


def balance(evidence: Evidence) -> str:
    """Every class is there, in both splits, in more than traces."""
    recipe = evidence.recipe
    for name, frame in (("train", evidence.split.train), ("test", evidence.split.test)):
        counts = frame[TARGET.name].value_counts()
        for label in TARGET.values:
            rows = int(counts.get(label, 0))
            if rows < recipe.class_rows_min:
                return f"The {name} split has {rows} rows of {label}, fewer than {recipe.class_rows_min}."
            if rows < recipe.class_share_min * len(frame):
                share = rows / len(frame)
                return f"Of the {name} split {share:.1%} are {label}, less than {recipe.class_share_min:.1%}."
    return ""


def split_leakage(evidence: Evidence) -> str:
    """Nothing of the test is known from training: no group, no row in other words."""
    train, test = evidence.split.train, evidence.split.test
    shared = sorted(set(train[GROUP]) & set(test[GROUP]))
    if shared:
        return f"{len(shared)} values of {GROUP} are in both splits: {_named(shared)}."
    copies = test[ID][_contents(test).isin(_contents(train))]
    if len(copies) > evidence.recipe.duplicates_max * len(test):
        return f"{len(copies)} test rows have the features of a training row: {_named(copies)}."
    return ""


def target_leakage(evidence: Evidence) -> str:
    """No column alone gives the answer away, as one does that was filled in after the decision."""
    train, test = evidence.split.train, evidence.split.test
    for name in FEATURES:
        accuracy = _accuracy_alone(name, train, test)
        if accuracy > evidence.recipe.one_feature_max:
            return f"{name} alone predicts {TARGET.name} in {accuracy:.1%} of the test: it must know the answer."
    return ""


def _accuracy_alone(name: str, train: pd.DataFrame, test: pd.DataFrame) -> float:
    """How often the commonest class of a value (of a number: of its twentieth) is right in the test."""
    known, asked = train[name], test[name]
    if name not in CATEGORY_NAMES:
        edges = known.quantile([step / 20 for step in range(1, 20)]).drop_duplicates().to_numpy()
        known = pd.Series(edges.searchsorted(known.fillna(-np.inf).to_numpy(), side="right"))
        asked = pd.Series(edges.searchsorted(asked.fillna(-np.inf).to_numpy(), side="right"))
    commonest = train[TARGET.name].groupby(known.to_numpy()).agg(lambda labels: labels.mode().iloc[0])
    return float((asked.map(commonest).to_numpy() == test[TARGET.name].to_numpy()).mean())


CHECKS: Final[Mapping[str, Check]] = {
    "columns": columns,
    "types": _set_aside("type", "have a cell that cannot be read"),
    "ranges": _set_aside("range", "have a number out of range"),
    "values": _set_aside("value", "have a word that is not known"),
    "missing": missing,
    "duplicates": duplicates,
    "size": size,
    "balance": balance,
    "split leakage": split_leakage,
    "target leakage": target_leakage,
}


def check(evidence: Evidence) -> list[Outcome]:
    """Run all checks, in order; where columns are missing the others have nothing to look at and are left out."""
    outcomes: list[Outcome] = []
    for name, find in CHECKS.items():
        outcomes.append(Outcome(name=name, problem=find(evidence)))
        if evidence.table.missing_columns:
            break
    return outcomes


def _contents(frame: pd.DataFrame) -> "pd.Series[int]":
    """A number for the features of each row; the same features give the same."""
    return pd.util.hash_pandas_object(frame[FEATURES], index=False)


def _named(names: "list[str] | pd.Series[str]") -> str:
    """The first few, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(list(names)[:SHOWN]) + (f" and {more} more" if more > 0 else "")
