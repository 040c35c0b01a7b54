"""From what a model gives for one mail to a prediction that can be believed."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from model.confidence.confidence import STRANGERS
from model.confidence.strangers import Strangers
from model.confidence.tables import read_tables
from model.confidence.wording import Row
from model.directory import ModelDirectory
from model.probabilities import prediction_of
from routing.classifier import Prediction


class Judge:
    """The calibration and the sense for strangers of a model directory, for any runtime."""

    def __init__(self, directory: ModelDirectory) -> None:
        """Read them.

        Raises:
            ConfigurationError: The table of strangers is missing or damaged.
        """
        config = directory.config
        self._labels = config.labels
        self._calibration = config.calibrated
        self._strangers: Strangers | None = None
        if config.strangers is not None:
            self._strangers = Strangers.of_tables(read_tables(directory.file(STRANGERS)))

    def prediction(self, scores: NDArray[Any], row: Row) -> Prediction:
        """Return the prediction for a mail of which the model gave `scores` (labels,) and read the tokens `row`.

        Raises:
            ArithmeticError: A score is not finite.
        """
        probabilities = self._calibration.probabilities(scores)
        stranger = None if self._strangers is None else self._strangers.score(scores, row)
        return prediction_of(self._labels, probabilities, stranger)
