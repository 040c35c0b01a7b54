"""The classifier on torch: a training checkpoint as it is, before export. Needs the extra `train`.

For comparing an export with its origin, and for a GPU. On a CPU mails run one by one, unpadded, as in
`model.onnx_runtime`; on a GPU in batches of near-equal length.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from model.confidence.judge import Judge
from model.directory import ENCODER, TOKENIZER, WEIGHTS, ModelDirectory
from model.text import features_of
from model.tokens import load_tokenizer
from model.training.encoder import TextClassifier, empty_encoder, padded, padded_ngrams, token_ids
from routing.classifier import Prediction
from routing.errors import ConfigurationError
from routing.mail import Mail

_GPU_BATCH = 32


class TorchClassifier:
    """Implements `routing.classifier.Classifier` over a verified checkpoint with `weights.safetensors`."""

    stand_in = False

    def __init__(self, directory: ModelDirectory) -> None:
        """Load the weights, onto the GPU when there is one.

        Raises:
            ConfigurationError: The directory is no checkpoint, or its weights do not fit its description.
        """
        config = directory.config
        self.version = directory.version
        self.labels = config.labels
        self._config = config
        self._judge = Judge(directory)
        self._tokenizer = load_tokenizer(directory.file(TOKENIZER), max_length=config.max_length)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        weights = directory.file(WEIGHTS)
        try:
            encoder = empty_encoder(json.loads(directory.file(ENCODER).read_bytes()))
            self._network = TextClassifier(encoder, len(config.labels), ngrams=config.ngrams)
            self._network.load_state_dict(load_file(weights))
        except (RuntimeError, ValueError, KeyError) as error:
            raise ConfigurationError(f"{weights} does not fit {ENCODER} and the labels: train again") from error
        self._network.to(self._device).eval()

    @property
    def network(self) -> TextClassifier:
        """The network itself, for an export."""
        return self._network

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        """Return one prediction a mail, in order.

        Raises:
            ArithmeticError: The model gave a score that is not finite.
        """
        if not mails:
            return []
        texts = [features_of(mail) for mail in mails]
        return [self._judge.prediction(*one) for one in zip(self.scores(texts), self._rows(texts), strict=True)]

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the raw scores (texts, labels) of one or more texts."""
        rows = self._rows(texts)
        size = _GPU_BATCH if self._device.type == "cuda" else 1
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        scores = np.empty((len(rows), len(self.labels)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), size):
                members = order[start : start + size]
                ids, mask = padded([rows[number] for number in members], self._network.pad)
                ngrams = padded_ngrams([texts[number] for number in members], self._config.ngrams)
                given = [tensor.to(self._device) for tensor in (ids, mask, ngrams)]
                scores[members] = self._network(*given).float().cpu().numpy()
        return scores

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        return token_ids(self._tokenizer, [self._config.prefix + text for text in texts])
