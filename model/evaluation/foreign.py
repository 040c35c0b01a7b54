"""How well a model knows strangers: mail of labels that it was never taught."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from model.evaluation.intervals import Interval, wilson
from model.evaluation.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """How many mails of one kind were called strangers."""

    mails: int
    called: int
    interval: Interval
    wrong: int
    """Of those called strangers, how many were given a wrong label: what was saved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """What became of mails of known labels and of others."""

    known: Called
    unknown: Called
    auroc: float | None
    """How often a mail of an unknown label is stranger than one of a known label; None when there is none of a kind."""


def foreign(outcomes: Sequence[Outcome], labels: Collection[str]) -> Foreign | None:
    """Return how the strangers among `outcomes` were found; None when the model has no sense for strangers.

    Args:
        outcomes: What was said.
        labels: That the model knows.
    """
    if not any(outcome.stranger is not None for outcome in outcomes):
        return None
    known = [outcome for outcome in outcomes if outcome.truth in labels]
    unknown = [outcome for outcome in outcomes if outcome.truth not in labels]
    return Foreign(known=_called(known), unknown=_called(unknown), auroc=_auroc(known, unknown))


def _called(outcomes: Sequence[Outcome]) -> Called:
    called = [outcome for outcome in outcomes if outcome.is_stranger]
    return Called(
        mails=len(outcomes),
        called=len(called),
        interval=wilson(len(called), len(outcomes)),
        wrong=sum(not outcome.right for outcome in called),
    )


def _auroc(known: Sequence[Outcome], unknown: Sequence[Outcome]) -> float | None:
    """Return the area under the receiver operating characteristic, ties counting half (Mann and Whitney 1947)."""
    if not known or not unknown:
        return None
    ordinary = np.sort([outcome.stranger or 0.0 for outcome in known])
    strange = np.array([outcome.stranger or 0.0 for outcome in unknown])
    below, up_to = np.searchsorted(ordinary, strange, "left"), np.searchsorted(ordinary, strange, "right")
    return float((below + up_to).sum() / 2 / len(known) / len(unknown))
