"""Read texts with a network that is being trained: in batches of near-equal length, on whatever device it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model.training.encoder import TextClassifier, mean_vectors, padded, padded_ngrams, token_ids

_BATCH = 32


def read(
    network: TextClassifier, tokenizer: Tokenizer, texts: Sequence[str], *, prefix: str = ""
) -> NDArray[np.float32]:
    """Return the scores (texts, labels) in float32; `prefix` stands before every text (see `ModelConfig`)."""

    def scores(ids: torch.Tensor, mask: torch.Tensor, members: Sequence[str]) -> torch.Tensor:
        given: torch.Tensor = network(ids, mask, padded_ngrams(members, network.ngrams).to(ids.device))
        return given

    return _read(scores, network, tokenizer, texts, prefix)


def read_vectors(
    network: TextClassifier, tokenizer: Tokenizer, texts: Sequence[str], *, prefix: str = ""
) -> NDArray[np.float32]:
    """Return the mean vectors (texts, width) that the deep part decides on, in float32."""
    return _read(lambda ids, mask, _: mean_vectors(network.encoder, ids, mask), network, tokenizer, texts, prefix)


def _read(
    compute: Callable[[torch.Tensor, torch.Tensor, Sequence[str]], torch.Tensor],
    network: TextClassifier,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    prefix: str,
) -> NDArray[np.float32]:
    network.eval()
    device = next(network.parameters()).device
    rows = token_ids(tokenizer, [prefix + text for text in texts])
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    parts = []
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            members = order[start : start + _BATCH]
            ids, mask = (part.to(device) for part in padded([rows[number] for number in members], network.pad))
            parts.append(compute(ids, mask, [texts[number] for number in members]).float().cpu().numpy())
    if not parts:
        raise ValueError("there is nothing to read")
    answers = np.concatenate(parts)
    answers[order] = answers.copy()
    return answers
