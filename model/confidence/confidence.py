"""Everything that makes a model's confidence honest, fitted in one go after training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.confidence.calibrating import Trial, calibrate
from model.confidence.calibration import Calibration
from model.confidence.honesty import Honesty, honesty
from model.confidence.promises import DELTA, PRECISIONS, make_promises
from model.confidence.strangers import SHARE, Strangers, learn_strangers
from model.confidence.tables import write_tables
from model.confidence.wording import Row
from routing.errors import ConfigurationError
from routing.promise import Promise

STRANGERS = "strangers.safetensors"
_LEAST_LABELS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Confidence:
    """What is fitted to held-out mails, and how well it did there."""

    calibration: Calibration
    method: str
    """Which calibration was chosen, such as `temperature`."""
    trials: tuple[Trial, ...]
    """Those it was chosen from."""
    honesty: Honesty
    """Of the held-out mails, each calibrated without it."""
    promises: tuple[Promise, ...]
    strangers: Strangers | None
    share: float
    """Of ordinary mails, how many may be called strangers."""

    def config(self) -> dict[str, Any]:
        """Return the fields of `ModelConfig` that this fills: `ModelConfig(name=…, **confidence.config())`."""
        return {
            "temperature": self.calibration.temperature,
            "calibration": self.calibration,
            "promises": self.promises,
            "strangers": self.share if self.strangers else None,
        }

    def write(self, directory: Path) -> None:
        """Write the tables that do not fit in `config.json` into the model's directory, before it is sealed."""
        if self.strangers is not None:
            write_tables(directory / STRANGERS, self.strangers.tables())


def fit_confidence(  # noqa: PLR0913 - what the model says of held-out mails, and what it learnt from
    *,
    labels: Sequence[str],
    scores: NDArray[Any],
    truths: Sequence[int],
    rows: Sequence[Row] = (),
    training_rows: Sequence[Row] = (),
    vocabulary: int = 0,
    precisions: Sequence[float] = PRECISIONS,
    delta: float = DELTA,
    share: float = SHARE,
    seed: int = 13,
) -> Confidence:
    """Fit calibration, promises and the sense for strangers of a trained model.

    The mails must be such as the model has not learnt from: held out, or each judged by a model trained without it
    (cross-validation), which gives more of them and so firmer promises.

    Args:
        labels: In the order of the scores.
        scores: (mails, labels) as the served model gives them.
        truths: (mails,) numbers of labels.
        rows: Token numbers of those mails; without them or `training_rows` the model will not know strangers.
        training_rows: Token numbers of the mails it learnt from.
        vocabulary: How many tokens the tokenizer has.
        precisions: What to promise.
        delta: The greatest probability, over the draw of these mails, that a promise is not kept.
        share: Of ordinary mails, how many may be called strangers.
        seed: Of the folds of cross-validation.

    Raises:
        ConfigurationError: The mails cannot be used; one sentence says why.
    """
    scores = np.asarray(scores, dtype=np.float64)
    numbers = np.asarray(truths, dtype=np.int64)
    _check(labels, scores, numbers)
    calibrated = calibrate(scores, numbers, seed=seed)
    probabilities = calibrated.probabilities
    strangers = None
    if rows and training_rows:
        strangers = learn_strangers(scores, rows, training_rows, vocabulary=vocabulary, share=share)
    return Confidence(
        calibration=calibrated.calibration,
        method=calibrated.method,
        trials=calibrated.trials,
        honesty=honesty(probabilities.max(1), probabilities.argmax(1) == numbers, seed=seed),
        promises=make_promises(labels, probabilities, numbers, precisions=precisions, delta=delta),
        strangers=strangers,
        share=share,
    )


def _check(labels: Sequence[str], scores: NDArray[Any], truths: NDArray[Any]) -> None:
    if len(labels) < _LEAST_LABELS:
        raise ConfigurationError("confidence in one label says nothing: train with two labels or more")
    if not len(truths):
        raise ConfigurationError("no mail was held out to calibrate confidence on: hold out a share of the corpus")
    if scores.shape != (len(truths), len(labels)):
        raise ConfigurationError(
            f"the scores have the shape {scores.shape} for {len(truths)} held-out mails and {len(labels)} labels"
        )
    if not np.isfinite(scores).all():
        raise ConfigurationError("the model gave a score that is not a finite number on a held-out mail: train again")
    if truths.min() < 0 or truths.max() >= len(labels):
        raise ConfigurationError("a held-out mail has a label that the model does not have")
