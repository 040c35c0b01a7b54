"""Strangers: mail unlike anything that the model learnt from, however sure its labels sound.

Two witnesses. Energy (Liu et al. 2020, "Energy-based Out-of-distribution Detection", arXiv:2010.03759): how little any
label's score says. Wording (`model.confidence.wording`): how surprising the words are. Each is told as the share of
held-out mails that are as strange, and the two are combined by Fisher's method, weighted (Good 1955): the sum of minus
the logarithms. The bound is a conformal one: of new mails like those held out, the stated share at most is called
strangers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.confidence.wording import Row, Wording
from routing.errors import ConfigurationError

SHARE = 0.01
"""One ordinary mail in a hundred may be called a stranger; it costs a look, not a mail."""
_ENERGY_WEIGHT = 1.5
"""Against 1 for the wording. Measured: requests out of scope show in the energy, other languages in the wording."""
_TAIL_MAILS = 4
"""The strangest held-out mails from which the tail's slope is taken."""

_TAIL_AXES = 2
_TAIL_KNOTS = 3
"""The fewest that have a slope."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Strangers:
    """The witnesses and what they say of ordinary mail."""

    wording: Wording
    energy_tail: Floats
    """(2, knots): values of the energy, and minus the logarithm of the share of mails with as much."""
    wording_tail: Floats
    """The same of the surprise."""
    bound: float
    """The sum at which a mail is a stranger."""

    def score(self, scores: NDArray[Any], row: Row) -> float:
        """Return how strange a mail is: 1 and above, a stranger; 0, as ordinary as can be.

        Args:
            scores: (labels,) as the model gave them, before calibration.
            row: its tokens' numbers, with the marks at both ends.
        """
        said = _together(
            _rarity(self.energy_tail, energy(scores)), _rarity(self.wording_tail, self.wording.surprise(row))
        )
        return said / self.bound

    def tables(self) -> Mapping[str, NDArray[Any]]:
        """Return what to store."""
        return {
            **self.wording.tables,
            "energy_tail": self.energy_tail,
            "wording_tail": self.wording_tail,
            "bound": np.array([self.bound]),
        }

    @classmethod
    def of_tables(cls, tables: Mapping[str, NDArray[Any]]) -> Strangers:
        """Build it from what `tables` gave.

        Raises:
            ConfigurationError: A table is missing or has an impossible shape.
        """
        try:
            pairs = tables["pairs"]
            made = cls(
                wording=Wording(tables["tokens"], pairs),
                energy_tail=tables["energy_tail"],
                wording_tail=tables["wording_tail"],
                bound=float(tables["bound"][0]),
            )
        except (KeyError, IndexError) as error:
            raise ConfigurationError(f"the model's tables of strangers lack {error}: fetch the model again") from error
        tails = (made.energy_tail, made.wording_tail)
        sound = (
            tables["tokens"].size > 0
            and pairs.size > 1
            and pairs.size & (pairs.size - 1) == 0
            and all(tail.ndim == _TAIL_AXES and tail.shape[1] >= _TAIL_KNOTS for tail in tails)
            and all(np.isfinite(tail).all() for tail in tails)
            and 0 < made.bound < math.inf
        )
        if not sound:
            raise ConfigurationError("the model's tables of strangers are damaged: fetch the model again")
        return made


def learn_strangers(
    scores: NDArray[Any],
    rows: Sequence[Row],
    training_rows: Sequence[Row],
    *,
    vocabulary: int,
    share: float = SHARE,
) -> Strangers | None:
    """Return the sense for strangers of a model, or None when too few mails were held out for so small a share.

    Args:
        scores: (mails, labels) of the held-out mails, before calibration.
        rows: their tokens.
        training_rows: the tokens of the mails that it learnt from.
        vocabulary: how many tokens there are.
        share: of held-out mails, how many may be called strangers.
    """
    size = len(rows)
    rank = math.ceil((size + 1) * (1 - share))
    if rank > size:
        return None
    wording = Wording.learn(training_rows, vocabulary)
    energies = np.array([energy(row) for row in scores])
    surprises = np.array([wording.surprise(row) for row in rows])
    tails = _tail(energies), _tail(surprises)
    sums = [
        _together(_rarity(tails[0], one), _rarity(tails[1], other))
        for one, other in zip(energies, surprises, strict=True)
    ]
    return Strangers(
        wording=wording, energy_tail=tails[0], wording_tail=tails[1], bound=max(float(np.sort(sums)[rank - 1]), 1e-9)
    )


def _together(by_energy: float, by_wording: float) -> float:
    return _ENERGY_WEIGHT * by_energy + by_wording


def energy(scores: NDArray[Any]) -> float:
    """Return the free energy of `scores` (labels,): minus the logarithm of the sum of their exponentials."""
    scores = np.asarray(scores, dtype=np.float64)
    top = float(scores.max())
    return -(top + math.log(float(np.exp(scores - top).sum())))


def _tail(values: Floats) -> Floats:
    """Return knots of the upper tail: the values that a half, a quarter, an eighth... of the mails reach."""
    halvings = max(2, int(math.log2(max(len(values) / _TAIL_MAILS, 4))))
    knots = np.quantile(values, 1 - 0.5 ** np.arange(halvings + 1))
    # Equal values would make an infinite slope.
    knots = np.maximum.accumulate(knots + np.arange(len(knots)) * 1e-9)
    return np.stack([knots, np.arange(halvings + 1) * math.log(2)])


def _rarity(tail: Floats, value: float) -> float:
    """Return minus the logarithm of the share of ordinary mails with `value` or more; beyond the last, on its slope."""
    knots, logs = tail
    if value <= knots[-1]:
        return float(np.interp(value, knots, logs))
    slope = (logs[-1] - logs[-3]) / max(knots[-1] - knots[-3], 1e-9)
    return float(logs[-1] + slope * (value - knots[-1]))
