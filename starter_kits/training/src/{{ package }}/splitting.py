"""Which rows train and which test: by a hash of the group's name, so that it never changes.

A policy that is tested today is tested for ever, however the file grows or is sorted. That is what makes comparing a
new model with an older one fair: the older one has not learned from any row that it is tested on.
"""

from dataclasses import dataclass
from hashlib import blake2b

import pandas as pd

from .dataset import GROUP


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """The two sides; each keeps the order of the file."""

    train: pd.DataFrame
    test: pd.DataFrame


def place_of(group: str) -> float:
    """Where a group stands between 0 and 1, the same on every machine."""
    return int.from_bytes(blake2b(group.encode(), digest_size=8).digest()) / 2**64


def split(frame: pd.DataFrame, test_share: float) -> Split:
    """Put the groups whose place is below the share into the test."""
    is_test = frame[GROUP].map(place_of) < test_share
    return Split(train=frame[~is_test].reset_index(drop=True), test=frame[is_test].reset_index(drop=True))
