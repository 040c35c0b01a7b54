"""The classifier that serves: ONNX Runtime on one core.

One mail at a time, unpadded: on a CPU a batch pays for its padding (one by one 130 texts a CPU-second, batches of 32
in arrival order 32). Workers scale by processes, so a session has one thread and never spins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.confidence.judge import Judge
from model.directory import ONNX, TOKENIZER, ModelDirectory
from model.explanation import Eraser, Evidence
from model.onnx_network import EVIDENCE, SCORES, OnnxNetwork
from model.text import features_of
from model.tokens import load_tokenizer
from routing.classifier import Prediction
from routing.errors import ConfigurationError
from routing.explanation import Explanation
from routing.mail import Mail


class OnnxClassifier:
    """Implements `Classifier` and `Explainer` (`routing`) over a verified model directory with `model.onnx`."""

    stand_in = False

    def __init__(self, directory: ModelDirectory) -> None:
        """Load the tokenizer and the graph.

        Raises:
            ConfigurationError: A file is missing, or ONNX Runtime cannot load or run the graph with these labels.
        """
        config = directory.config
        self.version = directory.version
        self.labels = config.labels
        self._judge = Judge(directory)
        tokenizer = load_tokenizer(directory.file(TOKENIZER), max_length=config.max_length)
        self.network = OnnxNetwork(directory.file(ONNX), tokenizer, ngrams=config.ngrams, prefix=config.prefix)
        scores = self.network.scores("warm up").shape
        if scores != (len(self.labels),):
            raise ConfigurationError(
                f"{self.network.file} gives scores of shape {scores} for {len(self.labels)} labels: "
                "export the model again"
            )
        self._eraser = Eraser(
            self._predict, version=self.version, look=self._look if EVIDENCE in self.network.outputs else None
        )

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        """Return one prediction a mail, in order.

        Raises:
            ArithmeticError: The model gave a score that is not finite.
        """
        return [self._predict(features_of(mail)) for mail in mails]

    def explain(self, mail: Mail, label: str | None = None) -> Explanation:
        """Return which words of `mail` speak for the label, the most probable one when it is None, and against it.

        Raises:
            ArithmeticError: The model gave a score that is not finite.
            InvalidInput: The model does not know the label.
        """
        text = features_of(mail)
        return self._eraser.explain(text, label, end=self.network.end_of(text))

    def _predict(self, text: str) -> Prediction:
        return self._judge.prediction(*self.network.scores_and_tokens(text))

    def _look(self, text: str, label: str | None) -> tuple[Prediction, Evidence]:
        """Predict, and say what the last layer gives each token for the label, held against its rivals."""
        read = self.network.read(text, (SCORES, EVIDENCE))
        prediction = self._judge.prediction(read[SCORES], np.asarray(self.network.tokens(text)))
        asked = self.labels.index(prediction.label if label is None else label) if label in (None, *self.labels) else 0
        rivals = np.exp(read[SCORES] - read[SCORES].max())
        rivals[asked] = 0
        tokens = read[EVIDENCE]
        contrast = tokens[:, asked] - tokens @ (rivals / rivals.sum())
        places = self.network.offsets(text)
        return prediction, [(start, end, float(weight)) for (start, end), weight in zip(places, contrast, strict=True)]
