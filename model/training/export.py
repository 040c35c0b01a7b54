"""From a trained network to what serves: ONNX, int8."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import save_file
from tokenizers import Tokenizer

from model.directory import ENCODER, ONNX, TOKENIZER, WEIGHTS
from model.training.encoder import TextClassifier

_OPSET = 20
"""LayerNormalization and Gelu as single operators."""


class _Served(torch.nn.Module):
    """The network as it is served: one unpadded mail, so no mask."""

    def __init__(self, network: TextClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        vectors = self.network.encoder(input_ids=input_ids).last_hidden_state
        scores: torch.Tensor = self.network.head(vectors.mean(1))
        return scores


def export_onnx(network: TextClassifier, directory: Path, *, max_length: int) -> None:
    """Write `model.onnx`: `input_ids` (1, tokens) int64 to scores (1, labels), int8 weights a channel.

    Activations are quantised as the mail is read (dynamic quantisation); the last layer stays float32, since it is
    small and decides.
    """
    served = _Served(network).eval()
    example = torch.arange(8).unsqueeze(0)
    tokens = torch.export.Dim("tokens", min=2, max=max_length)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            served,
            (example,),
            dynamo=True,
            input_names=["input_ids"],
            output_names=["scores"],
            dynamic_shapes={"input_ids": {1: tokens}},
            opset_version=_OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    graph: onnx.ModelProto = program.model_proto
    del graph.graph.value_info[:]  # stale shapes, which the quantiser would trust
    _quantise_embedding(graph.graph)
    with _quiet_root():
        quantize_dynamic(
            graph,
            directory / ONNX,
            per_channel=True,
            # Seven bits: without VNNI, eight-bit products overflow the 16-bit sums of older CPUs and answers change.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )


@contextmanager
def _quiet_root() -> Iterator[None]:
    """Keep the quantiser's advice, which goes to the root logger, to itself."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _quantise_embedding(graph: onnx.GraphProto) -> None:
    """Store the table of token vectors in int8, with a scale a row: rare words are small, frequent ones are not."""
    tables = {tensor.name: tensor for tensor in graph.initializer}
    lookups = [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]
    lookup = max(lookups, key=lambda node: math.prod(tables[node.input[0]].dims))
    name, ids, vectors = lookup.input[0], lookup.input[1], lookup.output[0]
    table = numpy_helper.to_array(tables[name])
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-9).astype(np.float32)
    graph.initializer.remove(tables[name])
    graph.initializer.append(numpy_helper.from_array(np.round(table / scales).astype(np.int8), f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}_scales"))
    at = list(graph.node).index(lookup)
    graph.node.remove(lookup)
    for offset, node in enumerate(
        (
            helper.make_node("Gather", [f"{name}_int8", ids], [f"{vectors}_int8"]),
            helper.make_node("Cast", [f"{vectors}_int8"], [f"{vectors}_float"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}_scales", ids], [f"{vectors}_scales"]),
            helper.make_node("Mul", [f"{vectors}_float", f"{vectors}_scales"], [vectors]),
        )
    ):
        graph.node.insert(at + offset, node)


def write_tokenizer(tokenizer: Tokenizer, directory: Path) -> None:
    """Write `tokenizer.json` without truncation or padding: a runtime sets its own."""
    copied = Tokenizer.from_str(tokenizer.to_str())
    copied.no_truncation()
    copied.no_padding()
    copied.save(str(directory / TOKENIZER), pretty=False)


def write_weights(network: TextClassifier, directory: Path) -> None:
    """Write `weights.safetensors` (float32) and `encoder.json`, from which torch builds the network again."""
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, directory / WEIGHTS)
    description = json.dumps(network.encoder.config.to_dict(), indent=2, sort_keys=True)
    (directory / ENCODER).write_text(description + "\n", encoding="utf-8")


def onnx_scores(directory: Path, tokenizer: Tokenizer, texts: list[str]) -> NDArray[np.float32]:
    """Return the scores (texts, labels) of the `model.onnx` in `directory`, not sealed yet, mail by mail."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(directory / ONNX), sess_options=options, providers=["CPUExecutionProvider"]
    )
    rows = [np.array([tokenizer.encode(text).ids], dtype=np.int64) for text in texts]
    return np.concatenate([session.run(None, {"input_ids": row})[0] for row in rows])
