"""The wide part: a linear model over hashed n-grams, fitted beside the deep one and added to it.

Fitted apart and fused late: seconds on one core, and it keeps its own mistakes, which is what a second opinion is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.ngrams import NOTHING, ngrams_of

_L2 = 1e-5
"""Of the mean loss a mail. Ten times more or less changed held-out accuracy by 0.001 on banking77."""

_STEPS = 40
_WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Of the wide scores beside the deep ones, to choose from."""

_TEMPERATURES = np.geomspace(0.2, 5.0, 33)


@dataclass(frozen=True, kw_only=True, slots=True)
class WideFit:
    """What was fitted."""

    table: NDArray[np.float32]
    """(n-grams, labels); the row of `NOTHING` is zero."""
    bias: NDArray[np.float32]
    """(labels,)."""

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores (texts, labels), as `model.training.encoder.Wide` computes them, and the bias."""
        rows = [ngrams_of(text, len(self.table)) for text in texts]
        return np.stack([self.table[row].sum(0) / np.sqrt(max(1, (row != NOTHING).sum())) for row in rows]) + self.bias


def fit_wide(
    texts: Sequence[str],
    targets: Sequence[int],
    labels: int,
    *,
    ngrams: int,
    weights: NDArray[np.float32] | None = None,
) -> WideFit:
    """Fit a multinomial logistic regression with L-BFGS to the n-grams of `texts`, rare ones weighing more (IDF).

    Args:
        texts: As `model.text` makes them.
        targets: The number of each text's label.
        labels: How many there are.
        ngrams: How many numbers n-grams are hashed to.
        weights: Of each label, in the loss; all alike if None.
    """
    rows = [ngrams_of(text, ngrams) for text in texts]
    counts = np.bincount(np.concatenate(rows), minlength=ngrams)
    counts[NOTHING] = 0
    rarity = np.where(counts > 0, np.log((1 + len(rows)) / (1 + counts)) + 1, 0.0).astype(np.float32)
    mails = _Matrix(rows, rarity)
    truths = torch.nn.functional.one_hot(torch.tensor(targets), labels).float()
    shares = torch.ones(len(rows)) if weights is None else torch.from_numpy(weights)[list(targets)]
    shares = (shares / shares.sum()).unsqueeze(1)
    table = torch.zeros(len(mails.kept), labels, requires_grad=True)
    bias = torch.zeros(labels, requires_grad=True)
    optimizer = torch.optim.LBFGS([table, bias], max_iter=_STEPS, history_size=6, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        with torch.no_grad():
            logs = torch.log_softmax(mails.times(table) + bias, dim=1)
            slopes = (logs.exp() - truths) * shares
            table.grad = mails.transposed_times(slopes) + 2 * _L2 * table
            bias.grad = slopes.sum(0)
            return -(truths * logs * shares).sum() + _L2 * table.square().sum()

    optimizer.step(loss)
    whole = np.zeros((ngrams, labels), dtype=np.float32)
    whole[mails.kept] = table.detach().numpy() * rarity[mails.kept, None]
    return WideFit(table=whole, bias=bias.detach().numpy())


def best_weight(deep: NDArray[np.float32], wide: NDArray[np.float32], truths: Sequence[int]) -> float:
    """Return the weight of the `wide` scores beside the `deep` ones, both (mails, labels), that suits held-out mails.

    Judged by the log-likelihood at the best temperature, since that is what confidence is made of.
    """
    right = torch.tensor(truths)

    def loss(weight: float) -> float:
        fused = torch.from_numpy(deep + np.float32(weight) * wide)
        return float(min(torch.nn.functional.cross_entropy(fused / float(t), right) for t in _TEMPERATURES))

    return min(_WEIGHTS, key=loss)


class _Matrix:
    """A sparse matrix (mails, n-grams that occur): the rarity of each n-gram by a root of how many a mail has."""

    def __init__(self, rows: Sequence[NDArray[np.int64]], rarity: NDArray[np.float32]) -> None:
        self.kept = np.flatnonzero(rarity)
        places = np.zeros(len(rarity), dtype=np.int64)
        places[self.kept] = np.arange(len(self.kept))
        rows = [row[row != NOTHING] for row in rows]
        lengths = np.array([len(row) for row in rows])
        numbers = np.concatenate(rows)
        values = np.divide(rarity[numbers], np.repeat(_root(lengths), lengths), dtype=np.float32)
        columns = places[numbers]
        self._across = _lists(columns, lengths, values)
        by_column = np.argsort(columns, kind="stable")
        mails = np.repeat(np.arange(len(rows)), lengths)[by_column]
        self._down = _lists(mails, np.bincount(columns, minlength=len(self.kept)), values[by_column])

    def times(self, table: torch.Tensor) -> torch.Tensor:
        return _sums(self._across, table)

    def transposed_times(self, rows: torch.Tensor) -> torch.Tensor:
        return _sums(self._down, rows)


def _root(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.sqrt(np.maximum(numbers, 1)).astype(np.float32)


def _lists(
    numbers: NDArray[np.int64], lengths: NDArray[np.int64], values: NDArray[np.float32]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    starts = np.cumsum(lengths) - lengths
    return torch.from_numpy(numbers), torch.from_numpy(starts), torch.from_numpy(values)


def _sums(lists: tuple[torch.Tensor, torch.Tensor, torch.Tensor], table: torch.Tensor) -> torch.Tensor:
    """Return the weighted sums of the rows of `table` that each list names."""
    numbers, starts, values = lists
    sums: torch.Tensor = torch.nn.functional.embedding_bag(
        numbers, table, starts, mode="sum", per_sample_weights=values
    )
    return sums
