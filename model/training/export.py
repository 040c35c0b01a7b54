"""From a trained network to what serves: ONNX, int8."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import save_file
from tokenizers import Tokenizer

from model.directory import ENCODER, ONNX, TOKENIZER, WEIGHTS, ModelConfig
from model.onnx_network import EVIDENCE, SCORES, VECTOR, OnnxNetwork
from model.training.encoder import TextClassifier, token_ids
from model.training.equalising import SHARES, equalised
from model.training.reading import read

ALIKE = 0.995
"""Share of mails that a graph must give the label that its network gives them, or it is tried otherwise."""
_ROWS = 300
"""Mails that activations are seen by."""
_OPSET = 20
"""LayerNormalization and Gelu as single operators."""


class _Served(torch.nn.Module):
    """The network as it is served: one unpadded mail, so no mask; beside the scores, what they come from."""

    def __init__(self, network: TextClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, ngram_ids: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        vectors = self.network.encoder(input_ids=input_ids).last_hidden_state
        vector = vectors.mean(1)
        # The last layer is linear: its answer to the mean vector is the sum of what each token adds. The product stands
        # in the graph once, since the quantiser turns the weights of two products round for one of them.
        evidence = torch.nn.functional.linear(vectors, self.network.head.weight) / vectors.shape[1]
        scores = evidence.sum(1) + self.network.head.bias
        if self.network.wide is not None and ngram_ids is not None:
            scores = scores + self.network.wide(ngram_ids)
        return scores, vector, evidence


def export_onnx(
    network: TextClassifier,
    directory: Path,
    *,
    max_length: int,
    rows: Sequence[Sequence[int]] = (),
    share: float = SHARES[0],
) -> None:
    """Write `model.onnx`, as `model.onnx_network` runs it, its weights in int8.

    With `rows`, the token ids of some hundred mails, it comes closer to the network (see `model.training.equalising`).
    Activations are quantised as the mail is read (dynamic quantisation); the last layer stays float32, since it is
    small and decides.
    """
    served = _Served(equalised(network, rows, share=share)).eval()
    examples = [torch.arange(8).unsqueeze(0)]
    names = ["input_ids"]
    shapes: list[dict[int, Any]] = [{1: torch.export.Dim("tokens", min=2, max=max_length)}]
    if network.wide is not None:
        examples.append(torch.arange(5).unsqueeze(0))
        names.append("ngram_ids")
        shapes.append({1: torch.export.Dim("ngrams", min=1)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            served,
            tuple(examples),
            dynamo=True,
            input_names=names,
            output_names=[SCORES, VECTOR, EVIDENCE],
            dynamic_shapes=tuple(shapes),
            opset_version=_OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    graph: onnx.ModelProto = program.model_proto
    del graph.graph.value_info[:]  # stale shapes, which the quantiser would trust
    for node in graph.graph.node:  # where in torch's source it comes from: most of a megabyte
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for table in _tables(graph.graph):
        _quantise_table(graph.graph, table)
    with _quiet_root():
        quantize_dynamic(
            graph,
            directory / ONNX,
            per_channel=True,
            # Seven bits: without VNNI, eight-bit products overflow the 16-bit sums of older CPUs and answers change.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_of_last_layer(graph.graph, network.head.weight.detach().numpy()),
        )


def export_alike(
    network: TextClassifier, directory: Path, tokenizer: Tokenizer, texts: Sequence[str], config: ModelConfig
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Write `model.onnx`; where it says other labels than the network, write it again from an evened-out network.

    Args:
        network: As trained.
        directory: Where to.
        tokenizer: The network's.
        texts: Mails that it was not trained on, as `model.text` makes them, to compare on.
        config: The model's.

    Returns:
        The scores (texts, labels) of the graph, and those of the network.
    """
    trained = read(network, tokenizer, texts, prefix=config.prefix)
    rows = token_ids(tokenizer, [config.prefix + text for text in texts[:_ROWS]])
    served, graph = np.empty_like(trained), b""
    most = -1.0
    for share in (0.0, *SHARES):
        export_onnx(network, directory, max_length=config.max_length, rows=rows if share else (), share=share)
        scores = onnx_scores(directory, tokenizer, texts, config)
        alike = float((scores.argmax(1) == trained.argmax(1)).mean())
        if alike > most:
            most, served, graph = alike, scores, (directory / ONNX).read_bytes()
        if alike >= ALIKE:
            break
    (directory / ONNX).write_bytes(graph)
    return served, trained


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


def _of_last_layer(graph: onnx.GraphProto, weight: NDArray[np.float32]) -> list[str]:
    """Return the names of the nodes that multiply with the last layer's `weight`, whatever the exporter calls it."""
    sizes = {tuple(weight.shape), tuple(weight.T.shape)}
    alike = [tensor for tensor in graph.initializer if tuple(tensor.dims) in sizes]
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in alike}
    names = {name for name, array in arrays.items() if any(np.array_equal(array, form) for form in (weight, weight.T))}
    found = [node.name for node in graph.node if names & set(node.input)]
    return found + [f"{name}_MatMul" for name in found]  # what the quantiser makes of a Gemm, and then quantises


_TABLE_ROWS = 4096
"""A table that rows are looked up in and that is at least this long is worth storing in int8."""


def _tables(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the look-ups in long tables: the vectors of tokens, and the wide part."""
    sizes = {tensor.name: tensor.dims[0] for tensor in graph.initializer if tensor.dims}
    return [node for node in graph.node if node.op_type == "Gather" and sizes.get(node.input[0], 0) >= _TABLE_ROWS]


def _quantise_table(graph: onnx.GraphProto, lookup: onnx.NodeProto) -> None:
    """Store a table in int8, with a scale a row: rare words are small, frequent ones are not."""
    tables = {tensor.name: tensor for tensor in graph.initializer}
    name, ids, vectors = lookup.input[0], lookup.input[1], lookup.output[0]
    table = numpy_helper.to_array(tables[name])
    # Half precision is enough for a scale; what is too small for it stands for a row of zeros.
    scales = (np.abs(table).max(axis=1, keepdims=True) / 127).astype(np.float16)
    exact = np.where(scales == 0, 1, scales).astype(np.float32)
    stored = np.round(np.clip(table / exact, -127, 127)).astype(np.int8)
    graph.initializer.remove(tables[name])
    graph.initializer.append(numpy_helper.from_array(stored, f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}_scales"))
    at = list(graph.node).index(lookup)
    graph.node.remove(lookup)
    for offset, node in enumerate(
        (
            helper.make_node("Gather", [f"{name}_int8", ids], [f"{vectors}_int8"]),
            helper.make_node("Cast", [f"{vectors}_int8"], [f"{vectors}_float"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}_scales", ids], [f"{vectors}_half"]),
            helper.make_node("Cast", [f"{vectors}_half"], [f"{vectors}_scales"], to=onnx.TensorProto.FLOAT),
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


def onnx_scores(
    directory: Path, tokenizer: Tokenizer, texts: Sequence[str], config: ModelConfig
) -> NDArray[np.float32]:
    """Return the scores (texts, labels) of `model.onnx` in `directory`, not sealed yet, as serving computes them."""
    network = OnnxNetwork(directory / ONNX, tokenizer, ngrams=config.ngrams, prefix=config.prefix)
    return np.stack([network.scores(text) for text in texts])
