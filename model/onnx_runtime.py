"""The classifier that serves: ONNX Runtime on one core.

One mail at a time, unpadded: on a CPU a batch pays for its padding (one by one 130 texts a CPU-second, batches of 32
in arrival order 32). Workers scale by processes, so a session has one thread and never spins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime

from model.directory import ONNX, TOKENIZER, ModelDirectory
from model.probabilities import prediction_of, softmax
from model.text import features_of
from model.tokens import load_tokenizer
from routing.classifier import Prediction
from routing.errors import ConfigurationError
from routing.mail import Mail

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class OnnxClassifier:
    """Implements `routing.classifier.Classifier` over a verified model directory with `model.onnx`.

    The graph takes `input_ids` (1, tokens) int64, and `attention_mask` and `token_type_ids` if it declares them; it
    gives scores (1, labels).
    """

    stand_in = False

    def __init__(self, directory: ModelDirectory) -> None:
        """Load the tokenizer and the graph.

        Raises:
            ConfigurationError: A file is missing, or ONNX Runtime cannot load or run the graph with these labels.
        """
        config = directory.config
        self.version = directory.version
        self.labels = config.labels
        self._temperature = config.temperature
        self._tokenizer = load_tokenizer(directory.file(TOKENIZER), max_length=config.max_length)
        file = directory.file(ONNX)
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), sess_options=_session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # every error of ONNX Runtime derives from Exception only
            raise ConfigurationError(f"{file} cannot be run ({error}): fetch or export the model again") from error
        self._inputs = {node.name for node in self._session.get_inputs()}
        if not self._inputs <= _INPUTS or "input_ids" not in self._inputs:
            raise ConfigurationError(f"{file} wants the inputs {sorted(self._inputs)}: export the model again")
        scores = self._scores("warm up").shape
        if scores != (len(self.labels),):
            raise ConfigurationError(
                f"{file} gives scores of shape {scores} for {len(self.labels)} labels: export the model again"
            )

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        """Return one prediction a mail, in order.

        Raises:
            ArithmeticError: The model gave a score that is not finite.
        """
        return [self._classify_one(mail) for mail in mails]

    def _classify_one(self, mail: Mail) -> Prediction:
        return prediction_of(self.labels, softmax(self._scores(features_of(mail)), self._temperature))

    def _scores(self, text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feed = {"input_ids": ids}
        if "attention_mask" in self._inputs:
            feed["attention_mask"] = np.ones_like(ids)
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(ids)
        scores: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = self._session.run(None, feed)[0][0]
        return scores


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only: its warnings are about the graph, for whoever exports it
    return options
