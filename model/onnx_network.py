"""A classifier's graph, run by ONNX Runtime on one core: a text in, named arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model.ngrams import ngrams_of
from routing.errors import ConfigurationError

SCORES = "scores"
"""(labels,): what the decision is made of."""
VECTOR = "vector"
"""(width,): the mean vector that the deep part decides on. Old models have none."""
EVIDENCE = "evidence"
"""(tokens, labels): what each token adds to each score of the deep part. Old models have none.

Its sum over the tokens, the last layer's bias and the wide part are the scores.
"""

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "ngram_ids"})


class OnnxNetwork:
    """The graph of one `model.onnx` with its tokenizer.

    It takes `input_ids` (1, tokens) int64; `attention_mask`, `token_type_ids` and `ngram_ids` (1, n-grams), all int64,
    if it declares them. One text at a time, unpadded.
    """

    def __init__(self, file: Path, tokenizer: Tokenizer, *, ngrams: int = 0, prefix: str = "") -> None:
        """Load the graph; `ngrams` and `prefix` as in `model.directory.ModelConfig`.

        Raises:
            ConfigurationError: ONNX Runtime cannot load it, or it is no graph of a classifier.
        """
        self.file = file
        self._tokenizer = tokenizer
        self._ngrams = ngrams
        self._prefix = prefix
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), sess_options=_session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # every error of ONNX Runtime derives from Exception only
            raise ConfigurationError(f"{file} cannot be run ({error}): fetch or export the model again") from error
        self._inputs = {node.name for node in self._session.get_inputs()}
        if (
            not self._inputs <= _INPUTS
            or "input_ids" not in self._inputs
            or ("ngram_ids" in self._inputs) != bool(ngrams)
        ):
            raise ConfigurationError(f"{file} wants the inputs {sorted(self._inputs)}: export the model again")
        self.outputs = frozenset(node.name for node in self._session.get_outputs())
        """Names of the arrays it can give."""
        if SCORES not in self.outputs:
            raise ConfigurationError(f"{file} gives no {SCORES}: export the model again")
        self._run_options = onnxruntime.RunOptions()
        self._run_options.only_execute_path_to_fetches = True  # nothing is computed that nobody asked for

    def scores(self, text: str) -> NDArray[np.float32]:
        """Return the scores (labels,) of `text`, before any temperature."""
        return self.read(text, (SCORES,))[SCORES]

    def scores_and_tokens(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the scores (labels,) of `text` and the numbers of the tokens (tokens,) that they come from."""
        feed = self._feed(text)
        return self._session.run([SCORES], feed, self._run_options)[0][0], feed["input_ids"][0]

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of the tokens of `text`, with the tokenizer's marks at both ends."""
        ids: list[int] = self._tokenizer.encode(self._prefix + text).ids
        return ids

    def read(self, text: str, wanted: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the arrays `wanted` of `text`, by name, without the leading axis of length one.

        Raises:
            ConfigurationError: The graph has no such output: the model was exported by an older version.
        """
        if not self.outputs.issuperset(wanted):
            missing = sorted(set(wanted) - self.outputs)
            raise ConfigurationError(f"{self.file} gives no {' and no '.join(missing)}: export the model again")
        arrays = self._session.run(list(wanted), self._feed(text), self._run_options)
        return {name: array[0] for name, array in zip(wanted, arrays, strict=True)}

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return where in `text` each token stands, (start, end) in characters; both 0 for what is not in it."""
        ahead = len(self._prefix)
        offsets = self._tokenizer.encode(self._prefix + text).offsets
        return [(max(0, start - ahead), max(0, end - ahead)) for start, end in offsets]

    def end_of(self, text: str) -> int | None:
        """Return after how many characters of `text` the reading ends; None when all of it is read."""
        if self._ngrams:
            return None  # the wide part reads on where the tokens end
        if not self._tokenizer.encode(self._prefix + text).overflowing:
            return None
        return max(end for _, end in self.offsets(text))

    def _feed(self, text: str) -> dict[str, NDArray[Any]]:
        ids = np.array([self.tokens(text)], dtype=np.int64)
        feed = {"input_ids": ids}
        if "attention_mask" in self._inputs:
            feed["attention_mask"] = np.ones_like(ids)
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(ids)
        if self._ngrams:
            feed["ngram_ids"] = ngrams_of(text, self._ngrams)[np.newaxis]
        return feed


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only: its warnings are about the graph, for whoever exports it
    return options
